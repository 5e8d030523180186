import type { ByteSource } from '../base/bytes.ts'
import { type FileOffset, PHYS_LIMIT, type PhysAddr } from '../base/units.ts'
import type { ElfSegment } from '../parsers/elf.ts'

/** Physical memory whose bytes lie one after the other in the file: columns, sorted by address, without overlaps. */
export interface Ranges {
  count: number
  start: Float64Array
  end: Float64Array
  /** Where `start` is in the file. */
  offset: Float64Array
}

/** What an ELF core says about physical memory. */
export interface MemoryMap {
  /** Memory whose bytes are in the file. */
  present: Ranges
  /** Memory whose bytes should be in the file but are not: beyond its end. */
  lost: Ranges
  /** First address after all segments. */
  end: PhysAddr
  /** Number of segments that could not be used: their address is no physical address. */
  unusable: number
}

interface Piece {
  start: PhysAddr
  end: PhysAddr
  offset: FileOffset
}

/**
 * Joins the segments of an ELF core. They come in any order and may overlap (/proc/vmcore has the kernel's text twice); where
 * several have the bytes of an address, any of them will do.
 * p_filesz < p_memsz means left out on purpose (makedumpfile -E); what p_filesz promises beyond the end of the file is lost.
 */
export function mapMemory(src: ByteSource, segments: readonly ElfSegment[]): MemoryMap {
  const present: Piece[] = []
  const lost: Piece[] = []
  let end = 0
  let unusable = 0
  for (const { paddr, offset, filesz, memsz } of segments) {
    if (paddr === null) continue
    if (!(paddr < PHYS_LIMIT)) {
      unusable++
      continue
    }
    end = Math.max(end, Math.min(PHYS_LIMIT, paddr + memsz))
    const size = Math.min(memsz === 0 ? filesz : Math.min(filesz, memsz), PHYS_LIMIT - paddr)
    const there = Math.max(0, Math.min(size, src.size - offset))
    if (there > 0) present.push({ start: paddr, end: paddr + there, offset })
    if (there < size) lost.push({ start: paddr + there, end: paddr + size, offset: Math.min(offset, src.size) + there })
  }
  return { present: join(present), lost: join(lost), end, unusable }
}

/** Sorts pieces and cuts off what an earlier one has; of pieces with one start the longest comes first. */
function join(pieces: Piece[]): Ranges {
  pieces.sort((a, b) => a.start - b.start || b.end - a.end)
  const ranges: Ranges = {
    count: 0,
    start: new Float64Array(pieces.length),
    end: new Float64Array(pieces.length),
    offset: new Float64Array(pieces.length),
  }
  let covered = 0
  for (const { start, end, offset } of pieces) {
    if (end <= covered) continue
    const from = Math.max(start, covered)
    const last = ranges.count - 1
    if (
      last >= 0 &&
      ranges.end[last] === from &&
      ranges.offset[last]! + (from - ranges.start[last]!) === offset + (from - start)
    ) {
      ranges.end[last] = end
    } else {
      ranges.start[ranges.count] = from
      ranges.end[ranges.count] = end
      ranges.offset[ranges.count++] = offset + (from - start)
    }
    covered = end
  }
  return ranges
}

/** Number of the last range that starts at or before `at`; -1 when there is none. */
export function findRange(ranges: Ranges, at: PhysAddr): number {
  let low = 0
  let high = ranges.count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ranges.start[middle]! <= at) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** Bytes from `at` on that one range has; 0 when none has `at`. */
export function bytesFrom(ranges: Ranges, at: PhysAddr): number {
  const range = findRange(ranges, at)
  return range < 0 ? 0 : Math.max(0, ranges.end[range]! - at)
}

/** First address at or after `at` that a range has; Infinity when there is none. */
export function nextStart(ranges: Ranges, at: PhysAddr): PhysAddr {
  const next = findRange(ranges, at) + 1
  return next < ranges.count ? ranges.start[next]! : Number.POSITIVE_INFINITY
}
