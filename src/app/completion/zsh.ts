import { type CommandWords, type FlagWords, quoted, spellings } from './words.ts'

/** The completion for zsh: to be sourced, or as a file _NAME in a folder of fpath. */
export function zshCompletion(bin: string, commands: readonly CommandWords[]): string {
  const name = `_${bin.replaceAll('-', '_')}`
  const list = commands.map((command) => `    ${quoted(`${command.name}:${command.summary}`)}`)
  const cases = commands.map((command) => {
    const rest = command.values.length === 0 ? quoted('*:file:_files') : quoted(`*:value:(${command.values.join(' ')})`)
    const specs = [...command.flags.map(spec), rest]
    return `    ${command.name})\n      _arguments -S \\\n${specs.map((each) => `        ${each}`).join(' \\\n')}\n      ;;`
  })
  return `#compdef ${bin}
# zsh completion for ${bin}; to load it: source <(${bin} completion zsh)
${name}() {
  local -a commands
  commands=(
${list.join('\n')}
  )
  if ((CURRENT == 2)); then
    _describe -t commands '${bin} command' commands
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${cases.join('\n')}
  esac
}
if [[ $funcstack[1] == ${name} ]]; then
  ${name} "$@"
else
  compdef ${name} ${bin}
fi
`
}

/** One flag, as _arguments wants it. */
function spec(flag: FlagWords): string {
  const what = `[${escaped(flag.description)}]${value(flag)}`
  const end = flag.takes === 'nothing' ? '' : '='
  if (flag.char === null) return `${quoted(`${flag.multiple ? '*' : ''}--${flag.name}${end}${what}`)}`
  const both = `{-${flag.char}${end === '' ? '' : '+'},--${flag.name}${end}}`
  const others = flag.multiple ? '*' : `(${spellings(flag).join(' ')})`
  return `${quoted(others)}${both}${quoted(what)}`
}

function value({ takes, values }: FlagWords): string {
  if (takes === 'nothing') return ''
  if (takes === 'file') return ':file:_files'
  return values.length === 0 ? ':value: ' : `:value:(${values.join(' ')})`
}

/** Brackets and colons mean something in a spec. */
function escaped(text: string): string {
  return text.replaceAll(/[\\[\]:]/g, String.raw`\$&`)
}
