import type { ByteStream } from '../base/bytes.ts'
import type { Abort } from '../base/steps.ts'
import { size } from '../base/words.ts'
import { StreamEnded } from './stream-ended.ts'

/** Milliseconds of work between two looks at the event loop, where Ctrl-C and the spinner live. */
const SLICE_MS = 20

/** Bounds of what one input may unpack to, in all its layers together. */
export interface UnpackLimits {
  /** Bytes that are always allowed, however small the packed input is. */
  free: number
  /** Beyond `free`: bytes for each packed byte that was read. */
  ratio: number
  /** Bytes in all. */
  total: number
}

/**
 * Real logs pack up to some hundreds to one, and repeated ones better; 2 GiB out of a small file is still a log. A bomb of 1 GB
 * could claim a terabyte: the total ends it.
 */
export const UNPACK_LIMITS: UnpackLimits = { free: 2 * 1024 ** 3, ratio: 1000, total: 128 * 1024 ** 3 }

/**
 * Counts what one input gives as it is read and what it unpacks to, over all layers. It ends bombs, and hands the turn to the event
 * loop in between: one packed piece can hold seconds of unpacking.
 */
export class UnpackMeter {
  /** Bytes read from the input itself. */
  raw = 0
  /** Bytes that decoders gave. */
  unpacked = 0
  private readonly limits: UnpackLimits
  private readonly abort: Abort
  private slice = performance.now()

  constructor(limits: UnpackLimits, abort: Abort) {
    this.limits = limits
    this.abort = abort
  }

  /** To be called between two steps of any work. @throws StreamEnded when it was interrupted */
  async beat(): Promise<void> {
    if (performance.now() - this.slice > SLICE_MS) {
      await new Promise((resolve) => setImmediate(resolve))
      this.slice = performance.now()
    }
    if (this.abort.aborted) throw new StreamEnded('interrupted', 'interrupted')
  }

  /** A stream of the input itself. @param seen - told how many bytes have been read */
  async *input(stream: ByteStream, seen: (bytes: number) => void = () => {}): AsyncGenerator<Uint8Array> {
    for await (const piece of stream) {
      await this.beat()
      this.raw += piece.length
      seen(this.raw)
      yield piece
    }
  }

  /** A stream that a decoder gives. @throws StreamEnded past the limits */
  async *output(stream: ByteStream): AsyncGenerator<Uint8Array> {
    const { free, ratio, total } = this.limits
    for await (const piece of stream) {
      await this.beat()
      this.unpacked += piece.length
      if (this.unpacked > total)
        throw new StreamEnded('limit', `it unpacks to more than ${size(total)}, the limit of one input`)
      if (this.unpacked > free + ratio * this.raw)
        throw new StreamEnded(
          'limit',
          `${size(this.raw)} of it unpack to more than ${size(this.unpacked - piece.length)}: stopped as a bomb (the limit is ${size(free)} and ${ratio} to 1)`,
        )
      yield piece
    }
  }
}
