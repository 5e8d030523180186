import type { ByteStream } from '../base/bytes.ts'
import { StreamEnded } from './stream-ended.ts'

/**
 * Reads a stream in the steps that a container needs: look ahead, take, skip, hand on. It holds one piece of the stream and what
 * was looked at ahead. An error of the stream comes when the bytes before it have been read, and again at each later read.
 */
export class ByteReader {
  /** Bytes given out or skipped so far. */
  at = 0
  private readonly source: AsyncIterator<Uint8Array>
  private held: Uint8Array = new Uint8Array(0)
  private ended = false
  private error: unknown = null

  constructor(stream: ByteStream) {
    this.source = stream[Symbol.asyncIterator]()
  }

  /** The next piece from the source; null at its end or its error. */
  private async pull(): Promise<Uint8Array | null> {
    while (!this.ended) {
      try {
        const { done, value } = await this.source.next()
        if (done) this.ended = true
        else if (value.length > 0) return value
      } catch (error) {
        this.ended = true
        this.error = error
      }
    }
    return null
  }

  /** Makes `held` as long as asked, or as long as the stream goes. */
  private async hold(size: number): Promise<void> {
    if (this.held.length >= size) return
    const pieces = [this.held]
    let length = this.held.length
    while (length < size) {
      const piece = await this.pull()
      if (piece === null) break
      pieces.push(piece)
      length += piece.length
    }
    this.held = Buffer.concat(pieces, length)
  }

  /** The next bytes without taking them: fewer than asked where the stream ends, for whatever reason. */
  async peek(size: number): Promise<Uint8Array> {
    await this.hold(size)
    return this.held.subarray(0, size)
  }

  /**
   * Takes as many bytes.
   * @returns null at the end of the stream
   * @throws StreamEnded when it ends in the middle of them, and what the stream throws
   */
  async take(size: number): Promise<Uint8Array | null> {
    await this.hold(size)
    if (this.held.length < size && this.error !== null) throw this.error
    if (this.held.length === 0) return null
    if (this.held.length < size) throw new StreamEnded('cut', `it ends ${size - this.held.length} bytes too early`)
    const taken = this.held.subarray(0, size)
    this.held = this.held.subarray(size)
    this.at += size
    return taken
  }

  /** The next piece of any size up to `most`; null at the end. @throws what the stream throws */
  async next(most = Number.POSITIVE_INFINITY): Promise<Uint8Array | null> {
    if (this.held.length === 0) {
      const piece = await this.pull()
      if (piece === null) {
        if (this.error !== null) throw this.error
        return null
      }
      this.held = piece
    }
    const piece = this.held.length > most ? this.held.subarray(0, most) : this.held
    this.held = this.held.subarray(piece.length)
    this.at += piece.length
    return piece
  }

  /** Steps over as many bytes. @returns how many were there @throws what the stream throws */
  async skip(size: number): Promise<number> {
    let left = size
    while (left > 0) {
      const piece = await this.next(left)
      if (piece === null) break
      left -= piece.length
    }
    return size - left
  }

  /** What is left, as a stream; whoever stops early leaves the rest to later reads. */
  async *stream(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const piece = await this.next()
      if (piece === null) return
      yield piece
    }
  }

  /** Lets go of the source: files are closed, decoders freed. */
  async close(): Promise<void> {
    this.ended = true
    this.held = new Uint8Array(0)
    await this.source.return?.()
  }
}
