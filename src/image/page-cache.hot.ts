import type { Pfn, PhysAddr } from '../base/units.ts'
import { AbsentPages } from './absent-pages.ts'
import type { PageStore } from './page-store.ts'
import {
  PAGE_BEYOND,
  PAGE_DAMAGED,
  PAGE_EXCLUDED,
  PAGE_PARTIAL,
  type MemoryRead,
  type PageNeeds,
  type PhysicalMemory,
  type WorkCounts,
} from './types.ts'

/** Entries of the look-aside table in front of the cache; a power of two. */
const ASIDE = 65_536
/** Fewest pages that the cache holds, whatever the budget says. */
const FEWEST_SLOTS = 64
/**
 * Pages that the cache holds before it has seen pages come back. Memory that is touched for the first time costs as much as
 * decoding a page into a slot in use (11 us against 10 us a page, measured on a virtual machine), and most lists are read page
 * after page: so the cache grows towards its budget only as far as it is shown to be too small.
 */
const FIRST_SLOTS = 4096
/** Pages that have to come back for one more slot. */
const RETURNS_PER_SLOT = 4
/** Values of `slotOf` other than slot + 1. */
const NOT_CACHED = 0
const KNOWN_DAMAGED = -1
/** Bytes after the last page, for decoders that want room for one more. */
const TAIL = 64
/**
 * Bytes before the first page. Large buffers start 16 bytes into a page; the kernel's copy is slow when the place in the buffer
 * and the place in the file are 16 apart modulo 4096, as all pages of an ELF core would be: 3.6 instead of 3.0 us a page.
 */
const HEAD = 64

/**
 * Pages of a store in one preallocated buffer. A hit in the look-aside table is one compare; behind it stands a slot table by
 * dense page index, with CLOCK replacement. A page in the look-aside table always has its CLOCK bit set: the hand clears both, so
 * a page that is still in use comes back through the slow path before the hand does.
 */
export class PagedMemory implements PhysicalMemory {
  readonly pageSize: number
  readonly maxPfn: Pfn
  readonly little: boolean
  readonly words: Uint32Array
  readonly work: WorkCounts
  private readonly store: PageStore
  private readonly bytes: Uint8Array
  private readonly wordsPerPage: number
  /** By low bits of the page frame: which one is there. Zero-filled memory is right from the start, but for entry 0. */
  private readonly asidePfn = new Float64Array(ASIDE)
  private readonly asideWord = new Int32Array(ASIDE)
  /** By dense index: slot + 1, NOT_CACHED or KNOWN_DAMAGED. Zero-filled memory that is never touched costs nothing. */
  private readonly slotOf: Int32Array
  private readonly indexOfSlot: Int32Array
  private readonly pfnOfSlot: Float64Array
  private readonly recent: Uint8Array
  private readonly slots: number
  /** Slots that may be used now; grows to `slots`. */
  private room: number
  private slotsUsed = 0
  /** Bits of pages that were loaded at least once, and how many came back after they had been given up. */
  private readonly loaded: Uint32Array
  private returns = 0
  /** A slot whose load failed and that holds no page; -1 when there is none. */
  private spare = -1
  private hand = 0
  private readonly touched: Uint32Array
  private touchedCount = 0
  private touchedDamaged = 0
  private readonly absent = new AbsentPages()

  /**
   * @param store - the format's pages
   * @param cacheBytes - budget; at least 64 pages are held, and never more than the dump has
   */
  constructor(store: PageStore, cacheBytes: number) {
    this.store = store
    this.pageSize = store.pageSize
    this.maxPfn = store.maxPfn
    this.little = store.little
    this.work = store.work
    this.wordsPerPage = store.pageSize / 4
    this.asidePfn[0] = Number.NaN
    const wanted = Math.min(Math.floor(cacheBytes / store.pageSize), store.pages)
    const { slots, buffer } = allocate(Math.max(FEWEST_SLOTS, wanted || 0), store.pageSize)
    this.slots = slots
    this.room = Math.min(slots, FIRST_SLOTS)
    this.loaded = new Uint32Array(Math.ceil(store.pages / 32))
    this.bytes = new Uint8Array(buffer, HEAD)
    this.words = new Uint32Array(buffer, HEAD)
    this.slotOf = new Int32Array(store.pages)
    this.indexOfSlot = new Int32Array(slots)
    this.pfnOfSlot = new Float64Array(slots)
    this.recent = new Uint8Array(slots)
    this.touched = new Uint32Array(Math.ceil(store.pages / 32))
  }

  slot(pfn: Pfn): number {
    const entry = pfn & (ASIDE - 1)
    if (this.asidePfn[entry] === pfn) return this.asideWord[entry]!
    const word = this.find(pfn, true)
    if (word !== PAGE_DAMAGED) {
      this.asidePfn[entry] = pfn
      this.asideWord[entry] = word
    }
    return word
  }

  read(at: PhysAddr, into: Uint8Array): MemoryRead {
    return this.copy(at, into, true)
  }

