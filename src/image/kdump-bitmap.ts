import type { ByteSource } from '../base/bytes.ts'
import { KsmDumpError, type Problem } from '../base/errors.ts'
import type { Steps } from '../base/steps.ts'
import { hex } from '../base/text.ts'
import type { FileOffset, Pfn } from '../base/units.ts'
import type { KdumpHeader } from '../parsers/kdump-header.ts'
import { PageBits } from './page-bits.ts'
import { isLossy, readStructure, storedSize } from './source.ts'

/** Bytes of a bitmap that are read at once. */
const CHUNK = 1024 * 1024

/** Which page frames a kdump file has. */
export interface KdumpBitmaps {
  /** Pages in the dump. */
  dumped: PageBits
  /** Page frames from here on have no bits in the file: it is cut off, or lost a record of its flattened form. */
  known: Pfn
  /** Offset where the bitmap stops being in the file; meaningless where it is whole. */
  lostAt: FileOffset
  problem: Problem | null
}

/** Where the bitmaps lie: the first says which memory exists, the second which pages are in the dump. */
export interface BitmapPlan {
  /** Null in the form with one bitmap only (old diskdump). */
  existing: FileOffset | null
  dumped: FileOffset
  /** Bytes of one bitmap. */
  size: number
  /** Page frames. */
  maxPfn: Pfn
  /** Offset of the page descriptors. */
  descriptors: FileOffset
}

/**
 * Lays the bitmaps out: two halves when one half has a bit for every page frame, else one.
 * @param maxMapnr - page frames; what has no bit is cut off
 */
export function planBitmaps(header: KdumpHeader, maxMapnr: Pfn): BitmapPlan {
  const start = (1 + header.subHdrSize) * header.blockSize
  const all = header.bitmapBlocks * header.blockSize
  const maxPfn = Math.min(maxMapnr, all * 8)
  const two = maxPfn <= all * 4
  const size = two ? Math.floor(all / 2) : all
  return { existing: two ? start : null, dumped: two ? start + size : start, size, maxPfn, descriptors: start + all }
}

/** Reads until the first byte that is not there. Holes of a file that lost nothing are zeros. */
function readBitmap(src: ByteSource, at: FileOffset, into: Uint8Array): number {
  return isLossy(src) ? src.read(at, into) : readStructure(src, at, into)
}

/**
 * Reads both bitmaps, checks that the dumped pages exist, and keeps the second.
 * @throws KsmDumpError truncated-header when the file ends before the second bitmap begins
 */
export function* readBitmaps(src: ByteSource, plan: BitmapPlan): Steps<KdumpBitmaps> {
  const wanted = Math.ceil(plan.maxPfn / 8)
  if (wanted > 0 && plan.dumped >= src.size) {
    throw new KsmDumpError(
      'truncated-header',
      `${src.name}: the file ends at offset ${src.size}, before its bitmap of pages at ${plan.dumped}.`,
      {
        input: src.name,
        at: hex(plan.dumped),
        advice: 'No page can be found without it: copy the file again, or dump again.',
      },
    )
  }
  const possible = Math.min(wanted, src.size - plan.dumped, storedSize(src) + CHUNK)
  const bytes = new Uint8Array(Math.ceil(Math.max(0, possible) / 4) * 4)
  const first = new Uint8Array(Math.min(CHUNK, bytes.length))
  let got = 0
  let odd: Pfn | null = null
  while (got < possible) {
    const size = Math.min(CHUNK, possible - got)
    const read = readBitmap(src, plan.dumped + got, bytes.subarray(got, got + size))
    if (plan.existing !== null && odd === null) {
      const there = readBitmap(src, plan.existing + got, first.subarray(0, size))
      odd = firstNotIn(bytes.subarray(got, got + Math.min(read, there)), first, got * 8, plan.maxPfn)
    }
    got += read
    if (read < size) break
    yield { what: 'reading bitmaps', done: got, total: possible, unit: 'bytes' }
  }
  bytes.fill(0, got)
  const whole = got >= wanted
  const known = whole ? plan.maxPfn : Math.min(got * 8, plan.maxPfn)
  return {
    dumped: new PageBits(new Uint32Array(bytes.buffer), known),
    known: whole ? Number.POSITIVE_INFINITY : known,
    lostAt: plan.dumped + got,
    problem: odd === null ? null : mismatch(src, plan, odd),
  }
}

/** First page frame whose bit is set in `dumped` but not in `existing`. */
function firstNotIn(dumped: Uint8Array, existing: Uint8Array, first: Pfn, maxPfn: Pfn): Pfn | null {
  for (let at = 0; at < dumped.length; at++) {
    const odd = dumped[at]! & ~existing[at]!
    if (odd === 0) continue
    const pfn = first + at * 8 + (31 - Math.clz32(odd & -odd))
    if (pfn < maxPfn) return pfn
  }
  return null
}

function mismatch(src: ByteSource, plan: BitmapPlan, pfn: Pfn): Problem {
  return {
    code: 'bitmap-mismatch',
    message: `${src.name}: page frame ${hex(pfn)} is marked as dumped (bitmap at offset ${plan.dumped}) but not as existing (bitmap at offset ${plan.existing}): one of the bitmaps is damaged, and pages may be mixed up.`,
    input: src.name,
    at: hex(plan.dumped + Math.floor(pfn / 8)),
  }
}
