import { KsmDumpError } from '../base/errors.ts'
import { FORMATS } from '../report/formats.ts'
import type { Delivery, Target } from './deliver.ts'

/** What the flags of `analyze` say about the report. */
export interface ReportFlags {
  output?: readonly string[] | undefined
  redact?: string | undefined
  'no-redact': boolean
  'redact-map'?: string | undefined
  proof?: string | undefined
  force: boolean
  all: boolean
  each: boolean
  quiet: boolean
}

/**
 * Which forms of the report are written, where, and what is hidden in them.
 * @param given - names of the flags, in their order on the command line
 * @throws KsmDumpError bad-flag for flags that do not go together
 */
export function deliveryOf(given: readonly string[], flags: ReportFlags): Delivery {
  const delivery: Delivery = {
    targets: targetsOf([...new Set(given)], flags),
    force: flags.force,
    all: flags.all,
    map: flags['redact-map'] ?? null,
    proof: flags.proof ?? null,
  }
  checkMap(delivery)
  return delivery
}

function targetsOf(given: readonly string[], flags: ReportFlags): Target[] {
  const files = flags.output ?? []
  const asked = given.flatMap((name) => FORMATS.find((format) => format.name === name) ?? [])
  if (flags.each && asked.some(({ name }) => name !== 'json'))
    throw usage('--each writes JSON, a line for each input: no other form.')
  if (flags.quiet && asked.length === 0 && files.length === 0 && !flags.each) return []
  const formats = asked.length > 0 ? asked : [FORMATS[0]!]
  if (files.length > 0 && files.length !== formats.length)
    throw usage(`${formats.length} form(s) of the report and ${files.length} file(s): give one -o for each form.`)
  if (files.length === 0 && formats.length > 1)
    throw usage('Several forms of the report need a file each: -o FILE once for each format flag.')
  if (new Set(files).size < files.length) throw usage('Two forms of the report can not go to one file.')
  return formats.map((format, i) => ({ format, file: files[i] ?? null, redaction: redactionOf(format, flags) }))
}

/** What is hidden in a form. */
function redactionOf(format: Target['format'], { redact, 'no-redact': no }: ReportFlags): Target['redaction'] {
  if (no) return null
  if (redact === undefined) return format.redacted ? 'names' : null
  return redact === 'all' ? 'all' : 'names'
}

/** A table of stand-ins needs a report that has them, and a place of its own. */
function checkMap({ targets, map }: Delivery): void {
  if (map === null) return
  if (targets.length === 0) throw usage('--redact-map: no report is written here; name a form of it or a file.')
  if (targets.every(({ redaction }) => redaction === null))
    throw usage('--redact-map: nothing is redacted here; add --redact.')
  if (targets.some(({ file }) => file === map)) throw usage('--redact-map needs a file of its own.')
}

function usage(message: string): KsmDumpError {
  return new KsmDumpError('bad-flag', message)
}
