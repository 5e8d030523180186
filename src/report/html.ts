import type { AnalyzeReport } from '../document/schema.ts'
import { basis } from './html-basis.ts'
import { waitersAndHolder } from './html-hang.ts'
import type { Section } from './html-parts.ts'
import { knownBugs, lookedInto, reasons, whatToDo } from './html-reasons.ts'
import { SCRIPT } from './html-script.ts'
import { counters, sharing, whatIfLimited } from './html-sharing.ts'
import { STYLE } from './html-style.ts'
import { markup, type Markup, trusted } from './html-template.ts'
import { typeNow, verdictHead } from './html-verdict.ts'
import type { Write } from './paint.ts'
import { PRICE } from './phrases.ts'

/** Parts in their order, the same in every form of the report. A part that a document knows nothing for is none. */
const SECTIONS: readonly ((document: AnalyzeReport) => Section | null)[] = [
  reasons,
  lookedInto,
  knownBugs,
  whatToDo,
  whatIfLimited,
  sharing,
  waitersAndHolder,
  counters,
  basis,
]

/** Bytes that the parts may take together: the file stays below a megabyte whatever a document holds. */
const MOST_BYTES = 950_000

/**
 * `analyze` as one HTML file that needs nothing else: pictures are SVG, the style sheet and the small script (zoom and sort)
 * stand in it, and its policy lets nothing else in. It depends on the document alone.
 */
export async function analyzeHtml(document: AnalyzeReport, write: Write): Promise<void> {
  const { verdict, tool } = document
  const policy = `default-src 'none'; style-src ${await hashOf(STYLE)}; script-src ${await hashOf(SCRIPT)}; base-uri 'none'; form-action 'none'`
  const head = verdictHead(document)
  const now = fitting(typeNow(document), MOST_NOW)
  const sections = bounded(
    SECTIONS.flatMap((section) => section(document) ?? []),
    MOST_BYTES - Buffer.byteLength(head.text) - Buffer.byteLength(now?.text ?? ''),
  )
  const page = markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${verdict.level}: ${verdict.code} – ksm-dump report</title>
<style>${trusted(STYLE)}</style></head>
<body><a class="skip" href="#main">Skip to the report</a>
<nav aria-label="Contents"><p>ksm-dump</p><ol><li><a href="#main">Verdict</a></li>${sections.map(({ id, title }) => markup`<li><a href="#${id}">${title}</a></li>`)}</ol></nav>
<main id="main" tabindex="-1">${head}
${now}
${sections.map(
  ({ id, title, body }) => markup`
<section aria-labelledby="${id}" class="part"><h2 id="${id}">${title}</h2>${body}</section>`,
)}
<footer><p>Made by ${tool.name} ${tool.version} out of ${document.schema}; the same inputs give the same file. Estimates: ${PRICE}.</p><p class="printed">On paper tables, lists and stacks stand as far as there is room; the page has them all.</p></footer></main>
<script>${trusted(SCRIPT)}</script></body></html>
`
  write(page.text)
}

/** Bytes that what to type first may take; a person types a few lines. */
const MOST_NOW = 100_000

const TOO_MUCH = markup`<p class="more">Too much for this file; <code>--json</code> has it all.</p>`

/** A part, or that it is too much. */
function fitting(part: Markup | null, room: number): Markup | null {
  return part !== null && Buffer.byteLength(part.text) > room ? TOO_MUCH : part
}

/** Parts while there is room; one that does not fit says so. */
function bounded(sections: readonly Section[], room: number): { id: string; title: string; body: Markup }[] {
  let left = room
  return sections.map(({ id, title, body }) => {
    const shown = fitting(markup`${body}`, left)!
    left -= Buffer.byteLength(shown.text)
    return { id, title, body: shown }
  })
}

/** What a policy calls our own style sheet and script by. */
async function hashOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return `'sha256-${Buffer.from(digest).toString('base64')}'`
}
