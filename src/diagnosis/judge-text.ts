import { hex } from '../base/text.ts'
import { counted, duration, grouped, plural, size } from '../base/words.ts'
import { LIMIT_OF_NO_HELP, walkSeconds } from '../ksm/cost.ts'
import { type HangReading, isShort, PILE_UP, seenWalking } from './hang.ts'
import { named, taskEvidence } from './hang-findings.ts'
import type { HangFacts } from './hang-facts.ts'
import type { Thresholds } from './lists.ts'
import { plainName, WALK } from './signatures.ts'
import { atLine, hostPlace, type TextEvidence } from './text-evidence.ts'
import type { TextHost } from './text-host.ts'
import type { TextKsm } from './text-ksm.ts'
import type { ToldNode } from './told-lists.ts'
import type { EventKind } from '../parsers/klog-events.ts'
import type { Checked, Evidence, Finding, FindingCode, Level } from './types.ts'

/** An event of a guest, in a text of its host: who wrote the guest's console there. */
export interface Console {
  input: string
  line: number
  program: string
  text: string
}

/** What texts tell, as the rules need it. */
export interface TextCase {
  /** What says that `sos clean` has put stand-ins for names; empty where nothing does. */
  obfuscatedBy: readonly string[]
  /** Events of guests whose consoles stand in these texts. */
  consoles: readonly Console[]
  texts: readonly TextEvidence[]
  ksm: TextKsm
  host: TextHost
  facts: HangFacts
  reading: HangReading
  thresholds: Thresholds
}

/** Page size where texts are judged; the kernels of this bug's hosts have no other. */
const PAGE_SIZE = 4096

/** Findings that texts give besides the hang itself, in their order. Never proven: nobody can walk a list in a text. */
export function judgeText(seen: TextCase): Finding[] {
  return [
    ...listFindings(seen),
    ...boundsFinding(seen),
    ...limitFinding(seen),
    ...guestFinding(seen),
    ...consoleFinding(seen),
    ...waitsFinding(seen),
    ...samplesFinding(seen),
    ...obfuscatedFinding(seen),
  ]
}

function listFindings({ ksm, thresholds }: TextCase): Finding[] {
  return ksm.lists.flatMap((list): Finding[] => {
    const level = levelOf(list, thresholds)
    if (list.length === null || level === 'ok') return []
    const name = list.address === null ? 'a stable_node' : `stable_node ${hex(list.address)}`
    return [
      {
        code: 'oversized-list',
        level,
        confidence: 'strong',
        summary: `One KSM page has a list of ${counted(list.length, list.open !== null)} rmap_items (${name}), by ${list.by}${list.open === null ? '' : `; ${list.open}`}: it saves about ${size((list.length - 1) * PAGE_SIZE)}, and a walk of it takes about ${duration(walkSeconds(list.length))} a pass at 10 us each.`,
        evidence: [placeOf(list)],
      },
    ]
  })
}

function levelOf({ length }: ToldNode, thresholds: Thresholds): Level {
  if (length === null) return 'unknown'
  return length >= thresholds.critical ? 'critical' : length >= thresholds.warning ? 'warning' : 'ok'
}

function placeOf({ input, line, length, open, by, first }: ToldNode): Evidence {
  return {
    input,
    at: atLine(line),
    text: `${length === null ? 'a list of unknown length' : `${counted(length, open !== null)} rmap_items`}, by ${by}`,
    check: first === null ? null : { crash: `list hlist_node.next ${first.toString(16)} | wc -l`, drgn: null },
  }
}

