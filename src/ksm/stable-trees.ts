import type { Problem } from '../base/errors.ts'
import { high, joined, joinedAt, low } from '../base/halves.ts'
import type { Abort, Steps } from '../base/steps.ts'
import { hex } from '../base/text.ts'
import type { VirtAddr } from '../base/units.ts'
import { StructWindow } from '../kernel/struct-window.hot.ts'
import type { Kernel } from '../kernel/types.ts'
import { type KsmLayout, STABLE_NODE_CHAIN } from './eras.ts'
import { END_CYCLE, END_END, END_LIMIT, END_UNREADABLE } from './hlist-walk.hot.ts'
import { whyUnreadable } from './list-end.ts'
import { KIND_CHAIN, KIND_DUP, KIND_NODE, NodeColumns } from './node-columns.ts'

const WHERE_TREE = 0
const WHERE_MIGRATE = 1
const WHERE_CHAIN = 2

/** A 4 KiB page holds 64 stable_nodes or rmap_items; more objects than that can't be in the dump. */
export const OBJECTS_PER_PAGE = 64
const MOST_NODES = 8_000_000

export interface NodeList {
  nodes: NodeColumns
  /** False when some nodes could not be reached: a count over them is a lower bound. */
  complete: boolean
  problems: Problem[]
}

/** Walks the trees, chains and the migrate list, without walking any rmap_item. */
export function* listNodes(
  kernel: Kernel,
  layout: KsmLayout,
  input: string,
  pagesPresent: number,
  abort: Abort,
): Steps<NodeList> {
  const finder = new NodeFinder(kernel, layout, input, Math.min(MOST_NODES, pagesPresent * OBJECTS_PER_PAGE + 1024))
  if (!layout.trees.counted)
    finder.problem(
      'pages-absent',
      'ksm_nr_node_ids is not in the dump: only one stable tree is walked.',
      layout.trees.address,
    )
  for (let tree = 0; tree < layout.trees.count && !abort.aborted; tree++) {
    const rootAt = layout.trees.address + BigInt(8 * tree)
    const root = kernel.memory.u64(rootAt)
    if (root === null) finder.problem('pages-absent', `The root of stable tree ${tree} is not in the dump.`, rootAt)
    else finder.begin(root, tree)
    while (!abort.aborted && !finder.step(2000))
      yield { what: 'listing stable_nodes', done: finder.nodes.count, total: null, unit: 'nodes' }
  }
  if (abort.aborted) finder.complete = false
  else finder.migrating()
  return { nodes: finder.nodes, complete: finder.complete, problems: finder.problems }
}

/** Adds the dups of a chain that no tree leads to: rows behind its own, the last one. */
export function addDups(
  kernel: Kernel,
  layout: KsmLayout,
  nodes: NodeColumns,
  row: number,
  pagesPresent: number,
): void {
  const most = Math.min(MOST_NODES, nodes.count + pagesPresent * OBJECTS_PER_PAGE + 1024)
  new NodeFinder(kernel, layout, '', most, nodes).dups(row)
}

/** Does the work of `listNodes`; keeps what hostile trees could repeat in a visited set. */
class NodeFinder {
  readonly nodes: NodeColumns
  readonly problems: Problem[] = []
  complete = true
  private readonly kernel: Kernel
  private readonly layout: KsmLayout
  private readonly input: string
  private readonly most: number
  private readonly window: StructWindow
  /** For looking at an item while a node is in `window`. */
  private readonly peep: StructWindow
  private readonly visited = new Set<number>()
  /** Nodes still to visit: address halves and the parent's. */
  private readonly stack: number[] = []
  private tree = -1
  /** &migrate_nodes + 8: STABLE_NODE_DUP_HEAD, and &migrate_nodes itself. */
  private readonly dupHead: bigint | null

  constructor(kernel: Kernel, layout: KsmLayout, input: string, most: number, nodes = new NodeColumns()) {
    this.nodes = nodes
    this.kernel = kernel
    this.layout = layout
    this.input = input
    this.most = most
    this.window = new StructWindow(kernel.physical, kernel.directMap, layout.node.size)
    this.peep = new StructWindow(kernel.physical, kernel.directMap, layout.item.size)
    this.dupHead = layout.migrateNodes === null ? null : layout.migrateNodes + 8n
  }

  problem(code: Problem['code'], message: string, at: VirtAddr): void {
    this.complete = false
    // A damaged dump may have thousands: the first ones tell where to look.
    if (this.problems.length < 50) this.problems.push({ code, message, input: this.input, at: hex(at) })
  }

