import { grouped, plural } from '../base/words.ts'
import type { NodesReport } from '../document/schema.ts'
import { paragraph } from './layout.ts'
import { paint, type RenderOptions, type Write } from './paint.ts'
import { NODE_COLUMNS, nodeCells, writeCompleteness } from './parts.ts'
import { writeTable } from './table.ts'

/** `nodes` for a terminal: the table, then what it leaves out. */
export function nodesText(document: NodesReport, write: Write, options: RenderOptions): void {
  const { totals } = document
  const cells = function* (): Generator<string[]> {
    for (const node of document.nodes) yield nodeCells(node)
  }
  const [first] = document.nodes
  if (!first) write(document.leftOut > 0 ? 'No list is of this kind.\n' : 'There are no stable_nodes.\n')
  else writeTable(NODE_COLUMNS, cells(), write, '')
  if (totals) {
    const rest = document.leftOut > 0 ? `, ${grouped(document.leftOut)} not shown` : ''
    const sum = `${plural(totals.nodes, 'page-backed node')} (${plural(totals.dups, 'dup')}) and ${plural(totals.chains, 'chain')}${rest}; ${plural(totals.items, 'rmap_item')} in all`
    write(`\n${paragraph(sum, options.columns)}`)
  }
  if (document.problems.length > 0) {
    write(`\n${paint(options.colors).bold('Completeness')}\n`)
    writeCompleteness(document, write, options.columns)
  }
}
