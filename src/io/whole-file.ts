import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, linkSync, mkdirSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { KsmDumpError } from '../base/errors.ts'
import { writeAll } from './terminal.ts'

/** Whether a name can not be written to: a file stands there, and it may not be overwritten. Devices and pipes may. */
export function standsInTheWay(path: string, force: boolean): boolean {
  return !force && existsSync(path) && statSync(path).isFile()
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
 * A file that is there whole or not at all: it is written beside its place and takes it in the end. What is no file (a device, a
 * pipe) is written to directly.
 */
export class WholeFile {
  private readonly path: string
  private readonly force: boolean
  /** Where it is written to until it is whole; null for what is no file. */
  private readonly draft: string | null
  private readonly fd: number
  private open = true

  /**
   * @param force - take the place of a file that is there
   * @param mode - who may read it
   * @throws KsmDumpError when it can't be made
   */
  constructor(path: string, force: boolean, mode = 0o666) {
    this.path = path
    this.force = force
    const direct = existsSync(path) && !statSync(path).isFile()
    this.draft = direct ? null : join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.part`)
    this.fd = this.attempt(() => (this.draft === null ? openSync(path, 'w') : openSync(this.draft, 'wx', mode)))
    process.on('exit', this.atExit)
  }

  private readonly atExit = (): void => this.discard()

  write(bytes: Uint8Array): void {
    this.attempt(() => writeAll(this.fd, bytes))
  }

  /** Puts it in its place. @throws KsmDumpError when a file has come to stand there, or the place is gone */
  finish(): void {
    this.attempt(() => {
      closeSync(this.fd)
      if (this.draft !== null && this.force) renameSync(this.draft, this.path)
      // a link fails where a file stands, at one stroke
      else if (this.draft !== null) linkSync(this.draft, this.path)
    })
    this.discard()
  }

  /** Takes away what is not whole. */
  discard(): void {
    if (!this.open) return
    this.open = false
    process.off('exit', this.atExit)
    if (this.draft !== null) rmSync(this.draft, { force: true })
  }

  private attempt<T>(act: () => T): T {
    try {
      return act()
    } catch (error) {
      this.discard?.()
      const why =
        (error as NodeJS.ErrnoException).code === 'EEXIST' ? 'a file stands there' : String((error as Error).message)
      throw new KsmDumpError('not-written', `${this.path} can not be written: ${why}.`, { input: null })
    }
  }
}