function boundsFinding({ ksm, thresholds }: TextCase): Finding[] {
  const { bounds, bounded, counters } = ksm
  if (!bounds || bounds.atMost < thresholds.warning) return []
  const sharing = counters.get('pages_sharing')
  const shared = counters.get('pages_shared')
  const evidence = [shared, sharing].flatMap((each) => each?.evidence ?? [])
  const known = bounds.atLeast >= thresholds.warning
  const why =
    bounded === null
      ? 'whether anything bounds a list on this kernel is not known'
      : bounded.answer
        ? `max_page_sharing is ${grouped(counters.get('max_page_sharing')?.value ?? 0)}, which does not help`
        : 'nothing bounds a list on this kernel'
  return [
    {
      code: 'list-bounds',
      level: known && bounds.atLeast >= thresholds.critical ? 'critical' : 'warning',
      confidence: known ? 'strong' : 'weak',
      summary: `By the counters, the longest list has between ${grouped(bounds.atLeast)} and ${grouped(bounds.atMost)} rmap_items; ${why}. At worst a walk takes about ${duration(walkSeconds(bounds.atMost))}.`,
      evidence,
    },
  ]
}

function limitFinding({ ksm }: TextCase): Finding[] {
  const { bounded, counters } = ksm
  const limit = counters.get('max_page_sharing')
  if (bounded?.answer === false)
    return [
      {
        code: 'no-limit',
        level: 'ok',
        confidence: bounded.confidence,
        summary: 'This kernel has no max_page_sharing: nothing bounds the length of a list (LP: #1680513).',
        evidence: [bounded.evidence],
      },
    ]
  if (limit && limit.value >= LIMIT_OF_NO_HELP)
    return [
      {
        code: 'limit-of-no-help',
        level: 'ok',
        confidence: 'strong',
        summary: `max_page_sharing was raised to ${grouped(limit.value)} (its default is 256): it does not keep lists short enough to be walked.`,
        evidence: [limit.evidence],
      },
    ]
  return []
}

/** What a CPU that does not run leads to. */
const LOCKUPS: readonly EventKind[] = ['soft-lockup', 'rcu-stall', 'workqueue-lockup']

function guestFinding({ texts, host, reading }: TextCase): Finding[] {
  const lockups = texts.flatMap(({ input, events }) =>
    events.filter(({ kind }) => LOCKUPS.includes(kind)).map((event) => ({ input, event })),
  )
  const [first] = lockups
  if (!host.guest || !first || reading.hang) return []
  return [
    {
      code: 'guest-log',
      level: 'unknown',
      confidence: 'strong',
      summary: `This is the log of a virtual machine: ${lockups.length === 1 ? 'its lockup says' : `its ${lockups.length} lockups say`} that its CPUs did not run, which is the effect. The cause is on the host: its log, or a dump of it, is needed.`,
      evidence: [
        host.guest,
        {
          input: first.input,
          at: atLine(first.event.line),
          text: `${first.event.kind}${first.event.seconds === null ? '' : ` of ${first.event.seconds} s`}`,
          check: null,
        },
      ],
    },
  ]
}

/** Lockups of guests, where nothing was found on the host that explains them. */
function consoleFinding({ consoles, reading }: TextCase): Finding[] {
  const [first] = consoles
  if (!first || reading.hang) return []
  const programs = [...new Set(consoles.map(({ program }) => program))]
  return [
    {
      code: 'guest-log',
      level: 'unknown',
      confidence: 'strong',
      summary: `${plural(consoles.length, 'report')} in these texts ${consoles.length === 1 ? 'is' : 'are'} of virtual machines, whose consoles ${programs.slice(0, 3).join(', ')}${programs.length > 3 ? ' and others' : ''} wrote there: that is the effect. The cause is on the host: its own log, or a dump of it, is needed.`,
      evidence: consoles.slice(0, 5).map(({ input, line, text }) => ({ input, at: atLine(line), text, check: null })),
    },
  ]
}

