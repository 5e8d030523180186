/**
 * What the kernel's log reports about tasks and CPUs that do not get on: one parser for the ring of a dump and, behind the prefixes of
 * klog-text.ts, for text. Messages, frames and heads are tables in klog/.
 * @see kernel/hung_task.c, kernel/watchdog.c, kernel/rcu/tree_stall.h, kernel/smp.c, mm/oom_kill.c (v4.4, v5.10, v6.12, v7.2)
 */
import { NOTE } from './klog/bits.ts'
import type { LogEvent } from './klog/log-event.ts'
import { GATE } from './klog/needles.ts'
import { readNote } from './klog/notes.ts'
import { LogStream } from './klog/stream.ts'

export type { EventKind, LogEvent, LogFrame } from './klog/log-event.ts'

/** Collects events out of a log, line by line. */
export class EventParser {
  readonly events: LogEvent[] = []
  private readonly stream = new LogStream({
    begin: (event) => event,
    event: (event) => this.events.push(event),
    task: (task) => ({ ...task, line: 0 }),
  })

  /**
   * @param text - one record, without its prefix; may hold several lines
   * @param time - seconds since boot
   */
  push(text: string, time: number | null): void {
    if (!text.includes('\n')) this.line(text, time)
    else for (const line of text.split('\n')) this.line(line, time)
  }

  private line(line: string, time: number | null): void {
    const bits = GATE.scan(line, 0, line.length)
    if (bits === 0) return
    if ((bits & NOTE) !== 0 && readNote(line)?.kind === 'lost') this.stream.close()
    this.stream.line(line, bits, time, 0)
  }
}
