import { grouped, plural } from '../base/words.ts'
import type { AnalyzeReport } from '../document/schema.ts'
import { writeWaiters } from './hang-text.ts'
import { labelled, paragraph } from './layout.ts'
import { type Paint, paint, type RenderOptions, type Write } from './paint.ts'
import { FIXES, PARTIAL, RESULTS } from './phrases.ts'
import { writeHistogram } from './sharing-text.ts'
import { writeFirstActions, writeFirstCommands, writeVerdict } from './verdict-text.ts'

/** Rows of the verdict that stay, whatever the room. */
const VERDICT = 3

/** A part of the screen in its forms, from the whole to the least: one of them is shown, whole. */
type Part = string[][]

/** `analyze` on one screen: what matters most, in as many rows as there are, and where the rest is. */
export function screenText(document: AnalyzeReport, write: Write, options: RenderOptions & { rows: number }): void {
  const { rows, columns } = options
  const p = paint(options.colors)
  const verdict = lines((out) => writeVerdict(document.verdict, out, columns, p))
  const actions: Part = [
    lines((out) => writeFirstActions(document.actions, out, columns, p, '--all')),
    lines((out) => writeFirstCommands(document.actions, out, columns, p)),
    [],
  ]
  const others: Part = [lines((out) => writeOthers(document, out, columns)), []]
  const waits: Part = [lines((out) => writeWaits(document, out, p)), []]
  const checked: Part = [lines((out) => writeChecked(document, out, columns, p)), []]
  const lists: Part = [lines((out) => writeLists(document, out, columns, p)), []]
  const rest: Part = [
    lines((out) => {
      out('\n')
      writeKnown(document, out, columns)
      writeWhere(document, out, columns)
    }),
    lines((out) => writeWhere(document, out, columns)),
  ]
  // the last row is the prompt's
  const room = Math.max(1, rows - 1)
  const parts = [actions, others, waits, checked, lists, rest]
  const used = (): number =>
    [verdict, ...parts.map(([form]) => form!)].reduce((sum, each) => sum + height(each, columns), 0)
  // what goes first when there is no room
  for (const part of [others, lists, waits, checked, rest, actions]) if (used() > room && part.length > 1) part.shift()
  // what to type is worth more than the end of the verdict, not than its beginning
  if (used() - height(verdict, columns) + VERDICT > room) actions.splice(0, actions.length - 1)
  const end = parts.flatMap(([form]) => form!)
  const left = room - height(end, columns)
  for (const line of [...(height(verdict, columns) > left ? cut(verdict, left) : verdict), ...end].slice(0, room))
    write(`${line}\n`)
}

function lines(render: (write: Write) => void): string[] {
  let text = ''
  render((piece) => {
    text += piece
  })
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}

/** Rows that lines take: a terminal breaks what is wider than itself. */
function height(text: readonly string[], columns: number): number {
  // colours take no room
  const width = (line: string): number => line.replace(/\u001b\[[\d;]*m/g, '').length
  return text.reduce((sum, line) => sum + Math.max(1, Math.ceil(width(line) / columns)), 0)
}

/** The first lines of a text, the last one of them marked. */
function cut(text: readonly string[], most: number): string[] {
  const shown = text.slice(0, Math.max(1, most))
  const last = shown.pop()!
  return [...shown, `${last.slice(0, Math.max(0, last.length - 4)).trimEnd()} ...`]
}

/** Findings that alarm, beside the first. */
function writeOthers({ findings }: AnalyzeReport, write: Write, columns: number): void {
  const others = findings.slice(1).filter(({ level }) => level === 'critical' || level === 'warning')
  if (others.length > 0) write('\n')
  for (const { code, level, summary } of others.slice(0, 3)) {
    const line = `- ${level}, ${code}: ${summary}`
    write(`${line.length > columns ? `${line.slice(0, columns - 3).trimEnd()}...` : line}\n`)
  }
  if (others.length > 3) write(`- and ${plural(others.length - 3, 'more finding')}\n`)
}

/** Waiters that are shown. */
const WAITERS = 5

function writeWaits({ hang }: AnalyzeReport, write: Write, p: Paint): void {
  if (!hang || hang.waiters.length === 0) return
  write(`\n${p.bold(`Who waits (${grouped(hang.waiters.length)})`)}\n`)
  writeWaiters(hang.waiters.slice(0, WAITERS), write)
}

function writeChecked({ checked }: AnalyzeReport, write: Write, columns: number, p: Paint): void {
  if (checked.length === 0) return
  write(`\n${p.bold('Looked into as well')}\n`)
  for (const result of ['found', 'open', 'ruled-out'] as const) {
    const codes = checked.filter((each) => each.result === result).map(({ code }) => code)
    if (codes.length > 0) write(labelled(RESULTS[result], codes.join(', '), columns))
  }
}

function writeLists({ ksm }: AnalyzeReport, write: Write, columns: number, p: Paint): void {
  if (!ksm || ksm.histogram.length === 0) return
  write(`\n${p.bold('Lists by length')}\n`)
  writeHistogram(ksm.histogram.slice(-6), write, columns)
}

function writeKnown({ known }: AnalyzeReport, write: Write, columns: number): void {
  for (const { bug, thisKernel, why } of known) write(labelled(bug, `${FIXES[thisKernel]}: ${why}`, columns))
}

/** That something is missing, and where the rest is. */
function writeWhere({ partial, problems, verdict }: AnalyzeReport, write: Write, columns: number): void {
  if (partial) write(labelled('PARTIAL', `${PARTIAL} (${plural(problems.length, 'problem')})`, columns))
  write(paragraph(`--all shows everything, --json too; ksm-dump explain ${verdict.code} says more.`, columns))
}
