import { EXIT } from '../base/errors.ts'
import { Output } from '../io/terminal.ts'
import { addressLines, LINE_BYTES } from '../report/address-lines.hot.ts'
import type { Run } from './run-steps.ts'
import { INTERRUPTED } from './session.ts'
import type { WalkOutcome } from './walk.ts'

/**
 * Streams the addresses of a walked list to standard output, one a line. What an interrupted walk found is written as well;
 * Ctrl-C while they are written ends it between batches, and the outcome says so.
 */
export async function writeAddresses(outcome: WalkOutcome, run: Run): Promise<void> {
  const output = new Output()
  const { aborted } = run.abort
  let lines = new Uint8Array(0)
  for (const { lo, hi, count } of outcome.addresses()) {
    if (lines.length < count * LINE_BYTES) lines = new Uint8Array(count * LINE_BYTES)
    output.write(lines.subarray(0, addressLines(lo, hi, count, lines)))
    await new Promise((resolve) => setImmediate(resolve))
    if (run.abort.aborted && !aborted) {
      outcome.exit = EXIT.interrupted
      outcome.document.partial = true
      outcome.document.problems.push({ ...INTERRUPTED })
      return
    }
  }
}
