import type { Problem } from '../base/errors.ts'
import type { Abort, Steps } from '../base/steps.ts'
import type { Kernel } from '../kernel/types.ts'
import {
  compareCensuses,
  counterProblems,
  type Difference,
  type KsmTotals,
  nodeProblems,
  totalsOf,
} from './consistency.ts'
import { hasBound, type KsmCounters, readCounters } from './counters.ts'
import { type KsmLayout, ksmLayout } from './eras.ts'
import { type ListCensus, walkLists } from './list-census.ts'
import { countByMm, type MmCensus } from './mm-census.ts'
import type { NodeColumns } from './node-columns.ts'
import { readPageStates } from './page-states.ts'
import { listNodes, OBJECTS_PER_PAGE } from './stable-trees.ts'

/** All that a dump says about KSM. */
export interface KsmSurvey {
  layout: KsmLayout
  counters: KsmCounters
  /** The kernel has max_page_sharing. */
  bounded: boolean
  nodes: NodeColumns
  totals: KsmTotals
  lists: ListCensus
  /** Null when not asked for, or when the kernel has no ksm_mm_head. */
  byMm: MmCensus | null
  /** Whether both censuses count the same for every node; null when one is missing or not whole. */
  agree: boolean | null
  differences: Difference[]
  /** False when a tree, list or count is open. */
  complete: boolean
  problems: Problem[]
}

export interface SurveyOptions {
  /** For how many of the longest lists the owners are kept. */
  owners: number
  /** Count a second time, over the mms' rmap lists. */
  byMm: boolean
  /** Page frames with data in the dump: bounds every count. */
  pagesPresent: number
}

/**
 * rmap_items that the kernel's counters or the processes' lists have, but no list that was found: a node or a part of a list is
 * missing, and with it perhaps the longest one.
 */
function lostItems(counters: KsmCounters, byMm: MmCensus | null, lists: ListCensus, input: string): Problem | null {
  const { pages_shared: shared, pages_sharing: sharing } = counters
  const counted = shared === null || sharing === null ? null : shared + sharing
  // two counts against one: a counter that alone says more is the one that is wrong
  const items = byMm?.complete ? byMm.stable : counted
  if (items === null || items <= lists.items) return null
  const by = byMm?.complete ? "over the processes' rmap lists" : "by the kernel's counters"
  return {
    code: 'damaged-structure',
    message: `${items - lists.items} rmap_items are in no list that was found: ${items} are counted ${by}, ${lists.items} over the lists.`,
    input,
    at: null,
  }
}

/** Counts every list of a kernel. @throws KsmDumpError when the kernel has no KSM or its layout is unknown */
export function* surveyKsm(kernel: Kernel, input: string, options: SurveyOptions, abort: Abort): Steps<KsmSurvey> {
  const layout = ksmLayout(kernel, input)
  const counters = readCounters(kernel)
  const most = options.pagesPresent * OBJECTS_PER_PAGE + 1024
  const found = yield* listNodes(kernel, layout, input, options.pagesPresent, abort)
  const { nodes } = found
  const expected =
    counters.pages_shared === null || counters.pages_sharing === null
      ? null
      : counters.pages_shared + counters.pages_sharing
  const lists = yield* walkLists(kernel, layout, nodes, expected, most, options.owners, abort)
  const pages = yield* readPageStates(kernel, layout, nodes, null, input, abort)
  const byMm = options.byMm ? yield* countByMm(kernel, layout, input, counters.rmap_items, most, abort) : null
  const totals = totalsOf(nodes)
  const compared = compareCensuses(nodes, lists, byMm)
  const whole = found.complete && lists.complete && !abort.aborted
  const lost = whole ? lostItems(counters, byMm, lists, input) : null
  const problems = [
    ...(lost ? [lost] : []),
    ...found.problems,
    ...pages,
    ...nodeProblems(nodes, null, layout, input),
    ...(byMm?.problems ?? []),
    ...counterProblems(counters, totals, nodes, lists, found.complete, byMm, input),
  ]
  if (compared.agree === false) {
    problems.push({
      code: 'census-differs',
      message: `The two counts differ for ${compared.count} stable_node(s): over hlists and over the processes' rmap lists.`,
      input,
      at: `0x${compared.differences[0]!.node.toString(16)}`,
    })
  }
  return {
    layout,
    counters,
    bounded: hasBound(kernel, layout),
    nodes,
    totals,
    lists,
    byMm,
    agree: compared.agree,
    differences: compared.differences,
    complete: found.complete && lists.complete && (byMm?.complete ?? true) && lost === null && !abort.aborted,
    problems,
  }
}
