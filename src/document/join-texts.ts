import { LEVELS } from '../diagnosis/types.ts'
import type { Problem } from '../base/errors.ts'
import { grouped } from '../base/words.ts'
import { leavesOpen } from './common.ts'
import type { AnalyzeReport } from './schema.ts'

/** What a dump says better itself. */
const BY_DUMP: ReadonlySet<string> = new Set([
  'oversized-list',
  'list-bounds',
  'no-limit',
  'limit-of-no-help',
  'list-unknown',
  'nothing-found',
])
/** What the waits in a dump with a hang say better: who waits for whom. */
const BY_HANG: ReadonlySet<string> = new Set([
  'ksm-walk-hang',
  'another-walk',
  'walk-of-a-short-list',
  'waits-unexplained',
  'mmap-lock-queue',
  'other-trouble',
])

/**
 * A dump and the texts of its host and boot as one document. What the dump shows stands; texts add what it can not have: events
 * that its log has lost, names of guests, the distribution, and a hang that they alone tell of (before the dump, or after), which is
 * the verdict unless the dump's own is worse. Where the two contradict each other, a problem says so. Inputs, and problems of reading
 * them, are joined with those of other hosts: join-hosts.ts.
 */
export function joinTexts(dump: AnalyzeReport, text: AnalyzeReport): AnalyzeReport {
  const told = dump.hang === null && text.hang !== null
  const added = text.findings.filter(({ code }) => !BY_DUMP.has(code) && !(dump.hang && BY_HANG.has(code)))
  const alarming = added.some(({ level }) => level !== 'ok')
  const worst = (told && rank(text) <= rank(dump)) || (alarms(text) && rank(text) < rank(dump) && tells(added, text))
  const main = told ? text : dump
  const problems = [...dump.problems, ...text.problems, ...differences(dump, text)]
  return {
    ...dump,
    problems,
    partial: dump.partial || problems.some((problem) => leavesOpen(problem as Problem)),
    verdict: worst
      ? {
          ...text.verdict,
          summary: `The dump shows no ${told ? 'hang' : 'such walk'}, the texts tell of one: ${text.verdict.summary}`,
        }
      : dump.verdict,
    findings: worst ? [...added, ...dump.findings] : [...dump.findings, ...added],
    hang: loggedWaits(main.hang, text.events),
    stacks: main.stacks,
    checked: main.checked,
    ruledOut: main.ruledOut,
    actions: worst || (dump.actions.length === 0 && alarming) ? text.actions : dump.actions,
    ksm: dump.ksm ? { ...dump.ksm, counters: filled(dump.ksm.counters, text.ksm?.counters ?? {}) } : text.ksm,
    events: [...dump.events, ...text.events.filter((each) => !dump.events.some(sameEvent(each)))],
    host: filled(dump.host, text.host),
    environment: filled(dump.environment, text.environment),
    guests: text.guests,
  }
}

function rank({ verdict }: AnalyzeReport): number {
  return LEVELS.indexOf(verdict.level)
}

/** Whether the verdict is no mere lack of knowledge. */
function alarms({ verdict: { level } }: AnalyzeReport): boolean {
  return level === 'critical' || level === 'warning'
}

/** Whether findings have what a verdict says. */
function tells(findings: readonly Finding[], { verdict }: AnalyzeReport): boolean {
  return findings.some(({ code }) => code === verdict.code)
}

type Finding = AnalyzeReport['findings'][number]

/** What the texts tell otherwise than the dump of the same boot: who walks, and how long the walked or the longest list is. */
function differences(dump: AnalyzeReport, text: AnalyzeReport): Problem[] {
  return [...walkers(dump, text), ...lengths(dump, text)]
}

function walkers(dump: AnalyzeReport, text: AnalyzeReport): Problem[] {
  const [one, other] = [dump.hang?.holder, text.hang?.holder]
  if (!one || !other || other.pid === null || one.pid === other.pid) return []
  return [
    difference(
      `${nameOf(one)} walks a KSM list${placed(walkOf(dump))}`,
      `${nameOf(other)}${placed(walkOf(text))}: of several walkers, or of another moment`,
      walkOf(text),
    ),
  ]
}

