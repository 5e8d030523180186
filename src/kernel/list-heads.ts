import type { VirtAddr } from '../base/units.ts'
import type { VirtualMemory } from './types.ts'

/** How a walk of a list ended. */
export interface ListEnd {
  /** whole: back at its head. absent: a link is not in the dump. The others: the list is damaged. */
  why: 'whole' | 'absent' | 'null' | 'cycle' | 'back-link'
  /** The link where it broke off; of `absent` the last one that could be read. */
  at: VirtAddr
}

/** Offset of list_head.prev. @see include/linux/types.h */
const PREV = 8n

/**
 * The links of a circular list_head list, without its head; each exists and was not there before.
 * @param most - links after which it is taken for a cycle
 * @param backLinks - whether each link must lead back to the one before: it ends before one that doesn't
 */
export function* eachLink(
  memory: VirtualMemory,
  head: VirtAddr,
  most: number,
  backLinks: boolean,
): Generator<VirtAddr, ListEnd> {
  const visited = new Set<VirtAddr>()
  let prev = head
  for (let link = memory.u64(head); link !== head; link = memory.u64(link)) {
    if (link === null) return { why: 'absent', at: prev }
    if (link === 0n) return { why: 'null', at: prev }
    if (visited.has(link) || visited.size >= most) return { why: 'cycle', at: link }
    visited.add(link)
    const back = backLinks ? memory.u64(link + PREV) : prev
    if (back === null) return { why: 'absent', at: prev }
    if (back !== prev) return { why: 'back-link', at: link }
    yield link
    prev = link
  }
  // a link that leads back too early skips the rest: the head knows its last one
  const last = backLinks ? memory.u64(head + PREV) : prev
  return last === prev || last === null ? { why: 'whole', at: head } : { why: 'back-link', at: head }
}
