import type { Explanation } from '../document/explanations.ts'
import { labelled, paragraph } from './layout.ts'
import { paint, type RenderOptions, type Write } from './paint.ts'

const KINDS = { finding: 'a finding', check: 'looked into besides', pattern: 'a pattern of stacks' } as const
const LEVELS = { finding: 'level', check: 'results', pattern: 'of a' } as const

/** What a code means, for a terminal. */
export function explainText(
  explanations: readonly Explanation[],
  write: Write,
  { colors, columns }: RenderOptions,
): void {
  const p = paint(colors)
  for (const [i, { code, kind, level, means, known, todo, check }] of explanations.entries()) {
    if (i > 0) write('\n')
    write(`${p.bold(code)} (${KINDS[kind]})\n`)
    write(paragraph(means, columns, '  '))
    write(labelled(LEVELS[kind], level.replaceAll('`', ''), columns))
    write(labelled('how known', known, columns))
    if (check !== null) write(labelled('by hand', check.replaceAll('`', ''), columns))
    write(labelled('what to do', todo, columns))
  }
}

const GROUPS = [
  ['finding', 'Findings and verdicts'],
  ['check', 'Looked into besides'],
  ['pattern', 'Patterns of stacks'],
] as const

/** The names of all codes, for who gives none. */
export function codesText(
  explanations: readonly Explanation[],
  write: Write,
  { colors, columns }: RenderOptions,
): void {
  const p = paint(colors)
  for (const [i, [kind, title]] of GROUPS.entries()) {
    const codes = explanations.filter((each) => each.kind === kind).map(({ code }) => code)
    write(`${i > 0 ? '\n' : ''}${p.bold(title)}\n${paragraph(codes.join(' '), columns, '  ')}`)
  }
}

/** The same for docs/findings.md: a section for each code. */
export function explainMarkdown(explanations: readonly Explanation[]): string {
  return explanations
    .map(
      ({ code, kind, level, means, known, todo, check }) =>
        `### \`${code}\` (${KINDS[kind]})\n\n${level}. ${means}\n\nHow it is known: ${known}${check === null ? '' : ` By hand: ${check}.`}\n\nWhat to do: ${todo}\n`,
    )
    .join('\n')
}
