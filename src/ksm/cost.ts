import type { Seconds } from '../base/units.ts'

/**
 * What one rmap_item costs in a walk of rmap_walk_ksm: a lock, a walk of its anon_vma and one TLB flush with IPIs.
 * @see commit 2c653d0ee2ae ("ksm: introduce ksm_max_page_sharing per page deduplication limit", in v4.13), whose message
 * says up to about 10 us
 */
export const SECONDS_PER_ITEM: Seconds = 10e-6

/** An estimate of one pass over a list, at the worst price of an entry. */
export function walkSeconds(length: number): Seconds {
  return length * SECONDS_PER_ITEM
}

/** From this value on max_page_sharing bounds nothing that matters: a walk of so many items takes a tenth of a second. */
export const LIMIT_OF_NO_HELP = 10_000
