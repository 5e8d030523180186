/** What a command line can be made of, for the completion scripts. */
export interface CommandWords {
  name: string
  summary: string
  flags: readonly FlagWords[]
  /** What its argument can be; empty: files. */
  values: readonly string[]
}

export interface FlagWords {
  /** Without the dashes. */
  name: string
  /** One letter, null for none. */
  char: string | null
  description: string
  /** What follows it: nothing, a file or folder, or a value. */
  takes: 'nothing' | 'file' | 'value'
  /** The values that it takes, where they can be listed. */
  values: readonly string[]
  /** May be given more than once. */
  multiple: boolean
}

/** How a flag is typed: `-o` and `--output`. */
export function spellings({ name, char }: FlagWords): string[] {
  return char === null ? [`--${name}`] : [`-${char}`, `--${name}`]
}

/** A word in single quotes, as POSIX shells and zsh read it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}
