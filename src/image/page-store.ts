import type { FileOffset, Pfn, PhysAddr } from '../base/units.ts'
import type { MemoryRead, WorkCounts } from './types.ts'

/** Why a page is damaged. */
export interface PageFault {
  /** Offset in the file, null where there is none. */
  at: FileOffset | null
  /** One phrase for a person. */
  detail: string
  /** True when another try may succeed (a decoder that is not loaded yet): not remembered. */
  passing?: boolean
}

/**
 * What a dump format gives to the page cache: pages that are wholly in the file have a dense index from 0 on, in file order
 * of their descriptors or segments.
 */
export interface PageStore {
  readonly pageSize: number
  readonly maxPfn: Pfn
  readonly little: boolean
  /** Number of dense indexes. */
  readonly pages: number
  /** The cache counts what is asked and hit, the store what is read and decompressed. */
  readonly work: WorkCounts
  /** Dense index, or PAGE_EXCLUDED, PAGE_DAMAGED, PAGE_BEYOND, PAGE_PARTIAL. `pfn` is a whole number >= 0. */
  indexOf(pfn: Pfn): number
  /**
   * Reads and decodes one page.
   * @param pages - the buffer of the cache; at least one byte follows the page's place and comes back unchanged
   * @param at - offset of the page's place in it
   * @returns null when the page is there, else why not (the place then holds anything)
   */
  load(index: number, pfn: Pfn, pages: Uint8Array, at: number): PageFault | null
  /**
   * Reads inside one page that is partly there or damaged: as far as its bytes are in the file as they were in memory, and why
   * not further.
   */
  readPartial(at: PhysAddr, into: Uint8Array): MemoryRead
}

/** Counts that start at zero. */
export function noWork(): WorkCounts {
  return { pagesAsked: 0, cacheHits: 0, pagesRead: 0, pagesDecompressed: 0, bytesRead: 0 }
}
