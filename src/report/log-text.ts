import { plural } from '../base/words.ts'
import type { LogReport } from '../document/schema.ts'
import { paint, type RenderOptions, type Write } from './paint.ts'
import { writeCompleteness } from './parts.ts'

/** `log` for a terminal: as dmesg prints it. */
export function logText(document: LogReport, write: Write, options: RenderOptions): void {
  for (const { time, caller, text } of document.records) {
    const stamp = `[${time.toFixed(6).padStart(12)}]${caller === null ? '' : `[${caller.padStart(6)}]`} `
    for (const line of text.split('\n')) write(`${stamp}${line}\n`)
  }
  if (document.problems.length > 0) {
    write(`\n${paint(options.colors).bold('Completeness')} (${plural(document.records.length, 'record')})\n`)
    writeCompleteness(document, write, options.columns)
  }
}
