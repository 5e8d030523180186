import { Args } from '@oclif/core'
import { info } from '../app/info.ts'
import { infoText } from '../report/info-text.ts'
import { commonFlags, DumpCommand } from './_base.ts'

export default class Info extends DumpCommand {
  static override summary = 'Say what a file is, which kernel it holds and what will work on it.'
  static override examples = ['<%= config.bin %> info vmcore', '<%= config.bin %> info vmcore --json']
  static override strict = false
  static override args = {
    dump: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'the dump (vmcore), or all parts of a split one',
    }),
  }
  static override flags = { ...commonFlags }

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Info)
    const run = await this.begin(flags)
    const outcome = await info(argv as string[], this.options(flags), run)
    run.stop()
    this.finish({ outcome, json: flags.json, text: (write, options) => infoText(outcome.document, write, options) })
  }
}
