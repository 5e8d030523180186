import type { PhysAddr, VirtAddr } from '../../src/base/units.ts'
import { type HandMemory, PAGE } from './memory.ts'

const PRESENT = 1n
const WRITABLE = 2n
const HUGE = 0x80n
const ADDRESS = 0x000ffffffffff000n

export const KIB4 = 0x1000
export const MIB2 = 0x20_0000
export const GIB1 = 0x4000_0000
const LEVEL_OF: Readonly<Record<number, number>> = { [KIB4]: 1, [MIB2]: 2, [GIB1]: 3 }

/** x86_64 page tables written into memory by hand; tables are allotted one after the other behind the top one. */
export class PageTables {
  private readonly memory: HandMemory
  private readonly levels: 4 | 5
  private readonly smeMask: bigint
  private readonly entries = new Map<PhysAddr, bigint>()
  private next: PhysAddr

  constructor(memory: HandMemory, root: PhysAddr, levels: 4 | 5 = 4, smeMask = 0n) {
    this.memory = memory
    this.levels = levels
    this.smeMask = smeMask
    this.root = root
    this.next = root + PAGE
    memory.page(root / PAGE)
  }

  readonly root: PhysAddr

  /** Maps one page of `size` bytes. @returns where the last entry stands */
  map(at: VirtAddr, phys: PhysAddr, size: number = KIB4): PhysAddr {
    const last = LEVEL_OF[size]!
    let table = this.root
    for (let level: number = this.levels; level > last; level--) {
      const place = this.place(table, level, at)
      let entry = this.entries.get(place)
      if (entry === undefined) {
        this.memory.page(this.next / PAGE)
        entry = this.set(place, BigInt(this.next) | PRESENT | WRITABLE | this.smeMask)
        this.next += PAGE
      }
      table = Number(entry & ~this.smeMask & ADDRESS)
    }
    const place = this.place(table, last, at)
    this.set(place, BigInt(phys) | PRESENT | WRITABLE | this.smeMask | (last > 1 ? HUGE : 0n))
    return place
  }

  /** Where the entry of a level stands. */
  private place(table: PhysAddr, level: number, at: VirtAddr): PhysAddr {
    return table + 8 * Number((at >> BigInt(12 + 9 * (level - 1))) & 0x1ffn)
  }

  private set(place: PhysAddr, entry: bigint): bigint {
    this.memory.u64(place, entry)
    this.entries.set(place, entry)
    return entry
  }
}
