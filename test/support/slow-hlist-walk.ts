import type { VirtAddr } from '../../src/base/units.ts'
import type { Absence, PhysicalMemory } from '../../src/image/types.ts'
import type { ItemLayout } from '../../src/ksm/eras.ts'
import type { ListEnd } from '../../src/ksm/list-end.ts'
import type { WalkResult } from './hlist-recipe.ts'
import { PAGE, PAGE_OFFSET } from './memory.ts'

const PAGE_CODES: Record<Absence, number> = { excluded: -1, damaged: -2, beyond: -3 }
export const MISALIGNED = -5
export const NOT_DIRECT = -6
export const NO_ITEM = -7

/**
 * Bytes at a direct-map address, `before` bytes before it too; or the PAGE_ or WHY_ code of what is in the way. The slow way: one
 * read, no cache.
 */
export function slowRead(
  memory: PhysicalMemory,
  at: VirtAddr,
  length: number,
  before = 0,
): DataView<ArrayBuffer> | number {
  const phys = at - PAGE_OFFSET
  if (phys < 0n || phys >= BigInt(memory.maxPfn * PAGE)) return NOT_DIRECT
  if (at % 8n !== 0n) return MISALIGNED
  if (phys < BigInt(before)) return NO_ITEM
  const bytes = new Uint8Array(length)
  const got = memory.read(Number(phys) - before, bytes)
  return got.bytes === length ? new DataView(bytes.buffer) : PAGE_CODES[got.why!]
}

/** The walk of hlist-walk.hot.ts in the plainest way: BigInt, a set of what was visited, one pass. */
export function slowHlistWalk(
  memory: PhysicalMemory,
  item: ItemLayout,
  zeroChecksum: number,
  start: { first: VirtAddr; pprev: VirtAddr; node: VirtAddr; limit: number },
): WalkResult {
  const seen = new Set<VirtAddr>()
  const mms = new Map<VirtAddr, number>()
  const checks = { pprevBad: 0, headBad: 0, flagBad: 0 }
  const checksums = { zero: 0, other: 0 }
  let at = start.first
  let pprev = start.pprev
  const ended = (end: ListEnd, why = 0): WalkResult => {
    return { length: seen.size, end, endAt: at, why, checks, checksums, mms: [...mms] }
  }
  for (;;) {
    if (at === 0n) return ended('end')
    if (seen.has(at)) return ended('cycle')
    if (seen.size >= start.limit) return ended('limit')
    const view = slowRead(memory, at, item.hlist + 16, item.hlist)
    if (typeof view === 'number') return ended('unreadable', view)
    const word = (offset: number): bigint => view.getBigUint64(offset, true)
    const badPprev = word(item.hlist + 8) !== pprev
    const badHead = word(item.head) !== start.node
    const badFlag = (word(item.address) & 0xfffn) !== 0x200n
    if (badPprev && badHead && badFlag) return ended('unreadable', NO_ITEM)
    if (badPprev) checks.pprevBad++
    if (badHead) checks.headBad++
    if (badFlag) checks.flagBad++
    const mm = word(item.mm)
    mms.set(mm, (mms.get(mm) ?? 0) + 1)
    const checksum = item.oldchecksum === null || zeroChecksum === 0 ? 0 : view.getUint32(item.oldchecksum, true)
    if (checksum !== 0) checksums[checksum === zeroChecksum ? 'zero' : 'other']++
    seen.add(at)
    pprev = at
    at = word(item.hlist)
  }
}
