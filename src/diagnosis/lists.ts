import { joined } from '../base/halves.ts'
import { hex } from '../base/text.ts'
import { duration, grouped, plural } from '../base/words.ts'
import type { Kernel } from '../kernel/types.ts'
import { mmUsers, type Processes } from '../kernel/processes.ts'
import { LIMIT_OF_NO_HELP, walkSeconds } from '../ksm/cost.ts'
import { END_END } from '../ksm/hlist-walk.hot.ts'
import { KIND_CHAIN, type NodeColumns } from '../ksm/node-columns.ts'
import type { KsmSurvey } from '../ksm/survey.ts'
import type { Check, Confidence, Evidence, Finding, Level, Verdict } from './types.ts'

/** List lengths from which a list is called critical and a warning. */
export interface Thresholds {
  critical: number
  warning: number
}

/** 100,000 entries hold locks for about a second, 10,000 for a tenth. */
export const DEFAULT_THRESHOLDS: Thresholds = { critical: 100_000, warning: 10_000 }

/** Lists named one by one; the others are counted. */
const NAMED = 10

/** The same count in crash and in drgn. */
export function checkOfList(survey: KsmSurvey, row: number): Check {
  const { nodes } = survey
  const { item, node } = survey.layout
  const first = joined(nodes.firstLo[row]!, nodes.firstHi[row]!)
  const address = hex(nodes.address(row))
  return {
    crash: first === 0n ? `struct ${node.struct} ${address}` : `list hlist_node.next ${first.toString(16)} | wc -l`,
    drgn: `sum(1 for _ in hlist_for_each_entry("struct ${item.struct}", Object(prog, "struct ${node.struct}", address=${address}).hlist.address_of_(), "hlist"))`,
  }
}

/**
 * Judges the lists: oversized or not, and why. Only lists of page-backed nodes count; a chain's sum never does, because each
 * of its dups is walked alone.
 */
export function judgeLists(
  kernel: Kernel,
  survey: KsmSurvey,
  processes: Processes | null,
  thresholds: Thresholds,
  input: string,
): { verdict: Verdict; findings: Finding[] } {
  const { nodes } = survey
  const limit = survey.counters.max_page_sharing
  const level = (row: number): Level =>
    nodes.length[row]! >= thresholds.critical ? 'critical' : nodes.length[row]! >= thresholds.warning ? 'warning' : 'ok'
  const long = nodes.sorted((row) => nodes.kind[row] !== KIND_CHAIN && level(row) !== 'ok')
  const over =
    limit === null
      ? new Uint32Array()
      : nodes.sorted((row) => nodes.kind[row] !== KIND_CHAIN && level(row) === 'ok' && nodes.length[row]! > limit)
  const findings: Finding[] = []
  for (const row of long.slice(0, NAMED)) findings.push(oversized(survey, processes, row, level(row), input))
  if (long.length > NAMED) {
    findings.push({
      code: 'oversized-list',
      level: level(long[NAMED]!),
      confidence: 'proven',
      summary: `${plural(long.length - NAMED, 'more list')} of ${grouped(thresholds.warning)} rmap_items or more.`,
      evidence: [],
    })
  }
  if (over.length > 0) findings.push(overLimit(survey, over, limit!, input))
  if (long.length === 0 && over.length === 0) findings.push(nothingLong(survey, thresholds, input))
  findings.push(...limitFindings(kernel, survey, input), ...leftovers(kernel, survey, processes, input))
  const first = findings[0]!
  return {
    verdict: { level: first.level, code: first.code, confidence: first.confidence, summary: first.summary },
    findings,
  }
}

function confidenceOf(nodes: NodeColumns, row: number): Confidence {
  const bad = nodes.pprevBad[row]! + nodes.headBad[row]! + nodes.flagBad[row]!
  return nodes.end[row] === END_END && bad === 0 ? 'proven' : 'strong'
}

