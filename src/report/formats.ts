import type { AnalyzeReport } from '../document/schema.ts'
import { analyzeText } from './analyze-text.ts'
import { screenText } from './screen-text.ts'
import { writeJson } from './json.ts'
import { launchpadText } from './launchpad.ts'
import { markdownText } from './markdown.ts'
import type { RenderOptions, Write } from './paint.ts'
import { printed } from './printed.ts'

/** A form that the report of `analyze` can have. */
export interface Format {
  /** Name of its flag; the first entry is what is printed without one. */
  name: string
  /** For the help. */
  description: string
  /** It is made for others to read: names are replaced unless --no-redact says no. */
  redacted: boolean
  /** A promise where its code is loaded only when it is asked for. */
  render(document: AnalyzeReport, write: Write, options: RenderOptions): void | Promise<void>
}

/** Every form; a new one is one more entry. */
export const FORMATS: readonly Format[] = [
  {
    name: 'text',
    description: 'print the text of a terminal (without a format flag: this)',
    redacted: false,
    render: textOrScreen,
  },
  {
    name: 'json',
    description: 'print one JSON document (docs/json.md) instead of text',
    redacted: false,
    render: writeJson,
  },
  {
    name: 'launchpad',
    description:
      'print a comment for a bug on Launchpad: plain text of at most 40 lines and 3,200 characters, redacted',
    redacted: true,
    render: launchpadText,
  },
  {
    name: 'markdown',
    description: 'print the whole report as Markdown, for GitHub, Launchpad and the like, redacted',
    redacted: true,
    render: markdownText,
  },
  {
    name: 'html',
    description: 'print one HTML page with pictures, which needs no network and no script, redacted',
    redacted: true,
    render: async (document, write) => (await import('./html.ts')).analyzeHtml(document, write),
  },
]

function textOrScreen(given: AnalyzeReport, write: Write, options: RenderOptions): void {
  const document = printed(given)
  if (options.rows === null) analyzeText(document, write, options)
  else screenText(document, write, { ...options, rows: options.rows })
}
