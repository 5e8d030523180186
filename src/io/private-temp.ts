import { chmodSync, closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { size } from '../base/words.ts'
import type { ByteReader } from './byte-reader.ts'
import { StreamEnded } from './stream-ended.ts'

/** Share of the free space that may be filled: others live there too, and it may be memory (tmpfs). */
const SHARE = 0.5

/** Signals that end a process: Ctrl-C, kill, a closed terminal. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** What became of a stream that was written to a file. */
export interface Spooled {
  /** Path of the file. */
  path: string
  bytes: number
  /** Why it is shorter than it was meant to be; null when it is whole. */
  ended: StreamEnded | null
}

/**
 * A folder that only this user can enter, for dumps that lie inside streams: the only place that is ever written to. It is made when
 * it is needed first and is gone after `remove`, and when the process exits, also by a second Ctrl-C. Names in it are our own.
 */
export class PrivateTemp {
  private path: string | null = null
  private files = 0
  private written = 0
  private readonly most: number
  private readonly parent: string

  /** @param most - bytes that may be written in all; at most half of the free space, however much it says */
  constructor(most: number, parent: string = tmpdir()) {
    this.most = most
    this.parent = parent
  }

  /** The folder, null while there is none. */
  get folder(): string | null {
    return this.path
  }

  private readonly atExit = (): void => this.remove()

  /** A signal that nobody else listens to would end the process without its exit handlers. */
  private readonly atSignal = (signal: NodeJS.Signals): void => {
    if (process.listenerCount(signal) > 1) return
    this.remove()
    process.kill(process.pid, signal)
  }

  private make(): string {
    if (this.path !== null) return this.path
    const path = mkdtempSync(join(this.parent, 'ksm-dump-'))
    this.path = path
    process.on('exit', this.atExit)
    for (const signal of ENDING) process.on(signal, this.atSignal)
    // it is made so; an odd umask could have taken our own rights
    chmodSync(path, 0o700)
    return path
  }

  /** Bytes that may still be written. */
  private room(): number {
    const { bavail, bsize } = statfsSync(this.parent)
    return Math.min(this.most - this.written, Math.floor(bavail * bsize * SHARE))
  }

  /** Writes a stream to a file in the folder, as far as it goes and there is room. Never throws for what the stream is. */
  async spool(reader: ByteReader): Promise<Spooled> {
    const path = join(this.make(), `dump-${++this.files}`)
    const fd = openSync(path, 'wx', 0o600)
    const room = this.room()
    let bytes = 0
    try {
      for (;;) {
        const piece = await reader.next()
        if (piece === null) return { path, bytes, ended: null }
        if (bytes + piece.length > room)
          throw new StreamEnded('limit', `only its first ${size(bytes)} were unpacked: no more room in ${this.parent}`)
        for (let at = 0; at < piece.length; ) at += writeSync(fd, piece, at)
        bytes += piece.length
        this.written += piece.length
      }
    } catch (error) {
      return { path, bytes, ended: asEnded(error) }
    } finally {
      closeSync(fd)
    }
  }

  /** Removes the folder and what is in it. */
  remove(): void {
    const { path } = this
    if (path === null) return
    this.path = null
    process.off('exit', this.atExit)
    for (const signal of ENDING) process.off(signal, this.atSignal)
    rmSync(path, { recursive: true, force: true })
  }
}

function asEnded(error: unknown): StreamEnded {
  if (error instanceof StreamEnded) return error
  const { code, message } = error as NodeJS.ErrnoException
  if (code === undefined) throw error
  return new StreamEnded(code === 'ENOSPC' || code === 'EDQUOT' ? 'limit' : 'unreadable', message)
}
