import { duration, grouped, plural, size } from '../base/words.ts'
import type { AnalyzeReport } from '../document/schema.ts'
import { figure, legend, MOST, type Section } from './html-parts.ts'
import { code, markup, type Piece } from './html-template.ts'
import { facts, table } from './html-table.ts'
import { contentPhrase } from './parts.ts'
import { costPicture } from './pictures/cost-curve.ts'
import { lengthsPicture } from './pictures/lengths.ts'
import { type Share, sharesPicture } from './pictures/shares.ts'

type Ksm = NonNullable<AnalyzeReport['ksm']>
type Longest = Ksm['longest'][number]

const DEFAULT_PAGE = 4096
/** Lists that are no longer than this need no curve: the kernel's own limit is this. */
const DEFAULT_LIMIT = 256

const number = (value: number | null): Piece => (value === null ? '–' : grouped(value))

/** What a limit would make of the longest list. */
export function whatIfLimited({ ksm, kernel }: AnalyzeReport): Section | null {
  const whatIf = ksm?.whatIf
  if (!whatIf || whatIf.rows.length === 0) return null
  const pageSize = kernel?.pageSize ?? DEFAULT_PAGE
  const now = ksm.longest.find(({ kind }) => kind !== 'chain')
  const rows = whatIf.rows.slice(0, MOST.rows)
  const drawn = rows.filter(
    ({ dups, maxPageSharing, walkSeconds }) => dups > 0 && maxPageSharing > 1 && walkSeconds > 0,
  )
  return {
    id: 'what-if',
    title: 'What a limit would do',
    body: markup`<p>The longest list's content is shared at ${grouped(whatIf.sites)} places. With a limit it is split into copies that are walked one at a time.</p>
${
  whatIf.sites > DEFAULT_LIMIT &&
  drawn.length > 1 &&
  figure(
    'The cost of max_page_sharing.',
    markup`A lower limit makes walks shorter and takes more memory. ${legend([
      ['curve', 'with a limit'],
      ['asis', 'as it is now'],
    ])}`,
    (width) =>
      costPicture(
        drawn,
        { sites: whatIf.sites, walkSeconds: now?.walkSeconds || walkOf(whatIf.sites) },
        pageSize,
        width,
      ),
  )
}
${table({
  caption: 'By max_page_sharing',
  columns: [
    { head: 'max_page_sharing', right: true, rowHead: true },
    { head: 'copies (dups)', right: true },
    { head: 'more memory', right: true },
    { head: 'longest walk (estimate)', right: true },
  ],
  rows: rows.map(({ maxPageSharing, dups, extraBytes, walkSeconds }) => [
    markup`${grouped(maxPageSharing)}${maxPageSharing === DEFAULT_LIMIT && markup` <small>default</small>`}`,
    grouped(dups),
    { shown: size(extraBytes), sort: extraBytes },
    { shown: duration(walkSeconds), sort: walkSeconds },
  ]),
  more: whatIf.rows.length - rows.length,
})}`,
  }
}

/** The report's own estimate: 10 us an rmap_item. */
const walkOf = (items: number): number => items / 100_000

/** The longest lists, whose they are, and where the merged memory is. */
export function sharing({ ksm, kernel }: AnalyzeReport): Section | null {
  if (!ksm) return null
  const pageSize = kernel?.pageSize ?? DEFAULT_PAGE
  const parts = [
    ksm.histogram.length > 0 && lengths(ksm),
    ksm.longest.length > 0 && longestLists(ksm),
    ksm.sharers && ksm.sharers.rows.length > 0 && byMachine(ksm.sharers, pageSize),
    ksm.perNode.length > 0 && byNode(ksm.perNode),
  ].filter((part) => part !== false && part !== null)
  return parts.length === 0 ? null : { id: 'lists', title: 'The lists, and whose memory it is', body: parts }
}

