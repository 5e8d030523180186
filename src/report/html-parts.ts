import type { AnalyzeReport } from '../document/schema.ts'
import { leftOut } from './html-table.ts'
import { markup, type Markup, type Piece, prose } from './html-template.ts'
import { placeOf, sameCheck } from './phrases.ts'
import { NARROW, type Picture, svg, WIDE } from './pictures/svg.ts'

type Evidence = AnalyzeReport['findings'][number]['evidence']

/** A part of the page under a heading of its own. */
export interface Section {
  id: string
  title: string
  body: Piece
}

/** Rows of a table, and parts of a list, that are shown; more are counted. */
export const MOST = {
  rows: 100,
  owners: 20,
  findings: 30,
  evidence: 12,
  problems: 30,
  stacks: 60,
  boxes: 24,
  shares: 8,
  frames: 60,
  comms: 5,
  events: 40,
  icicle: 640,
  commands: 30,
} as const

/** A level or a result as a label: the word says it, the colour only helps. */
export function badge(word: string, tone: string): Markup {
  return markup`<span class="badge ${tone}">${word}</span>`
}

/** A command that shows the same, for crash and for drgn. */
function commandsOf(check: Evidence[number]['check']): Piece {
  if (check === null || (check.crash === null && check.drgn === null)) return null
  const row = (tool: string, command: string | null): Piece =>
    command !== null && markup`<div><dt>${tool}</dt><dd><code>${command}</code></dd></div>`
  return markup`<dl class="check">${row('crash', check.crash)}${row('drgn', check.drgn)}</dl>`
}

/** What shows it, one after the other; neighbours that one command checks share it. @param names - say which input it is in */
export function evidenceList(evidence: Evidence, names: boolean): Piece {
  const shown = evidence.slice(0, MOST.evidence)
  const items = shown.map((each, i) => {
    const place = placeOf(each, names)
    const same = sameCheck(each, shown[i + 1])
    return markup`<li>${prose(each.text)}${place !== '' && markup` <span class="at">(${prose(place)})</span>`}${same ? null : commandsOf(each.check)}</li>`
  })
  if (items.length === 0) return null
  return markup`<ol class="evidence">${items}</ol>${leftOut(evidence.length - shown.length)}`
}

/** A picture for wide and for narrow places: whichever fits is shown. */
export function figure(title: string, caption: Piece, draw: (width: number) => Picture, kind = ''): Markup {
  // what is too wide for a narrow place scrolls there, by keyboard, too
  const scrolls = kind === 'icicle' && markup` tabindex="0" role="region" aria-label="${title}"`
  return markup`
<figure class="${kind}"><figcaption><strong>${title}</strong> ${caption}</figcaption>
<div class="pictures"><div class="wide">${svg(draw(WIDE))}</div><div class="narrow"${scrolls}>${svg(draw(NARROW))}</div></div></figure>`
}

/** What a colour stands for. */
export function legend(entries: readonly (readonly [kind: string, words: string])[]): Markup {
  return markup`<span class="legend">${entries.map(([kind, words]) => markup`<span><i class="${kind}"></i>${words}</span> `)}</span>`
}

const NEW_LINE = markup`\n`

/** Shell lines as a block. */
export function shell(commands: readonly string[], inCrash = false): Piece {
  if (commands.length === 0) return null
  const lines = commands.slice(0, MOST.commands).map((each, i) => markup`${i > 0 && NEW_LINE}<code>${each}</code>`)
  return markup`<pre class="${inCrash ? 'crash' : 'shell'}" tabindex="0">${lines}</pre>${leftOut(commands.length - lines.length)}`
}
