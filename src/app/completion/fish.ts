import type { CommandWords, FlagWords } from './words.ts'

/** The completion for fish 3. */
export function fishCompletion(bin: string, commands: readonly CommandWords[]): string {
  const lines = commands.flatMap((command) => {
    const here = `complete -c ${bin} -n '__fish_seen_subcommand_from ${command.name}'`
    const values = command.values.length === 0 ? [] : [`${here} -f -a ${quoted(command.values.join(' '))}`]
    return [
      `complete -c ${bin} -n __fish_use_subcommand -f -a ${command.name} -d ${quoted(command.summary)}`,
      ...values,
      ...command.flags.map((flag) => `${here}${option(flag)}`),
    ]
  })
  return `# fish completion for ${bin}; to load it: ${bin} completion fish | source\n${lines.join('\n')}\n`
}

function option({ name, char, description, takes, values }: FlagWords): string {
  const spelling = `${char === null ? '' : ` -s ${char}`} -l ${name}`
  const follows = { nothing: '', file: ' -r -F', value: ' -x' }[takes]
  const list = values.length === 0 ? '' : ` -a ${quoted(values.join(' '))}`
  return `${spelling}${follows}${list} -d ${quoted(description)}`
}

/** In fish's single quotes a backslash escapes itself and the quote. */
function quoted(text: string): string {
  return `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`
}