function lengths({ histogram, totals }: Ksm): Piece {
  const words = totals && markup`${plural(totals.nodes, 'list')} with ${grouped(totals.items)} rmap_items in all.`
  return markup`${figure(
    'Lists by length.',
    markup`${words} Both axes are logarithmic. ${legend([
      ['bar', 'up to the default limit'],
      ...(histogram.some(({ from, lists }) => from >= DEFAULT_LIMIT && lists > 0)
        ? [['beyond', 'longer'] as const]
        : []),
    ])}`,
    (width) => lengthsPicture(histogram, width),
  )}<details><summary>Lists by length, as numbers</summary>${table({
    caption: 'Lists by length',
    columns: [
      { head: 'rmap_items in a list', right: true, rowHead: true },
      { head: 'lists', right: true },
      { head: 'rmap_items in them', right: true },
    ],
    rows: histogram
      .slice(0, MOST.rows)
      .map(({ from, to, lists, items }) => [
        from === to ? grouped(from) : `${grouped(from)} – ${grouped(to)}`,
        grouped(lists),
        grouped(items),
      ]),
    more: histogram.length - MOST.rows,
  })}</details>`
}

function longestLists(ksm: Ksm): Piece {
  const rows = ksm.longest.slice(0, MOST.rows)
  const cut = rows.some(({ end }) => end !== 'end')
  const proof = rows.find(({ kind, length }) => kind !== 'chain' && length > 0)
  return markup`${table({
    caption: 'Longest lists',
    sortable: true,
    columns: [
      { head: 'rmap_items', right: true },
      { head: 'stable_node', rowHead: true },
      { head: 'kind' },
      { head: 'tree', right: true },
      { head: 'NUMA', right: true },
      { head: 'pfn', right: true },
      { head: 'processes', right: true },
      { head: 'page' },
      { head: 'saves', right: true },
      { head: 'walk', right: true },
      ...(cut ? [{ head: 'ends' }] : []),
    ],
    rows: rows.map((node) => [
      grouped(node.length),
      code(node.address),
      node.where === 'migrate' ? 'migrating' : node.kind,
      number(node.tree),
      number(node.nid),
      code(node.kpfn),
      grouped(node.mms),
      node.kind === 'chain' ? '–' : node.pageState,
      { shown: size(node.mergedBytes), sort: node.mergedBytes },
      node.walkSeconds === null ? '–' : { shown: duration(node.walkSeconds), sort: node.walkSeconds },
      ...(cut ? [node.end] : []),
    ]),
    more: ksm.longest.length - rows.length,
  })}${proof && proofOf(proof, ksm)}`
}

