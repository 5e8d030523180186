import { Flags } from '@oclif/core'
import { nodes } from '../app/nodes.ts'
import { nodesText } from '../report/nodes-text.ts'
import { commonFlags, dumpArg, DumpCommand } from './_base.ts'

/** Rows that text shows when nobody says how many. */
const TEXT_TOP = 20

export default class Nodes extends DumpCommand {
  static override summary = 'List the stable_nodes of a dump, longest list first.'
  static override description =
    `Text shows ${TEXT_TOP} of them unless --top says otherwise, JSON all; 0 means no limit.`
  static override examples = [
    '<%= config.bin %> nodes vmcore --top 20',
    '<%= config.bin %> nodes vmcore --min-length 1000 --json',
    '<%= config.bin %> nodes vmcore --tree 1 --top 0',
  ]
  static override strict = false
  static override args = { dump: dumpArg }
  static override flags = {
    top: Flags.integer({
      min: 0,
      description: `show only the N longest lists, 0 for all [default: ${TEXT_TOP}, all with --json]`,
    }),
    'min-length': Flags.integer({ min: 0, default: 0, description: 'show only lists of so many rmap_items and more' }),
    tree: Flags.integer({
      min: 0,
      description: 'show only this stable tree (a NUMA node when merge_across_nodes is 0)',
    }),
    ...commonFlags,
  }

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Nodes)
    const run = await this.begin(flags)
    const top = flags.top ?? (flags.json ? 0 : TEXT_TOP)
    const filter = { top: top === 0 ? null : top, minLength: flags['min-length'], tree: flags.tree ?? null }
    const outcome = await nodes(argv as string[], { ...this.options(flags), ...filter }, run)
    this.show(run, flags, outcome, nodesText)
  }
}