function lengths(dump: AnalyzeReport, text: AnalyzeReport): Problem[] {
  const [one, other] = [dump.hang?.node, text.hang?.node]
  const sameWalker = dump.hang?.holder?.pid === text.hang?.holder?.pid
  if (one && other && sameWalker && !one.atLeast && differ(one.length, other.length, other.atLeast)) {
    const found = listOf(text) ?? walkOf(text)
    return [
      difference(
        `the walked list has ${grouped(one.length!)} rmap_items${placed(walkOf(dump))}`,
        `${other.atLeast ? 'at least ' : ''}${grouped(other.length!)}${placed(found)}`,
        found,
      ),
    ]
  }
  // no list of a host is longer than its longest
  const longest = dump.ksm?.longest.find(({ kind }) => kind !== 'chain')
  const told = text.ksm?.whatIf?.sites ?? null
  if (longest?.end !== 'end' || told === null || told <= longest.length) return []
  const found = listOf(text) ?? walkOf(text)
  return [
    difference(
      `the longest list has ${grouped(longest.length)} rmap_items (stable_node ${longest.address})`,
      `of one with ${grouped(told)}${placed(found)}`,
      found,
    ),
  ]
}

/** Whether two lengths can't both be; a lower bound fits all that is longer. */
function differ(length: number | null, told: number | null, atLeast: boolean): boolean {
  return length !== null && told !== null && (atLeast ? told > length : told !== length)
}

function difference(dump: string, text: string, finding: Finding | undefined): Problem {
  const { input = null, at = null } = finding?.evidence[0] ?? {}
  return {
    code: 'inputs-differ',
    message: `The dump and the texts of its boot differ: in the dump ${dump}; the texts tell ${text}. The dump's answer stands.`,
    input,
    at,
  }
}

const nameOf = ({ pid, comm }: { pid: number | null; comm: string | null }): string =>
  `${comm ?? 'a task'}${pid === null ? '' : ` (pid ${pid})`}`

const walkOf = ({ findings }: AnalyzeReport): Finding | undefined =>
  findings.find(({ code }) => code === 'ksm-walk-hang')
const listOf = ({ findings }: AnalyzeReport): Finding | undefined =>
  findings.find(({ code }) => code === 'oversized-list')

/** " (kern.log, line 12)" */
function placed(finding: Finding | undefined): string {
  const where = finding?.evidence[0]
  return where ? ` (${where.input}${where.at === null ? '' : `, ${where.at}`})` : ''
}

type Event = AnalyzeReport['events'][number]

/** The same words; a log may have cut the stamp to seconds, or lost it. */
function sameEvent(a: Event): (b: Event) => boolean {
  return (b) =>
    a.kind === b.kind &&
    a.pid === b.pid &&
    a.comm === b.comm &&
    a.cpu === b.cpu &&
    a.seconds === b.seconds &&
    (a.time === null || b.time === null || Math.abs(a.time - b.time) < 1)
}

/** Members that the first leaves open, from the second. */
function filled<T extends Record<string, unknown>>(first: T, second: Partial<T>): T {
  const entries = Object.entries(first).map(([name, value]) => [name, value ?? second[name] ?? null])
  return Object.fromEntries(entries) as T
}

/** The longest time for which the logs say that a waiter was blocked. */
function loggedWaits(hang: AnalyzeReport['hang'], events: readonly Event[]): AnalyzeReport['hang'] {
  if (!hang) return null
  const waiters = hang.waiters.map((waiter) => {
    const seconds = events.flatMap((event) =>
      event.kind === 'hung-task' && event.pid === waiter.pid && event.comm === waiter.comm && event.seconds !== null
        ? [event.seconds]
        : [],
    )
    return { ...waiter, loggedSeconds: Math.max(waiter.loggedSeconds ?? 0, ...seconds) || null }
  })
  return { ...hang, waiters }
}
