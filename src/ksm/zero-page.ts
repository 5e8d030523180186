import type { Abort, Steps } from '../base/steps.ts'
import type { Kernel } from '../kernel/types.ts'
import { KIND_CHAIN, type NodeColumns } from './node-columns.ts'
import { PAGE_STATE } from './page-states.ts'

/** Whether a KSM page holds only zeros: read from its content, or inferred from checksums; the words of docs/json.md. */
export const ZERO_PAGES = [null, 'yes', 'no', 'yes-inferred', 'no-inferred'] as const
export type ZeroPage = (typeof ZERO_PAGES)[number]
const [UNKNOWN, YES, NO, YES_INFERRED, NO_INFERRED] = [0, 1, 2, 3, 4]

/** How many of the pages that were looked at for their content had it in the dump. */
export interface ContentCoverage {
  present: number
  absent: number
}

/**
 * Fills the column zero for some rows. The page itself is looked at where the dump has it, else the items' oldchecksum: equal
 * to zero_checksum means that the item was a zero page when it was scanned; 0 says nothing. A chain's dups have one content,
 * so the first dup that tells decides for the chain.
 */
export function* readZeroPages(
  kernel: Kernel,
  nodes: NodeColumns,
  rows: Uint32Array,
  abort: Abort,
): Steps<ContentCoverage> {
  const coverage: ContentCoverage = { present: 0, absent: 0 }
  const seen = new Uint8Array(nodes.count)
  const buffer = new Uint8Array(kernel.physical.pageSize)
  const words = new Uint32Array(buffer.buffer)
  const one = (row: number): void => {
    if (seen[row]) return
    seen[row] = 1
    const pfn = nodes.pfn(row)
    // A freed page's content is somebody else's by now.
    const there =
      pfn !== null &&
      nodes.pageState[row] !== PAGE_STATE.freed &&
      kernel.physical.peek(pfn * buffer.length, buffer).bytes === buffer.length
    if (there) coverage.present++
    else coverage.absent++
    const checksums = nodes.checksums[row]!
    nodes.zero[row] = there
      ? words.every((word) => word === 0)
        ? YES
        : NO
      : checksums & 1
        ? YES_INFERRED
        : checksums & 2
          ? NO_INFERRED
          : UNKNOWN
  }
  for (let i = 0; i < rows.length && !abort.aborted; i++) {
    const row = rows[i]!
    if ((i & 0xff) === 0) yield { what: 'looking at page contents', done: i, total: rows.length, unit: 'nodes' }
    if (nodes.kind[row] !== KIND_CHAIN) {
      one(row)
      continue
    }
    let best = UNKNOWN
    for (let dup = row + 1; dup < nodes.count && nodes.chain[dup] === row; dup++) {
      one(dup)
      const answer = nodes.zero[dup]!
      if (answer !== UNKNOWN && (best === UNKNOWN || answer < best)) best = answer
    }
    nodes.zero[row] = best
  }
  return coverage
}
