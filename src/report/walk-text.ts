import { duration, grouped, plural, size } from '../base/words.ts'
import type { WalkReport } from '../document/schema.ts'
import { labelled } from './layout.ts'
import { paint, type RenderOptions, type Write } from './paint.ts'
import { writeCompleteness, writeOwners } from './parts.ts'
import { checksPhrase, contentPhrase, dash, PRICE } from './phrases.ts'

const TAKEN_FOR = {
  stable_node: 'a stable_node',
  hlist_node: 'the hlist_node of an rmap_item',
  page: 'a struct page',
  pfn: 'a page frame number',
} as const

/** `walk` for a terminal. */
export function walkText(document: WalkReport, write: Write, options: RenderOptions): void {
  const { node, start, checks } = document
  const { columns } = options
  const line = (label: string, text: string): void => write(labelled(label, text, columns))
  const { length } = document
  write(
    `${paint(options.colors).bold(length === null ? 'length unknown' : `${grouped(length)} rmap_items`)}, ${document.end === 'end' ? 'walked to the end' : `not the whole list: ${document.end}`}\n\n`,
  )
  if (start.takenFor !== null) line('start', `${start.address}, taken for ${TAKEN_FOR[start.takenFor]}`)
  if (node) {
    const where =
      node.where === null ? 'in no tree' : node.where === 'migrate' ? 'on migrate_nodes' : `tree ${dash(node.tree)}`
    line('stable_node', `${node.address} (${node.kind}, ${where}, NUMA node ${dash(node.nid)})`)
    if (node.kind !== 'chain')
      line(
        'page',
        `${dash(node.page)} (pfn ${dash(node.kpfn)}): ${node.pageState}${node.mapcount === null ? '' : `, mapped by ${grouped(node.mapcount)} PTEs`}`,
      )
    if (start.takenFor === 'hlist_node') line('its whole list', `${grouped(node.length)} rmap_items`)
    if (node.rmapHlistLen !== null && node.kind !== 'chain')
      line(
        'its own count',
        `rmap_hlist_len says ${node.rmapHlistLen === node.length ? 'the same' : grouped(node.rmapHlistLen)}`,
      )
    line('content', contentPhrase(node.zeroPage))
    line('saves', size(node.mergedBytes))
  }
  if (document.end !== 'end')
    line(
      'ended',
      `${document.end}${document.endAt === null || document.endAt === '0x0' ? '' : ` at ${document.endAt}`}${document.endWhy === null ? '' : `: ${document.endWhy}`}`,
    )
  if (checks) line('checks', checksPhrase(checks))
  if (document.walkSeconds !== null) line('a walk', `about ${duration(document.walkSeconds)} at ${PRICE} (estimate)`)
  if (document.owners.length > 0) {
    line('owners', plural(document.owners.length, 'process', 'processes'))
    writeOwners(document.owners, write, 20)
  }
  if (document.problems.length > 0) {
    write('\n')
    writeCompleteness(document, write, columns)
  }
}
