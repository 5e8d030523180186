import type { ZSTDDecoder } from 'zstddec/stream'
import type { ByteStream } from '../base/bytes.ts'
import { StreamEnded } from './stream-ended.ts'

/** Bytes that are handed over at once: what must be unpacked to the end before a decoder can be freed early. */
const PIECE = 16_384
/** Pieces that are thrown away, at most, to free a decoder early. */
const DISCARDED = 256
/** Decoders that could not be freed, at most, in one run: each holds its window, up to 128 MiB. */
const LOST = 8

let loading: Promise<ZSTDDecoder> | null = null
let lost = 0

async function load(): Promise<ZSTDDecoder> {
  const { ZSTDDecoder } = await import('zstddec/stream')
  const decoder = new ZSTDDecoder()
  await decoder.init()
  return decoder
}

/**
 * Zstandard (RFC 8878), also several frames in a row and skippable ones. Not by node:zlib, which has it from 22.15 on only: one
 * decoder for every Node that is supported.
 *
 * The package's decoder is synchronous: it takes one piece of input for each piece that it is asked for, so that the input only has
 * to be there in time. On damage it repeats itself without end, which shows as more empty pieces than the input has bytes; its
 * memory is freed only when it comes to its end.
 * @throws StreamEnded cut or damaged, after all bytes up to there; and what the input throws
 */
export async function* unzstd(input: ByteStream): AsyncGenerator<Uint8Array> {
  if (lost >= LOST) throw new StreamEnded('limit', 'too many damaged zstd streams before it')
  loading ??= load()
  const decoder = await loading
  const feed = new Feed()
  const pieces = decoder.decodeStreaming(feed)
  const state: { is: 'open' | 'ended' | 'stuck' } = { is: 'open' }
  let empty = 0
  /** The next piece; null at the end. */
  const next = (): Uint8Array | null => {
    const taken = feed.taken
    let result: IteratorResult<Uint8Array>
    try {
      result = pieces.next()
    } catch {
      state.is = 'ended'
      throw new StreamEnded('cut', 'the zstd stream is cut off')
    }
    if (result.done) {
      state.is = 'ended'
      return null
    }
    empty = result.value.length === 0 && feed.taken === taken ? empty + 1 : 0
    if (empty > PIECE) {
      state.is = 'stuck'
      throw new StreamEnded('damaged', 'the zstd stream is damaged')
    }
    return result.value
  }
  try {
    for await (const chunk of input)
      for (let at = 0; at < chunk.length; at += PIECE) {
        feed.give(chunk.subarray(at, at + PIECE))
        // it asks for the next piece of input only when this one is used up
        while (feed.waiting) yield next()!
      }
    feed.end()
    for (let piece = next(); piece !== null; piece = next()) yield piece
  } finally {
    feed.end()
    for (let i = 0; state.is === 'open' && i < DISCARDED; i++) {
      try {
        next()
      } catch {
        // it is freed, or stuck
      }
    }
    if (state.is !== 'ended') lost++
  }
}

/** Pieces of input as an iterable: at most one waits. */
class Feed implements Iterable<Uint8Array> {
  taken = 0
  private piece: Uint8Array | null = null
  private over = false

  get waiting(): boolean {
    return this.piece !== null
  }

  give(piece: Uint8Array): void {
    this.piece = piece
  }

  end(): void {
    this.over = true
    this.piece = null
  }

  *[Symbol.iterator](): Generator<Uint8Array> {
    for (;;) {
      const { piece } = this
      if (piece === null) {
        if (this.over) return
        throw new Error('zstd input was asked for before it was there')
      }
      this.piece = null
      this.taken++
      yield piece
    }
  }
}
