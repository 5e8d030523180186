import { Flags } from '@oclif/core'
import { log } from '../app/log.ts'
import { logText } from '../report/log-text.ts'
import { commonFlags, dumpArg, DumpCommand } from './_base.ts'

export default class Log extends DumpCommand {
  static override summary = "Print the kernel's log out of a dump."
  static override examples = [
    '<%= config.bin %> log vmcore',
    '<%= config.bin %> log vmcore --level 3',
    '<%= config.bin %> log vmcore --since 1800 --json',
  ]
  static override strict = false
  static override args = { dump: dumpArg }
  static override flags = {
    since: Flags.integer({ min: 0, description: 'only from this second since boot on' }),
    level: Flags.integer({
      min: 0,
      max: 7,
      description: 'only this level and more urgent ones: 0 emergency, 3 error, 4 warning, 6 information',
    }),
    ...commonFlags,
  }

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Log)
    const run = await this.begin(flags)
    const outcome = await log(
      argv as string[],
      { ...this.options(flags), since: flags.since ?? null, level: flags.level ?? null },
      run,
    )
    this.show(run, flags, outcome, logText)
  }
}
