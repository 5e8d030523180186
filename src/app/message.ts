import { ERROR_CODES, EXIT, type Problem } from '../base/errors.ts'
import { printable } from '../base/text.ts'
import { plural } from '../base/words.ts'
import { adviceFor } from './advice.ts'
import type { Outcome } from './outcome.ts'

/** Causes named in a message; the document has them all. */
const NAMED = 3

/** Exits of problems that leave something out of an answer. */
const MISSED: readonly number[] = [EXIT.incomplete, EXIT.unreadable]

/**
 * The one clear message for standard error: what, where, what to try. Names of files and text from dumps are made safe.
 * @returns null when the answer is whole
 */
export function errorMessage({ error, exit, document }: Outcome): string | null {
  const problems = document.problems as readonly Problem[]
  const interrupted = problems.some((problem) => problem.code === 'interrupted')
  const open = problems.filter(
    ({ code }) =>
      code !== error?.code &&
      code !== 'interrupted' &&
      [...MISSED, exit].includes(ERROR_CODES[code]) &&
      exit !== EXIT.done,
  )
  if (!error && !interrupted && open.length === 0) return null
  // the first of each kind: a cut file breaks many lists; what follows from an interrupt is not worth a line of its own
  const causes = open.filter(
    ({ code }, i) =>
      open.findIndex((problem) => problem.code === code) === i && !(interrupted && code === 'limit-reached'),
  )
  const unnamed = interrupted ? 0 : open.length - Math.min(causes.length, NAMED)
  const lines: string[] = []
  if (error) lines.push(`ksm-dump: ${sentence(error)}`)
  else if (interrupted) lines.push('ksm-dump: PARTIAL: interrupted, this is only what was found so far.')
  for (const [i, problem] of causes.slice(0, NAMED).entries())
    lines.push(lines.length > 0 || i > 0 ? `  ${sentence(problem)}` : `ksm-dump: PARTIAL: ${sentence(problem)}`)
  if (unnamed > 0) lines.push(`  ... and ${plural(unnamed, 'more problem')}.`)
  const advice = (causes[0] && adviceFor(causes[0].code)) ?? (error && (error.advice ?? adviceFor(error.code)))
  if (advice) lines.push(advice)
  return lines.map((line) => printable(line)).join('\n')
}

function sentence({ message, input, at }: Pick<Problem, 'message' | 'input' | 'at'>): string {
  const named = input === null || message.includes(input) ? '' : `${input}: `
  // offsets and addresses stand in most messages already, offsets in decimal
  const known = at === null || message.includes(at) || message.includes(String(Number(at)))
  return `${named}${message}${known ? '' : ` [at ${at}]`}`
}
