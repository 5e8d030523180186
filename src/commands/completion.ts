import { Args, type Command } from '@oclif/core'
import { type CommandWords, type FlagWords, printCompletion, SHELL_NAMES } from '../app/completion.ts'
import { OurCommand } from './_base.ts'

/** Placeholders of flags whose value is a file or a folder. */
const FILES = new Set(['FILE', 'DIR', 'REPORT'])

export default class Completion extends OurCommand {
  static override summary = 'Print the completion script of a shell.'
  static override description =
    'Commands, flags, their values and files are completed. Nothing is installed: the script goes to standard output.'
  static override examples = [
    'source <(<%= config.bin %> completion bash)    # in ~/.bashrc',
    'source <(<%= config.bin %> completion zsh)     # in ~/.zshrc, after compinit',
    '<%= config.bin %> completion fish > ~/.config/fish/completions/<%= config.bin %>.fish',
  ]
  static override args = {
    shell: Args.string({ required: true, ignoreStdin: true, options: SHELL_NAMES, description: 'the shell' }),
  }

  async run(): Promise<void> {
    const { args } = await this.parse(Completion)
    const commands = this.config.commands.filter(({ hidden }) => !hidden).toSorted((a, b) => (a.id < b.id ? -1 : 1))
    const names = commands.map(({ id }) => id)
    printCompletion(
      args.shell,
      this.config.bin,
      // help takes the name of a command
      commands.map((command) => wordsOf(command, command.id === 'help' ? names : [])),
    )
  }
}

/** oclif gives it to every command; the manifest does not have it. */
const HELP: FlagWords = {
  name: 'help',
  char: 'h',
  description: 'show the help of the command',
  takes: 'nothing',
  values: [],
  multiple: false,
}

function wordsOf(command: Command.Loadable, values: readonly string[]): CommandWords {
  return {
    name: command.id,
    summary: firstLine(command.summary ?? command.description ?? ''),
    flags: Object.values(command.flags)
      .filter(({ hidden }) => !hidden)
      .flatMap(flagWords)
      .concat(HELP),
    values: [...values, ...Object.values(command.args).flatMap((arg) => arg.options ?? [])],
  }
}

function flagWords(flag: Command.Flag.Cached): FlagWords[] {
  const description = firstLine(flag.summary ?? flag.description ?? '')
  const common = { char: flag.char ?? null, description, multiple: false }
  if (flag.type === 'boolean') {
    const plain: FlagWords = { ...common, name: flag.name, takes: 'nothing', values: [] }
    return flag.allowNo
      ? [plain, { ...plain, name: `no-${flag.name}`, char: null, description: `not: ${description}` }]
      : [plain]
  }
  const takes = FILES.has(flag.helpValue as string) ? 'file' : 'value'
  return [{ ...common, name: flag.name, takes, values: flag.options ?? [], multiple: flag.multiple ?? false }]
}

function firstLine(text: string): string {
  return text.split('\n')[0]!.replace('<%= config.bin %>', 'ksm-dump').replace(/\.$/, '')
}