/** Tasks that wait, and not for a walk as far as these texts tell. */
function waitsFinding({ facts, reading }: TextCase): Finding[] {
  const explained = new Set(reading.hang?.waiters.map((waiter) => waiter.task))
  const waiting = facts.stacks.filter(({ task, waits }) => waits !== null && !explained.has(task))
  const [first] = waiting
  if (!first) return []
  const onLock = waiting.filter(({ waits }) => ['read', 'write'].includes(waits?.signature.waitsFor ?? ''))
  const many = onLock.length >= PILE_UP
  const who = waiting.slice(0, 3).map(({ task }) => named(task))
  const rest = waiting.length - who.length
  return [
    {
      code: many ? 'mmap-lock-queue' : 'waits-unexplained',
      level: many ? 'warning' : 'unknown',
      confidence: 'weak',
      summary: `${plural(waiting.length, 'task')} ${waiting.length === 1 ? 'waits' : 'wait'} (${who.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}: ${waiting.length === 1 ? '' : 'the first '}${first.waits!.signature.means}), ${unknownWhom(facts, reading)}`,
      evidence: waiting.slice(0, 10).map(({ task, waits }) => taskEvidence(task, waits!.signature.means)),
    },
  ]
}

/** Why it is not known whom they wait for. */
function unknownWhom(facts: HangFacts, reading: HangReading): string {
  const { hang, others } = reading
  if (hang) return 'and by these texts not behind the walk: whom they wait for is not known.'
  const walkers = seenWalking(reading).map(named).join(', ')
  if (others.length > 0)
    return others.every(isShort)
      ? `and what ${walkers} walks is too short to explain that, if it is the list of that moment: whom they wait for is not known.`
      : `and these texts do not tell whether they wait for the walk of ${walkers}.`
  return `and ${noWalk(facts)}: whom they wait for is not known. A task that runs is in no hung-task report and in no sysrq-w.`
}

/** That nobody is seen to walk, as far as that can be said. */
function noWalk({ unsureWalks }: HangFacts): string {
  const [first] = unsureWalks
  return first
    ? `a walk of a KSM list stands in no stack of these texts that can be relied on (in one of ${named(first.task)} it does, but: ${first.why})`
    : 'these texts show nobody who walks a KSM list'
}

/** What the walks that are seen say of something that no hang explains. */
function besideWalks(facts: HangFacts, reading: HangReading): string {
  const walkers = seenWalking(reading).map(named)
  return walkers.length > 0 ? `the walk of a KSM list by ${walkers.join(', ')} does not explain it` : noWalk(facts)
}

function obfuscatedFinding({ obfuscatedBy, texts }: TextCase): Finding[] {
  if (obfuscatedBy.length === 0) return []
  return [
    {
      code: 'obfuscated-report',
      level: 'ok',
      confidence: 'strong',
      summary: `This report was obfuscated (sos clean): names of hosts, users and addresses in it are stand-ins. ${obfuscatedBy.join('; ')}.`,
      evidence: [{ input: texts[0]?.input ?? '', at: null, text: obfuscatedBy.join('; '), check: null }],
    },
  ]
}

/** Below this share of the samples walks are nothing to look into. */
const FEW_SAMPLES = 0.01

/** Share of the samples of a profile that are inside a walk of a KSM list. */
function samplesFinding({ texts }: TextCase): Finding[] {
  const samples = texts.flatMap(({ input, told }) =>
    told.flatMap((each) => (each.kind === 'samples' ? [{ input, told: each }] : [])),
  )
  const all = samples.reduce((sum, { told }) => sum + told.count, 0)
  const walks = samples.filter(({ told }) => told.frames.some((frame) => WALK.includes(plainName(frame))))
  const inWalk = walks.reduce((sum, { told }) => sum + told.count, 0)
  const [first] = walks
  if (!first) return []
  const share = inWalk / all
  const few = share < FEW_SAMPLES
  return [
    {
      code: 'samples-of-walk',
      level: few ? 'ok' : 'warning',
      confidence: 'weak',
      summary: `${grouped(inWalk)} of ${grouped(all)} samples (${few ? 'less than 1' : Math.round(100 * share)} %) are inside a walk of a KSM list${few ? ': no more than walks of short lists take' : ''}.`,
      evidence: [
        { input: first.input, at: atLine(first.told.line), text: first.told.frames.slice(-6).join(';'), check: null },
      ],
    },
  ]
}

