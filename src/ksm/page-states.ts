import type { Problem } from '../base/errors.ts'
import type { Abort, Steps } from '../base/steps.ts'
import { hex } from '../base/text.ts'
import type { VirtAddr } from '../base/units.ts'
import type { Kernel } from '../kernel/types.ts'
import { type KsmLayout, PAGE_MAPPING_KSM } from './eras.ts'
import { KIND_CHAIN, type NodeColumns } from './node-columns.ts'

const UNKNOWN = 0
const LIVE = 1
const FREED = 2
const MIGRATING = 3

/** Virtual address of the struct page of a page frame. */
export function pageAddress(kernel: Kernel, layout: KsmLayout, pfn: number): VirtAddr {
  return kernel.space.vmemmap + BigInt(pfn) * BigInt(layout.page.size)
}

/** What a struct page says about the KSM page that it may be. */
export interface PageWords {
  flags: bigint
  mapping: bigint
  /** page->_mapcount + 1: PTEs that map it now. */
  mapcount: number
}

/** Reads a struct page; null when it is not in the dump. */
export function readPage(kernel: Kernel, layout: KsmLayout, page: VirtAddr): PageWords | null {
  const bytes = kernel.memory.bytes(page, layout.page.size)
  if (!bytes) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  return {
    flags: view.getBigUint64(layout.page.flags, true),
    mapping: view.getBigUint64(layout.page.mapping, true),
    mapcount: view.getInt32(layout.page.mapcount, true) + 1,
  }
}

/** Whether somebody has locked a page and taken it off the LRU: a migration does both. False where the kernel doesn't tell. */
export function isMoving({ flags }: PageWords, { lockedBit, lruBit }: KsmLayout): boolean {
  if (lockedBit === null || lruBit === null) return false
  return ((flags >> BigInt(lockedBit)) & 1n) === 1n && ((flags >> BigInt(lruBit)) & 1n) === 0n
}

/**
 * Fills the columns pageState and mapcount.
 * live: the page's mapping names the node. freed: it does not, so the page was given back and the node waits for ksmd (stale).
 * migrating: it does, and the page is locked and off the LRU with fewer PTEs than items, as a migration leaves it; reclaim can
 * leave it so as well, which only the walker's stack tells.
 * @param rows - only these rows, null for all
 * @see mm/ksm.c (v6.12), ksm_get_folio; mm/migrate.c
 */
export function* readPageStates(
  kernel: Kernel,
  layout: KsmLayout,
  nodes: NodeColumns,
  rows: Uint32Array | null,
  input: string,
  abort: Abort,
): Steps<Problem[]> {
  const problems: Problem[] = []
  let outside = 0
  let firstOutside = 0n
  let damaged = 0
  let firstDamaged = 0n
  let implausible = 0
  let firstImplausible = 0n
  let absent = 0
  let firstAbsent = 0n
  const count = rows?.length ?? nodes.count
  for (let i = 0; i < count && !abort.aborted; i++) {
    if ((i & 0x3ff) === 0) yield { what: 'reading struct pages', done: i, total: count, unit: 'nodes' }
    const row = rows ? rows[i]! : i
    if (nodes.kind[row] === KIND_CHAIN) continue
    const pfn = nodes.kpfn[row]!
    if (pfn >= kernel.physical.maxPfn) {
      if (outside++ === 0) firstOutside = nodes.address(row)
      continue
    }
    const at = pageAddress(kernel, layout, pfn)
    const page = readPage(kernel, layout, at)
    if (!page) {
      if (absent++ === 0) firstAbsent = at
      continue
    }
    const names = page.mapping === nodes.address(row) + BigInt(PAGE_MAPPING_KSM)
    nodes.mapcount[row] = page.mapcount
    const nearly = !names && bitsApart(page.mapping, nodes.address(row) + BigInt(PAGE_MAPPING_KSM)) <= 2
    if (nearly && damaged++ === 0) firstDamaged = at
    nodes.pageState[row] = nearly
      ? UNKNOWN
      : names
        ? isMoving(page, layout) && page.mapcount < nodes.length[row]!
          ? MIGRATING
          : LIVE
        : FREED
    // children of a fork map a page more often than KSM knows, but not a thousand times as often
    if (page.mapcount > 1000 * (nodes.length[row]! + 1) && implausible++ === 0) firstImplausible = at
  }
  if (outside > 0)
    problems.push({
      code: 'damaged-structure',
      message: `${outside} stable_node(s) name a page frame beyond the end of memory.`,
      input,
      at: hex(firstOutside),
    })
  if (damaged > 0)
    problems.push({
      code: 'damaged-structure',
      message: `The mapping of ${damaged} struct page(s) differs from their stable_node by a bit or two: they are damaged, and the state of these pages is unknown.`,
      input,
      at: hex(firstDamaged),
    })
  if (implausible > 0)
    problems.push({
      code: 'implausible-value',
      message: `${implausible} struct page(s) have a mapcount far above the length of their list.`,
      input,
      at: hex(firstImplausible),
    })
  if (absent > 0)
    problems.push({
      code: 'pages-absent',
      message: `The struct page of ${absent} stable_node(s) is not in the dump: the state of their pages is unknown.`,
      input,
      at: hex(firstAbsent),
    })
  return problems
}

/** Bits in which two words differ. */
function bitsApart(a: bigint, b: bigint): number {
  let bits = 0
  for (let rest = a ^ b; rest !== 0n && bits < 64; rest &= rest - 1n) bits++
  return bits
}

/** State codes for tests and rows. */
export const PAGE_STATE = { unknown: UNKNOWN, live: LIVE, freed: FREED, migrating: MIGRATING } as const
