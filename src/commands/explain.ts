import { Args } from '@oclif/core'
import { explain } from '../app/explain.ts'
import { jsonFlag, OurCommand } from './_base.ts'

export default class Explain extends OurCommand {
  static override summary = 'Say what a code of a report means, how it is known, and what to do.'
  static override description = 'Without a code every code is listed. docs/findings.md has the same texts.'
  static override examples = [
    '<%= config.bin %> explain ksm-walk-hang',
    '<%= config.bin %> explain lost-ipi',
    '<%= config.bin %> explain',
    '<%= config.bin %> explain lost-ipi --json',
  ]
  static override args = {
    code: Args.string({ ignoreStdin: true, description: 'as it stands in findings[], checked[] or hang.pattern' }),
  }

  static override flags = { json: jsonFlag }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Explain)
    explain(args.code ?? null, flags.json)
  }
}
