import type Bzip2 from '@foxglove/wasm-bz2'
import type { ByteStream } from '../base/bytes.ts'
import { Bzip2Blocks } from './bzip2-blocks.ts'
import { StreamEnded } from './stream-ended.ts'

/** A block unpacks to 900 kB, or, where runs of one byte were folded first, to 52 times as much. */
const USUAL = 1024 * 1024
const MOST = 48 * 1024 * 1024

let loading: Promise<Bzip2> | null = null

async function load(): Promise<Bzip2> {
  const { default: module } = await import('@foxglove/wasm-bz2')
  const events = ['uncaughtException', 'unhandledRejection'] as const
  const before = events.map((event) => process.rawListeners(event))
  const bzip2 = await module.init()
  // its loader takes errors of the whole process for its own
  for (const [i, event] of events.entries())
    for (const listener of process.rawListeners(event))
      if (!before[i]!.includes(listener)) process.removeListener(event, listener as () => void)
  return bzip2
}

/**
 * bzip2, also several streams in a row (pbzip2, lbzip2). The decoder takes whole files only, so it gets one block at a time.
 * @throws StreamEnded cut or damaged, after all whole blocks up to there (a block can't be unpacked in part); and what the input
 * throws
 */
export async function* bunzip2(input: ByteStream): AsyncGenerator<Uint8Array> {
  loading ??= load()
  const bzip2 = await loading
  const blocks = new Bzip2Blocks()
  for await (const chunk of input)
    for (const block of blocks.push(chunk) ?? damaged('a block is too long')) yield unpack(bzip2, block)
  if (blocks.cut) throw new StreamEnded('cut', 'the bzip2 stream is cut off')
}

function unpack(bzip2: Bzip2, block: Uint8Array): Uint8Array {
  for (const room of [USUAL, MOST]) {
    try {
      return bzip2.decompress(block, room)
    } catch (error) {
      if (room === USUAL && /OUTBUFF_FULL/.test(String(error))) continue
    }
    break
  }
  return damaged('a block does not fit its checksum')
}

function damaged(why: string): never {
  throw new StreamEnded('damaged', `the bzip2 stream is damaged (${why})`)
}
