import { onInterrupt } from '../io/interrupt.ts'
import { progressLine } from '../io/terminal.ts'
import type { Run } from './run-steps.ts'

/** A run that Ctrl-C ends: the work stops at its next slice, with what it has. */
export async function startRun(showProgress: boolean): Promise<Run & { stop(): void }> {
  const abort = { aborted: false }
  const restore = onInterrupt(() => {
    abort.aborted = true
  })
  const line = await progressLine(showProgress)
  return {
    abort,
    show: (progress) => line.show(progress),
    stop() {
      line.stop()
      restore()
    },
  }
}
