import type { Kernel } from '../kernel/types.ts'
import type { KsmSurvey } from '../ksm/survey.ts'
import type { ContentCoverage } from '../ksm/zero-page.ts'
import { commonMembers, type Opened } from './common.ts'
import { nodeRow } from './node-rows.ts'
import type { NodeRow, NodesReport } from './schema.ts'

/** Which nodes are shown. */
export interface NodesFilter {
  /** At most so many, null for all. */
  top: number | null
  minLength: number
  /** Only of this tree (chains' dups are of their chain's), null for all. */
  tree: number | null
}

/** Builds the document of `nodes`; its rows are made one by one as they are read. */
export function nodesDocument(
  opened: Opened,
  found: { kernel: Kernel | null; survey: KsmSurvey | null; rows: Uint32Array; content: ContentCoverage | null },
): NodesReport {
  const { kernel, survey, rows, content } = found
  return {
    schema: 'ksm-dump/nodes/1',
    ...commonMembers(opened, content),
    nodes: kernel && survey ? { [Symbol.iterator]: () => makeRows(kernel, survey, rows) } : [],
    leftOut: survey ? survey.nodes.count - rows.length : 0,
    totals: survey?.totals ?? null,
  }
}

function* makeRows(kernel: Kernel, survey: KsmSurvey, rows: Uint32Array): Generator<NodeRow> {
  for (const row of rows) yield nodeRow(kernel, survey.layout, survey.nodes, row)
}
