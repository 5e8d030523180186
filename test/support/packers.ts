import { spawnSync } from 'node:child_process'
import { deflateSync, gzipSync } from 'node:zlib'
import type { ByteStream } from '../../src/base/bytes.ts'

export type Packer = 'gzip' | 'zlib' | 'xz' | 'zstd' | 'bzip2'

const COMMANDS: Partial<Record<Packer, string[]>> = {
  xz: ['xz', '-3', '-c'],
  zstd: ['zstd', '-q', '-c', '--no-check'],
  bzip2: ['bzip2', '-c'],
}

/** Packs bytes; null where the command that does it is not there. */
export function pack(kind: Packer, bytes: Uint8Array, ...options: string[]): Buffer | null {
  if (kind === 'gzip') return gzipSync(bytes)
  if (kind === 'zlib') return deflateSync(bytes)
  const [command, ...args] = COMMANDS[kind]!
  const { status, stdout, error } = spawnSync(command!, [...args, ...options], { input: bytes, maxBuffer: 1 << 30 })
  return error || status !== 0 ? null : stdout
}

export function isThere(kind: Packer): boolean {
  return pack(kind, Buffer.from('x')) !== null
}

/** Bytes as a stream of pieces of this size. */
export async function* pieces(bytes: Uint8Array, size = 65_536): ByteStream {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** All bytes that a stream gives, and what it threw behind them. */
export async function drained(stream: ByteStream): Promise<{ bytes: Buffer; error: unknown }> {
  const all: Buffer[] = []
  try {
    for await (const piece of stream) all.push(Buffer.from(piece))
    return { bytes: Buffer.concat(all), error: null }
  } catch (error) {
    return { bytes: Buffer.concat(all), error }
  }
}

/** Log-like text that packs well, of about this size, the same each time. */
export function logText(size: number): Buffer {
  const lines: string[] = []
  let seed = 1
  for (let length = 0; length < size; length += lines.at(-1)!.length + 1) {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff
    lines.push(
      `[${(lines.length / 7).toFixed(6).padStart(12)}] INFO: task kworker/${seed % 64}:${seed % 9}:${seed} blocked`,
    )
  }
  return Buffer.from(`${lines.join('\n')}\n`)
}
