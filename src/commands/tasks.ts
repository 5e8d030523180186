import { Errors, Flags } from '@oclif/core'
import { tasks } from '../app/tasks.ts'
import { tasksText } from '../report/tasks-text.ts'
import { commonFlags, dumpArg, DumpCommand } from './_base.ts'

const STATES = ['R', 'S', 'D', 'T', 't', 'X', 'Z', 'P', 'I']

export default class Tasks extends DumpCommand {
  static override summary = 'List the tasks of a dump, with their kernel stacks where asked for.'
  static override description =
    'Stacks are unwound by ORC, or by frame pointers where a kernel has none; a frame that was only guessed is marked with "?".'
  static override examples = [
    '<%= config.bin %> tasks vmcore --state D --stacks',
    '<%= config.bin %> tasks vmcore --match rmap_walk_ksm --stacks',
    '<%= config.bin %> tasks vmcore --pid 2950 --json',
  ]
  static override strict = false
  static override args = { dump: dumpArg }
  static override flags = {
    state: Flags.string({ description: 'only tasks in this state; several letters for several states, e.g. RD' }),
    pid: Flags.integer({ min: 0, description: 'only this process and its threads' }),
    match: Flags.string({ description: 'only tasks whose name, or a function of whose stack, has this text' }),
    stacks: Flags.boolean({ description: 'show kernel stacks [default: only with --json]', allowNo: true }),
    ...commonFlags,
  }

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Tasks)
    const states = flags.state === undefined ? null : [...flags.state]
    const wrong = states?.find((state) => !STATES.includes(state))
    if (wrong !== undefined)
      throw new Errors.CLIError(`--state ${flags.state}: ${wrong} is no state. States are ${STATES.join(' ')}.`, {
        exit: 2,
      })
    const run = await this.begin(flags)
    const outcome = await tasks(
      argv as string[],
      {
        ...this.options(flags),
        states,
        pid: flags.pid ?? null,
        match: flags.match ?? null,
        stacks: flags.stacks ?? flags.json,
      },
      run,
    )
    this.show(run, flags, outcome, tasksText)
  }
}
