import type { Kernel } from '../kernel/types.ts'
import type { Processes } from '../kernel/processes.ts'
import { walkSeconds } from '../ksm/cost.ts'
import { ownersOf } from '../ksm/list-census.ts'
import { KIND_CHAIN, NO_NID, type NodeColumns } from '../ksm/node-columns.ts'
import type { KsmSurvey } from '../ksm/survey.ts'
import { ownerRows } from './node-rows.ts'
import type { AnalyzeReport } from './schema.ts'

type Ksm = NonNullable<AnalyzeReport['ksm']>

/** Processes that are shown with what they share; the others are counted. */
const SHARERS = 100

/**
 * Whose merged memory it is, over all lists.
 * @param guestOf - name of the virtual machine that an mm is of; null where it is not known
 */
export function sharersOf(
  kernel: Kernel,
  survey: KsmSurvey,
  processes: Processes,
  guestOf: (mm: bigint) => string | null,
): Ksm['sharers'] {
  const owners = ownersOf(survey.lists.byMm)
  const left = owners.slice(SHARERS)
  const shown = owners.slice(0, SHARERS)
  return {
    rows: ownerRows(kernel, shown, processes).map((row, i) => ({ ...row, guest: guestOf(shown[i]!.mm) })),
    leftOut: { processes: left.length, items: left.reduce((sum, { items }) => sum + items, 0) },
  }
}

/** Lists by the NUMA node that they stand for, page-backed nodes only; the unknown ones last. */
export function listsByNode(nodes: NodeColumns, pageSize: number): Ksm['perNode'] {
  const rows = new Map<number | null, Ksm['perNode'][number]>()
  for (let row = 0; row < nodes.count; row++) {
    if (nodes.kind[row] === KIND_CHAIN) continue
    const nid = nodes.nid[row] === NO_NID ? null : nodes.nid[row]!
    const sum = rows.get(nid) ?? { nid, lists: 0, items: 0, mergedBytes: 0 }
    const length = nodes.length[row]!
    rows.set(nid, {
      nid,
      lists: sum.lists + 1,
      items: sum.items + length,
      mergedBytes: sum.mergedBytes + Math.max(0, length - 1) * pageSize,
    })
  }
  return [...rows.values()].sort((a, b) => (a.nid ?? Number.MAX_VALUE) - (b.nid ?? Number.MAX_VALUE))
}

/** Limits that are tried, from the least that the kernel takes on. @see mm/ksm.c (v6.12), max_page_sharing_store */
const LIMITS = [2, 16, 64, 256, 1024, 10_000] as const

/**
 * What a limit makes of a content that so many places share: the longest walk, and what the copies take beside the one page of
 * an unbounded list.
 * @returns null where there is no list
 */
export function whatIfLimited(sites: number | null, pageSize: number): Ksm['whatIf'] {
  if (sites === null || sites < 2) return null
  return {
    sites,
    rows: LIMITS.map((maxPageSharing) => {
      const dups = Math.ceil(sites / maxPageSharing)
      return {
        maxPageSharing,
        dups,
        extraBytes: (dups - 1) * pageSize,
        walkSeconds: walkSeconds(Math.min(sites, maxPageSharing)),
      }
    }),
  }
}
