import type { AnalyzeReport } from '../document/schema.ts'
import { paragraph } from './layout.ts'
import type { Paint, Write } from './paint.ts'

/** Whether a kernel has a fix, in words. */
export const FIXES = {
  'has-fix': 'this kernel has the fix',
  'lacks-fix': 'this kernel lacks the fix',
  unknown: 'whether this kernel has the fix is unknown',
} as const

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

/** What to type first, right below the verdict. */
export function writeFirstActions(actions: AnalyzeReport['actions'], write: Write, columns: number, p: Paint): void {
  const first = actions.filter((action) => action.now)
  if (first.length === 0) return
  write(`\n${p.bold('Type now')} (as root on the host; cost and risk of each are below)\n`)
  for (const action of first) {
    if (action.commands.length === 0) write(paragraph(`${action.title}.`, columns, '  '))
    for (const command of action.commands) write(`  ${command}\n`)
  }
  const later = actions.find((action) => action.code === 'unmerge' && !action.now)
  if (later) write(paragraph(`Not yet: ${later.commands[0]} needs ${later.cost}.`, columns, '  '))
}
