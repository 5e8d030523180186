import { Output, writeError } from '../io/terminal.ts'
import { addressLines, LINE_BYTES } from '../report/address-lines.hot.ts'
import type { Run } from './run-steps.ts'
import type { WalkOutcome } from './walk.ts'

/** Streams the addresses of a walked list to standard output, one a line; Ctrl-C ends it between batches. */
export async function writeAddresses(outcome: WalkOutcome, run: Run): Promise<void> {
  const output = new Output()
  let lines = new Uint8Array(0)
  for (const { lo, hi, count } of outcome.addresses()) {
    if (lines.length < count * LINE_BYTES) lines = new Uint8Array(count * LINE_BYTES)
    output.write(lines.subarray(0, addressLines(lo, hi, count, lines)))
    await new Promise((resolve) => setImmediate(resolve))
    if (run.abort.aborted) break
  }
  for (const problem of outcome.document.problems) {
    if (outcome.error) break
    writeError(`ksm-dump: ${problem.message}`)
  }
}
