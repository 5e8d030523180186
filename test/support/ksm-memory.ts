import type { VirtAddr } from '../../src/base/units.ts'
import { STABLE_NODE_CHAIN } from '../../src/ksm/eras.ts'
import { HandKernel } from './hand-kernel.ts'
import { type HandEra, type HandStruct, ksmTypes } from './hand-types.ts'

/** One rmap_item; its mm by name. */
export interface KsmItem {
  mm?: string
  /** Page address; default: the next one of its mm. */
  address?: bigint
  /** Low bits of address; default: STABLE_FLAG. */
  flags?: number
  checksum?: number
}

/** A page-backed stable_node. What is left out is as in a healthy kernel. */
export interface KsmNode {
  name?: string
  /** Items, or how many: these belong to mm0 and mm1 in turn. */
  items?: number | readonly KsmItem[]
  nid?: number
  kpfn?: number
  /** rmap_hlist_len. */
  says?: number
  /** Of the struct page. */
  mapping?: bigint
  mapcount?: number
  flags?: bigint
}

export interface KsmChain {
  name?: string
  dups: readonly KsmNode[]
}

export interface KsmRecipe {
  era?: HandEra
  /** CONFIG_NUMA; default true. */
  numa?: boolean
  trees?: readonly (readonly (KsmNode | KsmChain)[])[]
  migrate?: readonly KsmNode[]
  /** Further items of an mm that are in no list: unstable ones (0x100), volatile ones (0). */
  others?: readonly KsmItem[]
  zeroChecksum?: number
  /** Symbols that this kernel does not have. */
  without?: readonly string[]
}

interface Item {
  address: VirtAddr
  mm: string
  page: bigint
}

/** What an uninitialised word of a slab object holds. */
const GARBAGE = 0x6b6b6b6b6b6b6b6bn
const CHAIN_NID = -1
const SEQNR = 7

/** A kernel with KSM's structures, laid out from a recipe: healthy, until a test writes into it. */
export class KsmMemory extends HandKernel {
  readonly era: HandEra
  readonly numa: boolean
  readonly migrateNodes: VirtAddr
  /** Where the rb_roots are. */
  readonly roots: VirtAddr
  readonly mmHead: VirtAddr
  private readonly nodes = new Map<string, { address: VirtAddr; items: VirtAddr[] }>()
  private readonly mms = new Map<string, VirtAddr>()
  private readonly slots = new Map<string, VirtAddr>()
  private readonly items: Item[] = []
  private nextPfn = 0x100
  /** Where the next page of an mm is. */
  private readonly nextPages = new Map<string, bigint>()

  constructor(recipe: KsmRecipe = {}) {
    super()
    const { era = '6.1', numa = true, trees = [[]], migrate = [], others = [] } = recipe
    this.era = era
    this.numa = numa
    this.types.push(...ksmTypes(era, numa))
    this.migrateNodes = era === '3.1' ? 0n : this.variable('migrate_nodes', 0n, 16)
    this.roots = this.rootArray(trees.length)
    trees.forEach((nodes, tree) => {
      this.set(
        this.roots + BigInt(8 * tree),
        this.subtree(
          nodes.map((node) => this.treeNode(node, tree)),
          0n,
        ),
      )
    })
    if (era !== '3.1') this.migrating(migrate)
    for (const item of others) this.newItem({ ...item, flags: item.flags ?? 0x100 | SEQNR })
    this.mmHead = this.variable('ksm_mm_head', 0n, 48)
    this.mmSlots()
    this.counters(recipe)
    for (const name of recipe.without ?? []) this.symbols.delete(name)
  }

  /** Address of a stable_node by its name, or of the one with the number `name` in the order of the recipe ("n0"). */
  at(name: string): VirtAddr {
    return this.known(name).address
  }

  /** Address of an rmap_item of a node. */
  item(name: string, i: number): VirtAddr {
    return this.known(name).items[i]!
  }

  /** Address of an item's hlist_node. */
  link(name: string, i: number): VirtAddr {
    return this.item(name, i) + this.offset('rmap_item', 'hlist')
  }

  mm(name: string): VirtAddr {
    if (!this.mms.has(name)) this.mms.set(name, this.object(64))
    return this.mms.get(name)!
  }

  slot(mm: string): VirtAddr {
    return this.slots.get(mm)!
  }

  /** rmap_items of an mm, by address. */
  itemsOf(mm: string): VirtAddr[] {
    return this.inOrder(mm).map((item) => item.address)
  }

