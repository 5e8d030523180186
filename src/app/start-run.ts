import { onInterrupt } from '../io/interrupt.ts'
import { progressLine } from '../io/terminal.ts'
import type { Run } from './run-steps.ts'

/** A run that a command has begun. */
export interface StartedRun extends Run {
  /** Takes the progress away until there is more to show: a line is about to be written, perhaps to the same terminal. */
  pause(): void
  /** Takes the progress away: output is about to be written, perhaps to the same terminal. */
  hush(): void
  /** Takes the progress away, and lets Ctrl-C end the process again. */
  stop(): void
}

/** A run that Ctrl-C ends: the work stops at its next slice, with what it has. */
export async function startRun(showProgress: boolean): Promise<StartedRun> {
  const abort = { aborted: false }
  const restore = onInterrupt(() => {
    abort.aborted = true
  })
  const line = await progressLine(showProgress)
  return {
    abort,
    show: (progress) => line.show(progress),
    pause: () => line.clear(),
    hush: () => line.stop(),
    stop() {
      line.stop()
      restore()
    },
  }
}
