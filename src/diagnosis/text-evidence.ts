import type { LogEvent } from '../parsers/klog-events.ts'
import type { Told } from '../parsers/told.ts'

/** An event of a log, with its place. */
export interface TextEvent extends LogEvent {
  line: number
}

/** What one text input tells of a host. */
export interface TextEvidence {
  /** Name of the input, as shown. */
  input: string
  told: readonly Told[]
  events: readonly TextEvent[]
}

/** "line 12". */
export function atLine(line: number): string {
  return `line ${line}`
}