/** The limit as a phrase: why this list could grow so long. */
function boundPhrase(survey: KsmSurvey): string {
  const limit = survey.counters.max_page_sharing
  if (!survey.bounded) return 'this kernel has no max_page_sharing, so nothing bounds its lists'
  if (limit === null) return 'the limit max_page_sharing could not be read'
  if (limit >= LIMIT_OF_NO_HELP) return `max_page_sharing was raised to ${grouped(limit)}, a limit that does not help`
  return `it is longer than max_page_sharing (${grouped(limit)}), as lists become when processes with KSM pages fork`
}

function oversized(survey: KsmSurvey, processes: Processes | null, row: number, level: Level, input: string): Finding {
  const { nodes } = survey
  const length = nodes.length[row]!
  const whole = nodes.end[row] === END_END
  const address = hex(nodes.address(row))
  const cost = duration(walkSeconds(length))
  const less = survey.layout.item.byPageIndex
    ? ' (less where anon_vmas have many VMAs: this kernel walks them by page index)'
    : ''
  const summary =
    `One KSM page has a list of ${whole ? '' : 'at least '}${grouped(length)} rmap_items (stable_node ${address}, ${plural(nodes.mms[row]!, 'process', 'processes')}). ` +
    `Whoever migrates, compacts or reclaims the page walks all of them, about ${cost} a pass at 10 us each${less}, and blocks what needs the same locks; ${boundPhrase(survey)}.`
  return {
    code: 'oversized-list',
    level,
    confidence: confidenceOf(nodes, row),
    summary,
    evidence: listEvidence(survey, processes, row, input),
  }
}

function listEvidence(survey: KsmSurvey, processes: Processes | null, row: number, input: string): Evidence[] {
  const { nodes } = survey
  const evidence: Evidence[] = [
    {
      input,
      at: hex(nodes.address(row)),
      text: `${grouped(nodes.length[row]!)} rmap_items walked; wrong pprev ${nodes.pprevBad[row]}, head ${nodes.headBad[row]}, STABLE_FLAG ${nodes.flagBad[row]}`,
      check: checkOfList(survey, row),
    },
  ]
  const first = survey.lists.owners.get(row)?.[0]
  if (first) {
    const owner = processes?.byMm.get(first.mm)
    evidence.push({
      input,
      at: hex(first.mm),
      text: `${grouped(first.items)} of them belong to ${owner ? `${owner.comm} (pid ${owner.pid})` : 'an mm without a process'}`,
      check: {
        crash: `struct mm_struct.owner ${hex(first.mm)}`,
        drgn: `Object(prog, "struct mm_struct", address=${hex(first.mm)}).owner.pid`,
      },
    })
  }
  return evidence
}

function overLimit(survey: KsmSurvey, over: Uint32Array, limit: number, input: string): Finding {
  const { nodes } = survey
  const row = over[0]!
  return {
    code: 'list-over-limit',
    level: 'warning',
    confidence: confidenceOf(nodes, row),
    summary: `${plural(over.length, 'list')} longer than max_page_sharing (${grouped(limit)}); the longest has ${grouped(nodes.length[row]!)} rmap_items (stable_node ${hex(nodes.address(row))}). Lists outgrow the limit when processes with KSM pages fork.`,
    evidence: [...over.slice(0, NAMED)].map((each) => ({
      input,
      at: hex(nodes.address(each)),
      text: `${grouped(nodes.length[each]!)} rmap_items`,
      check: checkOfList(survey, each),
    })),
  }
}

/** The longest list of page-backed nodes, -1 when there is none. */
function longest(nodes: NodeColumns): number {
  let best = -1
  for (let row = 0; row < nodes.count; row++)
    if (nodes.kind[row] !== KIND_CHAIN && (best < 0 || nodes.compare(row, best) < 0)) best = row
  return best
}

