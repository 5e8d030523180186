import type { LogEvent } from '../parsers/klog-events.ts'
import type { Moment, Spoken, Told } from '../parsers/told.ts'

/** An event of a log, with its place. */
export interface TextEvent extends LogEvent, Spoken {
  line: number
  /** The date in front of it as printed; null where there is none. */
  dateText?: string | null
  /** The host's name in front of it; null where there is none. */
  host?: string | null
}

/** A statement about a log itself. */
export interface TextNote extends Spoken {
  kind: string
  what: string
  line: number
  text: string
}

/** What one text input tells of a host. */
export interface TextEvidence {
  /** Name of the input, as shown. */
  input: string
  told: readonly Told[]
  events: readonly TextEvent[]
  /** When a log ends: seconds since boot, and the date as printed; null where it does not say. */
  ending?: { time: number | null; dateText: string | null } | null | undefined
  /** Where a later boot of the same host begins: this one is over; its line is null where another text tells. */
  rebooted?: { line: Moment['line'] | null; dateText: string | null } | null | undefined
  /** Lines from which on reports are missing: hung tasks are not reported any more, or messages were lost. */
  silent?: readonly number[] | undefined
}

/** What texts tell of one kind, with the input that tells it. */
export function* every<K extends Told['kind']>(
  texts: readonly TextEvidence[],
  kind: K,
): Generator<{ input: string; told: Extract<Told, { kind: K }> }> {
  for (const { input, told } of texts)
    for (const each of told) if (each.kind === kind) yield { input, told: each as Extract<Told, { kind: K }> }
}

/** Where texts first tell something of the host: their line, else the first input. */
export function hostPlace(
  texts: readonly TextEvidence[],
  member: 'release' | 'panic',
): { input: string; at: string | null } {
  for (const { input, told } of every(texts, 'host')) if (told[member] !== null) return { input, at: atLine(told.line) }
  return { input: texts[0]?.input ?? '', at: null }
}

/** "line 12". */
export function atLine(line: number): string {
  return `line ${line}`
}
