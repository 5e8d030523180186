import { hex } from '../base/text.ts'
import { actionsFor, ksmState } from '../diagnosis/actions.ts'
import { besideLostIpi, checkOthers } from '../diagnosis/checks.ts'
import type { HangFacts } from '../diagnosis/hang-facts.ts'
import type { Sleeper } from '../diagnosis/sleepers.ts'
import { judgeLists, type Thresholds } from '../diagnosis/lists.ts'
import { type KernelFacts, knownBugs } from '../diagnosis/known-bugs.ts'
import type { HostReading } from '../kernel/host.ts'
import type { Processes } from '../kernel/processes.ts'
import type { Kernel } from '../kernel/types.ts'
import { KIND_CHAIN, type NodeColumns } from '../ksm/node-columns.ts'
import type { KsmSurvey } from '../ksm/survey.ts'
import type { ContentCoverage } from '../ksm/zero-page.ts'
import { commonMembers, type Opened, UNKNOWN_HOST } from './common.ts'
import { hangAnswer } from './hang.ts'
import { environmentOf } from './environment.ts'
import type { Guests } from '../diagnosis/guests.ts'
import { layoutMember } from './layout.ts'
import { eventRows } from './log.ts'
import { nodeRow, ownerRows } from './node-rows.ts'
import type { AnalyzeReport } from './schema.ts'
import { listsByNode, mostShared, sharersOf, whatIfLimited } from './sharing.ts'
import { StackGroups } from './stack-groups.ts'

/** What `analyze` knows of a dump; parts are null where they could not be had. */
export interface Analysis {
  opened: Opened
  kernel: Kernel | null
  survey: KsmSurvey | null
  processes: Processes | null
  host: HostReading | null
  /** What tasks run and wait in the kernel; null where they could not be read. */
  hang: HangFacts | null
  /** Stacks of tasks that sleep, for the picture of all stacks. */
  sleepers: readonly Sleeper[]
  /** All tasks were read. */
  tasksComplete: boolean
  /** Of the KSM pages that were looked at; null when none was. */
  content: ContentCoverage | null
  guests: Guests | null
  thresholds: Thresholds
  input: string
}

/** How many of the longest lists are shown with their owners. */
export const LONGEST = 10

/** Builds the document of `analyze`. */
export function analyzeDocument(analysis: Analysis): AnalyzeReport {
  const { opened, kernel, survey, processes, host, hang, content, guests, thresholds, input } = analysis
  const stacks = new StackGroups([...(hang?.stacks ?? []), ...analysis.sleepers])
  const judged = kernel && survey ? judgeLists(kernel, survey, processes, thresholds, input) : null
  const waits = hang ? hangAnswer(hang, host?.events ?? [], stacks) : null
  const logEvents = host && host.logRecords !== null ? host.events : null
  const checked =
    waits && hang
      ? checkOthers(
          hang,
          waits.reading,
          logEvents,
          analysis.tasksComplete ? null : 'not every task could be read',
          input,
        )
      : []
  const findings = [
    ...(waits?.findings ?? [])
      .filter((finding) => finding.level === 'critical')
      .map((finding) => besideLostIpi(finding, checked)),
    ...(judged?.findings ?? []),
    ...(waits?.findings ?? []).filter((finding) => finding.level !== 'critical'),
  ]
  const [first] = findings
  const state =
    survey &&
    ksmState(survey, {
      pageSize: kernel?.physical.pageSize ?? 4096,
      memoryBytes: host?.host.memoryBytes ?? null,
      pressed: checked.some(({ code, result }) => code === 'memory-pressure' && result === 'found'),
    })
  const last = opened.problems.at(-1)
  const ksm = kernel && survey ? ksmMembers(analysis, kernel, survey) : null
  const common = commonMembers(opened, content, guests)
  return {
    schema: 'ksm-dump/analyze/1',
    ...common,
    verdict: first
      ? { level: first.level, code: first.code, confidence: first.confidence, summary: first.summary }
      : { level: 'unknown', code: 'list-unknown', confidence: 'weak', summary: last?.message ?? 'Nothing is known.' },
    findings,
    ruledOut: checked
      .filter((each) => each.result === 'ruled-out')
      .map(({ code, by, evidence }) => ({ code, by, evidence })),
    checked,
    ksm,
    hang: waits?.member ?? null,
    known: knownBugs(survey && kernelFacts(survey, waits?.reading.hang != null)),
    events: eventRows(host?.events ?? [], hang?.tasks),
    host: host?.host ?? UNKNOWN_HOST,
    guests: null,
    stacks: stacks.member,
    environment: environmentOf({
      release: common.kernel?.release ?? null,
      version: common.kernel?.version ?? null,
      arch: common.kernel?.arch ?? null,
      distribution: null,
    }),
    actions: state && first && first.level !== 'ok' ? actionsFor(state, waits?.reading.hang ?? null, comms(hang)) : [],
    layout: kernel && survey ? layoutMember(kernel, survey.layout, waits?.member ?? null) : null,
  }
}

