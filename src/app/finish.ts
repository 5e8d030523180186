import { printable } from '../base/text.ts'
import type { AnyReport } from '../document/schema.ts'
import { Output, terminal, writeError } from '../io/terminal.ts'
import { writeJson } from '../report/json.ts'
import type { RenderOptions, Write } from '../report/paint.ts'
import type { Outcome } from './outcome.ts'

/** A finished command and how it is to be printed. */
export interface Finish {
  outcome: Outcome
  json: boolean
  /** Renders the document as text. */
  text: (write: Write, options: RenderOptions) => void
  /** Print the text although the run ended with an error: `info` says what it could find out. */
  textOnError?: boolean
}

/** Prints a command's result, the same way for all commands. @returns the exit code */
export function finish({ outcome, json, text, textOnError }: Finish): number {
  const output = new Output()
  const write: Write = (piece) => output.write(piece)
  try {
    if (json) writeJson(outcome.document as AnyReport, write)
    else if (!outcome.error || textOnError) text(write, terminal())
    if (!json) writeTimings(outcome.document, write)
    output.flush()
    if (outcome.error) writeError(errorText(outcome))
    return outcome.exit
  } finally {
    outcome.close()
  }
}

/** The one clear message: what, where, what to try. */
function errorText({ error }: Outcome): string {
  if (!error) return ''
  const named = error.input === null || error.message.includes(error.input) ? '' : `${error.input}: `
  const at = error.at === null || error.message.includes(error.at) ? '' : ` [at ${error.at}]`
  const advice = error.advice === null ? '' : `\n${error.advice}`
  return printable(`ksm-dump: ${named}${error.message}${at}`) + advice
}

function writeTimings(document: AnyReport, write: Write): void {
  if (document.timings !== undefined) write(`\ntimings: ${JSON.stringify(document.timings)}\n`)
}