  private inOrder(mm: string): Item[] {
    return this.items.filter((item) => item.mm === mm).sort((a, b) => (a.page < b.page ? -1 : 1))
  }

  nameOf(address: VirtAddr): string {
    return [...this.nodes].find(([, node]) => node.address === address)?.[0] ?? `0x${address.toString(16)}`
  }

  /** Offset of a member, by the struct's name without prefix. */
  offset(struct: string, member: string, having = member): bigint {
    const found = this.struct(struct, having)?.members[member]
    if (found === undefined) throw new Error(`no ${struct}.${member}`)
    return BigInt(found)
  }

  private struct(struct: string, having: string): HandStruct | undefined {
    return this.types.find(({ name, members }) => (name === struct || name === `ksm_${struct}`) && having in members)
  }

  /** Writes a member. */
  poke(at: VirtAddr, struct: string, member: string, value: bigint | number): this {
    return this.set(at + this.offset(struct, member), value)
  }

  private has(struct: string, member: string): boolean {
    return this.struct(struct, member) !== undefined
  }

  private known(name: string): { address: VirtAddr; items: VirtAddr[] } {
    const node = this.nodes.get(name)
    if (!node) throw new Error(`the recipe has no node ${name}`)
    return node
  }

  private rootArray(count: number): VirtAddr {
    if (this.era === '3.1') return this.variable('root_stable_tree')
    const own = this.variable('one_stable_tree')
    // merge_across_nodes=0 allots stable and unstable roots in one array
    const roots = count > 1 ? this.object(16 * count) : own
    this.variable('root_stable_tree', roots)
    if (this.numa) this.variable('ksm_nr_node_ids', count, 4)
    return roots
  }

  /** Links nodes as a balanced tree. @returns the rb_node of its root, 0n for none */
  private subtree(nodes: readonly VirtAddr[], parent: VirtAddr): VirtAddr {
    if (nodes.length === 0) return 0n
    const middle = nodes.length >> 1
    const node = nodes[middle]!
    this.set(node, parent | 1n)
    this.set(node + 16n, this.subtree(nodes.slice(0, middle), node))
    this.set(node + 8n, this.subtree(nodes.slice(middle + 1), node))
    return node
  }

  private treeNode(node: KsmNode | KsmChain, tree: number): VirtAddr {
    if (!('dups' in node)) return this.plain(node, tree)
    const chain = this.stableNode(node.name, [])
    this.poke(chain, 'stable_node', 'kpfn', 0xfffd1234)
    this.len(chain, STABLE_NODE_CHAIN)
    if (this.numa) this.set32(chain + this.offset('stable_node', 'nid'), CHAIN_NID)
    let word = chain + this.offset('stable_node', 'hlist')
    for (const each of node.dups) {
      const dup = this.plain(each, tree)
      const link = dup + this.offset('stable_node', 'hlist_dup')
      this.poke(dup, 'stable_node', 'head', this.migrateNodes + 8n)
      this.set(word, link)
      this.set(link, 0n)
      this.set(link + 8n, word)
      word = link
    }
    return chain
  }

  private stableNode(name: string | undefined, items: VirtAddr[]): VirtAddr {
    const address = this.object(64)
    this.nodes.set(name ?? `n${this.nodes.size}`, { address, items })
    if (this.has('stable_node', 'list')) {
      const list = address + this.offset('stable_node', 'list')
      this.set(list, GARBAGE).set(list + 8n, GARBAGE)
    }
    return address
  }

  private len(node: VirtAddr, length: number): void {
    if (this.has('stable_node', 'rmap_hlist_len')) {
      this.set32(node + this.offset('stable_node', 'rmap_hlist_len'), length)
    }
  }

