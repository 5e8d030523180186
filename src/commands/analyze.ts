import { Errors, Flags } from '@oclif/core'
import { analyzeInputs } from '../app/analyze-inputs.ts'
import { type Delivery, deliver, refuseExisting, type Target } from '../app/deliver.ts'
import { each } from '../app/each.ts'
import { FAIL_LEVELS, failOn } from '../app/exit-rules.ts'
import { savedReport } from '../app/saved-report.ts'
import { refuseProof } from '../app/write-proof.ts'
import { DEFAULT_THRESHOLDS } from '../app/thresholds.ts'
import { EXIT } from '../base/errors.ts'
import { redact } from '../document/redact.ts'
import type { AnalyzeReport } from '../document/schema.ts'
import { FORMATS } from '../report/formats.ts'
import { writeJsonLine } from '../report/json.ts'
import type { Write } from '../report/paint.ts'
import { commonFlags, DumpCommand, inputArg } from './_base.ts'

/** One flag for each form of the report. */
const formatFlags = Object.fromEntries(FORMATS.map(({ name, description }) => [name, Flags.boolean({ description })]))

export default class Analyze extends DumpCommand {
  static override summary = 'Say what hangs and why: the walk of a KSM list, who waits, what to do.'
  static override description =
    'Takes a vmcore (no vmlinux, no System.map, no network; the parts of a split dump together, in any order), or text: what crash printed, kernel logs, sosreports, apport files, kdump folders, bug mails; several together, packed or not, "-" for standard input.'
  static override examples = [
    '<%= config.bin %> analyze vmcore',
    '<%= config.bin %> analyze part1 part2 part3',
    '<%= config.bin %> analyze vmcore --json | jq .verdict',
    '<%= config.bin %> analyze vmcore --json -o report.json',
    '<%= config.bin %> analyze vmcore --launchpad > comment.txt',
    '<%= config.bin %> analyze vmcore --markdown -o report.md',
    '<%= config.bin %> analyze vmcore --html -o report.html',
    '<%= config.bin %> analyze --from report.json',
    '<%= config.bin %> analyze vmcore --threshold 20000',
    '<%= config.bin %> analyze vmcore --quiet --fail-on critical || alarm',
    '<%= config.bin %> analyze --each dumps/*/vmcore -o fleet.ndjson',
    '<%= config.bin %> analyze vmcore --proof DIR && drgn -c vmcore DIR/check.py',
    '<%= config.bin %> analyze numad-bt.txt rmap_item.lst',
    '<%= config.bin %> analyze sosreport-host.tar.xz',
    'crash vmlinux vmcore < commands | <%= config.bin %> analyze -',
  ]
  static override strict = false
  static override args = { dump: { ...inputArg, required: false } }
  static override flags = {
    ...commonFlags,
    ...formatFlags,
    output: Flags.string({
      char: 'o',
      multiple: true,
      // the words after the file are inputs
      multipleNonGreedy: true,
      helpValue: 'FILE',
      description:
        'write to a file, whole or not at all; with several format flags one for each, in their order (the name says nothing)',
    }),
    all: Flags.boolean({ description: 'show everything on a terminal, not one screen of it' }),
    force: Flags.boolean({ description: 'overwrite files that are there' }),
    from: Flags.string({
      helpValue: 'REPORT',
      description: 'read a report that --json wrote instead of a dump or text',
    }),
    each: Flags.boolean({
      exclusive: ['from'],
      description: 'take every input on its own and print one line of JSON for each (NDJSON), also for those that fail',
    }),
    'fail-on': Flags.option({
      options: FAIL_LEVELS,
      description: 'exit with 1 when the verdict is of this level or worse (docs/exit-codes.md)',
    })(),
    redact: Flags.string({
      options: ['names', 'all'],
      exclusive: ['no-redact'],
      description:
        'replace names of hosts, guests and users, IPs, MACs, UUIDs, serials, home folders and qemu command lines by stand-ins (docs/redaction.md), in every form; --redact alone: names; all: kernel addresses, too',
    }),
    'no-redact': Flags.boolean({
      description: 'replace nothing, also in the forms that are made for others to read',
    }),
    'redact-map': Flags.string({
      exclusive: ['each'],
      helpValue: 'FILE',
      description: 'write which stand-in stands for what, as JSON that only you may read',
    }),
    proof: Flags.string({
      exclusive: ['each'],
      helpValue: 'DIR',
      description:
        'also write DIR/check.py for drgn and DIR/check.crash for crash: every claim again, without ksm-dump',
    }),
    threshold: Flags.integer({
      min: 10,
      description: `list length from which a list is critical; a tenth of it is a warning [default: ${DEFAULT_THRESHOLDS.critical}]`,
    }),
  }

