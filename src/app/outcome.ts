import { ERROR_CODES, type ErrorCode, EXIT, type KsmDumpError, type Problem } from '../base/errors.ts'
import type { AnyReport } from '../document/schema.ts'
import { worse } from './exit-rules.ts'

/** A command's result: its document, the exit code, and the error that left nothing but a message. */
export interface Outcome<D extends AnyReport = AnyReport> {
  document: D
  exit: number
  /** Set when there is no answer at all: text output then is this message alone. */
  error: KsmDumpError | null
  /** To be called when the document has been printed: its rows may still read from the dump. */
  close(): void
}

/** Several causes at once: interrupted first, then our bug, then no answer at all, then incomplete. */
export function exitCode(error: KsmDumpError | null, problems: readonly Problem[]): number {
  if (error?.code === 'interrupted' || problems.some((each) => each.code === 'interrupted')) return EXIT.interrupted
  if (error) return error.exit
  return problems.some((each) => ERROR_CODES[each.code] === EXIT.incomplete) ? EXIT.incomplete : EXIT.done
}

/** The worst exit code that problems of inputs stand for: one that was named and could not be read is no success beside others. */
export function exitOfProblems(problems: readonly { code: string }[]): number {
  return problems.reduce<number>((worst, { code }) => worse(worst, exitOf(code)), EXIT.done)
}

/** A report that another version saved may have codes that are not known here. */
function exitOf(code: string): number {
  return Object.hasOwn(ERROR_CODES, code) ? ERROR_CODES[code as ErrorCode] : EXIT.done
}