  private plain(recipe: KsmNode, tree: number): VirtAddr {
    const items: VirtAddr[] = []
    const node = this.stableNode(recipe.name, items)
    const wanted =
      typeof recipe.items === 'number' || recipe.items === undefined
        ? Array.from({ length: recipe.items ?? 2 }, (_, i): KsmItem => ({ mm: `mm${i & 1}` }))
        : recipe.items
    let word = node + this.offset('stable_node', 'hlist')
    this.set(word, 0n)
    for (const each of wanted) {
      const item = this.newItem({ flags: 0x200, ...each })
      const link = item + this.offset('rmap_item', 'hlist')
      items.push(item)
      this.poke(item, 'rmap_item', 'head', node)
      this.set(word, link)
      this.set(link, 0n).set(link + 8n, word)
      word = link
    }
    this.len(node, recipe.says ?? wanted.length)
    if (this.has('stable_node', 'nid'))
      this.set32(node + this.offset('stable_node', 'nid'), recipe.nid ?? Math.max(0, tree))
    const kpfn = recipe.kpfn ?? this.nextPfn++
    this.poke(node, 'stable_node', 'kpfn', kpfn)
    if (kpfn < this.memory.maxPfn) {
      const page = this.page(kpfn)
      this.poke(page, 'page', 'flags', recipe.flags ?? 1n << 5n)
      this.poke(page, 'page', 'mapping', recipe.mapping ?? node + 3n)
      this.set32(page + this.offset('page', '_mapcount'), (recipe.mapcount ?? wanted.length) - 1)
    }
    return node
  }

  private newItem({ mm = 'mm0', address, flags = 0x200, checksum = 0 }: KsmItem): VirtAddr {
    const page = address ?? this.nextPages.get(mm) ?? 0x7f0000000000n
    this.nextPages.set(mm, page + 0x1000n)
    const item = this.object(64)
    this.items.push({ address: item, mm, page })
    this.poke(item, 'rmap_item', 'mm', this.mm(mm))
    this.poke(item, 'rmap_item', 'address', page + BigInt(flags))
    this.set32(item + this.offset('rmap_item', 'oldchecksum'), checksum)
    return item
  }

  private migrating(nodes: readonly KsmNode[]): void {
    let last = this.migrateNodes
    for (const each of nodes) {
      const node = this.plain(each, -1)
      const link = node + this.offset('stable_node', 'list')
      this.poke(node, 'stable_node', 'head', this.migrateNodes)
      this.set(last, link).set(link + 8n, last)
      last = link
    }
    this.set(last, this.migrateNodes).set(this.migrateNodes + 8n, last)
  }

  private mmSlots(): void {
    const prefixed = this.has('mm_slot', 'slot.mm_node')
    const list = this.offset('mm_slot', prefixed ? 'slot.mm_node' : 'mm_list')
    let last = this.mmHead + list
    for (const mm of new Set(this.items.map((item) => item.mm))) {
      const slot = this.object(48, 16)
      this.slots.set(mm, slot)
      this.set(slot + this.offset('mm_slot', prefixed ? 'slot.mm' : 'mm', 'rmap_list'), this.mm(mm))
      let word = slot + this.offset('mm_slot', 'rmap_list')
      for (const item of this.itemsOf(mm)) {
        this.set(word, item)
        word = item
      }
      this.set(word, 0n)
      this.set(last, slot + list).set(slot + list + 8n, last)
      last = slot + list
    }
    this.set(last, this.mmHead + list).set(this.mmHead + list + 8n, last)
  }

  private counters({ trees = [], migrate = [], zeroChecksum = 0 }: KsmRecipe): void {
    const chains = trees.flat().filter((node) => 'dups' in node)
    const pages = [...this.nodes.values()].filter((node) => node.items.length > 0)
    const shared = pages.length
    const listed = pages.reduce((sum, node) => sum + node.items.length, 0)
    this.variable('ksm_pages_shared', shared)
    this.variable('ksm_pages_sharing', listed - shared)
    this.variable('ksm_pages_unshared', this.items.filter((item) => this.get(item.address + 24n) & 0x100n).length)
    this.variable('ksm_rmap_items', this.items.length)
    this.variable('ksm_run', 1)
    this.variable('ksm_scan', 0n, 32)
    this.poke(this.symbols.get('ksm_scan')![0]!, 'ksm_scan', 'seqnr', SEQNR)
    this.variable('zero_checksum', zeroChecksum, 4)
    if (this.has('stable_node', 'rmap_hlist_len')) {
      this.variable('ksm_stable_node_chains', chains.length)
      this.variable(
        'ksm_stable_node_dups',
        chains.reduce((sum, chain) => sum + chain.dups.length, 0),
      )
      this.variable('ksm_max_page_sharing', 256, 4)
    }
    if (this.numa && this.era !== '3.1') {
      this.variable('ksm_merge_across_nodes', trees.length > 1 || migrate.length > 0 ? 0 : 1, 4)
    }
  }
}

/** A kernel with KSM's structures from a recipe. */
export function ksm(recipe: KsmRecipe = {}): KsmMemory {
  return new KsmMemory(recipe)
}
