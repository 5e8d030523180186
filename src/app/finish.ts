import { printable } from '../base/text.ts'
import type { AnyReport } from '../document/schema.ts'
import { Output, terminal, writeError } from '../io/terminal.ts'
import { writeJson } from '../report/json.ts'
import type { RenderOptions, Write } from '../report/paint.ts'
import { errorMessage } from './message.ts'
import type { Outcome } from './outcome.ts'

/** A finished command and how it is to be printed. */
export interface Finish {
  outcome: Outcome
  json: boolean
  /** Print no text: messages about what went wrong remain. */
  quiet: boolean
  /** Renders the document as text. */
  text: (write: Write, options: RenderOptions) => void
}

/**
 * Prints a command's result, the same way for all commands: the answer on standard output, and where it is none or not the whole
 * one, a message on standard error.
 * @returns the exit code
 */
export function finish({ outcome, json, quiet, text }: Finish): number {
  const output = new Output()
  const write: Write = (piece) => output.write(piece)
  try {
    if (json) writeJson(outcome.document as AnyReport, write)
    else if (!outcome.error && !quiet) text(write, terminal())
    if (!json && !quiet) writeTimings(outcome.document, write)
    output.flush()
    return tellErrors(outcome)
  } finally {
    outcome.close()
  }
}

/** What went wrong, on standard error. @returns the exit code */
export function tellErrors(outcome: Outcome): number {
  const message = errorMessage(outcome)
  if (message !== null) writeError(message)
  return outcome.exit
}

export function writeTimings(document: AnyReport, write: Write): void {
  if (document.timings !== undefined) write(`\ntimings: ${printable(JSON.stringify(document.timings))}\n`)
}
