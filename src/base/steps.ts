/** How far long work has come. `total` is null where it can't be known beforehand. */
export interface Progress {
  /** What is being done, in the present participle: "indexing records". */
  what: string
  done: number
  total: number | null
  /** What `done` counts. */
  unit: 'bytes' | 'pages' | 'items' | 'records' | 'nodes'
}

/** Set from outside (Ctrl-C, limits); long work looks at it between slices and ends with what it has. */
export interface Abort {
  aborted: boolean
}

/**
 * Work that is done in slices: it yields at least every few milliseconds, so that whoever drives it can show progress,
 * see Ctrl-C and stop. It returns its result; when its Abort flag is set it returns what it has so far.
 */
export type Steps<T> = Generator<Progress, T, void>

/** Drives steps to their end at once: for tests and for work that is known to be short. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}
