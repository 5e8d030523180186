import { type CommandWords, quoted, spellings } from './words.ts'

/**
 * The completion for bash 3.2 and later, with no need for the bash-completion package. Where it has no words readline completes
 * names of files.
 */
export function bashCompletion(bin: string, commands: readonly CommandWords[]): string {
  const name = `_${bin.replaceAll('-', '_')}`
  const names = commands.map((command) => command.name)
  const values = commands.flatMap((command) =>
    command.flags
      .filter(({ takes }) => takes !== 'nothing')
      .map((flag) => {
        const patterns = spellings(flag).map((spelling) => `${command.name}:${spelling}`)
        return `    ${patterns.join(' | ')}) words=${quoted(flag.values.join(' '))} ;;`
      }),
  )
  const words = commands.map((command) => {
    const flags = command.flags.flatMap(spellings).join(' ')
    const plain = command.values.length === 0 ? '' : ` else words=${quoted(command.values.join(' '))};`
    return `        ${command.name}) if [[ $current == -* ]]; then words=${quoted(flags)};${plain} fi ;;`
  })
  return `# bash completion for ${bin}; to load it: source <(${bin} completion bash)
${name}() {
  local current=\${COMP_WORDS[COMP_CWORD]} flag=\${COMP_WORDS[COMP_CWORD - 1]} command='' words=''
  # --flag=value comes as three words
  if [[ $current == = ]]; then
    current=''
  elif [[ $flag == = && $COMP_CWORD -gt 2 ]]; then
    flag=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  if [[ $COMP_CWORD -gt 1 ]]; then command=\${COMP_WORDS[1]}; fi
  case $command:$flag in
${values.join('\n')}
    *)
      case $command in
        '') words=${quoted(`${names.join(' ')} --help --version`)} ;;
${words.join('\n')}
      esac
      ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o bashdefault -o default -F ${name} ${bin}
`
}
