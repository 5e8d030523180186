import type { LogGaps, LogReading, LogRecord } from '../../src/kernel/log-record.ts'

/** A log that is whole. */
export const WHOLE: LogGaps = { absent: 0, torn: 0, brokenAt: null }

/** Reads a log to its end. */
export function readAll(reading: LogReading): { records: LogRecord[]; texts: string[]; gaps: LogGaps } {
  const records: LogRecord[] = []
  let step = reading.next()
  for (; !step.done; step = reading.next()) records.push(step.value)
  return { records, texts: records.map(({ text }) => text), gaps: step.value }
}
