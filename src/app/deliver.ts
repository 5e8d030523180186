import { type Redacted, type Redaction, redact } from '../document/redact.ts'
import type { AnalyzeReport } from '../document/schema.ts'
import { Output, terminal } from '../io/terminal.ts'
import { refusePlaces, writeWhole } from '../io/whole-file.ts'
import type { Format } from '../report/formats.ts'
import type { Write } from '../report/paint.ts'
import { tellErrors, writeTimings } from './finish.ts'
import type { Outcome } from './outcome.ts'
import { refuseProof, writeProof } from './write-proof.ts'

/** A form of the report and where it goes. */
export interface Target {
  format: Format
  /** Null: standard output. */
  file: string | null
  /** What is hidden in it; null: nothing. */
  redaction: Redaction | null
}

/** Reports, and how they are written. */
export interface Delivery {
  targets: readonly Target[]
  /** Overwrite files that are there. */
  force: boolean
  /** Text on a terminal is not kept to one screen. */
  all: boolean
  /** Where the table of stand-ins goes; null: nowhere. */
  map: string | null
  /** The folder for scripts that check the report; null: none. */
  proof: string | null
}

/** How text in a file is laid out. */
const FILE = { colors: false, columns: 80, rows: null }
/** Mode of a file that is for its owner alone. */
const PRIVATE = 0o600

/**
 * Refuses places that can't be written to, before the work begins.
 * @throws KsmDumpError file-exists, not-written
 */
export function refuseTargets({ targets, map, proof, force }: Delivery): void {
  refusePlaces(
    [...targets.map(({ file }) => file), map].flatMap((file) => file ?? []),
    force,
  )
  if (proof !== null) refuseProof(proof, force)
}

/**
 * Writes a report in every form that was asked for, each file whole or not at all, and what went wrong on standard error.
 * @returns the exit code
 */
export async function deliver(outcome: Outcome<AnalyzeReport>, delivery: Delivery): Promise<number> {
  const { targets, force, map, all, proof } = delivery
  try {
    const how = targets.find((target) => target.redaction !== null)?.redaction ?? null
    const hidden = how === null ? null : redact(outcome.document, how)
    for (const { format, file, redaction } of targets) {
      // without an answer there is nothing to lay out; the document says why
      if (outcome.error && format.name !== 'json') continue
      const redacted = redaction !== null
      const document = redacted ? hidden!.document : outcome.document
      if (file === null) await print(document, format, { redacted, all })
      else await writeWhole(file, { force }, (write) => format.render(document, write, { ...FILE, redacted }))
    }
    if (map !== null && hidden) await writeWhole(map, { force, mode: PRIVATE }, (write) => write(tableOf(hidden)))
    const exit = tellErrors(outcome)
    if (proof !== null && !outcome.error) await writeProof(outcome.document, proof, force)
    return exit
  } finally {
    outcome.close()
  }
}

/** Stand-ins and what they stand for, as JSON. */
function tableOf({ originals }: Redacted): string {
  return `${JSON.stringify(Object.fromEntries(originals), null, 2)}\n`
}

async function print(
  document: AnalyzeReport,
  format: Format,
  { redacted, all }: { redacted: boolean; all: boolean },
): Promise<void> {
  const output = new Output()
  const write: Write = (piece) => output.write(piece)
  const screen = terminal()
  await format.render(document, write, { ...screen, rows: all ? null : screen.rows, redacted })
  if (format.name === 'text') writeTimings(document, write)
  output.flush()
}
