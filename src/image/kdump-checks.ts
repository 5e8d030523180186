import type { Problem } from '../base/errors.ts'
import { hex } from '../base/text.ts'
import { STATUS_INCOMPLETE, type KdumpHeader } from '../parsers/kdump-header.ts'
import type { KdumpPart } from './kdump-pages.ts'

/** Descriptors at the start of the table that are looked at for the smallest offset. */
const FIRST = 64
/** Descriptors at the end of the table that are looked at for the largest. */
const LAST = 1024

/** Checks one file of a kdump after it has been opened; the pages stay readable whatever is found. */
export function checkPart(part: KdumpPart, header: KdumpHeader): Problem[] {
  const problems: Problem[] = []
  const { name } = part.src
  const promised = part.dumped.rank(part.end) - part.before
  if ((header.status & STATUS_INCOMPLETE) !== 0) {
    problems.push({
      code: 'dump-incomplete',
      message: `${name}: makedumpfile ran out of space and marked the dump as incomplete (status 0x${header.status.toString(16)}): some of its pages were never written.`,
      input: name,
      at: null,
    })
  }
  if (part.known < part.end) {
    problems.push({
      code: 'file-truncated',
      message: `${name}: the bitmap of dumped pages is not in the file from offset ${part.lostAt} on; page frames from ${hex(part.known)} on are lost.`,
      input: name,
      at: hex(part.lostAt),
    })
  }
  const needed = sizeNeeded(part, promised, header.blockSize)
  if (needed > part.src.size) {
    problems.push({
      code: 'file-truncated',
      message: `${name}: the file ends at offset ${part.src.size}, its page descriptors speak of data up to ${needed}; pages from there on are damaged.`,
      input: name,
      at: hex(part.src.size),
    })
  }
  const shift = misplaced(part, promised, header.blockSize)
  if (shift !== null) problems.push(shift)
  return problems
}

/** Where the file must end at least, as far as the last descriptors say; offsets that no writer can reach are not believed. */
function sizeNeeded({ descriptors, dumped }: KdumpPart, promised: number, blockSize: number): number {
  const most = descriptors.place(dumped.total) + (promised + 1) * blockSize
  let end = descriptors.place(promised)
  for (let i = Math.max(0, descriptors.count - LAST); i < descriptors.count; i++) {
    descriptors.find(i)
    const last = descriptors.offset + descriptors.size
    if (last <= most && last > end) end = last
  }
  return end
}

/**
 * Writers put the page data right behind the descriptors, the shared zero page first where there is one, and the first
 * descriptors point there; makedumpfile --split leaves room for the descriptors of all parts in each. When they don't, the bitmap
 * says another number of pages than when the dump was written, and every page after the damage may be that of another page frame.
 */
function misplaced({ src, descriptors, dumped }: KdumpPart, promised: number, blockSize: number): Problem | null {
  let found = Number.POSITIVE_INFINITY
  for (let i = 0; i < Math.min(FIRST, descriptors.count); i++) {
    descriptors.find(i)
    if (descriptors.offset > 0 && descriptors.offset < found) found = descriptors.offset
  }
  const fits = (count: number) => found === descriptors.place(count) || found === descriptors.place(count) + blockSize
  if (!Number.isFinite(found) || fits(promised) || fits(dumped.total)) return null
  return {
    code: 'bitmap-mismatch',
    message: `${src.name}: the bitmap counts ${promised} pages, so page data should start at offset ${descriptors.place(promised)}, but the first page descriptors say ${found}: the bitmap is damaged, and pages may be mixed up.`,
    input: src.name,
    at: hex(descriptors.at),
  }
}
