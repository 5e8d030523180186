import { finish } from '../../src/base/steps.ts'
import type { VirtAddr } from '../../src/base/units.ts'
import type { Kernel } from '../../src/kernel/types.ts'
import { type KsmLayout, ksmLayout } from '../../src/ksm/eras.ts'
import type { HeadCounts } from '../../src/ksm/head-counts.hot.ts'
import { listEnd } from '../../src/ksm/list-end.ts'
import { KIND_CHAIN, KINDS, type NodeColumns, WHERES } from '../../src/ksm/node-columns.ts'
import { listNodes, type NodeList } from '../../src/ksm/stable-trees.ts'
import { type KsmSurvey, surveyKsm } from '../../src/ksm/survey.ts'
import { whole } from './memory.ts'
import type { FoundNode } from './slow-stable-nodes.ts'

/** Page frames that hand-made dumps claim to have: bounds every count. */
export const PRESENT = 64

const notAborted = { aborted: false }

/** The nodes of a kernel, at once. */
export function nodesOf(kernel: Kernel, layout: KsmLayout = ksmLayout(kernel, 'dump'), present = PRESENT): NodeList {
  return finish(listNodes(kernel, layout, 'dump', present, notAborted))
}

/** Everything about a kernel's KSM, at once. */
export function surveyOf(kernel: Kernel, byMm = true): KsmSurvey {
  return finish(surveyKsm(kernel, 'dump', { owners: 5, byMm, pagesPresent: PRESENT }, notAborted))
}

/** Rows as objects, as the slow twin has them. */
export function foundNodes(nodes: NodeColumns): FoundNode[] {
  return Array.from({ length: nodes.count }, (_, row) => {
    const chain = nodes.kind[row] === KIND_CHAIN
    return {
      address: nodes.address(row),
      kind: KINDS[nodes.kind[row]!]!,
      where: WHERES[nodes.where[row]!]!,
      tree: nodes.tree[row]! < 0 ? null : nodes.tree[row]!,
      chain: nodes.chain[row]! < 0 ? null : nodes.address(nodes.chain[row]!),
      end: chain ? listEnd(nodes.end[row]!) : null,
      endAt: chain ? nodes.endAt(row) : null,
    }
  })
}

/** Counts by head as a map, in ascending order. */
export function headsOf(heads: HeadCounts): Map<VirtAddr, number> {
  const counts: [VirtAddr, number][] = []
  heads.forEach((lo, hi, count) => {
    counts.push([whole(lo, hi), count])
  })
  return new Map(counts.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The row of a node. */
export function rowOf(nodes: NodeColumns, address: VirtAddr): number {
  for (let row = 0; row < nodes.count; row++) if (nodes.address(row) === address) return row
  throw new Error(`no row for 0x${address.toString(16)}`)
}
