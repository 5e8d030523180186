import { constants, createGunzip, createInflate, type Gunzip, type Inflate } from 'node:zlib'
import type { ByteStream } from '../base/bytes.ts'
import { StreamEnded } from './stream-ended.ts'

/** Bytes that are handed over at once, and that come back at once: a hand-over to the thread pool costs as much as 10 KiB. */
const PIECE = 65_536

/** gzip (RFC 1952), also several members in a row; what follows the last one is ignored, as gzip does. */
export const gunzip = (input: ByteStream): ByteStream => inflate(input, createGunzip({ chunkSize: PIECE }), 'gzip')

/** zlib (RFC 1950). */
export const unzlib = (input: ByteStream): ByteStream => inflate(input, createInflate({ chunkSize: PIECE }), 'zlib')

/**
 * Everything that a stream of node:zlib can give for its input. A cut input: all bytes up to the cut, because they are flushed out
 * before the decoder is told of the end, which it answers with an error.
 * @throws StreamEnded cut or damaged, and what the input throws
 */
async function* inflate(input: ByteStream, decoder: Gunzip | Inflate, what: string): AsyncGenerator<Uint8Array> {
  let wake = (): void => {}
  const state: { ended: boolean; failed: Error | null } = { ended: false, failed: null }
  const over = (): boolean => state.ended || state.failed !== null
  decoder.on('readable', () => wake())
  decoder.on('end', () => {
    state.ended = true
    wake()
  })
  decoder.on('error', (error) => {
    state.failed = error
    wake()
  })
  /** What comes until the step that `begin` starts is done. */
  async function* until(begin: (done: () => void) => void): AsyncGenerator<Uint8Array> {
    let finished = false
    begin(() => {
      finished = true
      wake()
    })
    for (;;) {
      const piece = decoder.read() as Buffer | null
      if (piece !== null) yield piece
      else if (finished || over()) return
      else
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
  }
  try {
    let cause: unknown = null
    try {
      for await (const chunk of input)
        for (let at = 0; at < chunk.length && !over(); at += PIECE)
          yield* until((done) => decoder.write(chunk.subarray(at, at + PIECE), done))
    } catch (error) {
      cause = error
    }
    if (!over()) yield* until((done) => decoder.flush(constants.Z_SYNC_FLUSH, done))
    if (cause !== null) throw cause
    if (!over()) yield* until(() => decoder.end())
    if (state.failed !== null) throw refusal(state.failed, what)
  } finally {
    decoder.destroy()
  }
}

function refusal(error: Error, what: string): StreamEnded {
  return (error as NodeJS.ErrnoException).code === 'Z_BUF_ERROR'
    ? new StreamEnded('cut', `the ${what} stream is cut off`)
    : new StreamEnded('damaged', `the ${what} stream is damaged (${error.message})`)
}
