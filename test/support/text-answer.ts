import type { TextMember } from '../../src/app/member.ts'
import { readerFor } from '../../src/app/text-readers.ts'
import type { Problem } from '../../src/base/errors.ts'
import { analyzeTextDocument } from '../../src/document/analyze-text.ts'
import type { AnalyzeReport } from '../../src/document/schema.ts'

type Text = readonly string[]

/** The answer for texts, each an input of its own: "text 1", "text 2". */
export function answer(...texts: readonly Text[]): AnalyzeReport {
  return answerWith([], ...texts)
}

/** The same, where reading the inputs had problems. */
export function answerWith(problems: readonly Problem[], ...texts: readonly Text[]): AnalyzeReport {
  const read = texts.map((lines, index) => {
    const input = `text ${index + 1}`
    const reader = readerFor({ name: input, holder: 'none' } as TextMember)
    for (const [at, line] of lines.entries()) reader.push(line, at + 1)
    return { input, ...reader.end() }
  })
  return analyzeTextDocument({
    tool: { name: 'ksm-dump', version: '0' },
    inputs: [],
    problems: [...problems],
    texts: read,
    notes: read.flatMap(({ input, notes }) => notes.map((note) => ({ ...note, input }))),
    obfuscatedBy: [],
    thresholds: { critical: 100_000, warning: 10_000 },
  })
}

/** Codes of a report's findings, in their order. */
export const codes = ({ findings }: AnalyzeReport): string[] => findings.map(({ code }) => code)