/** What was counted and checked on the longest list. */
function proofOf(node: Longest, { census }: Ksm): Piece {
  const { pprevBad = 0, headBad = 0, flagBad = 0 } = node.checks ?? {}
  const wrong = pprevBad + headBad + flagBad
  const own =
    node.rmapHlistLen === null
      ? ''
      : node.rmapHlistLen === node.length
        ? '; rmap_hlist_len says the same'
        : `; rmap_hlist_len says ${grouped(node.rmapHlistLen)}`
  const agree = census.agree === null ? 'not comparable' : census.agree ? 'every list agrees' : 'they differ'
  return markup`<h3>The longest one: ${code(node.address)}</h3>${facts([
    [
      'length',
      `${grouped(node.length)} rmap_items, ${node.end === 'end' ? 'walked to the end' : `the walk ended: ${node.end}`}${own}`,
    ],
    [
      'page',
      markup`${code(node.page)}, ${node.pageState}${node.mapcount === null ? null : `, mapped by ${grouped(node.mapcount)} PTEs now`}`,
    ],
    ['content', contentPhrase(node.zeroPage)],
    [
      'checks',
      wrong === 0
        ? 'pprev, head and STABLE_FLAG are right in every item'
        : `wrong: pprev ${grouped(pprevBad)}, head ${grouped(headBad)}, STABLE_FLAG ${grouped(flagBad)}`,
    ],
    [
      'counted twice',
      census.mm !== null &&
        census.hlist !== null &&
        `${grouped(census.mm)} over the processes' rmap lists, ${grouped(census.hlist)} over all hlists: ${agree}`,
    ],
  ])}${table({
    caption: 'Whose rmap_items are on it',
    sortable: true,
    columns: [
      { head: 'process', rowHead: true },
      { head: 'pid', right: true },
      { head: 'rmap_items', right: true },
      { head: 'NUMA node', right: true },
      { head: 'mm' },
    ],
    rows: node.owners
      .slice(0, MOST.owners)
      .map((owner) => [
        processName(owner),
        owner.pid === null ? '–' : String(owner.pid),
        grouped(owner.items),
        number(owner.nid),
        code(owner.mm),
      ]),
    more: node.owners.length - MOST.owners,
  })}`
}

type Sharers = NonNullable<Ksm['sharers']>

const processName = ({ comm, process }: { comm: string | null; process: string }): string =>
  comm ?? (process === 'exited' ? 'exited process' : 'unknown')

const machineName = (row: Sharers['rows'][number]): string =>
  row.guest ?? `${processName(row)}${row.pid === null ? '' : ` (pid ${row.pid})`}`

function byMachine({ rows, leftOut }: Sharers, pageSize: number): Piece {
  const shown = rows.slice(0, MOST.shares)
  const rest = rows.slice(MOST.shares)
  const others = rest.length + leftOut.processes
  const otherItems = rest.reduce((all, { items }) => all + items, leftOut.items)
  const shares: Share[] = shown.map((row) => ({
    name: machineName(row),
    items: row.items,
    amount: size(row.items * pageSize),
    rest: row.process !== 'running',
  }))
  if (others > 0)
    shares.push({
      name: plural(others, 'other process', 'other processes'),
      items: otherItems,
      amount: size(otherItems * pageSize),
      rest: true,
    })
  const listed = rows.slice(0, MOST.rows)
  const all = shares.reduce((sum, { items }) => sum + items, 0) || 1
  return markup`${figure(
    'Merged memory by virtual machine.',
    markup`What each would take without KSM: its rmap_items, ${grouped(pageSize)} bytes each.`,
    (width) => sharesPicture(shares, 'Merged memory by virtual machine', width),
  )}<details><summary>Merged memory by process, as numbers</summary>${table({
    caption: 'Merged memory by process',
    sortable: true,
    columns: [
      { head: 'process', rowHead: true },
      { head: 'guest' },
      { head: 'pid', right: true },
      { head: 'rmap_items', right: true },
      { head: 'share', right: true },
      { head: 'NUMA node', right: true },
      { head: 'mm' },
    ],
    rows: listed.map((row) => [
      processName(row),
      row.guest ?? '–',
      row.pid === null ? '–' : String(row.pid),
      grouped(row.items),
      { shown: `${((row.items / all) * 100).toFixed(1)} %`, sort: row.items },
      number(row.nid),
      code(row.mm),
    ]),
    more: rows.length - listed.length + leftOut.processes,
  })}</details>`
}

function byNode(perNode: Ksm['perNode']): Piece {
  const rows = perNode.slice(0, MOST.rows)
  const name = (nid: number | null): string => (nid === null ? 'NUMA node unknown' : `NUMA node ${nid}`)
  return markup`${figure(
    'Merged memory by NUMA node.',
    'What KSM saves there: all but one page of each list.',
    (width) =>
      sharesPicture(
        rows.slice(0, MOST.shares).map(({ nid, items, mergedBytes }) => ({
          name: name(nid),
          items,
          amount: size(mergedBytes),
          rest: nid === null,
        })),
        'Merged memory by NUMA node',
        width,
      ),
  )}<details><summary>Lists by NUMA node, as numbers</summary>${table({
    caption: 'Lists by NUMA node',
    columns: [
      { head: 'NUMA node', rowHead: true },
      { head: 'lists', right: true },
      { head: 'rmap_items', right: true },
      { head: 'saves', right: true },
    ],
    rows: rows.map(({ nid, lists, items, mergedBytes }) => [
      nid === null ? 'unknown' : String(nid),
      grouped(lists),
      grouped(items),
      size(mergedBytes),
    ]),
    more: perNode.length - rows.length,
  })}</details>`
}

/** The counters under their names of sysfs, those that this kernel has. */
export function counters({ ksm }: AnalyzeReport): Section | null {
  if (!ksm) return null
  const known = Object.entries(ksm.counters).filter((entry): entry is [string, number] => entry[1] !== null)
  const { bounds, totals } = ksm
  if (known.length === 0 && !bounds) return null
  return {
    id: 'counters',
    title: "KSM's counters",
    body: markup`<dl class="counters">${known.slice(0, MOST.rows).map(([name, value]) => markup`<div><dt>${name}</dt><dd>${grouped(value)}</dd></div>`)}</dl>
${bounds && markup`<p>By these counters the longest list has between ${grouped(bounds.atLeast)} and ${grouped(bounds.atMost)} rmap_items.</p>`}
${totals && markup`<p>Counted: ${grouped(totals.nodes)} page-backed nodes (${grouped(totals.dups)} of them dups), ${plural(totals.chains, 'chain')}, ${grouped(totals.items)} rmap_items, ${grouped(totals.migrate)} migrating.</p>`}`,
  }
}