  /** `--redact` alone is `--redact=names`: a flag of oclif has a value always or never. */
  override async init(): Promise<void> {
    const end = this.argv.indexOf('--')
    this.argv = this.argv.map((word, i) => (word === '--redact' && (end < 0 || i < end) ? '--redact=names' : word))
    await super.init()
  }

  async run(): Promise<void> {
    const { argv, flags, raw } = await this.parse(Analyze)
    const inputs = argv as string[]
    if (flags.from === undefined && inputs.length === 0)
      throw usage('Name a dump or text to analyze, or a report with --from.')
    if (flags.from !== undefined && inputs.length > 0)
      throw usage('Give either inputs or --from, not both: a saved report is read as it is.')
    const given = new Set(raw.flatMap((token) => (token.type === 'flag' ? token.flag : [])))
    const delivery: Delivery = {
      targets: targetsOf([...given], flags.output ?? [], redactionOf(flags.redact, flags['no-redact']), flags),
      force: flags.force,
      all: flags.all,
      map: flags['redact-map'] ?? null,
      proof: flags.proof ?? null,
    }
    checkMap(delivery)
    refuseExisting(delivery)
    if (flags.proof !== undefined) refuseProof(flags.proof, flags.force)
    const run = await this.begin(flags)
    const options = { ...this.options(flags), thresholds: thresholds(flags.threshold) }
    const limit = flags['fail-on'] ?? null
    if (flags.each) {
      const [target] = delivery.targets
      const line = lineOf(target?.redaction ?? null)
      const to = { line, file: target?.file ?? null, force: flags.force }
      process.exitCode = await each(inputs, { ...options, ...to, failOn: limit }, run)
      return
    }
    const outcome = flags.from === undefined ? await analyzeInputs(inputs, options, run) : savedReport(flags.from)
    run.stop()
    process.exitCode = failOn(await deliver(outcome, delivery), outcome.document, limit)
  }
}

function thresholds(critical: number | undefined): typeof DEFAULT_THRESHOLDS {
  return critical === undefined ? DEFAULT_THRESHOLDS : { critical, warning: Math.ceil(critical / 10) }
}

type RedactionOf = (format: (typeof FORMATS)[number]) => Target['redaction']

/** What is hidden in which form. */
function redactionOf(asked: string | undefined, no: boolean): RedactionOf {
  if (no) return () => null
  if (asked === undefined) return (format) => (format.redacted ? 'names' : null)
  return () => (asked === 'all' ? 'all' : 'names')
}

/** A table of stand-ins needs a report that has them, and a place of its own. */
function checkMap({ targets, map }: Delivery): void {
  if (map === null) return
  if (targets.every(({ redaction }) => redaction === null))
    throw usage('--redact-map: nothing is redacted here; add --redact.')
  if (targets.some(({ file }) => file === map)) throw usage('--redact-map needs a file of its own.')
}

/** What is written where. @param given - names of the flags, in their order on the command line */
function targetsOf(
  given: readonly string[],
  files: readonly string[],
  redaction: RedactionOf,
  { each, quiet }: { each: boolean; quiet: boolean },
): Target[] {
  const asked = given.flatMap((name) => FORMATS.find((format) => format.name === name) ?? [])
  if (each && asked.some(({ name }) => name !== 'json'))
    throw usage('--each writes JSON, a line for each input: no other form.')
  if (quiet && asked.length === 0 && files.length === 0 && !each) return []
  const formats = asked.length > 0 ? asked : [FORMATS[0]!]
  if (files.length > 0 && files.length !== formats.length)
    throw usage(`${formats.length} form(s) of the report and ${files.length} file(s): give one -o for each form.`)
  if (files.length === 0 && formats.length > 1)
    throw usage('Several forms of the report need a file each: -o FILE once for each format flag.')
  if (new Set(files).size < files.length) throw usage('Two forms of the report can not go to one file.')
  return formats.map((format, i) => ({ format, file: files[i] ?? null, redaction: redaction(format) }))
}

/** How a document becomes a line of JSON. */
function lineOf(redaction: Target['redaction']): (document: AnalyzeReport, write: Write) => void {
  return redaction === null
    ? writeJsonLine
    : (document, write) => writeJsonLine(redact(document, redaction).document, write)
}

function usage(message: string): Errors.CLIError {
  return new Errors.CLIError(message, { exit: EXIT.usage })
}
