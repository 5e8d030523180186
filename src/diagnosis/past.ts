import type { Seconds } from '../base/units.ts'
import { duration } from '../base/words.ts'
import type { HangReading } from './hang.ts'
import { atLine, type TextEvent, type TextEvidence } from './text-evidence.ts'
import type { Evidence } from './types.ts'

/** A hang that seems to be over. */
export interface Past {
  /** How much longer the log, or the host, goes on after the last report of it. */
  seconds: Seconds
  /** quiet: nothing more is reported; reboot: the host was booted again. */
  by: 'quiet' | 'reboot'
  evidence: Evidence
}

/** Reports of a hang come again every two minutes. */
const OVER: Seconds = 600
/** A kernel reports no more hung tasks than this. @see kernel/hung_task.c, sysctl_hung_task_warnings (v4.4, v6.12) */
const MOST_REPORTS = 10

/**
 * Whether a hang that logs tell of is over: the host was booted again, or the log, or the host's uptime, goes on long after the last
 * report of its tasks.
 * @param uptime - of the host when the texts were taken, null where unknown
 * @returns null where nothing tells, and for a hang that other texts than logs show
 */
export function pastOf(texts: readonly TextEvidence[], { hang }: HangReading, uptime: Seconds | null): Past | null {
  if (!hang) return null
  const tasks = [hang.walker.task, ...hang.waiters.map(({ task }) => task)]
  const pids = new Set(tasks.flatMap(({ pid }) => pid ?? []))
  const isOfHang = ({ pid }: TextEvent): boolean => pid !== null && pids.has(pid)
  const over = texts.find(({ rebooted }) => rebooted != null)
  if (over) return byReboot(over, latest(over.events.filter(isOfHang)))
  const logs = texts.filter(({ events }) => events.some(isOfHang))
  const [log] = logs
  // a session, a /proc/PID/stack or a second log is of a moment of its own
  if (!log || logs.length > 1 || tasks.some(({ where }) => where.input !== log.input)) return null
  const last = latest(log.events.filter(isOfHang))!
  if (isSilent(log, last)) return null
  const seconds = goesOn(log, last, uptime)
  if (seconds === null || seconds < OVER) return null
  const evidence = { input: log.input, at: atLine(last.line), text: 'the last report of it', check: null }
  return { seconds, by: 'quiet', evidence }
}

/** In words, for the verdict. */
export function pastWords({ seconds, by }: Past): string {
  if (by === 'quiet')
    return `It seems to be past: the log, or the host, goes on for ${duration(seconds)} after the last report of it (a kernel stops reporting after hung_task_warnings reports).`
  return `It is past: the host was booted again${seconds > 0 ? `, ${duration(seconds)} after the last report of it` : ''}.`
}

function byReboot({ input, rebooted, ending }: TextEvidence, last: TextEvent | null): Past {
  const { line, dateText } = rebooted!
  const gaps = last
    ? [dateGap(last.dateText ?? null, dateText), stampGap(last.time, ending?.time ?? null)].flatMap((gap) => gap ?? [])
    : []
  const evidence =
    line === null
      ? { at: last && atLine(last.line), text: 'this is of a boot before the last one' }
      : { at: atLine(line), text: 'the host boots again here' }
  return { seconds: Math.max(0, ...gaps), by: 'reboot', evidence: { input, ...evidence, check: null } }
}

function latest(events: readonly TextEvent[]): TextEvent | null {
  return events.reduce<TextEvent | null>((last, event) => (last && last.line > event.line ? last : event), null)
}

/** The kernel reports no more hung tasks, or what it reported is lost: that none is seen says nothing. */
function isSilent({ events, silent = [] }: TextEvidence, last: TextEvent): boolean {
  if (silent.some((line) => line >= last.line)) return true
  return events.filter(({ kind, line }) => kind === 'hung-task' && line <= last.line).length >= MOST_REPORTS
}

function goesOn({ ending }: TextEvidence, last: TextEvent, uptime: Seconds | null): Seconds | null {
  const gaps = [
    stampGap(last.time, ending?.time ?? null),
    stampGap(last.time, uptime),
    last.time !== null || !ending ? null : dateGap(last.dateText ?? null, ending.dateText),
  ].flatMap((gap) => (gap !== null && gap >= 0 ? [gap] : []))
  return gaps.length === 0 ? null : Math.max(...gaps)
}

function stampGap(from: Seconds | null, to: Seconds | null): Seconds | null {
  return from === null || to === null ? null : to - from
}

/** Seconds between two dates of one log, both as printed: a year or zone that is missing is missing in both. */
function dateGap(from: string | null, to: string | null): Seconds | null {
  const gap = from === null || to === null ? Number.NaN : (Date.parse(to) - Date.parse(from)) / 1000
  return Number.isNaN(gap) ? null : gap
}