  begin(root: bigint, tree: number): void {
    this.tree = tree
    this.push(low(root), high(root), 0, 0)
  }

  private push(lo: number, hi: number, parentLo: number, parentHi: number): void {
    if (lo !== 0 || hi !== 0) this.stack.push(lo, hi, parentLo, parentHi)
  }

  /** Visits at most `max` tree nodes. @returns true when the tree is done */
  step(max: number): boolean {
    const { layout, stack, window } = this
    for (let done = 0; done < max && stack.length > 0; done++) {
      const parentHi = stack.pop()!
      const parentLo = stack.pop()!
      const rbHi = stack.pop()!
      const rbLo = stack.pop()!
      // rb_node is a member of the node: at its start in every kernel so far
      const lo = (rbLo - layout.node.node) >>> 0
      const hi = rbHi
      const at = window.load(lo, hi)
      const address = joined(lo, hi)
      if (at < 0) {
        this.problem(
          'pages-absent',
          `A stable_node of tree ${this.tree} can not be read: ${whyUnreadable(at)}; what hangs below it is missing.`,
          address,
        )
        continue
      }
      if (this.visited.has(at)) {
        this.problem('damaged-structure', `Stable tree ${this.tree} leads twice to the same node.`, address)
        continue
      }
      const w = window.words
      const rb = layout.node.node >> 2
      const childOfParent = (w[rb]! & ~3) >>> 0 === parentLo && w[rb + 1] === parentHi
      if (!childOfParent && !this.provesItself(lo, hi)) {
        this.problem(
          'damaged-structure',
          `A node of stable tree ${this.tree} does not name its parent, and nothing else proves it: it and what hangs below it are left out.`,
          address,
        )
        continue
      }
      if (!childOfParent)
        this.problem('damaged-structure', `A node of stable tree ${this.tree} does not name its parent.`, address)
      if (!this.room(address)) return true
      this.visited.add(at)
      const right = rb + (layout.rb.right >> 2)
      const left = rb + (layout.rb.left >> 2)
      this.push(w[right]!, w[right + 1]!, rbLo, rbHi)
      this.push(w[left]!, w[left + 1]!, rbLo, rbHi)
      const lengthAt = layout.node.rmapHlistLen
      if (lengthAt !== null && (w[lengthAt >> 2]! | 0) === STABLE_NODE_CHAIN)
        this.dups(this.row(lo, hi, KIND_CHAIN, WHERE_TREE, this.tree, -1))
      else this.row(lo, hi, KIND_NODE, WHERE_TREE, this.tree, -1)
    }
    return stack.length === 0
  }

  private room(at: VirtAddr): boolean {
    if (this.nodes.count < this.most) return true
    this.problem('limit-reached', `More than ${this.most} stable_nodes: this can not be in a dump of this size.`, at)
    this.stack.length = 0
    return false
  }

  /** Whether the first item of the node in the window leads back to it. */
  private provesItself(lo: number, hi: number): boolean {
    const { layout, window, peep } = this
    const h = layout.node.hlist >> 2
    const firstLo = window.words[h]!
    const firstHi = window.words[h + 1]!
    if (firstLo === 0 && firstHi === 0) return false
    const borrow = firstLo < layout.item.hlist ? 1 : 0
    if (peep.load((firstLo - layout.item.hlist) >>> 0, firstHi - borrow) < 0) return false
    const w = peep.words
    const pprev = (layout.item.hlist >> 2) + 2
    const head = layout.item.head >> 2
    return w[pprev] === (lo + layout.node.hlist) >>> 0 && w[pprev + 1] === hi && w[head] === lo && w[head + 1] === hi
  }

  /** Adds the node in the window as a row. */
  private row(lo: number, hi: number, kind: number, where: number, tree: number, chain: number): number {
    const { nodes, layout } = this
    const w = this.window.words
    const row = nodes.add()
    nodes.addressLo[row] = lo
    nodes.addressHi[row] = hi
    nodes.kind[row] = kind
    nodes.where[row] = where
    nodes.tree[row] = tree
    nodes.chain[row] = chain
    const first = layout.node.hlist >> 2
    nodes.firstLo[row] = w[first]!
    nodes.firstHi[row] = w[first + 1]!
    if (layout.node.rmapHlistLen !== null) nodes.rmapHlistLen[row] = w[layout.node.rmapHlistLen >> 2]! | 0
    // A chain's nid is never set and its kpfn holds the time of its last pruning.
    if (kind !== KIND_CHAIN) {
      if (layout.node.nid !== null) nodes.nid[row] = w[layout.node.nid >> 2]! | 0
      const kpfn = layout.node.kpfn >> 2
      nodes.kpfn[row] = w[kpfn]! + w[kpfn + 1]! * 4294967296
    }
    return row
  }

