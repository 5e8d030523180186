import { duration, grouped, size } from '../base/words.ts'
import type { AnalyzeReport, AnyReport, NodeRow, OwnerRow } from '../document/schema.ts'
import { labelled } from './layout.ts'
import type { Write } from './paint.ts'
import { type Column, writeTable } from './table.ts'

/** Columns of a list of nodes; fits 80 columns with lengths up to a billion. */
export const NODE_COLUMNS: readonly Column[] = [
  { head: 'items', right: true },
  { head: 'kind' },
  { head: 'stable_node' },
  { head: 'tree', right: true },
  { head: 'nid', right: true },
  { head: 'pfn', right: true },
  { head: 'mms', right: true },
  { head: 'page' },
  { head: 'end' },
]

const dash = (value: number | string | null): string => (value === null ? '-' : String(value))

export function nodeCells(node: NodeRow): string[] {
  return [
    grouped(node.length),
    node.where === 'migrate' ? 'migr' : node.kind,
    node.address,
    dash(node.tree),
    dash(node.nid),
    dash(node.kpfn),
    grouped(node.mms),
    node.kind === 'chain' ? '-' : node.pageState,
    node.end,
  ]
}

const OWNER_COLUMNS: readonly Column[] = [
  { head: 'items', right: true },
  { head: 'pid', right: true },
  { head: 'comm' },
  { head: 'nid', right: true },
  { head: 'mm' },
]

/** Whose items these are; the first ones, the others counted. */
export function writeOwners(owners: readonly OwnerRow[], write: Write, most = 10): void {
  const rows = owners
    .slice(0, most)
    .map((owner) => [
      grouped(owner.items),
      dash(owner.pid),
      owner.comm ?? (owner.process === 'exited' ? 'exited process' : 'unknown'),
      dash(owner.nid),
      owner.mm,
    ])
  writeTable(OWNER_COLUMNS, rows, write, '    ')
  if (owners.length > most) write(`    ... and ${grouped(owners.length - most)} more\n`)
}

/** What a page holds, in words. */
export function contentPhrase(zero: NodeRow['zeroPage']): string {
  switch (zero) {
    case 'yes':
      return 'all zeros (read): use_zero_pages would help'
    case 'no':
      return 'not all zeros (read): use_zero_pages would not help'
    case 'yes-inferred':
      return "all zeros, inferred: an item's oldchecksum equals zero_checksum"
    case 'no-inferred':
      return "not zeros, inferred: no item's oldchecksum equals zero_checksum"
    default:
      return 'unknown: not in the dump, and no checksum tells'
  }
}

/** Host, kernel and moment. */
export function writeIdentity(document: Pick<AnalyzeReport, 'kernel' | 'host'>, write: Write, columns: number): void {
  const { kernel, host } = document
  const line = (label: string, text: string | null): void => {
    if (text !== null && text !== '') write(labelled(label, text, columns))
  }
  line('kernel', kernel?.release ? `${kernel.release}  ${kernel.version ?? ''}`.trim() : null)
  line('host', host.name)
  line(
    'taken',
    host.time === null
      ? null
      : `${host.time}${host.uptimeSeconds === null ? '' : `, up ${uptime(host.uptimeSeconds)}`}`,
  )
  line(
    'machine',
    [
      host.cpus === null ? null : `${host.cpus} CPUs`,
      host.memoryBytes === null ? null : `${size(host.memoryBytes)} of memory`,
    ]
      .filter(Boolean)
      .join(', '),
  )
  line('panic', host.panic)
}

/** How long a host has been up. */
export function uptime(seconds: number): string {
  if (seconds < 100) return duration(seconds)
  const days = Math.floor(seconds / 86_400)
  const hours = Math.floor((seconds % 86_400) / 3600)
  const minutes = Math.floor((seconds % 3600) / 60)
  return days > 0 ? `${days} d ${hours} h` : hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min`
}

/** How much of what the answer needed was in the dump. */
export function writeCompleteness(document: AnyReport, write: Write, columns: number): void {
  const { image, coverage, problems, partial } = document
  if (image) {
    const { needed, excluded, damaged, beyond } = image.pages
    const missing = [
      excluded && `${grouped(excluded)} excluded`,
      damaged && `${grouped(damaged)} damaged`,
      beyond && `${grouped(beyond)} beyond the end`,
    ].filter(Boolean)
    write(
      labelled(
        'pages',
        `${grouped(needed)} were needed, ${missing.length === 0 ? 'all were there' : missing.join(', ')}`,
        columns,
      ),
    )
  }
  for (const { what, present, absent, why } of coverage) {
    write(
      labelled(
        'by design',
        `${what}: ${grouped(present)} in the dump, ${grouped(absent)} not${why === null ? '' : ` (${why === 'dump-level' ? 'left out by the dump level' : why})`}`,
        columns,
      ),
    )
  }
  if (partial) write(labelled('answer', 'PARTIAL: something that was needed is missing, see below', columns))
  for (const problem of problems.slice(0, 20))
    write(
      labelled(
        problem.code === 'interrupted' ? 'interrupted' : 'problem',
        `${problem.message}${problem.at === null ? '' : ` [${problem.at}]`}`,
        columns,
      ),
    )
  if (problems.length > 20)
    write(labelled('', `... and ${grouped(problems.length - 20)} more problems (--json has them all)`, columns))
}
