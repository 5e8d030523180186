import { CommandHelp, Help } from '@oclif/core'

/** What most people come for. */
const EXAMPLES = [
  'ksm-dump analyze vmcore',
  'ksm-dump analyze numad-bt.txt rmap_item.lst',
  'ksm-dump nodes vmcore --top 20',
]

/** Help of a command that begins with its examples: people read them, and then perhaps the rest. */
class ExamplesFirst extends CommandHelp {
  protected override sections(): ReturnType<CommandHelp['sections']> {
    const sections = super.sections()
    const isExamples = ({ header }: { header: string }): boolean => header === 'EXAMPLES'
    return [...sections.filter(isExamples), ...sections.filter((section) => !isExamples(section))]
  }
}

/** The help of `--help`, `-h` and `help`; package.json names it. */
export default class KsmDumpHelp extends Help {
  protected override CommandHelpClass = ExamplesFirst

  override formatRoot(): string {
    const [summary, ...rest] = super.formatRoot().split('\n')
    return [summary, '', this.section('EXAMPLES', EXAMPLES.map((line) => `$ ${line}`).join('\n')), ...rest].join('\n')
  }
}
