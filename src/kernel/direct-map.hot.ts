import type { PhysAddr } from '../base/units.ts'

/** Results of `DirectMap.phys` below zero. */
export const NOT_DIRECT = -1

/**
 * The kernel's direct map of all physical memory, as arithmetic on two u32 halves. rmap_items, stable_nodes, mm_slots and
 * task_structs are slab objects and lie here. @see arch/x86/include/asm/page_64.h (v6.12), __PAGE_OFFSET
 */
export class DirectMap {
  readonly baseLo: number
  readonly baseHi: number
  /** Bytes of physical memory that the dump can have: maxPfn pages. */
  readonly limit: number

  /** @param base - PAGE_OFFSET, split into halves; @param limit - bytes */
  constructor(baseLo: number, baseHi: number, limit: number) {
    this.baseLo = baseLo >>> 0
    this.baseHi = baseHi >>> 0
    this.limit = limit
  }

  /** Physical address of a direct-map address, or NOT_DIRECT. */
  phys(lo: number, hi: number): PhysAddr | typeof NOT_DIRECT {
    const at = (hi - this.baseHi) * 4294967296 + (lo - this.baseLo)
    return at >= 0 && at < this.limit ? at : NOT_DIRECT
  }

  /** Low half of the direct-map address of a physical address. */
  lo(at: PhysAddr): number {
    return ((at + this.baseLo) % 4294967296) >>> 0
  }

  /** High half of the direct-map address of a physical address. */
  hi(at: PhysAddr): number {
    return (Math.floor((at + this.baseLo) / 4294967296) + this.baseHi) >>> 0
  }
}
