import { PAGE_PARTIAL, type PhysicalMemory } from '../image/types.ts'
import type { DirectMap } from '../kernel/direct-map.hot.ts'
import type { ItemLayout } from './eras.ts'
import type { HeadCounts } from './head-counts.hot.ts'
import {
  END_CYCLE,
  END_END,
  END_LIMIT,
  END_UNREADABLE,
  END_WALKING,
  WHY_MISALIGNED,
  WHY_NOT_DIRECT,
} from './hlist-walk.hot.ts'

/**
 * Walks the rmap_list of one mm_slot and counts its stable items by head: the second census, which uses neither hlists nor
 * the trees. Addresses ascend in a whole list, so an item that does not is a fault, and a cycle shows as one.
 * @see mm/ksm.c (v6.12), get_next_rmap_item
 */
export class RmapListWalk {
  /** Over all lists since the object was made: items, stable ones, unstable ones, items of another mm, items out of order. */
  items = 0
  stable = 0
  unstable = 0
  foreign = 0
  disorder = 0
  /** Of the walk that ended last. */
  end = END_WALKING
  endLo = 0
  endHi = 0
  why = 0

  private readonly memory: PhysicalMemory
  private readonly map: DirectMap
  private readonly layout: ItemLayout
  private readonly heads: HeadCounts
  private readonly scratchBytes: Uint8Array
  private readonly scratch: Uint32Array
  private curLo = 0
  private curHi = 0
  private mmLo = 0
  private mmHi = 0
  private lastLo = 0
  private lastHi = 0
  private left = 0

  constructor(memory: PhysicalMemory, map: DirectMap, layout: ItemLayout, heads: HeadCounts) {
    this.memory = memory
    this.map = map
    this.layout = layout
    this.heads = heads
    this.scratchBytes = new Uint8Array(Math.ceil(layout.size / 8) * 8)
    this.scratch = new Uint32Array(this.scratchBytes.buffer)
  }

  /** Begins with the first rmap_item of an mm; `limit`: most items to walk. */
  start(firstLo: number, firstHi: number, mmLo: number, mmHi: number, limit: number): void {
    this.curLo = firstLo
    this.curHi = firstHi
    this.mmLo = mmLo
    this.mmHi = mmHi
    // below every address: the first item may be at 0, only the second may not
    this.lastLo = 0
    this.lastHi = -1
    this.left = limit
    this.end = END_WALKING
    this.why = 0
  }

  /** Walks at most `max` items. @returns true when the walk has ended */
  run(max: number): boolean {
    const { memory, layout, mmLo, mmHi } = this
    const { baseLo, baseHi, limit: mapLimit } = this.map
    const size = layout.size
    const nextAt = layout.rmapList >> 2
    const mmAt = layout.mm >> 2
    const addressAt = layout.address >> 2
    const headAt = layout.head >> 2
    const cached = memory.words
    let { curLo, curHi, lastLo, lastHi } = this
    let end = END_WALKING
    for (let done = 0; done < max; done++) {
      if (curLo === 0 && curHi === 0) {
        end = END_END
        break
      }
      if (this.left-- <= 0) {
        end = END_LIMIT
        break
      }
      const at = (curHi - baseHi) * 4294967296 + (curLo - baseLo)
      if (!(at >= 0 && at < mapLimit) || curLo & 7) {
        this.why = curLo & 7 ? WHY_MISALIGNED : WHY_NOT_DIRECT
        end = END_UNREADABLE
        break
      }
      const offset = at & 4095
      let words = cached
      let i: number
      const slot = offset + size <= 4096 ? memory.slot((at - offset) / 4096) : PAGE_PARTIAL
      if (slot >= 0) i = slot + (offset >> 2)
      else if (slot === PAGE_PARTIAL) {
        words = this.scratch
        const got = memory.read(at, this.scratchBytes)
        i = got.bytes >= size ? 0 : got.why === 'beyond' ? -3 : got.why === 'damaged' ? -2 : -1
      } else i = slot
      if (i < 0) {
        this.why = i
        end = END_UNREADABLE
        break
      }
      const addressLo = words[i + addressAt]!
      const addressHi = words[i + addressAt + 1]!
      const flags = addressLo & 0xfff
      const pageLo = (addressLo & ~0xfff) >>> 0
      if (addressHi < lastHi || (addressHi === lastHi && pageLo <= lastLo)) {
        // once out of order a list may be a cycle: it would never be in order again, so the fault ends the walk
        this.disorder++
        end = END_CYCLE
        break
      }
      this.items++
      if (words[i + mmAt] !== mmLo || words[i + mmAt + 1] !== mmHi) this.foreign++
      lastLo = pageLo
      lastHi = addressHi
      if (flags & 0x200) {
        this.stable++
        this.heads.add(words[i + headAt]!, words[i + headAt + 1]!)
      } else if (flags & 0x100) this.unstable++
      curLo = words[i + nextAt]!
      curHi = words[i + nextAt + 1]!
    }
    this.curLo = curLo
    this.curHi = curHi
    this.lastLo = lastLo
    this.lastHi = lastHi
    if (end === END_WALKING) return false
    this.end = end
    this.endLo = curLo
    this.endHi = curHi
    return true
  }
}
