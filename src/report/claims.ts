import type { AnalyzeReport } from '../document/schema.ts'
import { type Claim, ClaimList, everyNodeOf, type Layout, NAME, processClaim, word } from './claim-list.ts'
import { hangClaims } from './claims-hang.ts'

type Ksm = NonNullable<AnalyzeReport['ksm']>

/** A layout of which nothing but numbers and well-formed names is left. */
export function safeLayout(layout: Layout): Layout {
  const named = <T>(from: Record<string, T>, names: (entry: T) => readonly (string | null)[]): Record<string, T> =>
    // without a prototype: "constructor" is no entry
    Object.assign(
      Object.create(null),
      Object.fromEntries(
        Object.entries(from).filter(([name, entry]) =>
          [name, ...names(entry)].every((each) => each === null || NAME.test(each)),
        ),
      ),
    )
  return {
    ...layout,
    symbols: named(layout.symbols, () => []),
    counters: named(layout.counters, ({ symbol, member }) => [symbol, member]),
    members: named(layout.members, ({ struct, member }) => [struct, member]),
  }
}

/** More NUMA nodes than MAX_NUMNODES (1 << 10) can't be. */
const MOST_TREES = 1024

/**
 * Every statement of a report that the memory of its dump can confirm, in the order of the report.
 * @param layout - made safe
 */
export function claimsOf(report: AnalyzeReport, layout: Layout): Claim[] {
  const list = new ClaimList(layout, everyNodeOf(report, layout))
  kernelClaims(list, report, layout)
  if (report.ksm) ksmClaims(list, report.ksm, layout)
  if (report.hang) hangClaims(list, report.hang, report.verdict.summary)
  return list.claims
}

function kernelClaims(list: ClaimList, { kernel }: AnalyzeReport, layout: Layout): void {
  const buildId = kernel?.buildId ?? null
  list.add(
    'kernel.buildId',
    'build id in VMCOREINFO',
    buildId !== null && /^[0-9a-f]+$/.test(buildId) ? buildId : null,
    {
      kind: 'vmcoreinfo',
      key: 'BUILD-ID',
    },
  )
  list.add('kernel.kaslrOffset', 'KERNELOFFSET in VMCOREINFO', word(kernel?.kaslrOffset), {
    kind: 'vmcoreinfo',
    key: 'KERNELOFFSET',
  })
  list.add('kernel.physBase', 'phys_base in VMCOREINFO', word(kernel?.physBase), {
    kind: 'vmcoreinfo',
    key: 'NUMBER(phys_base)',
  })
  list.add(
    'layout.symbols',
    'names of the table at the addresses that kallsyms in the dump give',
    // an address of a per-cpu variable is an offset
    Object.values(layout.symbols).filter((at) => BigInt(at) >= 1n << 63n).length,
    {
      kind: 'symbols',
    },
  )
  for (const [symbol, expected] of [
    ['vmemmap_base', layout.vmemmap],
    ['page_offset_base', layout.pageOffset],
  ] as const) {
    if (layout.symbols[symbol])
      list.add(symbol === 'vmemmap_base' ? 'layout.vmemmap' : 'layout.pageOffset', symbol, word(expected), {
        kind: 'variable',
        symbol,
        size: 8,
      })
  }
  // before 3.9 the variable is itself the root
  if (layout.symbols['root_stable_tree'] !== layout.trees.address)
    list.add('layout.trees.address', 'root_stable_tree', word(layout.trees.address), {
      kind: 'variable',
      symbol: 'root_stable_tree',
      size: 8,
    })
  if (layout.symbols['ksm_nr_node_ids'])
    list.add('layout.trees.count', 'ksm_nr_node_ids', layout.trees.count, {
      kind: 'variable',
      symbol: 'ksm_nr_node_ids',
      size: 4,
    })
}

