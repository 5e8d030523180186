import type { Pfn } from '../base/units.ts'
import { PAGE_BEYOND, PAGE_DAMAGED, PAGE_EXCLUDED } from './types.ts'

/** Page frames of one chunk: 4 KiB of bits. */
const CHUNK = 32_768
/** Chunks of each set: 8 MiB. Page frames that would need more (wild pointers) are not counted any more. */
const MOST_CHUNKS = 2048

/** A set of page frames that tells how many it has. */
class PfnSet {
  size = 0
  private readonly chunks = new Map<number, Uint32Array>()

  add(pfn: Pfn): void {
    const number = Math.floor(pfn / CHUNK)
    let chunk = this.chunks.get(number)
    if (chunk === undefined) {
      if (this.chunks.size === MOST_CHUNKS) return
      chunk = new Uint32Array(CHUNK / 32)
      this.chunks.set(number, chunk)
    }
    const at = (pfn - number * CHUNK) >>> 5
    const bit = 1 << (pfn & 31)
    if ((chunk[at]! & bit) !== 0) return
    chunk[at] = chunk[at]! | bit
    this.size++
  }
}

/** Page frames that were asked for and have no dense index, each counted once: which pages the answers had to do without. */
export class AbsentPages {
  private readonly excluded = new PfnSet()
  private readonly damaged = new PfnSet()
  private readonly beyond = new PfnSet()
  private readonly partial = new PfnSet()

  /** @param cause - PAGE_EXCLUDED, PAGE_DAMAGED, PAGE_BEYOND or PAGE_PARTIAL */
  add(pfn: Pfn, cause: number): void {
    if (!Number.isSafeInteger(pfn)) return
    if (cause === PAGE_EXCLUDED) this.excluded.add(pfn)
    else if (cause === PAGE_DAMAGED) this.damaged.add(pfn)
    else if (cause === PAGE_BEYOND) this.beyond.add(pfn)
    else this.partial.add(pfn)
  }

  /** How many of each; `partial` ones are there, at least in part. */
  counts(): { excluded: number; damaged: number; beyond: number; partial: number } {
    return {
      excluded: this.excluded.size,
      damaged: this.damaged.size,
      beyond: this.beyond.size,
      partial: this.partial.size,
    }
  }
}
