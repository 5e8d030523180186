import type { Problem } from '../base/errors.ts'
import { high, joined, joinedAt, low } from '../base/halves.ts'
import type { Abort, Steps } from '../base/steps.ts'
import { hex } from '../base/text.ts'
import type { VirtAddr } from '../base/units.ts'
import { StructWindow } from '../kernel/struct-window.hot.ts'
import type { Kernel } from '../kernel/types.ts'
import type { KsmLayout } from './eras.ts'
import { HeadCounts } from './head-counts.hot.ts'
import { END_CYCLE, END_END, END_LIMIT } from './hlist-walk.hot.ts'
import { whyUnreadable } from './list-end.ts'
import { RmapListWalk } from './rmap-list.hot.ts'

/** The second census: over every mm's rmap_list. */
export interface MmCensus {
  /** mm_structs that KSM knows. */
  slots: number
  /** All rmap_items; stable ones (in a node's list); unstable ones. */
  items: number
  stable: number
  unstable: number
  /** Stable items by head. */
  heads: HeadCounts
  complete: boolean
  problems: Problem[]
}

const SLICE = 20_000
/** More processes than PID_MAX_LIMIT can't have registered. @see include/linux/threads.h */
const MOST_SLOTS = 4 * 1024 * 1024

/**
 * Counts over ksm_mm_head's slots. @returns null when the kernel has no ksm_mm_head
 * @param expected - rmap_items as the kernel counts them, for progress
 * @param most - most items: more can't be in the dump
 */
export function* countByMm(
  kernel: Kernel,
  layout: KsmLayout,
  input: string,
  expected: number | null,
  most: number,
  abort: Abort,
): Steps<MmCensus | null> {
  const headAt = layout.mmHead
  if (headAt === null) return null
  const heads = new HeadCounts()
  const problems: Problem[] = []
  const census: MmCensus = { slots: 0, items: 0, stable: 0, unstable: 0, heads, complete: true, problems }
  const fault = (code: Problem['code'], message: string, at: VirtAddr): void => {
    census.complete = false
    if (problems.length < 50) problems.push({ code, message, input, at: hex(at) })
  }
  const walk = new RmapListWalk(kernel.physical, kernel.directMap, layout.item, heads)
  const slotBytes = Math.max(layout.slot.list + 16, layout.slot.rmapList + 8, layout.slot.mm + 8)
  const window = new StructWindow(kernel.physical, kernel.directMap, slotBytes)
  const visited = new Set<number>()
  const listHead = headAt + BigInt(layout.slot.list)
  let prev = listHead
  let link = kernel.memory.u64(listHead)
  if (link === null) fault('pages-absent', 'ksm_mm_head is not in the dump.', headAt)
  while (link !== null && link !== listHead && !abort.aborted) {
    const slot: bigint = link - BigInt(layout.slot.list)
    const at = window.load(low(slot), high(slot))
    const w = window.words
    const l = layout.slot.list >> 2
    const back = at >= 0 ? joinedAt(w, l + 2) : 0n
    if (at < 0 || visited.has(at) || back !== prev || visited.size >= MOST_SLOTS) {
      const why =
        at < 0
          ? whyUnreadable(at)
          : visited.has(at)
            ? 'it leads to a slot that was there before'
            : 'its back link is wrong'
      fault(at < 0 ? 'pages-absent' : 'damaged-structure', `The list of mm_slots breaks off: ${why}.`, link)
      break
    }
    visited.add(at)
    census.slots++
    prev = link
    link = joinedAt(w, l)
    const r = layout.slot.rmapList >> 2
    const m = layout.slot.mm >> 2
    const [mmLo, mmHi] = [w[m]!, w[m + 1]!]
    walk.start(w[r]!, w[r + 1]!, mmLo, mmHi, Math.max(0, most - walk.items))
    while (!abort.aborted && !walk.run(SLICE))
      yield { what: 'counting by process', done: walk.items, total: expected, unit: 'items' }
    if (abort.aborted || walk.end === END_END) continue
    const mm = hex(joined(mmLo, mmHi))
    const why =
      walk.end === END_CYCLE
        ? 'addresses do not ascend (a cycle or a damaged item)'
        : walk.end === END_LIMIT
          ? 'it is longer than the dump can hold'
          : whyUnreadable(walk.why)
    fault(
      walk.why < 0 && walk.why >= -4 ? 'pages-absent' : 'list-damaged',
      `The rmap_list of mm ${mm} breaks off: ${why}.`,
      joined(walk.endLo, walk.endHi),
    )
  }
  if (walk.foreign > 0)
    fault('list-damaged', `${walk.foreign} rmap_items stand in the list of another mm than they name.`, headAt)
  if (abort.aborted) census.complete = false
  census.items = walk.items
  census.stable = walk.stable
  census.unstable = walk.unstable
  return census
}