function nothingLong(survey: KsmSurvey, thresholds: Thresholds, input: string): Finding {
  const { nodes, totals, counters } = survey
  if (!survey.complete) {
    return {
      code: 'list-unknown',
      level: 'unknown',
      confidence: 'weak',
      summary: `No list of ${grouped(thresholds.warning)} rmap_items or more was seen, but not everything could be read: an oversized list may be in what is missing.`,
      evidence: [],
    }
  }
  const row = longest(nodes)
  if (row < 0 || totals.items === 0) {
    const off = counters.run === 0 ? ' KSM is switched off (run is 0).' : ''
    return {
      code: 'nothing-merged',
      level: 'ok',
      confidence: 'proven',
      summary: `KSM has merged nothing: no list is oversized.${off}`,
      evidence: [],
    }
  }
  const length = nodes.length[row]!
  return {
    code: 'no-oversized-list',
    level: 'ok',
    confidence: 'proven',
    summary: `No KSM list is oversized: the longest of ${plural(totals.nodes, 'list')} has ${plural(length, 'rmap_item')}, a walk of about ${duration(walkSeconds(length))}.`,
    evidence: [
      {
        input,
        at: hex(nodes.address(row)),
        text: `${plural(length, 'rmap_item')}, the longest list`,
        check: checkOfList(survey, row),
      },
    ],
  }
}

function limitFindings(kernel: Kernel, survey: KsmSurvey, input: string): Finding[] {
  const limit = survey.counters.max_page_sharing
  const at = kernel.symbols.addresses('ksm_max_page_sharing')[0]
  if (!survey.bounded) {
    return [
      {
        code: 'no-limit',
        level: 'ok',
        confidence: 'strong',
        summary: 'This kernel has no max_page_sharing: its KSM lists have no bound.',
        evidence: [
          {
            input,
            at: null,
            text: 'no symbol ksm_max_page_sharing',
            check: { crash: 'sym ksm_max_page_sharing', drgn: 'prog.symbol("ksm_max_page_sharing")' },
          },
        ],
      },
    ]
  }
  if (limit === null || limit < LIMIT_OF_NO_HELP) return []
  return [
    {
      code: 'limit-of-no-help',
      level: 'ok',
      confidence: 'proven',
      summary: `max_page_sharing was raised to ${grouped(limit)} (its default is 256): it does not keep lists short enough to be walked.`,
      evidence: [
        {
          input,
          at: at === undefined ? null : hex(at),
          text: `ksm_max_page_sharing is ${limit}`,
          check: { crash: 'p ksm_max_page_sharing', drgn: 'prog["ksm_max_page_sharing"]' },
        },
      ],
    },
  ]
}

/** What ksmd has not cleaned up yet: explains lengths that differ from mapcounts. */
function leftovers(kernel: Kernel, survey: KsmSurvey, processes: Processes | null, input: string): Finding[] {
  const { nodes, lists } = survey
  const findings: Finding[] = []
  let stale = 0
  let items = 0
  let first = -1
  for (let row = 0; row < nodes.count; row++) {
    if (nodes.pageState[row] !== 2) continue
    stale++
    items += nodes.length[row]!
    if (first < 0) first = row
  }
  if (stale > 0) {
    findings.push({
      code: 'stale-nodes',
      level: 'ok',
      confidence: 'proven',
      summary: `${plural(stale, 'stable_node')} with ${plural(items, 'rmap_item')} stand for pages that were freed: ksmd removes them when it comes by.`,
      evidence: [
        {
          input,
          at: hex(nodes.address(first)),
          text: 'page->mapping of its kpfn does not name this stable_node',
          check: null,
        },
      ],
    })
  }
  if (processes?.complete) {
    const exited = new Set<bigint>()
    for (const owners of lists.owners.values())
      for (const { mm } of owners) if (!processes.byMm.has(mm) && mmUsers(kernel, mm) === 0) exited.add(mm)
    if (exited.size > 0) {
      const [mm] = exited
      findings.push({
        code: 'exited-processes',
        level: 'ok',
        confidence: 'strong',
        summary: `${plural(exited.size, 'mm_struct')} in the longest lists ${exited.size === 1 ? 'belongs' : 'belong'} to no task: exited processes whose rmap_items ksmd has not removed yet.`,
        evidence: [
          {
            input,
            at: hex(mm!),
            text: 'no task has this mm',
            check: {
              crash: `struct mm_struct.mm_users ${hex(mm!)}`,
              drgn: `Object(prog, "struct mm_struct", address=${hex(mm!)}).mm_users`,
            },
          },
        ],
      })
    }
  }
  return findings
}
