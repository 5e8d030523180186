import { constants, closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Abort } from '../base/steps.ts'
import { StreamEnded } from './stream-ended.ts'

/** Bytes of one read. */
const PIECE = 256 * 1024

/**
 * The bytes of a regular file in order. Opened only when it is read first.
 * @param follow - it may be a link: a name that a user gave; in folders under examination links were followed before, and what
 * has become one since is refused
 * @throws StreamEnded unreadable
 */
export async function* fileStream(path: string, follow = false): AsyncGenerator<Uint8Array> {
  const nofollow = follow ? 0 : constants.O_NOFOLLOW
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | nofollow).catch(refuse)
  try {
    if (!(await file.stat()).isFile()) throw new StreamEnded('unreadable', 'it is no regular file any more')
    for (;;) {
      // a new buffer each time: pieces of the last one may be held by whoever reads
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafeSlow(PIECE), 0, PIECE).catch(refuse)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

function refuse(error: NodeJS.ErrnoException): never {
  throw new StreamEnded('unreadable', error.code === 'EACCES' ? 'it is not readable for this user' : error.message)
}

/** The first bytes of a regular file; null when it is none or can't be read. */
export function fileHead(path: string, size: number): Uint8Array | null {
  let fd = -1
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    if (!fstatSync(fd).isFile()) return null
    const head = new Uint8Array(size)
    return head.subarray(0, readSync(fd, head, 0, size, 0))
  } catch {
    return null
  } finally {
    if (fd >= 0) closeSync(fd)
  }
}

/** Milliseconds between two looks for Ctrl-C while nothing comes. */
const LOOK = 50

/**
 * Standard input. While nothing comes, Ctrl-C is looked for.
 * @throws StreamEnded interrupted, or unreadable
 */
export async function* stdinStream(abort: Abort, stdin: NodeJS.ReadStream = process.stdin): AsyncGenerator<Uint8Array> {
  const watch = setInterval(() => {
    if (abort.aborted) stdin.destroy(new StreamEnded('interrupted', 'interrupted'))
  }, LOOK)
  try {
    for await (const piece of stdin) yield typeof piece === 'string' ? Buffer.from(piece) : (piece as Uint8Array)
  } catch (error) {
    if (error instanceof StreamEnded) throw error
    throw new StreamEnded('unreadable', error instanceof Error ? error.message : String(error))
  } finally {
    clearInterval(watch)
    stdin.destroy()
  }
}
