import type { Pfn, PhysAddr, VirtAddr } from '../../src/base/units.ts'
import {
  type Absence,
  type MemoryRead,
  PAGE_BEYOND,
  PAGE_DAMAGED,
  PAGE_EXCLUDED,
  PAGE_PARTIAL,
  type PageNeeds,
  type PhysicalMemory,
  type WorkCounts,
} from '../../src/image/types.ts'
import { DirectMap } from '../../src/kernel/direct-map.hot.ts'

export const PAGE = 4096

/**
 * PAGE_OFFSET of all hand-made memory. Its low half is not 0, as with KASLR, and the direct map crosses a border of 4 GiB at
 * physical 1 GiB: arithmetic on halves has to carry.
 */
export const PAGE_OFFSET = 0xffff9a15c0000000n

/** What `slot` leaves where a page was: readers that keep an index for too long see it. */
const POISON = 0xdeadbeef

/**
 * Physical memory made by hand. What was never written is excluded. `words` holds one page only: the one of the last `slot`; each
 * further call of slot, read or peek moves and poisons it, so that a reader that breaks the rule of `slot` is found out.
 */
export class HandMemory implements PhysicalMemory {
  readonly pageSize = PAGE
  readonly maxPfn: Pfn
  readonly little = true
  readonly words = new Uint32Array(2 * (PAGE / 4)).fill(POISON)
  readonly work: WorkCounts = { pagesAsked: 0, cacheHits: 0, pagesRead: 0, pagesDecompressed: 0, bytesRead: 0 }
  private readonly wordBytes = new Uint8Array(this.words.buffer)
  private readonly pages = new Map<Pfn, Uint8Array>()
  private readonly faults = new Map<Pfn, 'excluded' | 'damaged'>()
  /** Holes of partial pages: offsets in the page. */
  private readonly holes = new Map<Pfn, { from: number; to: number }>()
  private readonly asked = new Map<Pfn, Absence | null>()
  private half = 0

  constructor(maxPfn: Pfn) {
    this.maxPfn = maxPfn
  }

  /** Bytes of a page to write to; the page is there from now on. */
  page(pfn: Pfn): Uint8Array {
    const page = this.pages.get(pfn) ?? new Uint8Array(PAGE)
    this.pages.set(pfn, page)
    return page
  }

  /** Writes bytes, across pages. */
  put(at: PhysAddr, bytes: Uint8Array): this {
    for (let done = 0; done < bytes.length; ) {
      const offset = (at + done) % PAGE
      const size = Math.min(bytes.length - done, PAGE - offset)
      this.page((at + done - offset) / PAGE).set(bytes.subarray(done, done + size), offset)
      done += size
    }
    return this
  }

  u64(at: PhysAddr, value: bigint | number): this {
    const word = BigInt.asUintN(64, BigInt(value))
    return this.u32(at, Number(word & 0xffffffffn)).u32(at + 4, Number(word >> 32n))
  }

  u32(at: PhysAddr, value: number): this {
    return this.put(at, Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24))
  }

  /** Leaves a page out. */
  exclude(pfn: Pfn): this {
    this.faults.set(pfn, 'excluded')
    return this
  }

  /** Makes a page one that can't be read. */
  damage(pfn: Pfn): this {
    this.faults.set(pfn, 'damaged')
    return this
  }

  /** Makes a page one that is there but for the bytes [from, to). */
  hole(pfn: Pfn, from: number, to: number): this {
    this.holes.set(pfn, { from, to })
    return this
  }

  slot(pfn: Pfn): number {
    this.spoil()
    const fault = this.fault(pfn)
    this.asked.set(pfn, fault)
    if (fault !== null) return fault === 'beyond' ? PAGE_BEYOND : fault === 'damaged' ? PAGE_DAMAGED : PAGE_EXCLUDED
    if (this.holes.has(pfn)) return PAGE_PARTIAL
    this.half = 1 - this.half
    this.wordBytes.set(this.pages.get(pfn)!, this.half * PAGE)
    return (this.half * PAGE) / 4
  }

  read(at: PhysAddr, into: Uint8Array): MemoryRead {
    return this.copy(at, into, true)
  }

  peek(at: PhysAddr, into: Uint8Array): MemoryRead {
    return this.copy(at, into, false)
  }

  needs(): PageNeeds {
    const count = (why: Absence): number => [...this.asked.values()].filter((each) => each === why).length
    return {
      needed: this.asked.size,
      excluded: count('excluded'),
      damaged: count('damaged'),
      beyond: count('beyond'),
    }
  }

  private fault(pfn: Pfn): Absence | null {
    if (!(Number.isSafeInteger(pfn) && pfn >= 0 && pfn < this.maxPfn)) return 'beyond'
    return this.faults.get(pfn) ?? (this.pages.has(pfn) ? null : 'excluded')
  }

  private spoil(): void {
    this.words.fill(POISON, (this.half * PAGE) / 4, ((this.half + 1) * PAGE) / 4)
  }

  private copy(at: PhysAddr, into: Uint8Array, counted: boolean): MemoryRead {
    this.spoil()
    for (let done = 0; done < into.length; ) {
      const pfn = Math.floor((at + done) / PAGE)
      const offset = at + done - pfn * PAGE
      const fault = this.fault(pfn)
      if (counted) this.asked.set(pfn, fault)
      if (fault !== null) return { bytes: done, why: fault, at: null, detail: null }
      let size = Math.min(into.length - done, PAGE - offset)
      const hole = this.holes.get(pfn)
      const torn = hole !== undefined && offset < hole.to && offset + size > hole.from
      if (torn) size = Math.max(0, hole.from - offset)
      into.set(this.pages.get(pfn)!.subarray(offset, offset + size), done)
      done += size
      if (torn) return { bytes: done, why: 'excluded', at: null, detail: null }
    }
    return { bytes: into.length, why: null, at: null, detail: null }
  }
}

/** The direct map over hand-made memory. */
export function directMap(memory: PhysicalMemory): DirectMap {
  return new DirectMap(Number(PAGE_OFFSET & 0xffffffffn), Number(PAGE_OFFSET >> 32n), memory.maxPfn * PAGE)
}

/** Direct-map address of a physical one. */
export function direct(at: PhysAddr): VirtAddr {
  return PAGE_OFFSET + BigInt(at)
}

/** The halves of an address, low one first, as hot files want them. */
export function halves(at: VirtAddr): [lo: number, hi: number] {
  return [Number(at & 0xffffffffn), Number((at >> 32n) & 0xffffffffn)]
}

/** An address from its halves. */
export function whole(lo: number, hi: number): VirtAddr {
  return (BigInt(hi) << 32n) | BigInt(lo)
}
