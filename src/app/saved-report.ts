import { ERROR_CODES, EXIT, KsmDumpError, type Problem } from '../base/errors.ts'
import { AnalyzeDocument, type AnalyzeReport } from '../document/schema.ts'
import { fileSource } from '../io/file-source.ts'
import { exitOfProblems, type Outcome } from './outcome.ts'

/** Largest report that is read, bytes. */
const MOST = 64 * 1024 * 1024

/**
 * A report that `analyze --json` wrote, read again: any form of it can be made without the dump.
 * @throws KsmDumpError not-a-report, or what makes the file unreadable
 */
export function savedReport(path: string): Outcome<AnalyzeReport> {
  const document = validated(path, parsed(path, textOf(path)))
  const exit = exitOfProblems(document.problems)
  return { document, exit, error: errorOf(document), close: () => undefined }
}

/** Why a report holds no answer; null where it holds one. */
function errorOf({ verdict, findings, ksm, hang, problems }: AnalyzeReport): KsmDumpError | null {
  if (verdict.level !== 'unknown' || findings.length > 0 || ksm !== null || hang !== null) return null
  const problem = (problems as Problem[]).findLast(({ code }) => ERROR_CODES[code] >= EXIT.unreadable)
  return problem ? new KsmDumpError(problem.code, problem.message, problem) : null
}

function textOf(path: string): string {
  const source = fileSource(path)
  try {
    if (source.size > MOST) throw noReport(path, 'it is too large')
    const bytes = new Uint8Array(source.size)
    const length = source.read(0, bytes)
    return new TextDecoder().decode(bytes.subarray(0, length))
  } finally {
    source.close()
  }
}

function parsed(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw noReport(path, 'it is no JSON')
  }
}

/** The document as it was written: members that a newer version added stay. */
function validated(path: string, value: unknown): AnalyzeReport {
  const { success, error } = AnalyzeDocument.safeParse(value)
  if (success) return value as AnalyzeReport
  const [issue] = error.issues
  const where = issue && issue.path.length > 0 ? `${issue.path.map(String).join('.')}: ` : ''
  throw noReport(path, `${where}${issue?.message ?? 'it does not fit the schema'}`)
}

function noReport(path: string, why: string): KsmDumpError {
  return new KsmDumpError('not-a-report', `${path} is no report of ksm-dump analyze --json: ${why}.`, {
    input: path,
    advice: 'Give the file that `ksm-dump analyze INPUT --json -o FILE` wrote.',
  })
}