  peek(at: PhysAddr, into: Uint8Array): MemoryRead {
    return this.copy(at, into, false)
  }

  needs(): PageNeeds {
    const { excluded, damaged, beyond, partial } = this.absent.counts()
    return {
      needed: this.touchedCount + excluded + damaged + beyond + partial,
      excluded,
      damaged: damaged + this.touchedDamaged,
      beyond,
    }
  }

  /** The way of `slot` behind the look-aside table. */
  private find(pfn: Pfn, counted: boolean): number {
    this.work.pagesAsked++
    const index = pfn >= 0 && Number.isSafeInteger(pfn) ? this.store.indexOf(pfn) : PAGE_BEYOND
    if (index < 0) {
      if (counted) this.absent.add(pfn, index)
      return index
    }
    const state = this.slotOf[index]!
    let word = PAGE_DAMAGED
    if (state > NOT_CACHED) {
      this.work.cacheHits++
      this.recent[state - 1] = 1
      word = (state - 1) * this.wordsPerPage
    } else if (state === NOT_CACHED) word = this.fetch(index, pfn)
    if (counted) this.touch(index, word)
    return word
  }

  private touch(index: number, word: number): void {
    const bit = 1 << (index & 31)
    const at = index >>> 5
    if ((this.touched[at]! & bit) !== 0) return
    this.touched[at] = this.touched[at]! | bit
    this.touchedCount++
    if (word < 0) this.touchedDamaged++
  }

  private fetch(index: number, pfn: Pfn): number {
    const bit = 1 << (index & 31)
    const seen = this.loaded[index >>> 5]!
    if ((seen & bit) === 0) this.loaded[index >>> 5] = seen | bit
    else if (++this.returns % RETURNS_PER_SLOT === 0 && this.room < this.slots) this.room++
    const slot = this.freeSlot()
    const fault = this.store.load(index, pfn, this.bytes, slot * this.pageSize)
    if (fault !== null) {
      this.spare = slot
      if (!fault.passing) this.slotOf[index] = KNOWN_DAMAGED
      return PAGE_DAMAGED
    }
    this.slotOf[index] = slot + 1
    this.indexOfSlot[slot] = index
    this.pfnOfSlot[slot] = pfn
    this.recent[slot] = 1
    return slot * this.wordsPerPage
  }

  private freeSlot(): number {
    if (this.spare >= 0) {
      const slot = this.spare
      this.spare = -1
      return slot
    }
    if (this.slotsUsed < this.room) return this.slotsUsed++
    for (;;) {
      const slot = this.hand
      this.hand = slot + 1 >= this.slotsUsed ? 0 : slot + 1
      if (this.recent[slot] === 0) {
        this.slotOf[this.indexOfSlot[slot]!] = NOT_CACHED
        return slot
      }
      this.recent[slot] = 0
      const pfn = this.pfnOfSlot[slot]!
      const entry = pfn & (ASIDE - 1)
      if (this.asidePfn[entry] === pfn) this.asidePfn[entry] = Number.NaN
    }
  }

  private copy(at: PhysAddr, into: Uint8Array, counted: boolean): MemoryRead {
    const pageSize = this.pageSize
    let done = 0
    while (done < into.length) {
      const from = at + done
      const pfn = Math.floor(from / pageSize)
      const offset = from - pfn * pageSize
      const size = Math.min(pageSize - offset, into.length - done)
      const word = counted ? this.slot(pfn) : this.find(pfn, false)
      if (word >= 0) {
        const start = word * 4 + offset
        if (size <= 32) for (let i = 0; i < size; i++) into[done + i] = this.bytes[start + i]!
        else into.set(this.bytes.subarray(start, start + size), done)
        done += size
      } else if (word === PAGE_PARTIAL || word === PAGE_DAMAGED) {
        const part = this.store.readPartial(from, into.subarray(done, done + size))
        done += part.bytes
        if (part.why !== null) return { bytes: done, why: part.why, at: part.at, detail: part.detail }
      } else return { bytes: done, why: word === PAGE_EXCLUDED ? 'excluded' : 'beyond', at: null, detail: null }
    }
    return { bytes: done, why: null, at: null, detail: null }
  }
}

/**
 * One zero-filled buffer; half as many slots where the machine refuses so large a buffer. Shared memory, not because anybody
 * shares it, but because it does not count as garbage collector's work: a plain one brings a full collection of 10 to 30 ms.
 */
function allocate(wanted: number, pageSize: number): { slots: number; buffer: SharedArrayBuffer } {
  for (
    let slots = Math.min(wanted, Math.floor((2 ** 32 - 1 - HEAD - TAIL) / pageSize));
    ;
    slots = Math.floor(slots / 2)
  ) {
    try {
      return { slots, buffer: new SharedArrayBuffer(HEAD + slots * pageSize + TAIL) }
    } catch (error) {
      if (slots <= FEWEST_SLOTS) throw error
    }
  }
}
