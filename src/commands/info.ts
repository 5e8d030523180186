import { info } from '../app/info.ts'
import { infoText } from '../report/info-text.ts'
import { commonFlags, dumpArg, DumpCommand } from './_base.ts'

export default class Info extends DumpCommand {
  static override summary = 'Say what a file is, which kernel it holds and what will work on it.'
  static override examples = ['<%= config.bin %> info vmcore', '<%= config.bin %> info vmcore --json']
  static override strict = false
  static override args = { dump: dumpArg }
  static override flags = { ...commonFlags }

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Info)
    const run = await this.begin(flags)
    const outcome = await info(argv as string[], this.options(flags), run)
    this.show(run, flags, outcome, infoText)
  }
}
