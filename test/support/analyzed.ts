import { analyzeInputs } from '../../src/app/analyze-inputs.ts'
import { DEFAULT_THRESHOLDS } from '../../src/app/thresholds.ts'
import type { AnalyzeReport } from '../../src/document/schema.ts'

/** What `analyze` says of inputs, and its exit code. */
export async function analyzed(...names: string[]): Promise<{ document: AnalyzeReport; exit: number }> {
  const run = { abort: { aborted: false }, show: () => undefined }
  const options = { memory: null, timings: false, thresholds: DEFAULT_THRESHOLDS }
  const { document, exit, close } = await analyzeInputs(names, options, run)
  close()
  return { document, exit }
}
