import { grouped, plural } from '../base/words.ts'
import type { AnalyzeReport } from '../document/schema.ts'
import { writeWaiters } from './hang-text.ts'
import { labelled, paragraph } from './layout.ts'
import { type Paint, paint, type RenderOptions, type Write } from './paint.ts'
import { writeHistogram } from './sharing-text.ts'
import { FIXES, writeFirstActions, writeVerdict } from './verdict-text.ts'

/** A part of the screen: whole, or nothing of it. */
interface Part {
  lines: string[]
  /** Parts of a higher rank go first when there is no room; 0 stays. */
  rank: number
}

/** `analyze` on one screen: what matters most, in as many rows as there are, and where the rest is. */
export function screenText(document: AnalyzeReport, write: Write, options: RenderOptions & { rows: number }): void {
  const { rows, columns } = options
  const p = paint(options.colors)
  const parts = [
    part(0, (out) => writeVerdict(document.verdict, out, columns, p)),
    part(0, (out) => writeFirstActions(document.actions, out, columns, p)),
    part(4, (out) => writeOthers(document, out, columns)),
    part(2, (out) => writeWaits(document, out, p)),
    part(1, (out) => writeRuledOut(document, out, columns, p)),
    part(3, (out) => writeLists(document, out, columns, p)),
    part(1, (out) => writeRest(document, out, columns)),
  ]
  const room = rows - 1
  const used = (): number => parts.reduce((sum, { lines }) => sum + lines.length, 0)
  for (let rank = 4; rank > 0 && used() > room; rank--)
    for (const each of parts) if (each.rank === rank && used() > room) each.lines = []
  const lines = parts.flatMap((each) => each.lines)
  for (const line of lines.slice(0, room)) write(`${line}\n`)
}

function part(rank: number, render: (write: Write) => void): Part {
  let text = ''
  render((piece) => {
    text += piece
  })
  return { rank, lines: text === '' ? [] : text.replace(/\n$/, '').split('\n') }
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

function writeRuledOut({ checked }: AnalyzeReport, write: Write, columns: number, p: Paint): void {
  if (checked.length === 0) return
  write(`\n${p.bold('Looked into as well')}\n`)
  for (const result of ['found', 'open', 'ruled-out'] as const) {
    const codes = checked.filter((each) => each.result === result).map(({ code }) => code)
    if (codes.length > 0) write(labelled(result, codes.join(', '), columns))
  }
}

function writeLists({ ksm }: AnalyzeReport, write: Write, columns: number, p: Paint): void {
  if (!ksm || ksm.histogram.length === 0) return
  write(`\n${p.bold('Lists by length')}\n`)
  writeHistogram(ksm.histogram.slice(-6), write, columns)
}

/** The known bug, what is missing, and where the rest is. */
function writeRest(document: AnalyzeReport, write: Write, columns: number): void {
  write('\n')
  for (const { bug, thisKernel, why } of document.known) write(labelled(bug, `${FIXES[thisKernel]}: ${why}`, columns))
  if (document.partial) write(labelled('PARTIAL', plural(document.problems.length, 'problem'), columns))
  write(paragraph(`--all shows everything, --json too; ksm-dump explain ${document.verdict.code} says more.`, columns))
}
