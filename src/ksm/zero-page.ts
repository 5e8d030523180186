import type { Kernel } from '../kernel/types.ts'
import { KIND_CHAIN, type NodeColumns } from './node-columns.ts'

/** Whether a KSM page holds only zeros: read from its content, or inferred from checksums; the words of docs/json.md. */
export type ZeroPage = 'yes' | 'no' | 'yes-inferred' | 'no-inferred' | null

const buffer = new Uint8Array(4096)
const words = new Uint32Array(buffer.buffer)

/**
 * Looks at the page itself where the dump has it, else at the items' oldchecksum: equal to zero_checksum means that the item
 * was a zero page when it was scanned; 0 says nothing.
 * A chain's dups all have one content: the first dup that tells decides.
 * @returns the answer, and whether the page's content was in the dump
 */
export function zeroPage(kernel: Kernel, nodes: NodeColumns, row: number): { zero: ZeroPage; present: boolean } {
  if (nodes.kind[row] !== KIND_CHAIN) return ofPage(kernel, nodes, row)
  let inferred: ZeroPage = null
  for (let dup = row + 1; dup < nodes.count && nodes.chain[dup] === row; dup++) {
    const answer = ofPage(kernel, nodes, dup)
    if (answer.zero === 'yes' || answer.zero === 'no') return answer
    if (inferred === null || answer.zero === 'yes-inferred') inferred = answer.zero
  }
  return { zero: inferred, present: false }
}

function ofPage(kernel: Kernel, nodes: NodeColumns, row: number): { zero: ZeroPage; present: boolean } {
  const pfn = nodes.pfn(row)
  // A freed page's content is somebody else's by now.
  if (pfn !== null && nodes.pageState[row] !== 2 && kernel.physical.peek(pfn * kernel.physical.pageSize, buffer).bytes === buffer.length) {
    return { zero: words.every((word) => word === 0) ? 'yes' : 'no', present: true }
  }
  const checksums = nodes.checksums[row]!
  return { zero: checksums & 1 ? 'yes-inferred' : checksums & 2 ? 'no-inferred' : null, present: false }
}
