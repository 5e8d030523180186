import { grouped } from '../base/words.ts'
import type { AnalyzeReport, AnyReport, NodeRow, OwnerRow } from '../document/schema.ts'
import { labelled } from './layout.ts'
import type { Write } from './paint.ts'
import {
  coveragePhrase,
  dash,
  hostName,
  kindOf,
  machinePhrase,
  PARTIAL,
  pagesPhrase,
  pageStateOf,
  placeOf,
  processName,
  takenPhrase,
} from './phrases.ts'
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

export function nodeCells(node: NodeRow): string[] {
  return [
    grouped(node.length),
    kindOf(node),
    node.address,
    dash(node.tree),
    dash(node.nid),
    dash(node.kpfn),
    grouped(node.mms),
    pageStateOf(node),
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
    .map((owner) => [grouped(owner.items), dash(owner.pid), processName(owner), dash(owner.nid), owner.mm])
  writeTable(OWNER_COLUMNS, rows, write, '    ')
  if (owners.length > most) write(`    ... and ${grouped(owners.length - most)} more\n`)
}

/** Host, kernel and moment. */
export function writeIdentity(document: Pick<AnalyzeReport, 'kernel' | 'host'>, write: Write, columns: number): void {
  const { kernel, host } = document
  const line = (label: string, text: string | null): void => {
    if (text !== null && text !== '') write(labelled(label, text, columns))
  }
  line('kernel', kernel?.release ? `${kernel.release}  ${kernel.version ?? ''}`.trim() : null)
  line('host', hostName(host.name))
  line('taken', takenPhrase(host))
  line('machine', machinePhrase(host))
  line('panic', host.panic)
}

/** A place behind a sentence. */
export const bracketed = (place: string): string => (place === '' ? '' : ` [${place}]`)

/** How much of what the answer needed was in the dump. */
export function writeCompleteness(document: AnyReport, write: Write, columns: number): void {
  const { image, coverage, problems, partial } = document
  const names = document.inputs.length > 1
  if (image) write(labelled('pages', pagesPhrase(image.pages), columns))
  for (const each of coverage) write(labelled('by design', coveragePhrase(each), columns))
  if (partial) write(labelled('answer', `PARTIAL: ${PARTIAL}, see below`, columns))
  for (const problem of problems.slice(0, 20))
    write(
      labelled(
        problem.code === 'interrupted' ? 'interrupted' : 'problem',
        `${problem.message}${bracketed(placeOf({ input: problem.input ?? '', at: problem.at }, names))}`,
        columns,
      ),
    )
  if (problems.length > 20)
    write(labelled('', `... and ${grouped(problems.length - 20)} more problems (--json has them all)`, columns))
}
