import type { KsmDumpError, Problem } from '../base/errors.ts'
import { analyzeTextDocument } from '../document/analyze-text.ts'
import type { AnalyzeReport } from '../document/schema.ts'
import { TOOL } from './tool.ts'

/** The document of `analyze` where nothing could be found out: level unknown, and why. */
export function noAnswer(
  inputs: Parameters<typeof analyzeTextDocument>[0]['inputs'],
  problems: readonly Problem[],
  error: KsmDumpError,
): AnalyzeReport {
  const document = analyzeTextDocument({
    tool: TOOL,
    inputs,
    problems: [...problems, error.toProblem()],
    texts: [],
    notes: [],
    obfuscatedBy: [],
    thresholds: { critical: 1, warning: 1 },
  })
  return {
    ...document,
    verdict: { level: 'unknown', code: 'list-unknown', confidence: 'weak', summary: error.message },
    findings: [],
    ksm: null,
  }
}
