import type { Kernel } from '../kernel/types.ts'
import type { Processes } from '../kernel/processes.ts'
import { walkSeconds } from '../ksm/cost.ts'
import { ownersOf } from '../ksm/list-census.ts'
import { KIND_CHAIN, KIND_DUP, NO_NID, type NodeColumns } from '../ksm/node-columns.ts'
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

/** Equal content: how many places share it, and how many pages hold it now. */
export interface Content {
  sites: number
  pages: number
}

/** The content that most places share: of a node that is alone, or of all dups of a chain together; null where there is none. */
export function mostShared(nodes: NodeColumns): Content | null {
  let longest = -1
  for (let row = 0; row < nodes.count; row++)
    if (nodes.kind[row] !== KIND_DUP && (longest < 0 || nodes.length[row]! > nodes.length[longest]!)) longest = row
  if (longest < 0) return null
  const sites = nodes.length[longest]!
  if (nodes.kind[longest] !== KIND_CHAIN) return { sites, pages: 1 }
  let pages = 0
  for (let dup = longest + 1; dup < nodes.count && nodes.chain[dup] === longest; dup++) pages++
  return { sites, pages }
}

/**
 * What a limit makes of a content that so many places share: the longest walk, and what its copies take beside the pages that
 * hold it now.
 * @returns null where there is no such content
 */
export function whatIfLimited(content: Content | null, pageSize: number): Ksm['whatIf'] {
  if (content === null || content.sites < 2) return null
  const { sites, pages } = content
  return {
    sites,
    pages,
    rows: LIMITS.map((maxPageSharing) => {
      const dups = Math.ceil(sites / maxPageSharing)
      return {
        maxPageSharing,
        dups,
        extraBytes: Math.max(0, dups - pages) * pageSize,
        walkSeconds: walkSeconds(Math.min(sites, maxPageSharing)),
      }
    }),
  }
}
