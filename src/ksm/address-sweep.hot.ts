import { PAGE_PARTIAL, type PhysicalMemory } from '../image/types.ts'
import type { DirectMap } from '../kernel/direct-map.hot.ts'

/** Follows hlist_node.next and keeps the addresses: for `walk --addresses`, on a list that has been walked and measured before. */
export class AddressSweep {
  /** Addresses of the last batch, low and high halves. */
  readonly lo: Uint32Array
  readonly hi: Uint32Array
  private readonly memory: PhysicalMemory
  private readonly map: DirectMap
  private readonly pair: Uint32Array
  private readonly pairBytes: Uint8Array
  private curLo = 0
  private curHi = 0

  /** @param batch - most addresses at once */
  constructor(memory: PhysicalMemory, map: DirectMap, batch: number) {
    this.memory = memory
    this.map = map
    this.lo = new Uint32Array(batch)
    this.hi = new Uint32Array(batch)
    this.pair = new Uint32Array(2)
    this.pairBytes = new Uint8Array(this.pair.buffer)
  }

  /** Begins at an hlist_node. */
  start(lo: number, hi: number): void {
    this.curLo = lo
    this.curHi = hi
  }

  /** Collects at most `max` addresses. @returns how many; 0 at the end of the list */
  run(max: number): number {
    const { memory, lo, hi } = this
    const { baseLo, baseHi, limit } = this.map
    const words = memory.words
    let { curLo, curHi } = this
    let n = 0
    const most = Math.min(max, lo.length)
    while (n < most && (curLo !== 0 || curHi !== 0)) {
      lo[n] = curLo
      hi[n] = curHi
      n++
      const at = (curHi - baseHi) * 4294967296 + (curLo - baseLo)
      const offset = at & 4095
      if (!(at >= 0 && at < limit) || curLo & 7) {
        curLo = 0
        curHi = 0
        break
      }
      const slot = memory.slot((at - offset) / 4096)
      if (slot >= 0) {
        const i = slot + (offset >> 2)
        curLo = words[i]!
        curHi = words[i + 1]!
      } else if (slot === PAGE_PARTIAL && memory.read(at, this.pairBytes).bytes === 8) {
        curLo = this.pair[0]!
        curHi = this.pair[1]!
      } else {
        curLo = 0
        curHi = 0
      }
    }
    this.curLo = curLo
    this.curHi = curHi
    return n
  }
}
