import { hex } from '../base/text.ts'
import type { Kernel } from '../kernel/types.ts'
import { mmUsers, type Processes } from '../kernel/processes.ts'
import { walkSeconds } from '../ksm/cost.ts'
import type { MmItems } from '../ksm/list-census.ts'
import { END_END } from '../ksm/hlist-walk.hot.ts'
import { listEnd, whyUnreadable } from '../ksm/list-end.ts'
import {
  KIND_CHAIN,
  KIND_DUP,
  KINDS,
  NO_LEN,
  NO_NID,
  type NodeColumns,
  PAGE_STATES,
  WHERES,
} from '../ksm/node-columns.ts'
import { pageAddress } from '../ksm/page-states.ts'
import type { KsmLayout } from '../ksm/eras.ts'
import { ZERO_PAGES } from '../ksm/zero-page.ts'
import type { NodeRow, OwnerRow } from './schema.ts'

/** A stable_node as the documents show it. */
export function nodeRow(kernel: Kernel, layout: KsmLayout, nodes: NodeColumns, row: number): NodeRow {
  const chain = nodes.kind[row] === KIND_CHAIN
  const pfn = nodes.pfn(row)
  const ended = nodes.end[row]!
  return {
    address: hex(nodes.address(row)),
    kind: KINDS[nodes.kind[row]!]!,
    where: WHERES[nodes.where[row]!] ?? null,
    tree: nodes.tree[row]! < 0 ? null : nodes.tree[row]!,
    nid: nodes.nid[row] === NO_NID ? null : nodes.nid[row]!,
    kpfn: pfn === null ? null : hex(pfn),
    page: pfn === null || pfn >= kernel.physical.maxPfn ? null : hex(pageAddress(kernel, layout, pfn)),
    length: nodes.length[row]!,
    rmapHlistLen: nodes.rmapHlistLen[row] === NO_LEN ? null : nodes.rmapHlistLen[row]!,
    mms: nodes.mms[row]!,
    chain: nodes.chain[row]! < 0 ? null : hex(nodes.address(nodes.chain[row]!)),
    end: chain ? chainEnd(nodes, row) : listEnd(ended),
    // an interrupted walk has no place where it ended
    endAt: ended === END_END || nodes.endAt(row) === 0n ? null : hex(nodes.endAt(row)),
    endWhy: ended === END_END || nodes.why[row] === 0 ? null : whyUnreadable(nodes.why[row]!),
    checks: chain
      ? null
      : { pprevBad: nodes.pprevBad[row]!, headBad: nodes.headBad[row]!, flagBad: nodes.flagBad[row]! },
    pageState: chain ? 'unknown' : PAGE_STATES[nodes.pageState[row]!]!,
    mapcount: nodes.mapcount[row]! < 0 ? null : nodes.mapcount[row]!,
    mergedBytes: mergedPages(nodes, row) * kernel.physical.pageSize,
    walkSeconds: chain ? null : walkSeconds(nodes.length[row]!),
    zeroPage: ZERO_PAGES[nodes.zero[row]!] ?? null,
  }
}

/** A chain ends as the worst of its own list of dups and of its dups' lists. */
function chainEnd(nodes: NodeColumns, row: number): NodeRow['end'] {
  if (nodes.end[row] !== END_END) return listEnd(nodes.end[row]!)
  for (let dup = row + 1; dup < nodes.count && nodes.chain[dup] === row; dup++)
    if (nodes.end[dup] !== END_END) return listEnd(nodes.end[dup]!)
  return 'end'
}

/** Pages that a list saves: all but the one that stays; a chain's are its dups' added up. */
function mergedPages(nodes: NodeColumns, row: number): number {
  if (nodes.kind[row] !== KIND_CHAIN) return Math.max(0, nodes.length[row]! - 1)
  let pages = 0
  for (let dup = row + 1; dup < nodes.count && nodes.chain[dup] === row; dup++)
    if (nodes.kind[dup] === KIND_DUP) pages += Math.max(0, nodes.length[dup]! - 1)
  return pages
}

/** Whose items these are: an mm without a task is an exited process whose mm_struct KSM still pins. */
export function ownerRows(kernel: Kernel, owners: readonly MmItems[], processes: Processes): OwnerRow[] {
  return owners.map(({ mm, items }) => {
    const process = processes.byMm.get(mm)
    return {
      mm: hex(mm),
      pid: process?.pid ?? null,
      comm: process?.comm ?? null,
      nid: process?.nid ?? null,
      items,
      process: process ? 'running' : processes.complete && mmUsers(kernel, mm) === 0 ? 'exited' : 'unknown',
    }
  })
}
