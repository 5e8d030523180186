/**
 * Exit codes, documented in docs/exit-codes.md.
 * 0 done, 1 the level of --fail-on is reached, 2 usage, 3 not readable or nothing of a known kind, 4 incomplete (partial results printed),
 * 5 kernel not understood, 70 our bug, 130 interrupted.
 */
export const EXIT = {
  done: 0,
  failOn: 1,
  usage: 2,
  unreadable: 3,
  incomplete: 4,
  kernel: 5,
  internal: 70,
  interrupted: 130,
} as const

/**
 * Every code that a KsmDumpError or a Problem can carry, with the exit code that it leads to. The only table of codes.
 * A Problem whose code leads to EXIT.incomplete makes the answer partial; one that leads to EXIT.done is a check that failed
 * on a whole answer.
 */
export const ERROR_CODES = {
  'bad-flag': EXIT.usage,
  'bad-config': EXIT.usage,
  'not-an-address': EXIT.usage,
  'file-exists': EXIT.usage,
  'not-found': EXIT.unreadable,
  'is-a-directory': EXIT.unreadable,
  'is-empty': EXIT.unreadable,
  'no-permission': EXIT.unreadable,
  'read-failed': EXIT.unreadable,
  'not-a-dump': EXIT.unreadable,
  'is-a-vmlinux': EXIT.unreadable,
  'is-packed': EXIT.unreadable,
  'is-a-report': EXIT.unreadable,
  'not-a-report': EXIT.unreadable,
  'unsupported-format': EXIT.unreadable,
  'truncated-header': EXIT.unreadable,
  'damaged-header': EXIT.unreadable,
  'split-set': EXIT.unreadable,
  'pages-absent': EXIT.incomplete,
  'file-truncated': EXIT.incomplete,
  'dump-incomplete': EXIT.incomplete,
  'bitmap-mismatch': EXIT.incomplete,
  'split-part-missing': EXIT.incomplete,
  'flattened-damaged': EXIT.incomplete,
  'damaged-structure': EXIT.incomplete,
  'implausible-value': EXIT.done,
  'counters-differ': EXIT.done,
  'census-differs': EXIT.done,
  'inputs-differ': EXIT.done,
  'list-damaged': EXIT.incomplete,
  'not-a-list': EXIT.incomplete,
  'limit-reached': EXIT.incomplete,
  'not-written': EXIT.incomplete,
  'no-proof': EXIT.incomplete,
  'notes-damaged': EXIT.done,
  'no-vmcoreinfo': EXIT.kernel,
  'no-symbols': EXIT.kernel,
  'no-types': EXIT.kernel,
  'no-ksm': EXIT.kernel,
  'other-machine': EXIT.kernel,
  'no-translation': EXIT.kernel,
  internal: EXIT.internal,
  interrupted: EXIT.interrupted,
} as const satisfies Record<string, number>

export type ErrorCode = keyof typeof ERROR_CODES

/** Something that could not be read or did not fit; the rest of the answer stands. */
export interface Problem {
  code: ErrorCode
  /** One sentence for a person. */
  message: string
  /** Name of the input that it is about, null when it is about all of them. */
  input: string | null
  /** Offset in the file or address in memory where it was seen. */
  at: string | null
}

/**
 * The run cannot go on. Anything else that is thrown is a bug of ours (exit 70). What dumps do (excluded, damaged, cyclic)
 * is data, not an exception.
 */
export class KsmDumpError extends Error {
  readonly code: ErrorCode
  /** Name of the input, null when the error is not about one. */
  readonly input: string | null
  /** Offset or address. */
  readonly at: string | null
  /** What to try, one sentence, null when there is nothing to try. */
  readonly advice: string | null

  constructor(
    code: ErrorCode,
    message: string,
    about: { input?: string | null; at?: string | null; advice?: string | null } = {},
  ) {
    super(message)
    this.name = 'KsmDumpError'
    this.code = code
    this.input = about.input ?? null
    this.at = about.at ?? null
    this.advice = about.advice ?? null
  }

  /** @returns the exit code that this error leads to */
  get exit(): number {
    return ERROR_CODES[this.code]
  }

  /** @returns the same as data, for a document's `problems[]` */
  toProblem(): Problem {
    return {
      code: this.code,
      message: this.message + (this.advice ? ` ${this.advice}` : ''),
      input: this.input,
      at: this.at,
    }
  }
}