/** What may hang a host; it explains nothing that a log reports. */
const RISKS: readonly FindingCode[] = ['oversized-list', 'list-bounds']

/** Whether findings speak of a hang, or of what its log reports. */
export function tellsTrouble(findings: readonly Finding[]): boolean {
  return findings.some(({ level, code }) => level !== 'ok' && !RISKS.includes(code))
}

/** Panics of the kernel's own watchdogs. @see kernel/watchdog.c, kernel/hung_task.c, kernel/rcu/tree_stall.h */
const WATCHDOG_PANIC = /softlockup: hung tasks|hung_task: blocked tasks|hard lockup|rcu stall/i

const WORDS: Readonly<Record<EventKind, string>> = {
  'hung-task': 'hung task',
  'soft-lockup': 'soft lockup',
  'hard-lockup': 'hard lockup',
  'workqueue-lockup': 'workqueue lockup',
  'rcu-stall': 'RCU stall',
  'csd-timeout': 'csd timeout',
  oom: 'OOM kill',
}

/** What the log reports that no walk explains. */
export function otherTrouble({ texts, reading, host, facts }: TextCase, checked: readonly Checked[]): Finding[] {
  const events = texts.flatMap(({ input, events: all }) => all.map((event) => ({ input, event })))
  const panic = WATCHDOG_PANIC.test(host.panic ?? '') ? host.panic : null
  const [first] = events
  if (reading.hang) return []
  if (!first && panic !== null)
    return [
      {
        code: 'other-trouble',
        level: 'unknown',
        confidence: 'weak',
        summary: `The kernel stopped itself because something hung ("${panic}"), and ${besideWalks(facts, reading)}.`,
        evidence: [{ ...hostPlace(texts, 'panic'), text: panic, check: null }],
      },
    ]
  if (!first) return []
  const counts = new Map<EventKind, number>()
  for (const { event } of events) counts.set(event.kind, (counts.get(event.kind) ?? 0) + 1)
  const found = checked.filter(({ result }) => result === 'found')
  const why = found.length > 0 ? ` Found instead: ${found.map(({ by }) => by).join('; ')}.` : ''
  return [
    {
      code: 'other-trouble',
      level: 'unknown',
      confidence: 'weak',
      summary: `The log reports ${[...counts].map(([kind, count]) => plural(count, WORDS[kind])).join(', ')}, and ${besideWalks(facts, reading)}.${why}`,
      evidence: events.slice(0, 5).map(({ input, event }) => ({
        input,
        at: atLine(event.line),
        text: `${event.kind}${event.comm === null ? '' : ` of ${named({ comm: event.comm, pid: event.pid })}`}`,
        check: null,
      })),
    },
  ]
}

/** When nothing was found: what that is worth. */
export function nothingFound({ ksm, facts, texts, host }: TextCase): Finding {
  const { bounds } = ksm
  const lists = bounds
    ? `by the counters no list of KSM is longer than ${grouped(bounds.atMost)} rmap_items`
    : 'the lists of KSM can not be seen in them'
  const stacks =
    facts.stacks.length === 0
      ? 'no stack that could show it'
      : `${plural(facts.stacks.length, 'stack')}, none of which walks a KSM list`
  const unsure = facts.unsureWalks.length > 0 ? ` But ${noWalk(facts)}.` : ''
  const guest = host.guest ? ' It is of a virtual machine: what its host does can not be seen in it.' : ''
  return {
    code: 'nothing-found',
    level: 'ok',
    confidence: bounds ? 'strong' : 'weak',
    summary: `Nothing of the kind in ${plural(texts.length, 'input')}: ${stacks}; ${lists}.${unsure}${guest}`,
    evidence: [],
  }
}
