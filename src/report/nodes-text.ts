import { grouped } from '../base/words.ts'
import type { NodesReport } from '../document/schema.ts'
import { paint, type RenderOptions, type Write } from './paint.ts'
import { NODE_COLUMNS, nodeCells, writeCompleteness } from './parts.ts'
import { writeTable } from './table.ts'

/** `nodes` for a terminal: the table, then what it leaves out. */
export function nodesText(document: NodesReport, write: Write, options: RenderOptions): void {
  const { totals } = document
  const cells = function* (): Generator<string[]> {
    for (const node of document.nodes) yield nodeCells(node)
  }
  writeTable(NODE_COLUMNS, cells(), write, '')
  if (totals) {
    const rest = document.leftOut > 0 ? `, ${grouped(document.leftOut)} not shown` : ''
    write(
      `\n${grouped(totals.nodes)} page-backed nodes (${grouped(totals.dups)} dups) and ${grouped(totals.chains)} chains${rest}; ${grouped(totals.items)} rmap_items in all\n`,
    )
  }
  if (document.problems.length > 0) {
    write(`\n${paint(options.colors).bold('Completeness')}\n`)
    writeCompleteness(document, write, options.columns)
  }
}
