import type { ByteSource } from '../base/bytes.ts'
import { KsmDumpError, type Problem } from '../base/errors.ts'
import { hex } from '../base/text.ts'
import {
  FLAT_HEADER_SIZE,
  isFlattened,
  readRecordHeader,
  RECORD_HEADER_SIZE,
  type RecordHeader,
} from '../parsers/flattened.ts'
import { elfFormat } from './elf.ts'
import { kdumpFormat } from './kdump.ts'
import { nameOther } from './other-files.ts'
import { readStructure } from './source.ts'
import type { DumpFormat, DumpKind } from './types.ts'

/** The dump formats, in the order in which they are asked. A new format is one file and one line here. */
export const FORMATS: readonly DumpFormat[] = [kdumpFormat, elfFormat]

/** First bytes that formats and magics are looked for in. */
const HEAD = 4096
/** Record headers of a flattened file that are looked at for the one with offset 0: writers put it first. */
const RECORDS = 4096

/** The first bytes of a file. */
export function readHead(src: ByteSource): Uint8Array {
  const head = new Uint8Array(Math.min(HEAD, src.size))
  return head.subarray(0, readStructure(src, 0, head))
}

/**
 * The format of an unflattened file.
 * @throws KsmDumpError that says what the file is instead
 */
export function formatOf(src: ByteSource): DumpFormat {
  const head = readHead(src)
  if (head.length === 0) {
    throw new KsmDumpError('is-empty', `${src.name}: the file is empty.`, {
      input: src.name,
      advice: 'The dump was never written, often for want of space.',
    })
  }
  for (const format of FORMATS) {
    const answer = format.probe(head, src)
    if (answer === 'mine') return format
    if (answer !== 'not-mine')
      throw new KsmDumpError(answer.code, answer.message, { input: answer.input, at: answer.at })
  }
  if (isFlattened(head)) {
    throw new KsmDumpError('not-a-dump', `${src.name}: a flattened file inside a flattened file.`, {
      input: src.name,
      advice: 'Undo one of the two with `makedumpfile -R`.',
    })
  }
  const { code, what, advice } = nameOther(head)
  throw new KsmDumpError(code, `${src.name}: ${what}, not a dump.`, { input: src.name, at: hex(0), advice })
}

/** The part of a flattened file that its first records say is at offset 0, null when they don't. */
function flattenedStart(src: ByteSource): ByteSource | null {
  const bytes = new Uint8Array(RECORD_HEADER_SIZE)
  const view = new DataView(bytes.buffer)
  const header: RecordHeader = { kind: 'end', offset: 0, size: 0 }
  let start: { place: number; size: number } | null = null
  for (let at = FLAT_HEADER_SIZE, i = 0; i < RECORDS && src.read(at, bytes) === bytes.length; i++) {
    readRecordHeader(view, 0, header)
    if (header.kind !== 'data') break
    if (header.offset === 0 && header.size >= 64) start = { place: at + RECORD_HEADER_SIZE, size: header.size }
    at += RECORD_HEADER_SIZE + header.size
  }
  if (start === null) return null
  const { place, size } = start
  return { name: src.name, size, read: (at, into) => src.read(place + at, into.subarray(0, Math.max(0, size - at))) }
}

/**
 * Says by content what a file is, without opening it.
 * @returns the kind of dump, or the reason why it is none; a flattened file whose start is not among its first records is taken
 * for a kdump, which it usually is
 */
export function identify(src: ByteSource): DumpKind | Problem {
  try {
    if (!isFlattened(readHead(src))) return formatOf(src).name
    const start = flattenedStart(src)
    return start === null || formatOf(start).name === 'kdump' ? 'flattened-kdump' : 'flattened-elf'
  } catch (error) {
    if (error instanceof KsmDumpError) return error.toProblem()
    throw error
  }
}