/** Names of the tasks. */
function comms(hang: HangFacts | null): Set<string> {
  return new Set(hang?.tasks.flatMap((task) => task.comm ?? []))
}

/** What of a survey tells whether a kernel has the limit. */
function kernelFacts({ bounded, counters, nodes }: KsmSurvey, hang: boolean): KernelFacts {
  return {
    bounded,
    by: bounded
      ? 'it has max_page_sharing (symbol ksm_max_page_sharing, or the member rmap_hlist_len)'
      : 'it has neither the symbol ksm_max_page_sharing nor the member rmap_hlist_len',
    limit: counters.max_page_sharing,
    longest: longestOf(nodes),
    hang,
  }
}

/** Length of the longest list of a page-backed node; null when there is none. */
function longestOf(nodes: NodeColumns): number | null {
  let longest: number | null = null
  for (let row = 0; row < nodes.count; row++)
    if (nodes.kind[row] !== KIND_CHAIN) longest = Math.max(longest ?? 0, nodes.length[row]!)
  return longest
}

function ksmMembers({ processes, guests }: Analysis, kernel: Kernel, survey: KsmSurvey): AnalyzeReport['ksm'] {
  const { nodes, lists, byMm } = survey
  const { pageSize } = kernel.physical
  const known = processes ?? { byMm: new Map(), complete: false, problems: [] }
  const longest = [...nodes.sorted().slice(0, LONGEST)].map((row) => ({
    ...nodeRow(kernel, survey.layout, nodes, row),
    owners: ownerRows(kernel, lists.owners.get(row) ?? [], known),
  }))
  return {
    counters: survey.counters,
    totals: survey.totals,
    longest,
    histogram: histogram(nodes),
    census: {
      hlist: lists.items,
      mm: byMm?.stable ?? null,
      agree: survey.agree,
      differences: survey.differences.map((each) => ({ ...each, node: hex(each.node) })),
    },
    bounded: survey.bounded,
    bounds: null,
    sharers: sharersOf(kernel, survey, known, (mm) => guests?.names.get(mm) ?? null),
    perNode: listsByNode(nodes, pageSize),
    whatIf: whatIfLimited(mostShared(nodes), pageSize),
  }
}

/** How many lists have 1, 2-3, 4-7 ... items; page-backed nodes only, empty lists left out. */
export function histogram(nodes: NodeColumns): { from: number; to: number; lists: number; items: number }[] {
  const lists: number[] = []
  const items: number[] = []
  for (let row = 0; row < nodes.count; row++) {
    const length = nodes.length[row]!
    if (nodes.kind[row] === KIND_CHAIN || length === 0) continue
    const bin = Math.floor(Math.log2(length))
    lists[bin] = (lists[bin] ?? 0) + 1
    items[bin] = (items[bin] ?? 0) + length
  }
  const bins = []
  for (let bin = 0; bin < lists.length; bin++)
    if (lists[bin]) bins.push({ from: 2 ** bin, to: 2 ** (bin + 1) - 1, lists: lists[bin]!, items: items[bin]! })
  return bins
}
