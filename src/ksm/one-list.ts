import { KsmDumpError, type Problem } from '../base/errors.ts'
import { high, joined, low } from '../base/halves.ts'
import type { Abort, Steps } from '../base/steps.ts'
import { hex } from '../base/text.ts'
import type { VirtAddr } from '../base/units.ts'
import type { Kernel } from '../kernel/types.ts'
import { endCode, nodeProblems } from './consistency.ts'
import { type KsmLayout, ksmLayout, STABLE_NODE_CHAIN } from './eras.ts'
import { AddressLog } from './address-log.hot.ts'
import { END_END, END_LIMIT, HlistWalk } from './hlist-walk.hot.ts'
import { type MmItems, ownersOf, startRow, takeRow } from './list-census.ts'
import { describeEnd } from './list-end.ts'
import { findListStart, type ListStart, type WalkTarget } from './list-start.ts'
import { MmCounts } from './mm-counts.hot.ts'
import { KIND_CHAIN, type NodeColumns } from './node-columns.ts'
import { readPageStates } from './page-states.ts'
import { addDups, listNodes, OBJECTS_PER_PAGE } from './stable-trees.ts'
import { type ContentCoverage, readZeroPages } from './zero-page.ts'

/** A piece of a list to print: `count` hlist_nodes from one on. */
export interface Segment {
  lo: number
  hi: number
  count: number
}

/** One list, walked. */
export interface OneList {
  layout: KsmLayout
  nodes: NodeColumns
  start: ListStart
  /** Row of the stable_node; of a chain for a chain's address. */
  row: number
  /** From the start on: all of the list, unless it began at an hlist_node in its middle. */
  length: number
  end: number
  endAt: VirtAddr
  why: number
  checks: { pprevBad: number; headBad: number; flagBad: number }
  owners: MmItems[]
  /** What `--addresses` prints. */
  segments: Segment[]
  /** The addresses themselves, where they were asked for and the list is one segment of bearable length. */
  log: AddressLog | null
  content: ContentCoverage
  problems: Problem[]
}

const SLICE = 20_000
/** Addresses kept while walking, 32 MiB of them: a longer list is walked again for its addresses. */
const MOST_LOGGED = 4 * 1024 * 1024
/** `where` of a node that no tree, chain or list leads to. */
const NOWHERE = 255

/**
 * Walks the list that an address leads to.
 * @param options - `limit`: most items to walk, null for as many as the dump can hold; `log`: keep the addresses
 * @throws KsmDumpError `not-a-list` with what stands there instead
 */
export function* walkOneList(
  kernel: Kernel,
  input: string,
  target: WalkTarget,
  pagesPresent: number,
  options: { limit: number | null; log: boolean },
  abort: Abort,
): Steps<OneList> {
  const layout = ksmLayout(kernel, input)
  const found = yield* listNodes(kernel, layout, input, pagesPresent, abort)
  const { nodes } = found
  // a stable_node that a tree leads to is one, whatever state its list is in
  const known = 'address' in target ? rowOf(nodes, target.address) : -1
  const start: ReturnType<typeof findListStart> =
    known >= 0 && 'address' in target
      ? { found: true, address: target.address, takenFor: 'stable_node', node: target.address, from: null }
      : findListStart(kernel, layout, target)
  if (!start.found)
    throw new KsmDumpError(
      'not-a-list',
      `${'pfn' in target ? `pfn ${hex(target.pfn)}` : hex(start.address)} leads to no KSM list: it is ${start.instead}.`,
      { input, at: hex(start.address) },
    )
  const inTree = rowOf(nodes, start.node)
  const row = inTree >= 0 ? inTree : strayRow(kernel, layout, nodes, start.node, pagesPresent)
  const problems: Problem[] =
    inTree >= 0
      ? []
      : [
          ...found.problems,
          {
            code: 'implausible-value',
            message: `No stable tree leads to stable_node ${hex(start.node)}: it is not in use any more, or the way to it is damaged.`,
            input,
            at: hex(start.node),
          },
        ]

  const most = options.limit ?? pagesPresent * OBJECTS_PER_PAGE + 1024
  const walk = new HlistWalk(kernel.physical, kernel.directMap, layout.item, layout.zeroChecksum ?? 0)
  const rows = rowsOf(nodes, row)
  // from a node's first hlist_node the walk is that of the whole list
  const first = joined(nodes.firstLo[row]!, nodes.firstHi[row]!)
  const from = start.from === null || (start.from === first && !nodes.isChain(row)) ? null : start.from
  const log = options.log && rows.length === 1 ? new AddressLog(MOST_LOGGED) : null
  walk.log = from === null ? log : null
  const total = new MmCounts(8)
  const result: OneList = {
    layout,
    nodes,
    start,
    row,
    length: 0,
    end: END_END,
    endAt: 0n,
    why: 0,
    checks: { pprevBad: 0, headBad: 0, flagBad: 0 },
    owners: [],
    segments: [],
    log: null,
    content: { present: 0, absent: 0 },
    problems,
  }
  for (const each of rows) {
    if (nodes.isChain(each)) {
      if (nodes.end[each] !== END_END) take(result, nodes.end[each]!, nodes.endAt(each), nodes.why[each]!)
      continue
    }
    if (abort.aborted) break
    startRow(walk, nodes, layout, each, Math.max(0, from === null ? most - result.length : most))
    yield* finishWalk(walk, nodes, each, abort)
    takeRow(walk, nodes, each)
    if (row !== each) nodes.length[row]! += walk.length
    total.addAll(walk.mms)
    if (from === null) takeWalk(result, walk, { lo: nodes.firstLo[each]!, hi: nodes.firstHi[each]! })
  }
  nodes.mms[row] = total.size
  if (from !== null) {
    walk.log = log
    yield* walkFrom(kernel, from, walk, most, result, total, abort)
  }
  if (log?.whole && log.count === result.length) result.log = log
  result.owners = ownersOf(total)
  // the ends of lists that are no row's: of a chain's dups, and of items that name the node but are not in its list
  const chainTorn = nodes.isChain(row) && nodes.end[row] !== END_END
  if (chainTorn || (from !== null && result.end !== END_END && nodes.end[row] === END_END)) {
    const what = chainTorn ? `The list of dups of chain ${hex(start.node)}` : `The list from ${hex(start.address)} on`
    problems.push({
      code: endCode(result.end, result.why),
      message: `${what} ${describeEnd(result.end, result.endAt, result.why)}, after ${result.length} rmap_items.`,
      input,
      at: hex(start.address),
    })
  }
  problems.push(
    ...(yield* readPageStates(kernel, layout, nodes, rows, input, abort)),
    ...nodeProblems(nodes, rows, layout, input),
  )
  result.content = yield* readZeroPages(kernel, nodes, Uint32Array.of(row), abort)
  return result
}

