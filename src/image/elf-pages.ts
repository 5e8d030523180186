import type { ByteSource } from '../base/bytes.ts'
import { KsmDumpError } from '../base/errors.ts'
import type { Pfn, PhysAddr } from '../base/units.ts'
import { bytesFrom, findRange, type MemoryMap, nextStart } from './memory-map.ts'
import { noWork, type PageFault, type PageStore } from './page-store.ts'
import { storedSize } from './source.ts'
import { type MemoryRead, PAGE_BEYOND, PAGE_DAMAGED, PAGE_EXCLUDED, PAGE_PARTIAL, type WorkCounts } from './types.ts'

/** Pages for which tables are kept, at least; more only as far as the file has bytes for them. */
const FEWEST_INDEXES = 65_536
const MOST_INDEXES = 2 ** 30

/** Pages of an ELF core. */
export class ElfPages implements PageStore {
  readonly pageSize: number
  readonly maxPfn: Pfn
  readonly little: boolean
  readonly pages: number
  readonly work: WorkCounts = noWork()
  /** Page frames that are wholly in the file. Can be above `pages` when segments share bytes of the file. */
  readonly present: number
  private readonly src: ByteSource
  private readonly map: MemoryMap
  /** By range: first page frame that is wholly inside, and its dense index. */
  private readonly firstPfn: Float64Array
  private readonly firstIndex: Float64Array
  private recent = 0

  constructor(src: ByteSource, map: MemoryMap, pageSize: number, little: boolean) {
    this.src = src
    this.map = map
    this.pageSize = pageSize
    this.little = little
    this.maxPfn = Math.ceil(map.end / pageSize)
    const { count, start, end } = map.present
    this.firstPfn = new Float64Array(count)
    this.firstIndex = new Float64Array(count)
    let pages = 0
    for (let i = 0; i < count; i++) {
      const first = Math.ceil(start[i]! / pageSize)
      this.firstPfn[i] = first
      this.firstIndex[i] = pages
      pages += Math.max(0, Math.floor(end[i]! / pageSize) - first)
    }
    this.present = pages
    this.pages = Math.min(pages, MOST_INDEXES, FEWEST_INDEXES + Math.ceil((4 * storedSize(src)) / pageSize))
  }

  indexOf(pfn: Pfn): number {
    if (pfn >= this.maxPfn) return PAGE_BEYOND
    const { present, lost } = this.map
    const at = pfn * this.pageSize
    const after = at + this.pageSize
    let range = this.recent
    if (range >= present.count || present.start[range]! > at || present.end[range]! <= at)
      range = findRange(present, at)
    if (range >= 0 && present.end[range]! >= after) {
      this.recent = range
      const index = this.firstIndex[range]! + (pfn - this.firstPfn[range]!)
      return index < this.pages ? index : PAGE_PARTIAL
    }
    if ((range >= 0 && present.end[range]! > at) || nextStart(present, at) < after) return PAGE_PARTIAL
    return bytesFrom(lost, at) > 0 || nextStart(lost, at) < after ? PAGE_DAMAGED : PAGE_EXCLUDED
  }

  load(_index: number, pfn: Pfn, pages: Uint8Array, at: number): PageFault | null {
    const read = this.readPartial(pfn * this.pageSize, pages.subarray(at, at + this.pageSize))
    return read.why === null ? null : { at: read.at, detail: read.detail ?? 'not in the file' }
  }

  readPartial(at: PhysAddr, into: Uint8Array): MemoryRead {
    const { present } = this.map
    let done = 0
    while (done < into.length) {
      const from = at + done
      const range = findRange(present, from)
      const there = range < 0 ? 0 : present.end[range]! - from
      if (there <= 0) return this.missing(from, done)
      const size = Math.min(there, into.length - done)
      const offset = present.offset[range]! + (from - present.start[range]!)
      const fault = this.fill(offset, into.subarray(done, done + size))
      if (fault !== null)
        return { bytes: done + fault.got, why: 'damaged', at: offset + fault.got, detail: fault.detail }
      done += size
    }
    this.work.pagesRead++
    return { bytes: done, why: null, at: null, detail: null }
  }

  private fill(offset: number, into: Uint8Array): { got: number; detail: string } | null {
    try {
      const got = this.src.read(offset, into)
      this.work.bytesRead += got
      return got === into.length ? null : { got, detail: 'a hole in the flattened file' }
    } catch (error) {
      if (error instanceof KsmDumpError) return { got: 0, detail: error.message }
      throw error
    }
  }

  private missing(at: PhysAddr, done: number): MemoryRead {
    const { lost, end } = this.map
    if (bytesFrom(lost, at) > 0) {
      const range = findRange(lost, at)
      const offset = lost.offset[range]! + (at - lost.start[range]!)
      return {
        bytes: done,
        why: 'damaged',
        at: Number.isSafeInteger(offset) ? offset : null,
        detail: 'beyond the end of the file',
      }
    }
    return { bytes: done, why: at >= end ? 'beyond' : 'excluded', at: null, detail: null }
  }
}
