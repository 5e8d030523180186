import type { VirtAddr } from '../../src/base/units.ts'
import type { Kernel } from '../../src/kernel/types.ts'
import type { KsmLayout } from '../../src/ksm/eras.ts'
import { slowRead } from './slow-hlist-walk.ts'

/** What the second census counts. */
export interface SlowCensus {
  slots: number
  items: number
  stable: number
  unstable: number
  heads: Map<VirtAddr, number>
  complete: boolean
}

/** The second census in the plainest way: BigInt, a set of what was visited. */
export function slowMmCensus(kernel: Kernel, layout: KsmLayout, most: number): SlowCensus {
  const census: SlowCensus = { slots: 0, items: 0, stable: 0, unstable: 0, heads: new Map(), complete: true }
  const { slot, item } = layout
  const size = Math.max(slot.list + 16, slot.rmapList + 8, slot.mm + 8)
  const head = layout.mmHead! + BigInt(slot.list)
  const visited = new Set<VirtAddr>()
  let prev = head
  let link = kernel.memory.u64(head)
  while (link !== head) {
    const view = link === null ? 0 : slowRead(kernel.physical, link - BigInt(slot.list), size)
    if (typeof view === 'number' || visited.has(link!) || view.getBigUint64(slot.list + 8, true) !== prev) {
      census.complete = false
      return census
    }
    visited.add(link!)
    census.slots++
    prev = link!
    link = view.getBigUint64(slot.list, true)
    const whole = count(view.getBigUint64(slot.rmapList, true), view.getBigUint64(slot.mm, true))
    if (!whole) census.complete = false
  }
  return census

  /** @returns whether the list was counted to its end, with all items of the mm */
  function count(first: VirtAddr, mm: VirtAddr): boolean {
    let last = -1n
    let ours = true
    for (let at = first; at !== 0n; ) {
      if (census.items >= most) return false
      const view = slowRead(kernel.physical, at, Math.ceil(item.size / 8) * 8)
      if (typeof view === 'number') return false
      const address = view.getBigUint64(item.address, true)
      if (address >> 12n <= last) return false
      last = address >> 12n
      census.items++
      if (view.getBigUint64(item.mm, true) !== mm) ours = false
      if (address & 0x200n) {
        const node = view.getBigUint64(item.head, true)
        census.stable++
        census.heads.set(node, (census.heads.get(node) ?? 0) + 1)
      } else if (address & 0x100n) census.unstable++
      at = view.getBigUint64(item.rmapList, true)
    }
    return ours
  }
}
