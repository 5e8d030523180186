import { duration, grouped, plural, size } from '../base/words.ts'
import type { AnalyzeReport } from '../document/schema.ts'
import { figure, legend, MOST, type Section } from './html-parts.ts'
import { code, markup, type Piece } from './html-template.ts'
import { facts, table } from './html-table.ts'
import {
  boundsPhrase,
  checksPhrase,
  contentPhrase,
  countedPhrase,
  countedTwice,
  DEFAULT_LIMIT,
  DEFAULT_PAGE,
  kindOf,
  lengthPhrase,
  pageStateOf,
  processName,
  savesPhrase,
  walkOf,
  whatIfPhrase,
} from './phrases.ts'
import { costPicture } from './pictures/cost-curve.ts'
import { lengthsPicture } from './pictures/lengths.ts'
import { type Share, sharesPicture } from './pictures/shares.ts'

type Ksm = NonNullable<AnalyzeReport['ksm']>
type Longest = Ksm['longest'][number]

const number = (value: number | null): Piece => (value === null ? '–' : grouped(value))

/** What a limit would make of the longest list. */
export function whatIfLimited({ ksm, kernel }: AnalyzeReport): Section | null {
  const whatIf = ksm?.whatIf
  if (!whatIf || whatIf.rows.length === 0) return null
  const pageSize = kernel?.pageSize ?? DEFAULT_PAGE
  const rows = whatIf.rows.slice(0, MOST.rows)
  const drawn = rows.filter(
    ({ dups, maxPageSharing, walkSeconds }) => dups > 0 && maxPageSharing > 1 && walkSeconds > 0,
  )
  return {
    id: 'what-if',
    title: 'What a limit would do',
    body: markup`<p>${whatIfPhrase(whatIf)}</p>
${
  whatIf.sites > DEFAULT_LIMIT &&
  drawn.length > 1 &&
  figure(
    'The cost of max_page_sharing.',
    markup`A lower limit makes walks shorter and takes more memory. ${legend([
      ['curve', 'with a limit'],
      ['asis', 'as it is now'],
    ])}`,
    (width) => costPicture(drawn, { pages: whatIf.pages, walkSeconds: walkNow(whatIf, ksm) }, pageSize, width),
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

/** The longest walk of that content now; of a chain it is that of its longest dup, as far as the report has it. */
function walkNow({ sites, pages }: NonNullable<Ksm['whatIf']>, { longest }: Ksm): number {
  if (pages === 1) return walkOf(sites)
  const chain = longest.find(({ kind, length }) => kind === 'chain' && length === sites)
  const dup = longest.find((node) => node.kind === 'dup' && node.chain === chain?.address)
  return walkOf(dup?.length ?? Math.ceil(sites / Math.max(1, pages)))
}

/** The longest lists, whose they are, and where the merged memory is. */
export function sharing({ ksm, kernel }: AnalyzeReport): Section | null {
  if (!ksm) return null
  const pageSize = kernel?.pageSize ?? DEFAULT_PAGE
  const parts = [
    ksm.histogram.length > 0 && lengths(ksm),
    ksm.longest.length > 0 && longestLists(ksm, pageSize),
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
      ['bar', `within ${DEFAULT_LIMIT}, the default limit, or may be`],
      ...(histogram.some(({ from, lists }) => from > DEFAULT_LIMIT && lists > 0)
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

function longestLists(ksm: Ksm, pageSize: number): Piece {
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
      { head: 'NUMA node', right: true },
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
      kindOf(node),
      number(node.tree),
      number(node.nid),
      code(node.kpfn),
      grouped(node.mms),
      pageStateOf(node),
      { shown: size(node.mergedBytes), sort: node.mergedBytes },
      node.walkSeconds === null ? '–' : { shown: duration(node.walkSeconds), sort: node.walkSeconds },
      ...(cut ? [node.end] : []),
    ]),
    more: ksm.longest.length - rows.length,
  })}${proof && proofOf(proof, ksm, pageSize)}`
}

/** What was counted and checked on the longest list. */
function proofOf(node: Longest, { census }: Ksm, pageSize: number): Piece {
  return markup`<h3>The longest one: ${code(node.address)}</h3>${facts([
    ['length', lengthPhrase(node)],
    [
      'page',
      markup`${code(node.page)}, ${node.pageState}${node.mapcount === null ? null : `, mapped by ${grouped(node.mapcount)} PTEs now`}`,
    ],
    ['content', contentPhrase(node.zeroPage)],
    ['saves', savesPhrase(node, pageSize)],
    ['checks', checksPhrase(node.checks)],
    ['counted twice', countedTwice(census)],
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

const machineName = (row: Sharers['rows'][number]): string =>
  row.guest ?? `${processName(row)}${row.pid === null ? '' : ` (pid ${row.pid})`}`

function byMachine({ rows, leftOut }: Sharers, pageSize: number): Piece {
  const shown = rows.slice(0, MOST.shares)
  const rest = rows.slice(MOST.shares)
  const others = rest.length + leftOut.processes
  const otherItems = rest.reduce((all, { items }) => all + items, leftOut.items)
  const shares: Share[] = shown.map((row) => ({
    name: machineName(row),
    part: row.items,
    amount: size(row.items * pageSize),
    rest: row.process !== 'running',
  }))
  if (others > 0)
    shares.push({
      name: plural(others, 'other process', 'other processes'),
      part: otherItems,
      amount: size(otherItems * pageSize),
      rest: true,
    })
  const listed = rows.slice(0, MOST.rows)
  const all = shares.reduce((sum, { part }) => sum + part, 0) || 1
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
  // what saves most is drawn; the others together are one bar
  const most = [...perNode].sort((a, b) => b.mergedBytes - a.mergedBytes)
  const shares: Share[] = most.slice(0, MOST.shares).map(({ nid, mergedBytes }) => ({
    name: name(nid),
    part: mergedBytes,
    amount: size(mergedBytes),
    rest: nid === null,
  }))
  const rest = most.slice(MOST.shares)
  const restBytes = rest.reduce((all, { mergedBytes }) => all + mergedBytes, 0)
  if (rest.length > 0)
    shares.push({
      name: plural(rest.length, 'other NUMA node'),
      part: restBytes,
      amount: size(restBytes),
      rest: true,
    })
  return markup`${figure(
    'Merged memory by NUMA node.',
    'What KSM saves there: all but one page of each list.',
    (width) => sharesPicture(shares, 'Merged memory by NUMA node', width),
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
${bounds && markup`<p>The longest list has ${boundsPhrase(bounds)}.</p>`}
${totals && markup`<p>Counted: ${countedPhrase(totals)}.${known.length > MOST.rows && ` … and ${grouped(known.length - MOST.rows)} counters more.`}</p>`}`,
  }
}
