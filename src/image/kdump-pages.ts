import type { ByteSource } from '../base/bytes.ts'
import { KsmDumpError } from '../base/errors.ts'
import type { FileOffset, Pfn, PhysAddr } from '../base/units.ts'
import { NOT_LOADED } from '../parsers/page-decoder.ts'
import { codecOf, noteMissed } from './codecs.ts'
import type { PageBits } from './page-bits.ts'
import type { PageDescriptors } from './page-descriptors.ts'
import { noWork, type PageFault, type PageStore } from './page-store.ts'
import { PAGE_BEYOND, PAGE_DAMAGED, PAGE_EXCLUDED, type MemoryRead, type WorkCounts } from './types.ts'

/** One file of a kdump: the whole dump, or a part of a split set. */
export interface KdumpPart {
  src: ByteSource
  /** Page frames that this file has descriptors for, `end` not included. */
  start: Pfn
  end: Pfn
  /** Its bitmap of pages in the dump (of all parts). */
  dumped: PageBits
  /** Bits below `start`: descriptor 0 is that of the next one. */
  before: number
  descriptors: PageDescriptors
  /** Page frames from here on have no bits in the file; at least `end` where the bitmap is whole. */
  known: Pfn
  /** Offset of the first byte of the bitmap that is missing, when `known` is below `end`. */
  lostAt: FileOffset
  /** Dense index of descriptor 0. */
  base: number
}

/** Most pages that get a place in the cache's tables. */
const MOST_PAGES = 2 ** 30

/** Damaged pages whose reason is kept; that of others is found again by another try. */
const MOST_FAULTS = 4096
/**
 * Bytes that a compressed page may have, in pages. Writers store a page raw when it does not get smaller, but a stream that is
 * longer than its page is no damage.
 */
const MOST_STORED = 2

/** Pages of a kdump file or of a split set. */
export class KdumpPages implements PageStore {
  readonly pageSize: number
  readonly maxPfn: Pfn
  readonly little: boolean
  readonly pages: number
  readonly work: WorkCounts = noWork()
  private readonly parts: readonly KdumpPart[]
  private readonly scratch: Uint8Array
  /** One page outside of the cache, with room for decoders. */
  private readonly page: Uint8Array
  private readonly faults = new Map<number, PageFault>()
  private part: KdumpPart

  /** @param parts - in the order of their ranges, which don't overlap; `base` is set here */
  constructor(parts: readonly [KdumpPart, ...KdumpPart[]], pageSize: number, maxPfn: Pfn, little: boolean) {
    this.parts = parts
    this.part = parts[0]
    this.pageSize = pageSize
    this.maxPfn = maxPfn
    this.little = little
    this.scratch = new Uint8Array(MOST_STORED * pageSize)
    this.page = new Uint8Array(pageSize + 8)
    let pages = 0
    for (const part of parts) {
      part.base = pages
      pages += part.descriptors.count
    }
    this.pages = Math.min(pages, MOST_PAGES)
  }

  indexOf(pfn: Pfn): number {
    if (pfn >= this.maxPfn) return PAGE_BEYOND
    const part = this.partOf(pfn)
    if (part === null) return PAGE_EXCLUDED
    if (pfn >= part.known) return PAGE_DAMAGED
    if (!part.dumped.has(pfn)) return PAGE_EXCLUDED
    const descriptor = part.dumped.rank(pfn) - part.before
    return descriptor < part.descriptors.count && part.base + descriptor < MOST_PAGES
      ? part.base + descriptor
      : PAGE_DAMAGED
  }

  load(index: number, pfn: Pfn, pages: Uint8Array, at: number): PageFault | null {
    const part = this.partOf(pfn)
    const fault =
      part === null
        ? { at: null, detail: 'no file of the set has it' }
        : this.decode(part, index - part.base, pages, at)
    if (fault !== null && !fault.passing && this.faults.size < MOST_FAULTS) this.faults.set(index, fault)
    return fault
  }

