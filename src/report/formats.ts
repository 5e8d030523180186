import type { AnalyzeReport } from '../document/schema.ts'
import { analyzeText } from './analyze-text.ts'
import { screenText } from './screen-text.ts'
import { writeJson } from './json.ts'
import type { RenderOptions, Write } from './paint.ts'

/** A form that the report of `analyze` can have. */
export interface Format {
  /** Name of its flag; the first entry is what is printed without one. */
  name: string
  /** For the help. */
  description: string
  render(document: AnalyzeReport, write: Write, options: RenderOptions): void
}

/** Every form; a new one is one more entry. */
export const FORMATS: readonly Format[] = [
  { name: 'text', description: 'print the text of a terminal (without a format flag: this)', render: textOrScreen },
  { name: 'json', description: 'print one JSON document (docs/json.md) instead of text', render: writeJson },
]

function textOrScreen(document: AnalyzeReport, write: Write, options: RenderOptions): void {
  if (options.rows === null) analyzeText(document, write, options)
  else screenText(document, write, { ...options, rows: options.rows })
}
