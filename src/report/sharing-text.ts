import { duration, grouped, size } from '../base/words.ts'
import type { AnalyzeReport } from '../document/schema.ts'
import type { Write } from './paint.ts'
import { NODE_COLUMNS, nodeCells } from './parts.ts'
import { dash, processName } from './phrases.ts'
import { type Column, writeTable } from './table.ts'

type Ksm = NonNullable<AnalyzeReport['ksm']>

/** Widest bar. */
const BAR = 40

/** A bar for a share of the largest value; what is there at all has one mark at least. */
export function bar(value: number, largest: number, width: number): string {
  if (value <= 0 || largest <= 0 || width <= 0) return ''
  return '#'.repeat(Math.max(1, Math.round((value / largest) * width)))
}

/** A table with a bar at the end of each row, as wide as the columns allow. @param values - of the bars */
function writeBars(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  values: readonly number[],
  write: Write,
  width: number,
): void {
  const used = columns.reduce(
    (sum, { head }, i) => sum + 1 + Math.max(head.length, ...rows.map((row) => row[i]!.length)),
    1,
  )
  const room = Math.min(BAR, width - used - 1)
  const largest = Math.max(...values)
  if (room < 8) writeTable(columns, rows, write)
  else
    writeTable(
      [...columns, { head: '' }],
      rows.map((row, i) => [...row, bar(values[i]!, largest, room)]),
      write,
    )
}

/** The longest lists, with bars where there is room. */
export function writeLongest(longest: Ksm['longest'], write: Write, columns: number): void {
  writeBars(
    NODE_COLUMNS,
    longest.map(nodeCells),
    longest.map(({ length }) => length),
    write,
    columns,
  )
}

/** How many lists have 1, 2-3, 4-7 ... rmap_items; the bars stand for the rmap_items in them. */
export function writeHistogram(histogram: Ksm['histogram'], write: Write, columns: number): void {
  writeBars(
    [
      { head: 'rmap_items', right: true },
      { head: 'lists', right: true },
      { head: 'rmap_items in them', right: true },
    ],
    histogram.map((bin) => [
      bin.from === bin.to ? grouped(bin.from) : `${grouped(bin.from)} - ${grouped(bin.to)}`,
      grouped(bin.lists),
      grouped(bin.items),
    ]),
    histogram.map(({ items }) => items),
    write,
    columns,
  )
}

/** Processes that are shown in text. */
const SHARERS = 10

/** Whose merged memory it is, by virtual machine or process. */
export function writeSharers(sharers: NonNullable<Ksm['sharers']>, write: Write, columns: number): void {
  const rows = sharers.rows.slice(0, SHARERS)
  writeBars(
    [
      { head: 'items', right: true },
      { head: 'pid', right: true },
      { head: 'comm' },
      { head: 'guest' },
      { head: 'nid', right: true },
    ],
    rows.map((row) => [grouped(row.items), dash(row.pid), processName(row), dash(row.guest), dash(row.nid)]),
    rows.map(({ items }) => items),
    write,
    columns,
  )
  const left = sharers.rows.length - rows.length + sharers.leftOut.processes
  if (left > 0) write(`  ... and ${grouped(left)} more\n`)
}

/** Lists by the NUMA node that they stand for. */
export function writePerNode(perNode: Ksm['perNode'], write: Write): void {
  writeTable(
    [
      { head: 'NUMA node', right: true },
      { head: 'lists', right: true },
      { head: 'rmap_items', right: true },
      { head: 'saves', right: true },
    ],
    perNode.map(({ nid, lists, items, mergedBytes }) => [
      nid === null ? 'unknown' : String(nid),
      grouped(lists),
      grouped(items),
      size(mergedBytes),
    ]),
    write,
  )
}

/** What a limit makes of the longest list's content. */
export function writeWhatIf({ rows }: NonNullable<Ksm['whatIf']>, write: Write): void {
  writeTable(
    [
      { head: 'max_page_sharing', right: true },
      { head: 'copies (dups)', right: true },
      { head: 'more memory', right: true },
      { head: 'longest walk', right: true },
    ],
    rows.map(({ maxPageSharing, dups, extraBytes, walkSeconds }) => [
      grouped(maxPageSharing),
      grouped(dups),
      size(extraBytes),
      duration(walkSeconds),
    ]),
    write,
  )
}
