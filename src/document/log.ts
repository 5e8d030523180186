import { hex, printable } from '../base/text.ts'
import type { LogEvent, LogRecord } from '../kernel/printk-ring.ts'
import type { TaskFact } from '../diagnosis/hang-facts.ts'
import { commonMembers, type Opened } from './common.ts'
import type { EventRow, LogReport } from './schema.ts'

/** Longest text of a record that is shown: LOG_LINE_MAX is 1024 and more in newer kernels. */
const LONGEST = 8192

/**
 * Events with text that is safe to print, each with the task that it names.
 * @param tasks - empty where they were not looked for
 */
export function eventRows(events: readonly LogEvent[], tasks: readonly TaskFact[] = []): EventRow[] {
  return events.map((event) => ({
    ...event,
    task: taskOf(event, tasks),
    comm: event.comm === null ? null : printable(event.comm, 64),
    blockedOn: event.blockedOn === null ? null : printable(event.blockedOn, 200),
    stack: event.stack,
  }))
}

/** Address of the task of that pid and comm: a pid alone may have been given again since. */
function taskOf({ pid, comm }: LogEvent, tasks: readonly TaskFact[]): string | null {
  const task = pid === null ? undefined : tasks.find((each) => each.pid === pid && each.comm === comm)
  return task?.address == null ? null : hex(task.address)
}

/** Which records are shown. */
export interface LogFilter {
  /** Only from this second since boot on; null for all. */
  since: number | null
  /** Only of this level and more urgent (0 is the most urgent); null for all. */
  level: number | null
}

/** Builds the document of `log`. */
export function logDocument(
  opened: Opened,
  records: readonly LogRecord[],
  events: readonly LogEvent[],
  filter: LogFilter,
): LogReport {
  const shown = records.filter(
    (record) =>
      (filter.since === null || record.time >= filter.since) && (filter.level === null || record.level <= filter.level),
  )
  return {
    schema: 'ksm-dump/log/1',
    ...commonMembers(opened, null),
    records: shown.map((record) => ({
      ...record,
      text: record.text
        .split('\n')
        .map((line) => printable(line, LONGEST))
        .join('\n'),
    })),
    events: eventRows(
      filter.since === null ? events : events.filter((event) => (event.time ?? 0) >= (filter.since ?? 0)),
    ),
    leftOut: records.length - shown.length,
  }
}
