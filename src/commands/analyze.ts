import { Errors, Flags } from '@oclif/core'
import { analyzeInputs } from '../app/analyze-inputs.ts'
import { deliver, refuseExisting, type Target } from '../app/deliver.ts'
import { savedReport } from '../app/saved-report.ts'
import { refuseProof } from '../app/write-proof.ts'
import { DEFAULT_THRESHOLDS } from '../app/thresholds.ts'
import { EXIT } from '../base/errors.ts'
import { FORMATS } from '../report/formats.ts'
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
    '<%= config.bin %> analyze --from report.json',
    '<%= config.bin %> analyze vmcore --threshold 20000',
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
      helpValue: 'FILE',
      description:
        'write to a file, whole or not at all; with several format flags one for each, in their order (the name says nothing)',
    }),
    force: Flags.boolean({ description: 'overwrite files that are there' }),
    from: Flags.string({
      helpValue: 'REPORT',
      description: 'read a report that --json wrote instead of a dump or text',
    }),
    proof: Flags.string({
      helpValue: 'DIR',
      description:
        'also write DIR/check.py for drgn and DIR/check.crash for crash: every claim again, without ksm-dump',
    }),
    threshold: Flags.integer({
      min: 10,
      description: `list length from which a list is critical; a tenth of it is a warning [default: ${DEFAULT_THRESHOLDS.critical}]`,
    }),
  }

  async run(): Promise<void> {
    const { argv, flags, raw } = await this.parse(Analyze)
    const inputs = argv as string[]
    if (flags.from === undefined && inputs.length === 0)
      throw usage('Name a dump or text to analyze, or a report with --from.')
    if (flags.from !== undefined && inputs.length > 0)
      throw usage('Give either inputs or --from, not both: a saved report is read as it is.')
    const given = new Set(raw.flatMap((token) => (token.type === 'flag' ? token.flag : [])))
    const targets = targetsOf([...given], flags.output ?? [])
    refuseExisting(targets, flags.force)
    if (flags.proof !== undefined) refuseProof(flags.proof, flags.force)
    const run = await this.begin(flags)
    const outcome =
      flags.from === undefined
        ? await analyzeInputs(inputs, { ...this.options(flags), thresholds: thresholds(flags.threshold) }, run)
        : savedReport(flags.from)
    run.stop()
    process.exitCode = deliver(outcome, targets, flags.force, flags.proof ?? null)
  }
}

function thresholds(critical: number | undefined): typeof DEFAULT_THRESHOLDS {
  return critical === undefined ? DEFAULT_THRESHOLDS : { critical, warning: Math.ceil(critical / 10) }
}

/** What is written where. @param given - names of the flags, in their order on the command line */
function targetsOf(given: readonly string[], files: readonly string[]): Target[] {
  const asked = given.flatMap((name) => FORMATS.find((format) => format.name === name) ?? [])
  const formats = asked.length > 0 ? asked : [FORMATS[0]!]
  if (files.length > 0 && files.length !== formats.length)
    throw usage(`${formats.length} form(s) of the report and ${files.length} file(s): give one -o for each form.`)
  if (files.length === 0 && formats.length > 1)
    throw usage('Several forms of the report need a file each: -o FILE once for each format flag.')
  if (new Set(files).size < files.length) throw usage('Two forms of the report can not go to one file.')
  return formats.map((format, i) => ({ format, file: files[i] ?? null }))
}

function usage(message: string): Errors.CLIError {
  return new Errors.CLIError(message, { exit: EXIT.usage })
}