  /** Adds the dups of a chain's row: its hlist links them through their hlist_dup. */
  dups(row: number): void {
    const { nodes, layout, window, visited } = this
    const address = nodes.address(row)
    const dupAt = layout.node.hlistDup ?? 0
    let curLo = nodes.firstLo[row]!
    let curHi = nodes.firstHi[row]!
    let prev = address + BigInt(layout.node.hlist)
    nodes.end[row] = END_END
    while (curLo !== 0 || curHi !== 0) {
      const link = joined(curLo, curHi)
      const dup = link - BigInt(dupAt)
      const dupLo = low(dup)
      const dupHi = high(dup)
      const at = window.load(dupLo, dupHi)
      const w = window.words
      const seen = at >= 0 && visited.has(at)
      const torn =
        at >= 0 &&
        !seen &&
        (this.dupHead === null || joinedAt(w, layout.node.head >> 2) !== this.dupHead) &&
        joinedAt(w, (dupAt >> 2) + 2) !== prev
      if (at < 0 || seen || torn || nodes.count >= this.most) {
        nodes.end[row] = at < 0 || torn ? END_UNREADABLE : seen ? END_CYCLE : END_LIMIT
        nodes.endLo[row] = curLo
        nodes.endHi[row] = curHi
        nodes.why[row] = Math.min(at, 0)
        const why =
          at < 0
            ? whyUnreadable(at)
            : seen
              ? 'it leads to a node that was there before'
              : torn
                ? 'what stands there is no dup'
                : 'too many dups'
        this.problem(
          at < 0 ? 'pages-absent' : 'damaged-structure',
          `The list of dups of chain ${hex(address)} breaks off: ${why}.`,
          link,
        )
        return
      }
      if (joinedAt(w, (dupAt >> 2) + 2) !== prev)
        this.problem('damaged-structure', `A dup of chain ${hex(address)} has a wrong back link.`, link)
      if (this.dupHead !== null && joinedAt(w, layout.node.head >> 2) !== this.dupHead) {
        this.problem('damaged-structure', `A dup of chain ${hex(address)} has a wrong head.`, dup)
      }
      visited.add(at)
      this.row(dupLo, dupHi, KIND_DUP, WHERE_CHAIN, this.tree, row)
      prev = link
      curLo = w[dupAt >> 2]!
      curHi = w[(dupAt >> 2) + 1]!
    }
  }

  /** migrate_nodes: nodes whose page moved to another NUMA node, until ksmd files them again. */
  migrating(): void {
    const { layout, window, visited } = this
    const listHead = layout.migrateNodes
    if (listHead === null || layout.node.list === null) return
    let link = this.kernel.memory.u64(listHead)
    if (link === null) {
      this.problem('pages-absent', 'migrate_nodes is not in the dump.', listHead)
      return
    }
    let prev = listHead
    while (link !== listHead) {
      const node: bigint = link - BigInt(layout.node.list)
      const lo = low(node)
      const hi = high(node)
      const at = window.load(lo, hi)
      const w = window.words
      const l = layout.node.list >> 2
      const badHead = joinedAt(w, layout.node.head >> 2) !== listHead
      const badLink = joinedAt(w, l + 2) !== prev
      const broken =
        at < 0
          ? whyUnreadable(at)
          : visited.has(at)
            ? 'it leads to a node that was there before'
            : badHead && badLink
              ? 'what stands there is no migrating node'
              : null
      if (broken !== null) {
        this.problem(
          at < 0 ? 'pages-absent' : 'damaged-structure',
          `The list migrate_nodes breaks off: ${broken}.`,
          link,
        )
        return
      }
      if (badHead || badLink)
        this.problem(
          'damaged-structure',
          `A node of migrate_nodes has a wrong ${badHead ? 'head' : 'back link'}.`,
          node,
        )
      if (!this.room(node)) return
      visited.add(at)
      this.row(lo, hi, KIND_NODE, WHERE_MIGRATE, -1, -1)
      prev = link
      link = joinedAt(w, l)
    }
  }
}
