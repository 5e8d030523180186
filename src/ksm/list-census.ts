import { high, joined, low } from '../base/halves.ts'
import type { Abort, Steps } from '../base/steps.ts'
import type { VirtAddr } from '../base/units.ts'
import type { Kernel } from '../kernel/types.ts'
import type { KsmLayout } from './eras.ts'
import { END_END, HlistWalk } from './hlist-walk.hot.ts'
import { MmCounts } from './mm-counts.hot.ts'
import { KIND_DUP, type NodeColumns } from './node-columns.ts'

/** Items of one mm in one list (a chain's: over all its dups). */
export interface MmItems {
  mm: VirtAddr
  items: number
}

export interface ListCensus {
  /** Items over the lists of all page-backed nodes. */
  items: number
  /** Page-backed nodes, dups included, whose list was walked. */
  walked: number
  /** False when a list was left out (Ctrl-C) or a walk did not come to its end. */
  complete: boolean
  /** Items by mm, from many to few, of the longest lists: row -> mms. */
  owners: Map<number, MmItems[]>
  /** Items by mm over all lists. */
  byMm: MmCounts
}

/** Items walked between two looks at the clock: about a millisecond. */
const SLICE = 20_000

/**
 * Walks every list and fills the columns length, end, mms, checks and checksums; chains get the sum of their dups.
 * @param expected - items that the kernel counts, for progress; null where unknown
 * @param most - most items over all lists: more can't be in the dump, so a hostile one ends
 * @param keepOwners - for how many of the longest lists the owners are kept
 */
export function* walkLists(
  kernel: Kernel,
  layout: KsmLayout,
  nodes: NodeColumns,
  expected: number | null,
  most: number,
  keepOwners: number,
  abort: Abort,
): Steps<ListCensus> {
  const walk = new HlistWalk(kernel.physical, kernel.directMap, layout.item, layout.zeroChecksum ?? 0)
  const chainMms = new MmCounts(8)
  const longest = new LongestOwners(nodes, keepOwners)
  const census: ListCensus = { items: 0, walked: 0, complete: true, owners: longest.owners, byMm: new MmCounts(8) }
  let chain = -1
  const closeChain = (): void => {
    if (chain < 0) return
    nodes.mms[chain] = chainMms.size
    longest.offer(chain, chainMms)
    chain = -1
  }
  for (let row = 0; row < nodes.count; row++) {
    if (nodes.isChain(row)) {
      closeChain()
      chain = row
      chainMms.clear()
      if (nodes.end[row] !== END_END) census.complete = false
      continue
    }
    if (nodes.kind[row] !== KIND_DUP) closeChain()
    startRow(walk, nodes, layout, row, Math.max(0, most - census.items))
    while (!abort.aborted && !walk.run(SLICE))
      yield { what: 'walking lists', done: census.items + walk.length, total: expected, unit: 'items' }
    takeRow(walk, nodes, row)
    census.items += walk.length
    if (walk.end !== END_END) census.complete = false
    if (chain >= 0) {
      nodes.length[chain]! += walk.length
      chainMms.addAll(walk.mms)
    }
    census.byMm.addAll(walk.mms)
    longest.offer(row, walk.mms)
    if (abort.aborted) {
      census.complete = false
      break
    }
    census.walked++
    if ((row & 0xff) === 0) yield { what: 'walking lists', done: census.items, total: expected, unit: 'items' }
  }
  closeChain()
  return census
}

/** Begins the walk of a row's list: its first item must point back at hlist.first. */
export function startRow(walk: HlistWalk, nodes: NodeColumns, layout: KsmLayout, row: number, limit: number): void {
  const pprev = nodes.address(row) + BigInt(layout.node.hlist)
  walk.start(
    nodes.firstLo[row]!,
    nodes.firstHi[row]!,
    low(pprev),
    high(pprev),
    nodes.addressLo[row]!,
    nodes.addressHi[row]!,
    limit,
  )
}

/** Copies the results of a walk into a row. A walk that was interrupted has no end yet. */
export function takeRow(walk: HlistWalk, nodes: NodeColumns, row: number): void {
  nodes.length[row] = walk.length
  nodes.end[row] = walk.end
  nodes.endLo[row] = walk.endLo
  nodes.endHi[row] = walk.endHi
  nodes.why[row] = walk.why
  nodes.mms[row] = walk.mms.size
  nodes.pprevBad[row] = walk.pprevBad
  nodes.headBad[row] = walk.headBad
  nodes.flagBad[row] = walk.flagBad
  nodes.checksums[row] = (walk.checksumZero > 0 ? 1 : 0) | (walk.checksumOther > 0 ? 2 : 0)
}

/** The owners in a table, from many items to few, ties by address. */
export function ownersOf(mms: MmCounts): MmItems[] {
  const owners: MmItems[] = []
  for (let i = 0; i < mms.size; i++) owners.push({ mm: joined(mms.lo(i), mms.hi(i)), items: mms.count(i) })
  return owners.sort((a, b) => b.items - a.items || (a.mm < b.mm ? -1 : 1))
}

/** Keeps the owners of the `most` longest lists that were offered (ties by address, as they are shown). */
class LongestOwners {
  readonly owners = new Map<number, MmItems[]>()
  private readonly nodes: NodeColumns
  private readonly most: number
  /** The row of rank `most` at the last pruning: what comes after it is not kept. */
  private floor = -1

  constructor(nodes: NodeColumns, most: number) {
    this.nodes = nodes
    this.most = most
  }

  offer(row: number, mms: MmCounts): void {
    if (this.most === 0 || (this.floor >= 0 && this.nodes.compare(row, this.floor) > 0)) return
    this.owners.set(row, ownersOf(mms))
    if (this.owners.size >= 4 * this.most) this.prune()
  }

  private prune(): void {
    const rows = [...this.owners.keys()].sort((a, b) => this.nodes.compare(a, b))
    this.floor = rows[this.most - 1]!
    for (const row of rows.slice(this.most)) this.owners.delete(row)
  }
}
