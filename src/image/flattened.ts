import type { ByteSource } from '../base/bytes.ts'
import { KsmDumpError, type Problem } from '../base/errors.ts'
import type { Abort, Steps } from '../base/steps.ts'
import { hex } from '../base/text.ts'
import type { FileOffset } from '../base/units.ts'
import {
  FLAT_HEADER_SIZE,
  flattenedFault,
  readRecordHeader,
  RECORD_HEADER_SIZE,
  type RecordHeader,
} from '../parsers/flattened.ts'
import { layOut, type Records, RecordTable } from './record-table.ts'
import type { LayerSource } from './source.ts'

/** Bytes read at once while records are short, so that many headers come with one read. */
const WINDOW = 65_536
/** Records from this size up are stepped over: only their header is read. */
const LONG = 8192
/** Reads between two looks at progress and Ctrl-C. */
const SLICE = 1024

/**
 * The file inside a flattened file (makedumpfile -F, QEMU): a ByteSource over records of [offset, size, bytes] in any order.
 * What no record has is a hole, where `read` stops.
 */
export class FlattenedSource implements LayerSource {
  readonly name: string
  readonly size: number
  readonly stored: number
  readonly lossy: boolean
  private readonly src: ByteSource
  private readonly pieces: Records
  private recent = 0

  constructor(src: ByteSource, pieces: Records, lossy: boolean) {
    this.src = src
    this.name = src.name
    this.pieces = pieces
    this.stored = src.size
    this.lossy = lossy
    const last = pieces.count - 1
    this.size = last < 0 ? 0 : pieces.offset[last]! + pieces.length[last]!
  }

  read(at: FileOffset, into: Uint8Array): number {
    const { offset, length, place, count } = this.pieces
    let done = 0
    let piece = this.find(at)
    while (done < into.length && piece < count) {
      const skip = at + done - offset[piece]!
      if (!(skip >= 0 && skip < length[piece]!)) break
      const size = Math.min(length[piece]! - skip, into.length - done)
      const got = this.src.read(place[piece]! + skip, size === into.length ? into : into.subarray(done, done + size))
      done += got
      if (got < size) break
      this.recent = piece++
    }
    return done
  }

  hole(at: FileOffset): number {
    const { offset, length, count } = this.pieces
    const piece = this.find(at)
    if (piece < count && at >= offset[piece]! && at < offset[piece]! + length[piece]!) return 0
    const next = piece < count && offset[piece]! > at ? piece : piece + 1
    return next < count ? offset[next]! - at : 0
  }

  /** The last piece that starts at or before `at`, 0 when none does; the one used last and its neighbour are tried first. */
  private find(at: FileOffset): number {
    const { offset, count } = this.pieces
    for (let piece = this.recent; piece < this.recent + 2 && piece < count; piece++) {
      if (offset[piece]! <= at && (piece + 1 === count || offset[piece + 1]! > at)) return piece
    }
    let low = 0
    let high = count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (offset[middle]! <= at) low = middle + 1
      else high = middle
    }
    return low === 0 ? 0 : low - 1
  }
}

/** What indexing gave. */
export interface FlattenedIndex {
  source: FlattenedSource
  problems: Problem[]
}

/**
 * Indexes a flattened file in one pass over its record headers. Where the file stops making sense, what came before stands.
 * @throws KsmDumpError truncated-header or damaged-header when not even one record is there, interrupted
 */
export function* indexFlattened(src: ByteSource, abort: Abort): Steps<FlattenedIndex> {
  const head = new Uint8Array(32)
  const fault = flattenedFault(head.subarray(0, src.read(0, head)))
  if (fault !== null) {
    throw new KsmDumpError('damaged-header', `${src.name}: damaged header of the flattened form: ${fault}.`, {
      input: src.name,
      at: hex(0),
      advice: 'Compare the file with its original.',
    })
  }
  const { records, end } = yield* readRecords(src, abort)
  if (abort.aborted)
    throw new KsmDumpError('interrupted', `${src.name}: interrupted while its records were indexed.`, {
      input: src.name,
    })
  if (records.count === 0) {
    throw new KsmDumpError(
      'truncated-header',
      `${src.name}: a flattened dump without any record${end === null ? '' : `: ${end.why}`}.`,
      {
        input: src.name,
        at: hex(end?.at ?? FLAT_HEADER_SIZE),
        advice: 'makedumpfile ended before it wrote anything: dump again.',
      },
    )
  }
  const pieces = yield* layOut(records)
  const problems: Problem[] = []
  if (end !== null) {
    problems.push({
      code: 'flattened-damaged',
      message: `${src.name}: the records of the flattened form end at offset ${end.at}: ${end.why}. What they hold up to there is used.`,
      input: src.name,
      at: hex(end.at),
    })
  }
  return { source: new FlattenedSource(src, pieces, end !== null), problems }
}

/** Where the records stopped before their end marker. */
interface EarlyEnd {
  at: FileOffset
  why: string
}

function* readRecords(src: ByteSource, abort: Abort): Steps<{ records: RecordTable; end: EarlyEnd | null }> {
  const records = new RecordTable()
  const window = new Uint8Array(WINDOW)
  const view = new DataView(window.buffer)
  const header: RecordHeader = { kind: 'end', offset: 0, size: 0 }
  let windowAt = 0
  let windowSize = 0
  let reads = 0
  let at = FLAT_HEADER_SIZE
  let strange: EarlyEnd | null = null
  while (!abort.aborted) {
    if (at < windowAt || at + RECORD_HEADER_SIZE > windowAt + windowSize) {
      windowAt = at
      windowSize = src.read(at, header.size < LONG ? window : window.subarray(0, RECORD_HEADER_SIZE))
      if (windowSize < RECORD_HEADER_SIZE)
        return { records, end: strange ?? { at, why: 'the file is cut off, there is no end marker' } }
      if (++reads % SLICE === 0) yield { what: 'indexing records', done: at, total: src.size, unit: 'bytes' }
    }
    readRecordHeader(view, at - windowAt, header)
    if (header.kind === 'end') return { records, end: strange }
    if (header.kind === 'bad')
      return { records, end: strange ?? { at, why: `a record for offset ${header.offset} with ${header.size} bytes` } }
    const there = Math.min(header.size, src.size - at - RECORD_HEADER_SIZE)
    if (!Number.isSafeInteger(header.offset + header.size) && there === header.size) {
      strange ??= { at, why: `a record for offset ${header.offset}, beyond 2^53` }
    } else if (there > 0) records.add(header.offset, there, at + RECORD_HEADER_SIZE)
    if (there < header.size)
      return { records, end: strange ?? { at, why: `a record of ${header.size} bytes, ${there} are in the file` } }
    at += RECORD_HEADER_SIZE + header.size
  }
  return { records, end: null }
}
