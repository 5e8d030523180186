import { PAGE_BEYOND, PAGE_DAMAGED, PAGE_EXCLUDED, type PhysicalMemory } from '../image/types.ts'
import type { DirectMap } from './direct-map.hot.ts'

/** Results of `StructWindow.load` below zero, beyond the PAGE_ codes. */
export const WINDOW_NOT_DIRECT = -6
export const WINDOW_MISALIGNED = -5

/**
 * A copy of one structure of the direct map at a time, as 32-bit words: for structures that come by the hundred thousand
 * (stable_nodes, mm_slots), without an object each.
 */
export class StructWindow {
  readonly words: Uint32Array
  private readonly bytes: Uint8Array
  private readonly memory: PhysicalMemory
  private readonly map: DirectMap

  /** @param size - bytes of the structure */
  constructor(memory: PhysicalMemory, map: DirectMap, size: number) {
    this.memory = memory
    this.map = map
    this.bytes = new Uint8Array(Math.ceil(size / 8) * 8)
    this.words = new Uint32Array(this.bytes.buffer)
  }

  /**
   * Loads the structure at a direct-map address.
   * @returns its physical address, or below zero why it can't be had
   */
  load(lo: number, hi: number): number {
    if (lo & 7) return WINDOW_MISALIGNED
    const at = this.map.phys(lo, hi)
    if (at < 0) return WINDOW_NOT_DIRECT
    const offset = at & 4095
    const { words } = this
    if (offset + this.bytes.length <= 4096) {
      const slot = this.memory.slot((at - offset) / 4096)
      if (slot >= 0) {
        const cached = this.memory.words
        const from = slot + (offset >> 2)
        for (let i = 0; i < words.length; i++) words[i] = cached[from + i]!
        return at
      }
    }
    const got = this.memory.read(at, this.bytes)
    if (got.bytes === this.bytes.length) return at
    return got.why === 'damaged' ? PAGE_DAMAGED : got.why === 'beyond' ? PAGE_BEYOND : PAGE_EXCLUDED
  }
}