  /** Reads and decodes the page of one descriptor. */
  private decode(part: KdumpPart, number: number, pages: Uint8Array, at: number): PageFault | null {
    const { descriptors, src } = part
    const fault = (detail: string, where: FileOffset = descriptors.place(number)): PageFault => ({
      at: where,
      detail: `page descriptor ${number}: ${detail}`,
    })
    try {
      descriptors.find(number)
      const { offset, size, flags } = descriptors
      if (offset === 0 && size === 0) return fault('never written')
      const codec = codecOf(flags)
      if (codec === undefined) return fault(`unknown flags 0x${flags.toString(16)}`)
      if (codec === null ? size !== this.pageSize : size > this.scratch.length || size === 0) {
        return fault(`${size} bytes stored for a page of ${this.pageSize}`)
      }
      if (!(offset + size <= src.size))
        return fault(`its ${size} bytes at offset ${offset} go beyond the end of the file`)
      const bytes = codec === null ? pages.subarray(at, at + size) : this.scratch.subarray(0, size)
      const got = src.read(offset, bytes)
      this.work.pagesRead++
      this.work.bytesRead += got
      if (got !== size) return fault(`${got} of ${size} bytes are in the file`, offset + got)
      if (codec === null) return null
      const wrong = codec.decode(this.scratch, 0, size, pages, at, this.pageSize)
      this.work.pagesDecompressed++
      if (wrong === null) return null
      if (wrong === NOT_LOADED) noteMissed(codec)
      return wrong === NOT_LOADED
        ? { ...fault(`${codec.name}: ${wrong}`, offset), passing: true }
        : fault(wrong, offset)
    } catch (error) {
      if (error instanceof KsmDumpError) return fault(error.message)
      throw error
    }
  }

  readPartial(at: PhysAddr, into: Uint8Array): MemoryRead {
    const pfn = Math.floor(at / this.pageSize)
    const index = this.indexOf(pfn)
    const fault = index < 0 ? this.unreachable(pfn) : (this.faults.get(index) ?? this.load(index, pfn, this.page, 0))
    const offset = at - pfn * this.pageSize
    if (fault === null) {
      into.set(this.page.subarray(offset, offset + into.length))
      return { bytes: into.length, why: null, at: null, detail: null }
    }
    const bytes = index < 0 ? 0 : this.salvage(pfn, index, offset, into)
    return bytes === into.length
      ? { bytes, why: null, at: null, detail: null }
      : { bytes, why: 'damaged', at: fault.at, detail: fault.detail }
  }

  /** Bytes of a raw page that are in the file before its end or a hole: they are what was in memory. */
  private salvage(pfn: Pfn, index: number, offset: number, into: Uint8Array): number {
    const part = this.partOf(pfn)
    if (part === null) return 0
    const { descriptors, src } = part
    try {
      descriptors.find(index - part.base)
      const whole = codecOf(descriptors.flags) === null && descriptors.size === this.pageSize && descriptors.offset > 0
      return whole && Number.isFinite(descriptors.offset) ? src.read(descriptors.offset + offset, into) : 0
    } catch (error) {
      if (error instanceof KsmDumpError) return 0
      throw error
    }
  }

  /** Why `indexOf` says PAGE_DAMAGED. */
  private unreachable(pfn: Pfn): PageFault {
    const part = this.partOf(pfn)
    if (part === null) return { at: null, detail: 'no file of the set has it' }
    if (pfn >= part.known)
      return { at: part.lostAt, detail: 'the bitmap of dumped pages is not in the file from here on' }
    const number = part.dumped.rank(pfn) - part.before
    return { at: part.descriptors.place(number), detail: `page descriptor ${number}: beyond the end of the file` }
  }

  /** Parts are few and neighbours are asked for together. */
  private partOf(pfn: Pfn): KdumpPart | null {
    if (pfn >= this.part.start && pfn < this.part.end) return this.part
    for (const part of this.parts) {
      if (pfn >= part.start && pfn < part.end) {
        this.part = part
        return part
      }
    }
    return null
  }
}
