import { EXIT, KsmDumpError } from '../base/errors.ts'
import { printable } from '../base/text.ts'
import { plural } from '../base/words.ts'
import { type Redaction, redact } from '../document/redact.ts'
import type { AnalyzeReport } from '../document/schema.ts'
import { Output, writeError } from '../io/terminal.ts'
import { WholeFile } from '../io/whole-file.ts'
import { writeJsonLine } from '../report/json.ts'
import type { Write } from '../report/paint.ts'
import type { AnalyzeOptions } from './analyze.ts'
import { analyzeInputs } from './analyze-inputs.ts'
import type { Delivery } from './deliver.ts'
import { type FailLevel, failOn, worse } from './exit-rules.ts'
import { errorMessage } from './message.ts'
import { noAnswer } from './no-answer.ts'
import type { Outcome } from './outcome.ts'
import type { StartedRun } from './start-run.ts'

export interface EachOptions extends AnalyzeOptions {
  /** One target: where the lines go, and what is hidden in them. */
  delivery: Delivery
  failOn: FailLevel | null
}

/**
 * `analyze --each`: every input on its own, one line for each in the order given, written when it is done. An input that can't be
 * read has its line, too; Ctrl-C ends with the line of the input that it met.
 * @returns the worst exit code, see exit-rules.ts
 * @throws KsmDumpError when the file can't be written
 */
export async function each(names: readonly string[], options: EachOptions, run: StartedRun): Promise<number> {
  const [target] = options.delivery.targets
  const lines = openLines(target?.file ?? null, options.delivery.force)
  let exit: number = EXIT.done
  let done = 0
  try {
    for (const name of names) {
      const outcome = await answer(name, options, {
        abort: run.abort,
        show: (progress) =>
          run.show({ ...progress, what: `${done + 1} of ${names.length}, ${printable(name)}: ${progress.what}` }),
      })
      try {
        run.pause()
        writeJsonLine(hidden(outcome.document, target?.redaction ?? null), lines.write)
        lines.endLine()
        const message = errorMessage(outcome)
        if (message !== null) writeError(message)
        exit = worse(exit, failOn(outcome.exit, outcome.document, options.failOn))
      } finally {
        outcome.close()
      }
      done++
      if (run.abort.aborted) break
    }
    run.hush()
    if (done < names.length) {
      writeError(`ksm-dump: interrupted after ${done} of ${plural(names.length, 'input')}.`)
      exit = worse(exit, EXIT.interrupted)
    }
    lines.finish()
  } catch (error) {
    lines.discard()
    throw error
  }
  return exit
}

/** The answer for one input; a bug of ours on one of them does not take the others' answers away. */
async function answer(
  name: string,
  options: AnalyzeOptions,
  run: Pick<StartedRun, 'abort' | 'show'>,
): Promise<Outcome<AnalyzeReport>> {
  try {
    return await analyzeInputs([name], options, run)
  } catch (thrown) {
    const error =
      thrown instanceof KsmDumpError
        ? thrown
        : new KsmDumpError('internal', `internal error: ${(thrown as Error).message}`, {
            input: name,
            advice: 'This is a bug in ksm-dump. Run it on this input alone with --debug and report what it prints.',
          })
    const document = noAnswer([{ name, kind: null, bytes: null }], [], error)
    return { document, exit: error.exit, error, close: () => undefined }
  }
}

/** Where lines go. */
interface Lines {
  write: Write
  /** A line is complete: who reads along gets it now. */
  endLine(): void
  finish(): void
  discard(): void
}

function hidden(document: AnalyzeReport, redaction: Redaction | null): AnalyzeReport {
  return redaction === null ? document : redact(document, redaction).document
}

function openLines(file: string | null, force: boolean): Lines {
  if (file === null) {
    const output = new Output()
    const flush = (): void => output.flush()
    return { write: (piece) => output.write(piece), endLine: flush, finish: flush, discard: () => undefined }
  }
  const whole = new WholeFile(file, { force })
  return {
    write: whole.write,
    endLine: () => undefined,
    finish: () => whole.finish(),
    discard: () => whole.discard(),
  }
}
