import { isAscii } from 'node:buffer'
import type { ByteStream } from '../base/bytes.ts'

/** Bytes of a line, at most; what is longer is cut there. */
export const LINE_BYTES = 65_536
/** A line is rubbish when more than this share of it is control characters or no UTF-8. */
const RUBBISH = 0.3

const LF = 10
const CR = 13

/** Lines of a text, in their order and without gaps. */
export interface LineBatch {
  /** Number of the first one, from 1. */
  first: number
  /** Without their ends; "" for a line that was skipped as rubbish. */
  lines: string[]
}

/**
 * Finds the lines of a text in its bytes: LF or CR LF ends one. A string is made for each line by itself: a slice of a larger one
 * would keep that alive. Not valid UTF-8 becomes U+FFFD; NULs, which logs have after a power loss, are left out.
 */
export class LineReader {
  /** Lines that were longer than LINE_BYTES. */
  cutLines = 0
  /** Lines that were skipped because they were no text. */
  rubbishLines = 0
  /** Bytes that were skipped: those lines, NULs, and the rest of the cut lines. */
  skippedBytes = 0
  /** Lines so far. */
  count = 0
  /** The start of a line whose end has not come yet. */
  private readonly rest = Buffer.allocUnsafeSlow(LINE_BYTES)
  private held = 0
  /** Bytes of that line which are dropped already. */
  private dropped = 0

  /** The lines of a stream, some thousand at a time. @throws what the stream throws, after the lines before it */
  async *batches(stream: ByteStream): AsyncGenerator<LineBatch> {
    let failed: { error: unknown } | null = null
    try {
      for await (const piece of stream) {
        const batch = this.push(piece)
        if (batch.lines.length > 0) yield batch
      }
    } catch (error) {
      failed = { error }
    }
    const last = this.end()
    if (last.lines.length > 0) yield last
    if (failed !== null) throw failed.error
  }

  /** Takes the next bytes. @returns the lines that end in them */
  push(piece: Uint8Array): LineBatch {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.length)
    const batch: LineBatch = { first: this.count + 1, lines: [] }
    const clean = isAscii(bytes) && bytes.indexOf(0) < 0
    let at = 0
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, at)) {
      if (this.held > 0 || end - at > LINE_BYTES) {
        this.keep(bytes.subarray(at, end))
        batch.lines.push(this.finish())
      } else batch.lines.push(clean ? ascii(bytes, at, end) : this.text(bytes.subarray(at, end)))
      at = end + 1
    }
    if (at < bytes.length) this.keep(bytes.subarray(at))
    this.count += batch.lines.length
    return batch
  }

  /** The text is over. @returns its last line when that had no end */
  end(): LineBatch {
    const batch: LineBatch = { first: this.count + 1, lines: [] }
    if (this.held > 0) batch.lines.push(this.finish())
    this.count += batch.lines.length
    return batch
  }

  /** Adds to the line that goes on, up to its limit. */
  private keep(bytes: Buffer): void {
    const room = Math.min(LINE_BYTES - this.held, bytes.length)
    bytes.copy(this.rest, this.held, 0, room)
    this.held += room
    this.dropped += bytes.length - room
  }

  private finish(): string {
    const line = this.text(this.rest.subarray(0, this.held))
    if (this.dropped > 0) {
      this.cutLines++
      this.skippedBytes += this.dropped
    }
    this.held = 0
    this.dropped = 0
    return line
  }

  /** A line of any bytes. */
  private text(bytes: Buffer): string {
    let line = bytes
    if (line.indexOf(0) >= 0) {
      line = Buffer.from(line.filter((byte) => byte !== 0))
      this.skippedBytes += bytes.length - line.length
    }
    if (isAscii(line) ? controls(line) > line.length * RUBBISH : this.foreign(line)) {
      this.rubbishLines++
      this.skippedBytes += line.length
      return ''
    }
    return isAscii(line) ? ascii(line, 0, line.length) : line.toString('utf8', 0, withoutCr(line, 0, line.length))
  }

  private foreign(line: Buffer): boolean {
    let wrong = controls(line)
    const text = line.toString('utf8')
    for (let at = text.indexOf('\ufffd'); at >= 0; at = text.indexOf('\ufffd', at + 1)) wrong++
    return wrong > text.length * RUBBISH
  }
}

function ascii(bytes: Buffer, at: number, end: number): string {
  return bytes.toString('latin1', at, withoutCr(bytes, at, end))
}

function withoutCr(bytes: Buffer, at: number, end: number): number {
  let last = end
  while (last > at && bytes[last - 1] === CR) last--
  return last
}

/** Control characters that no text has; tabs, form feeds, backspaces and escape sequences (colours) are common ones. */
function controls(line: Buffer): number {
  let count = 0
  for (const byte of line)
    if (byte < 0x20 && byte !== 9 && byte !== 12 && byte !== 8 && byte !== 27 && byte !== CR) count++
  return count
}
