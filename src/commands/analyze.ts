import { Flags } from '@oclif/core'
import { analyzeInputs } from '../app/analyze-inputs.ts'
import { DEFAULT_THRESHOLDS } from '../app/thresholds.ts'
import { analyzeText } from '../report/analyze-text.ts'
import { commonFlags, DumpCommand, inputArg } from './_base.ts'

export default class Analyze extends DumpCommand {
  static override summary = 'Say what hangs and why: the walk of a KSM list, who waits, what to do.'
  static override description =
    'Takes a vmcore (no vmlinux, no System.map, no network; the parts of a split dump together, in any order), or text: what crash printed, kernel logs, sosreports, apport files, kdump folders, bug mails; several together, packed or not, "-" for standard input.'
  static override examples = [
    '<%= config.bin %> analyze vmcore',
    '<%= config.bin %> analyze part1 part2 part3',
    '<%= config.bin %> analyze vmcore --json | jq .verdict',
    '<%= config.bin %> analyze vmcore --threshold 20000',
    '<%= config.bin %> analyze numad-bt.txt rmap_item.lst',
    '<%= config.bin %> analyze sosreport-host.tar.xz',
    'crash vmlinux vmcore < commands | <%= config.bin %> analyze -',
  ]
  static override strict = false
  static override args = { dump: inputArg }
  static override flags = {
    threshold: Flags.integer({
      min: 10,
      description: `list length from which a list is critical; a tenth of it is a warning [default: ${DEFAULT_THRESHOLDS.critical}]`,
    }),
    ...commonFlags,
  }

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Analyze)
    const run = await this.begin(flags)
    const thresholds =
      flags.threshold === undefined
        ? DEFAULT_THRESHOLDS
        : { critical: flags.threshold, warning: Math.ceil(flags.threshold / 10) }
    const outcome = await analyzeInputs(argv as string[], { ...this.options(flags), thresholds }, run)
    this.show(run, flags, outcome, analyzeText)
  }
}
