import type { Abort, Progress, Steps } from '../base/steps.ts'

/** Milliseconds between two looks at the event loop: Ctrl-C and the spinner live in between, at about 2 % cost. */
const SLICE_MS = 20

/** How long work runs before a person is told how far it is. */
export interface Run {
  abort: Abort
  show: (progress: Progress) => void
}

/** Drives long work to its end in slices. When `abort` is set the work itself ends with what it has. */
export async function runSteps<T>(steps: Steps<T>, run: Run): Promise<T> {
  for (;;) {
    const until = performance.now() + SLICE_MS
    let progress: Progress
    do {
      const next = steps.next()
      if (next.done) return next.value
      progress = next.value
    } while (performance.now() < until)
    run.show(progress)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
