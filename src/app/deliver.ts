import { KsmDumpError } from '../base/errors.ts'
import type { AnalyzeReport } from '../document/schema.ts'
import { Output, terminal, writeError } from '../io/terminal.ts'
import { standsInTheWay, WholeFile } from '../io/whole-file.ts'
import type { Format } from '../report/formats.ts'
import type { Write } from '../report/paint.ts'
import { tellErrors, writeTimings } from './finish.ts'
import type { Outcome } from './outcome.ts'
import { writeProof } from './write-proof.ts'

/** A form of the report and where it goes. */
export interface Target {
  format: Format
  /** Null: standard output. */
  file: string | null
}

/** Columns of text in a file. */
const FILE_COLUMNS = 80

/**
 * Refuses names of files that are there, before the work begins.
 * @throws KsmDumpError file-exists
 */
export function refuseExisting(targets: readonly Target[], force: boolean): void {
  for (const { file } of targets)
    if (file !== null && standsInTheWay(file, force))
      throw new KsmDumpError('file-exists', `${file} is there already: --force overwrites it.`)
}

/**
 * Writes a report in every form that was asked for, each file whole or not at all, and what went wrong on standard error.
 * @param proof - the folder for scripts that check the report; null for none
 * @returns the exit code
 */
export function deliver(
  outcome: Outcome<AnalyzeReport>,
  targets: readonly Target[],
  force: boolean,
  proof: string | null = null,
): number {
  try {
    for (const { format, file } of targets) {
      // without an answer there is nothing to lay out; the document says why
      if (outcome.error && format.name !== 'json') continue
      if (file === null) print(outcome.document, format)
      else save(outcome.document, format, file, force)
    }
    const exit = tellErrors(outcome)
    if (proof !== null && !outcome.error) writeProof(outcome.document, proof, force)
    return exit
  } catch (error) {
    if (!(error instanceof KsmDumpError)) throw error
    writeError(`ksm-dump: ${error.message}`)
    return error.exit
  } finally {
    outcome.close()
  }
}

function print(document: AnalyzeReport, format: Format): void {
  const output = new Output()
  const write: Write = (piece) => output.write(piece)
  format.render(document, write, terminal())
  if (format.name === 'text') writeTimings(document, write)
  output.flush()
}

function save(document: AnalyzeReport, format: Format, path: string, force: boolean): void {
  const file = new WholeFile(path, force)
  try {
    format.render(document, (piece) => file.write(Buffer.from(piece)), { colors: false, columns: FILE_COLUMNS })
    file.finish()
  } catch (error) {
    file.discard()
    throw error
  }
}
