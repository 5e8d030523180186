import type { VirtAddr } from '../../src/base/units.ts'
import type { Kernel } from '../../src/kernel/types.ts'
import { type KsmLayout, STABLE_NODE_CHAIN } from '../../src/ksm/eras.ts'
import type { ListEnd } from '../../src/ksm/list-end.ts'
import type { NodeKind, NodeWhere } from '../../src/ksm/node-columns.ts'
import { slowRead } from './slow-hlist-walk.ts'

/** What is found about one stable_node before its list is walked. */
export interface FoundNode {
  address: VirtAddr
  kind: NodeKind
  where: NodeWhere
  tree: number | null
  chain: VirtAddr | null
  /** Of a chain: how its list of dups ended, and where. */
  end: ListEnd | null
  endAt: VirtAddr | null
}

/** The stable_nodes in the plainest way: BigInt, a recursion over each tree, a set of what was visited. */
export function slowStableNodes(kernel: Kernel, layout: KsmLayout): { nodes: FoundNode[]; complete: boolean } {
  const nodes: FoundNode[] = []
  const visited = new Set<VirtAddr>()
  let complete = true
  const { node: at, item } = layout
  const load = (address: VirtAddr): DataView | null => {
    const view = slowRead(kernel.physical, address, at.size)
    return typeof view === 'number' ? null : view
  }
  const word = (view: DataView, offset: number): bigint => view.getBigUint64(offset, true)

  const proves = (address: VirtAddr, view: DataView): boolean => {
    const first = word(view, at.hlist)
    const read = first === 0n ? -1 : slowRead(kernel.physical, first - BigInt(item.hlist), item.size)
    if (typeof read === 'number') return false
    return word(read, item.hlist + 8) === address + BigInt(at.hlist) && word(read, item.head) === address
  }

  const chainOf = (address: VirtAddr, view: DataView, tree: number): void => {
    const row: FoundNode = { address, kind: 'chain', where: 'tree', tree, chain: null, end: 'end', endAt: 0n }
    nodes.push(row)
    const dupAt = at.hlistDup!
    let prev = address + BigInt(at.hlist)
    for (let link = word(view, at.hlist); link !== 0n; ) {
      const dup = link - BigInt(dupAt)
      const dupView = load(dup)
      const unknown = layout.migrateNodes === null
      const rightHead = dupView && !unknown && word(dupView, at.head) === layout.migrateNodes! + 8n
      const rightLink = dupView && word(dupView, dupAt + 8) === prev
      if ((!rightHead && !unknown) || !rightLink) complete = false
      if (!dupView || visited.has(dup) || (!rightHead && !rightLink)) {
        complete = false
        row.end = dupView && visited.has(dup) ? 'cycle' : 'unreadable'
        row.endAt = link
        return
      }
      visited.add(dup)
      nodes.push({ address: dup, kind: 'dup', where: 'chain', tree, chain: address, end: null, endAt: null })
      prev = link
      link = word(dupView, dupAt)
    }
  }

  const visit = (rb: VirtAddr, parent: VirtAddr, tree: number): void => {
    if (rb === 0n) return
    const view = load(rb)
    if (!view || visited.has(rb)) {
      complete = false
      return
    }
    if ((word(view, 0) & ~3n) !== parent) {
      complete = false
      if (!proves(rb, view)) return
    }
    visited.add(rb)
    const chain = at.rmapHlistLen !== null && view.getInt32(at.rmapHlistLen, true) === STABLE_NODE_CHAIN
    if (chain) chainOf(rb, view, tree)
    else nodes.push({ address: rb, kind: 'node', where: 'tree', tree, chain: null, end: null, endAt: null })
    visit(word(view, layout.rb.left), rb, tree)
    visit(word(view, layout.rb.right), rb, tree)
  }

  for (let tree = 0; tree < layout.trees.count; tree++) {
    const root = kernel.memory.u64(layout.trees.address + BigInt(8 * tree))
    if (root === null) complete = false
    else visit(root, 0n, tree)
  }
  migrating()
  return { nodes, complete }

  function migrating(): void {
    const head = layout.migrateNodes
    if (head === null || at.list === null) return
    let prev = head
    let link = kernel.memory.u64(head)
    while (link !== head) {
      const address: VirtAddr = (link ?? 0n) - BigInt(at.list)
      const view = link === null ? null : load(address)
      const rightHead = view && word(view, at.head) === head
      const rightLink = view && word(view, at.list + 8) === prev
      if (!rightHead || !rightLink) complete = false
      if (!view || visited.has(address) || (!rightHead && !rightLink)) {
        complete = false
        return
      }
      visited.add(address)
      nodes.push({ address, kind: 'node', where: 'migrate', tree: null, chain: null, end: null, endAt: null })
      prev = link!
      link = word(view, at.list)
    }
  }
}
