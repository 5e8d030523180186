import { randomBytes } from 'node:crypto'
import {
  accessSync,
  closeSync,
  constants,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { KsmDumpError } from '../base/errors.ts'
import { OutputClosed, OutputFailed, writeAll } from './terminal.ts'

/** Writes pieces of a file, in order. */
export type WritePiece = (piece: string) => void

/**
 * Refuses places that can't be written to, before the work begins.
 * @param force - files that are there may be overwritten
 * @throws KsmDumpError file-exists, not-written
 */
export function refusePlaces(paths: readonly string[], force: boolean): void {
  for (const path of paths) {
    const there = look(path)
    // a device or a pipe is written to as it is
    if (there && !there.isFile() && !there.isSymbolicLink()) continue
    if (there && !force) throw new KsmDumpError('file-exists', `${path} is there already: --force overwrites it.`)
    attempt(path, () => accessSync(dirname(path), constants.W_OK | constants.X_OK))
  }
}

/** The same for files of a folder, which is made when they are written. @throws KsmDumpError file-exists, not-written */
export function refuseIn(folder: string, names: readonly string[], force: boolean): void {
  if (look(folder))
    refusePlaces(
      names.map((name) => join(folder, name)),
      force,
    )
}

/** Makes a folder where there is none. @throws KsmDumpError when it can't be made */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
  } catch (error) {
    throw new KsmDumpError('not-written', `${path} can not be made: ${(error as Error).message}.`)
  }
}

/**
 * Writes a file whole or not at all.
 * @param how - see WholeFile
 * @throws KsmDumpError not-written, and what `render` throws
 */
export async function writeWhole(
  path: string,
  how: { force: boolean; mode?: number },
  render: (write: WritePiece) => void | Promise<void>,
): Promise<void> {
  const file = new WholeFile(path, how)
  try {
    await render(file.write)
    file.finish()
  } catch (error) {
    file.discard()
    throw error
  }
}

/**
 * A file that is there whole or not at all: it is written beside its place and takes it in the end. What is no file (a device, a
 * pipe) is written to directly.
 */
export class WholeFile {
  private readonly path: string
  private readonly force: boolean
  /** Where it is to be in the end: what a link leads to. */
  private readonly place: string
  /** Where it is written to until it is whole; null for what is no file. */
  private readonly draft: string | null
  private readonly fd: number
  private open = true

  /**
   * @param how.force - take the place of a file that is there
   * @param how.mode - who may read it
   * @throws KsmDumpError when it can't be made
   */
  constructor(path: string, { force, mode = 0o666 }: { force: boolean; mode?: number }) {
    this.path = path
    this.force = force
    const there = statSync(path, { throwIfNoEntry: false })
    this.place = there ? realpathSync(path) : path
    const draft = `.${basename(path).slice(0, LONGEST_NAME)}.${randomBytes(6).toString('hex')}.part`
    this.draft = there && !there.isFile() ? null : join(dirname(this.place), draft)
    this.fd = attempt(path, () => (this.draft === null ? openSync(path, 'w') : openSync(this.draft, 'wx', mode)))
    process.on('exit', this.atExit)
  }

  private readonly atExit = (): void => this.discard()

  readonly write: WritePiece = (piece) => {
    attempt(this.path, () => writeAll(this.fd, Buffer.from(piece)))
  }

  /** Puts it in its place. @throws KsmDumpError when a file has come to stand there, or the place is gone */
  finish(): void {
    try {
      attempt(this.path, () => {
        closeSync(this.fd)
        if (this.draft === null) return
        if (this.force) renameSync(this.draft, this.place)
        else claim(this.draft, this.place)
      })
    } finally {
      this.discard()
    }
  }

  /** Takes away what is not whole. */
  discard(): void {
    if (!this.open) return
    this.open = false
    process.off('exit', this.atExit)
    if (this.draft !== null) rmSync(this.draft, { force: true })
  }
}

/** A name may have 255 bytes; the draft's has a number more. */
const LONGEST_NAME = 50

/** Puts a file where none stands. */
function claim(draft: string, place: string): void {
  try {
    // fails where a file stands, at one stroke
    linkSync(draft, place)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error
    // a file system without hard links: the name is taken first
    closeSync(openSync(place, 'wx'))
    renameSync(draft, place)
  }
}

/** Null where nothing stands. */
function look(path: string): Stats | null {
  return attempt(path, () => {
    const own = lstatSync(path, { throwIfNoEntry: false }) ?? null
    // what a link leads to; itself where that is nothing
    return own?.isSymbolicLink() ? (statSync(path, { throwIfNoEntry: false }) ?? own) : own
  })
}

function attempt<T>(path: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw new KsmDumpError('not-written', `${path} can not be written: ${reason(error as Error)}.`)
  }
}

function reason(error: NodeJS.ErrnoException): string {
  if (error.code === 'EEXIST') return 'a file stands there'
  if (error instanceof OutputClosed) return 'its reader is gone'
  return error instanceof OutputFailed ? error.why : error.message
}
