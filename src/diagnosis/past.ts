import type { Seconds } from '../base/units.ts'
import type { HangReading } from './hang.ts'
import { atLine, type TextEvent, type TextEvidence } from './text-evidence.ts'
import type { Evidence } from './types.ts'

/** A hang that seems to be over. */
export interface Past {
  /** How much longer the log, or the host, goes on after the last report of it. */
  seconds: Seconds
  evidence: Evidence
}

/** Reports of a hang come again every two minutes, and the kernel stops after ten of them. */
const OVER: Seconds = 600

/**
 * Whether a hang that logs tell of is over: the log, or the host's uptime, goes on long after the last report of its tasks.
 * @param uptime - of the host when the texts were taken, null where unknown
 * @returns null where nothing tells, and for a hang that other texts than logs show
 */
export function pastOf(texts: readonly TextEvidence[], { hang }: HangReading, uptime: Seconds | null): Past | null {
  if (!hang) return null
  const tasks = [hang.walker.task, ...hang.waiters.map(({ task }) => task)]
  const pids = new Set(tasks.map(({ pid }) => pid))
  const logs = texts.filter(({ events }) => events.some(({ pid }) => pids.has(pid)))
  const [log] = logs
  // a session, a /proc/PID/stack or a second log is of a moment of its own
  if (!log || logs.length > 1 || tasks.some(({ where }) => where.input !== log.input)) return null
  const last = log.events.filter(({ pid }) => pids.has(pid)).at(-1)!
  const seconds = goesOn(log, last, uptime)
  if (seconds === null || seconds < OVER) return null
  return {
    seconds,
    evidence: { input: log.input, at: atLine(last.line), text: 'the last report of it', check: null },
  }
}

function goesOn({ ending }: TextEvidence, last: TextEvent, uptime: Seconds | null): Seconds | null {
  const gaps = [
    last.time === null || !ending || ending.time === null ? null : ending.time - last.time,
    last.time === null || uptime === null ? null : uptime - last.time,
    last.time !== null || !ending ? null : dateGap(last.dateText ?? null, ending.dateText),
  ].flatMap((gap) => (gap !== null && gap >= 0 ? [gap] : []))
  return gaps.length === 0 ? null : Math.max(...gaps)
}

/** Seconds between two dates of one log, both as printed: a year or zone that is missing is missing in both. */
function dateGap(from: string | null, to: string | null): Seconds | null {
  const gap = from === null || to === null ? Number.NaN : (Date.parse(to) - Date.parse(from)) / 1000
  return Number.isNaN(gap) ? null : gap
}
