import { Flags } from '@oclif/core'
import { analyzeInputs } from '../app/analyze-inputs.ts'
import { deliver, refuseTargets } from '../app/deliver.ts'
import { deliveryOf } from '../app/delivery.ts'
import { each } from '../app/each.ts'
import { FAIL_LEVELS, failOn } from '../app/exit-rules.ts'
import { savedReport } from '../app/saved-report.ts'
import { DEFAULT_THRESHOLDS, thresholdsFrom } from '../app/thresholds.ts'
import { KsmDumpError } from '../base/errors.ts'
import { FORMATS } from '../report/formats.ts'
import { commonFlags, DumpCommand, inputArg } from './_base.ts'

/** One flag for each form of the report. */
const formatFlags = Object.fromEntries(FORMATS.map(({ name, description }) => [name, Flags.boolean({ description })]))

/** What `--redact` takes. */
const REDACTIONS = ['names', 'all']

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
      options: REDACTIONS,
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
    this.argv = this.argv.map((word, i, { [i + 1]: next = '' }) =>
      word === '--redact' && (end < 0 || i < end) && !REDACTIONS.includes(next) ? '--redact=names' : word,
    )
    await super.init()
  }

  async run(): Promise<void> {
    const { argv, flags, raw } = await this.parse(Analyze)
    const inputs = argv as string[]
    if (flags.from === undefined && inputs.length === 0)
      throw new KsmDumpError('bad-flag', 'Name a dump or text to analyze, or a report with --from.')
    if (flags.from !== undefined && inputs.length > 0)
      throw new KsmDumpError('bad-flag', 'Give either inputs or --from, not both: a saved report is read as it is.')
    const delivery = deliveryOf(
      raw.flatMap((token) => (token.type === 'flag' ? token.flag : [])),
      flags,
    )
    refuseTargets(delivery)
    const run = await this.begin(flags)
    const options = { ...this.options(flags), thresholds: thresholdsFrom(flags.threshold) }
    const limit = flags['fail-on'] ?? null
    if (flags.each) {
      process.exitCode = await each(inputs, { ...options, delivery, failOn: limit }, run)
      return
    }
    const outcome = flags.from === undefined ? await analyzeInputs(inputs, options, run) : savedReport(flags.from)
    run.stop()
    process.exitCode = failOn(await deliver(outcome, delivery), outcome.document, limit)
  }
}
