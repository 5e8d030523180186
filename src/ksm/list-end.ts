import { hex } from '../base/text.ts'
import type { VirtAddr } from '../base/units.ts'
import { PAGE_BEYOND, PAGE_DAMAGED, PAGE_EXCLUDED, PAGE_PARTIAL } from '../image/types.ts'
import {
  END_CYCLE,
  END_END,
  END_LIMIT,
  END_WALKING,
  WHY_MISALIGNED,
  WHY_NO_ITEM,
  WHY_NOT_DIRECT,
} from './hlist-walk.hot.ts'

/** How a list walk ended; the words of docs/json.md. */
export type ListEnd = 'end' | 'cycle' | 'unreadable' | 'limit'

/** The word for an END_ code. */
export function listEnd(code: number): ListEnd {
  return code === END_END
    ? 'end'
    : code === END_CYCLE
      ? 'cycle'
      : code === END_LIMIT || code === END_WALKING
        ? 'limit'
        : 'unreadable'
}

/** Why a pointer of an unreadable end could not be followed, as a phrase after "unreadable: ". */
export function whyUnreadable(code: number): string {
  switch (code) {
    case PAGE_EXCLUDED:
      return 'its page is not in the dump (excluded)'
    case PAGE_DAMAGED:
      return 'its page is damaged'
    case PAGE_BEYOND:
      return 'beyond the end of memory'
    case PAGE_PARTIAL:
      return 'its page is only partly in the dump'
    case WHY_MISALIGNED:
      return 'a misaligned pointer'
    case WHY_NOT_DIRECT:
      return 'a pointer outside the direct map of memory'
    case WHY_NO_ITEM:
      return 'what stands there is no rmap_item: pprev, head and STABLE_FLAG are all wrong'
    default:
      return 'unknown'
  }
}

/** How a walk ended, as a predicate: "ends as a cycle at 0x...". */
export function describeEnd(end: number, at: VirtAddr, why: number): string {
  if (end === END_END) return 'ends properly'
  if (end === END_CYCLE) return `is a cycle: it bends back to ${hex(at)}`
  if (end === END_LIMIT)
    return at === 0n ? 'was not walked to its end' : `was not walked to its end (stopped at ${hex(at)})`
  return `breaks off at ${hex(at)}: ${whyUnreadable(why)}`
}
