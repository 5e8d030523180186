import type { AnalyzeReport } from '../document/schema.ts'
import { analyzeText } from './analyze-text.ts'
import { writeJson } from './json.ts'
import type { RenderOptions, Write } from './paint.ts'

/** A form that the report of `analyze` can have. */
export interface Format {
  /** Name of its flag; the first entry is what is printed without one. */
  name: string
  /** For the help. */
  description: string
  /** A promise where its code is loaded only when it is asked for. */
  render(document: AnalyzeReport, write: Write, options: RenderOptions): void | Promise<void>
}

/** Every form; a new one is one more entry. */
export const FORMATS: readonly Format[] = [
  { name: 'text', description: 'print the text of a terminal (without a format flag: this)', render: analyzeText },
  { name: 'json', description: 'print one JSON document (docs/json.md) instead of text', render: writeJson },
  {
    name: 'html',
    description: 'print one HTML page with pictures, which needs no network and no script',
    render: async (document, write) => (await import('./html.ts')).analyzeHtml(document, write),
  },
]