function* finishWalk(walk: HlistWalk, nodes: NodeColumns, row: number, abort: Abort): Steps<void> {
  const said = nodes.rmapHlistLen[row]!
  while (!abort.aborted && !walk.run(SLICE))
    yield { what: 'walking', done: walk.length, total: said > 0 && said < 2147483647 ? said : null, unit: 'items' }
}

/** Walks again from an hlist_node in the middle of the list. */
function* walkFrom(
  kernel: Kernel,
  from: VirtAddr,
  walk: HlistWalk,
  most: number,
  result: OneList,
  total: MmCounts,
  abort: Abort,
): Steps<void> {
  const { nodes, row } = result
  const lo = low(from)
  const hi = high(from)
  // The first item's back link is right when what it names points at it.
  const pprev = kernel.memory.u64(from + 8n) ?? 0n
  const expected = kernel.memory.u64(pprev) === from ? pprev : 0n
  walk.start(lo, hi, low(expected), high(expected), nodes.addressLo[row]!, nodes.addressHi[row]!, most)
  yield* finishWalk(walk, nodes, row, abort)
  total.clear()
  total.addAll(walk.mms)
  takeWalk(result, walk, { lo, hi })
}

function takeWalk(result: OneList, walk: HlistWalk, first: { lo: number; hi: number }): void {
  result.length += walk.length
  result.checks.pprevBad += walk.pprevBad
  result.checks.headBad += walk.headBad
  result.checks.flagBad += walk.flagBad
  if (walk.length > 0) result.segments.push({ ...first, count: walk.length })
  const end = walk.end === 0 ? END_LIMIT : walk.end
  if (end !== END_END) take(result, end, joined(walk.endLo, walk.endHi), walk.why)
}

/** Keeps the first bad end. */
function take(result: OneList, end: number, endAt: VirtAddr, why: number): void {
  if (result.end !== END_END) return
  result.end = end
  result.endAt = endAt
  result.why = why
}

/** Row of a stable_node, -1 when it is in no tree. */
function rowOf(nodes: NodeColumns, address: VirtAddr): number {
  const lo = low(address)
  const hi = high(address)
  for (let row = 0; row < nodes.count; row++) if (nodes.addressLo[row] === lo && nodes.addressHi[row] === hi) return row
  return -1
}

/** The row, and for a chain its dups' rows behind it. */
function rowsOf(nodes: NodeColumns, row: number): Uint32Array {
  const rows = [row]
  if (nodes.isChain(row)) for (let dup = row + 1; dup < nodes.count && nodes.chain[dup] === row; dup++) rows.push(dup)
  return Uint32Array.from(rows)
}

/** A row for a stable_node that no tree leads to, and behind a chain's its dups'. */
function strayRow(
  kernel: Kernel,
  layout: KsmLayout,
  nodes: NodeColumns,
  address: VirtAddr,
  pagesPresent: number,
): number {
  const { memory } = kernel
  const row = nodes.add()
  const first = memory.u64(address + BigInt(layout.node.hlist)) ?? 0n
  nodes.addressLo[row] = low(address)
  nodes.addressHi[row] = high(address)
  nodes.where[row] = NOWHERE
  nodes.firstLo[row] = low(first)
  nodes.firstHi[row] = high(first)
  if (layout.node.rmapHlistLen !== null)
    nodes.rmapHlistLen[row] = memory.s32(address + BigInt(layout.node.rmapHlistLen)) ?? 0
  if (nodes.rmapHlistLen[row] === STABLE_NODE_CHAIN) {
    nodes.kind[row] = KIND_CHAIN
    addDups(kernel, layout, nodes, row, pagesPresent)
  } else {
    nodes.kpfn[row] = Number(memory.u64(address + BigInt(layout.node.kpfn)) ?? 0n)
    if (layout.node.nid !== null) nodes.nid[row] = memory.s32(address + BigInt(layout.node.nid)) ?? 0
  }
  return row
}