function ksmClaims(list: ClaimList, ksm: Ksm, layout: Layout): void {
  for (const [counter, value] of Object.entries(ksm.counters))
    if (layout.counters[counter])
      list.add(`ksm.counters.${counter}`, layout.counters[counter].symbol, value, { kind: 'counter', counter })
  if (layout.trees.count <= MOST_TREES) {
    if (ksm.totals) {
      for (const of of ['nodes', 'chains', 'dups', 'migrate'] as const)
        list.add(`ksm.totals.${of}`, TOTALS[of], ksm.totals[of], { kind: 'total', of })
      list.add('ksm.totals.items', TOTALS.items, ksm.totals.items, { kind: 'total', of: 'items' })
    }
    list.add('ksm.census.hlist', TOTALS.items, ksm.census.hlist, { kind: 'total', of: 'items' })
  }
  list.add('ksm.census.mm', 'stable rmap_items counted over the rmap_lists of all processes', ksm.census.mm, {
    kind: 'by-mms',
  })
  for (const [i, row] of ksm.longest.entries()) nodeClaims(list, `ksm.longest[${i}]`, row)
  ksm.histogram.forEach(({ from, to, lists, items }, i) => {
    const path = `ksm.histogram[${i}]`
    list.add(`${path}.lists`, `lists of ${from} to ${to} rmap_items`, lists, {
      kind: 'by-length',
      from,
      to,
      of: 'lists',
    })
    list.add(`${path}.items`, 'rmap_items in them', items, { kind: 'by-length', from, to, of: 'items' })
  })
  ksm.perNode.forEach(({ nid, lists, items }, i) => {
    if (nid === null) return
    const path = `ksm.perNode[${i}]`
    list.add(`${path}.lists`, `lists of NUMA node ${nid}`, lists, { kind: 'by-node', nid, of: 'lists' })
    list.add(`${path}.items`, 'rmap_items in them', items, { kind: 'by-node', nid, of: 'items' })
  })
  ksm.sharers?.rows.forEach((row, i) => {
    const path = `ksm.sharers.rows[${i}]`
    const mm = word(row.mm)!
    list.add(`${path}.items`, 'rmap_items of this mm over all lists', row.items, { kind: 'sharer', mm })
    processClaim(list, `${path}.pid`, mm, row.pid)
  })
}

const TOTALS = {
  nodes: 'stable_nodes that have a page, dups included',
  chains: 'chains in the stable trees',
  dups: 'dups in chains',
  migrate: 'stable_nodes on migrate_nodes',
  items: 'rmap_items counted over all hlists',
}

function nodeClaims(list: ClaimList, path: string, row: Ksm['longest'][number]): void {
  const node = word(row.address)!
  const pfn = word(row.kpfn)
  list.add(`${path}.address`, 'a stable_node in the trees', node, { kind: 'node', node, of: 'address' })
  list.add(`${path}.tree`, 'its tree', row.tree, { kind: 'node', node, of: 'tree' })
  list.add(`${path}.chain`, 'its chain', word(row.chain), { kind: 'node', node, of: 'chain' })
  list.add(`${path}.rmapHlistLen`, 'rmap_hlist_len', row.rmapHlistLen, {
    kind: 'member',
    at: node,
    member: 'stable_node.rmap_hlist_len',
  })
  // a chain has no rmap_items of its own, and what stands in its nid means nothing
  if (row.kind === 'chain') return
  list.add(`${path}.length`, 'rmap_items in its hlist', row.length, { kind: 'list', node, of: 'length' })
  if (row.checks) {
    const { pprevBad, headBad, flagBad } = row.checks
    list.add(`${path}.checks.pprevBad`, 'wrong pprev links', pprevBad, { kind: 'list', node, of: 'pprev' })
    list.add(`${path}.checks.headBad`, 'rmap_items of another head', headBad, { kind: 'list', node, of: 'head' })
    list.add(`${path}.checks.flagBad`, 'rmap_items without STABLE_FLAG', flagBad, { kind: 'list', node, of: 'flag' })
  }
  list.add(`${path}.mms`, 'mms that share it', row.mms, { kind: 'list', node, of: 'mms' })
  list.add(`${path}.nid`, 'nid', row.nid, { kind: 'member', at: node, member: 'stable_node.nid' })
  row.owners.forEach(({ mm, items, pid }, i) => {
    const owner = word(mm)!
    list.add(`${path}.owners[${i}].items`, 'its rmap_items of this mm', items, { kind: 'owner', node, mm: owner })
    processClaim(list, `${path}.owners[${i}].pid`, owner, pid)
  })
  if (pfn === null) return
  list.add(`${path}.kpfn`, 'kpfn', pfn, { kind: 'member', at: node, member: 'stable_node.kpfn' })
  // the page of a node whose sharers have gone may be anybody's
  const own = row.pageState === 'live' || row.pageState === 'migrating'
  list.add(`${path}.page`, 'struct page of the frame that its kpfn names', word(row.page), { kind: 'page', node, own })
  if (own) list.add(`${path}.address`, 'stable_node that page->mapping names, | 3', node | 3n, { kind: 'mapping', pfn })
  if (row.page !== null) list.add(`${path}.mapcount`, 'page->_mapcount + 1', row.mapcount, { kind: 'mapcount', pfn })
}
