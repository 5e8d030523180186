import { Args, Flags } from '@oclif/core'
import { writeAddresses } from '../app/write-addresses.ts'
import { walk } from '../app/walk.ts'
import { walkText } from '../report/walk-text.ts'
import { commonFlags, dumpArg, DumpCommand } from './_base.ts'
import { parseTarget } from './_target.ts'

export default class Walk extends DumpCommand {
  static override summary = 'Walk one KSM list, count it and check every item.'
  static override description =
    "Takes the address of a stable_node, of an hlist_node (an rmap_item's, as crash shows it), of a struct page, or a page frame as pfn:0x... The address is the last argument."
  static override examples = [
    '<%= config.bin %> walk vmcore 0xffff881f836ba000',
    '<%= config.bin %> walk vmcore pfn:0x7f3a2',
    '<%= config.bin %> walk vmcore 0xffff883f3e5746b0 --addresses | wc -l',
  ]
  static override strict = false
  static override args = {
    dump: dumpArg,
    address: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'where to begin: 0x... or pfn:0x..., the last argument',
    }),
  }
  static override flags = {
    addresses: Flags.boolean({
      description: "print only the addresses of the hlist_nodes, as crash's list does",
      exclusive: ['json'],
    }),
    limit: Flags.integer({ min: 1, description: 'walk at most so many rmap_items' }),
    ...commonFlags,
  }

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Walk)
    const words = argv as string[]
    const target = parseTarget(words.at(-1)!)
    const run = await this.begin(flags)
    const outcome = await walk(
      words.slice(0, -1),
      target,
      { ...this.options(flags), limit: flags.limit ?? null, owners: !flags.addresses },
      run,
    )
    if (flags.addresses) {
      run.hush()
      await writeAddresses(outcome, run)
    }
    this.show(run, flags, outcome, flags.addresses ? () => undefined : walkText)
  }
}
