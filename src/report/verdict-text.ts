import type { AnalyzeReport } from '../document/schema.ts'
import { paragraph } from './layout.ts'
import type { Paint, Write } from './paint.ts'

/** The verdict, its level first. */
export function writeVerdict(
  { level, summary }: AnalyzeReport['verdict'],
  write: Write,
  columns: number,
  p: Paint,
): void {
  const word = level.toUpperCase()
  write(paragraph(`${word}: ${summary}`, columns).replace(word, p.level(level, word)))
}

/** What to type first, right below the verdict. @param rest - where cost and risk of each stand */
export function writeFirstActions(
  actions: AnalyzeReport['actions'],
  write: Write,
  columns: number,
  p: Paint,
  rest: string,
): void {
  const first = actions.filter((action) => action.now)
  if (first.length === 0) return
  write('\n')
  writeCommands(first, write, columns, `${p.bold('Type now')} (as root on the host; cost and risk of each: ${rest})`)
  const later = actions.find((action) => action.code === 'unmerge' && !action.now)
  if (later) write(paragraph(`Not yet: ${later.commands[0] ?? later.title} needs ${later.cost}.`, columns, '  '))
}

/** What to type first, in as few rows as that takes. */
export function writeFirstCommands(actions: AnalyzeReport['actions'], write: Write, columns: number, p: Paint): void {
  const first = actions.filter((action) => action.now)
  if (first.length > 0) writeCommands(first, write, columns, `${p.bold('Type now')}, as root on the host:`)
}

function writeCommands(actions: AnalyzeReport['actions'], write: Write, columns: number, heading: string): void {
  write(`${heading}\n`)
  for (const action of actions) {
    if (action.commands.length === 0) write(paragraph(`${action.title}.`, columns, '  '))
    for (const command of action.commands) write(`  ${command}\n`)
  }
}
