import type { Problem } from '../base/errors.ts'
import { LEVELS } from '../diagnosis/types.ts'
import { leavesOpen } from './common.ts'
import type { AnalyzeReport } from './schema.ts'

/** Findings of texts that a dump of the same host can not make itself. */
const OF_TEXTS = ['guest-log', 'samples-of-walk', 'obfuscated-report']

/**
 * A dump and the texts of its host and boot as one document. What the dump shows stands; texts add what it can not have: events
 * that its log has lost, names of guests, the distribution. A hang that texts alone tell of (before the dump, or after) is the
 * verdict where it is worse.
 */
export function joinTexts(dump: AnalyzeReport, text: AnalyzeReport): AnalyzeReport {
  const told = dump.hang === null && text.hang !== null && rank(text) < rank(dump)
  const codes = new Set(dump.findings.map(({ code }) => code))
  const added = text.findings.filter(({ code, level }) =>
    told ? !codes.has(code) && level !== 'ok' : OF_TEXTS.includes(code),
  )
  const main = told ? text : dump
  const problems = [...dump.problems, ...text.problems.filter((each) => !dump.problems.some(same(each)))]
  return {
    ...dump,
    inputs: [...dump.inputs, ...text.inputs.filter((each) => !dump.inputs.some(({ name }) => name === each.name))],
    problems,
    partial: dump.partial || text.partial || problems.some((problem) => leavesOpen(problem as Problem)),
    verdict: told
      ? { ...text.verdict, summary: `The dump shows no hang, the texts tell of one: ${text.verdict.summary}` }
      : dump.verdict,
    findings: told ? [...added, ...dump.findings] : [...dump.findings, ...added],
    hang: loggedWaits(main.hang, text.events),
    stacks: main.stacks,
    checked: main.checked,
    ruledOut: main.ruledOut,
    actions: told || dump.actions.length === 0 ? text.actions : dump.actions,
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

type Row = AnalyzeReport['problems'][number]
const same = (a: Row) => (b: Row) => a.code === b.code && a.message === b.message && a.at === b.at

type Event = AnalyzeReport['events'][number]

/** The ring of a dump has microseconds where a log may have been cut to seconds. */
function sameEvent(a: Event): (b: Event) => boolean {
  return (b) =>
    a.kind === b.kind && a.pid === b.pid && a.cpu === b.cpu && Math.abs((a.time ?? -1) - (b.time ?? -1)) < 0.001
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
