import { closeSync, fstatSync, openSync, readSync, statfsSync, statSync, type Stats } from 'node:fs'
import type { ByteSource } from '../base/bytes.ts'
import { KsmDumpError } from '../base/errors.ts'
import { hex } from '../base/text.ts'
import type { FileOffset } from '../base/units.ts'

/** A file as a ByteSource, open until it is closed. */
export interface FileSource extends ByteSource {
  close(): void
}

/** Largest piece of one read call: Node takes sizes below 2^31. */
const PIECE = 1024 * 1024 * 1024

function refuse(path: string, error: unknown): never {
  const code = (error as NodeJS.ErrnoException | null)?.code
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    if (path === '')
      throw new KsmDumpError('not-found', 'The name of the file is empty.', { input: path, advice: 'Give a dump.' })
    throw new KsmDumpError('not-found', `${path}: no such file.`, {
      input: path,
      advice:
        path === '-'
          ? 'A dump is not read from standard input: give a file.'
          : 'Check the path and the current folder.',
    })
  }
  if (code === 'ELOOP') {
    throw new KsmDumpError('not-found', `${path}: symbolic links that lead in a circle.`, {
      input: path,
      advice: 'Give the path of the file itself.',
    })
  }
  if (code === 'ENAMETOOLONG' || code === 'ERR_INVALID_ARG_VALUE') {
    throw new KsmDumpError('not-found', `${path}: not a name that a file can have.`, {
      input: path,
      advice: 'Check the path.',
    })
  }
  if (code === 'EACCES' || code === 'EPERM') {
    throw new KsmDumpError('no-permission', `${path}: not readable for this user.`, {
      input: path,
      advice: 'Dumps usually belong to root: copy the file or change its permissions.',
    })
  }
  throw new KsmDumpError('read-failed', `${path}: ${error instanceof Error ? error.message : String(error)}`, {
    input: path,
  })
}

/** File systems whose files are made when they are read: proc, sysfs, debugfs, tracefs. @see linux/magic.h (v6.12) */
const MADE_ON_READ: ReadonlySet<number> = new Set([0x9fa0, 0x62656572, 0x64626720, 0x74726163])

/** Refuses what has no bytes to seek in; a pipe would wait for its writer forever. */
function checkKind(path: string, stats: Stats): void {
  if (stats.isDirectory()) {
    throw new KsmDumpError('is-a-directory', `${path}: a directory, not a dump.`, {
      input: path,
      advice: 'Give the file inside, often called vmcore or dump.',
    })
  }
  if (!stats.isFile()) {
    throw new KsmDumpError('not-a-dump', `${path}: not a regular file.`, {
      input: path,
      advice: 'Copy its contents to a file first.',
    })
  }
  if (stats.size === 0 && MADE_ON_READ.has(statfsSync(path).type)) {
    throw new KsmDumpError('not-a-dump', `${path}: a file of the kernel that has no size, as in /proc and /sys.`, {
      input: path,
      advice: 'Only /proc/vmcore of a crash kernel is a dump; copy others to a file first.',
    })
  }
  if (stats.size === 0) {
    throw new KsmDumpError('is-empty', `${path}: the file is empty.`, {
      input: path,
      advice: 'The dump was never written, often for want of space: look at the log of the crash kernel.',
    })
  }
}

/**
 * Opens a file for positioned reads; it is never written.
 * @param path - the path as the user gave it: it becomes the name in messages
 * @param name - what messages and documents call it
 * @throws KsmDumpError not-found, is-a-directory, no-permission, is-empty, not-a-dump (no regular file), read-failed
 */
export function fileSource(path: string, name: string = path): FileSource {
  let fd = -1
  try {
    checkKind(path, statSync(path))
    fd = openSync(path, 'r')
    const stats = fstatSync(fd)
    checkKind(path, stats)
    return new OpenFile(name, fd, stats.size)
  } catch (error) {
    if (fd >= 0) closeSync(fd)
    if (error instanceof KsmDumpError) throw error
    return refuse(path, error)
  }
}

class OpenFile implements FileSource {
  readonly name: string
  readonly size: number
  private fd: number

  constructor(name: string, fd: number, size: number) {
    this.name = name
    this.fd = fd
    this.size = size
  }

  read(at: FileOffset, into: Uint8Array): number {
    if (!(at >= 0 && at < this.size)) return 0
    let done = 0
    try {
      while (done < into.length) {
        const got = readSync(this.fd, into, done, Math.min(PIECE, into.length - done), at + done)
        if (got === 0) break
        done += got
      }
    } catch (error) {
      throw new KsmDumpError(
        'read-failed',
        `${this.name}: reading at offset ${hex(at)} failed: ${error instanceof Error ? error.message : String(error)}`,
        {
          input: this.name,
          at: hex(at),
          advice: 'The disk or the network may be failing: copy the file to a healthy one.',
        },
      )
    }
    return done
  }

  close(): void {
    if (this.fd < 0) return
    closeSync(this.fd)
    this.fd = -1
  }
}
