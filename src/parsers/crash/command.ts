/** A command as somebody typed it into crash or a shell. */
export interface Command {
  at: number
  /** Whole, without the prompt. */
  text: string
  /** "list", "bt"; "p" for px and pd, "log" for dmesg; "wc" for `!wc`. */
  name: string
  /** What follows the name, up to the first pipe or redirection. */
  words: readonly string[]
  /** Commands behind pipes, whole. */
  pipes: readonly string[]
  /** The file that it writes to; then its output is not here. */
  to: string | null
}

/** `crash> bt`, of a renamed program too ("crash_9.0.2>"). */
export const PROMPT = /^( *)crash[\w.-]{0,24}> ?(.*)$/
/** `$ wc -l f`, `root@host:~# wc -l f`, `wc -l f`; and in crash `!wc -l f`. */
export const SHELL = /^(?:[^$#!|]{0,80}[$#!])? *((?:wc|cat) .*)$/

const LONGEST = 4_096
const MOST_WORDS = 64
const ALIASES: Readonly<Record<string, string>> = {
  px: 'p',
  pd: 'p',
  dmesg: 'log',
  q: 'quit',
  exit: 'quit',
  man: 'help',
  '?': 'help',
}
/** Options that take a value, by command; all others are letters that may stand together. @see crash 9.0.2, help.c */
const VALUED: Readonly<Record<string, string>> = {
  list: 'sSloeO',
  tree: 'trosSlN',
  struct: 'lc',
  union: 'lc',
  task: 'R',
}
const ADDRESS = /^(?:0x)?[0-9a-f]{8,16}$/

/** Takes a typed line apart. */
export function parseCommand(typed: string, at: number): Command {
  const text = typed.slice(0, LONGEST).trim()
  const stages = splitOutsideQuotes(text.replace(/^! ?/, ''))
  const words = (stages.shift() ?? '').split(/ +/).filter(Boolean).slice(0, MOST_WORDS)
  const first = words.shift() ?? ''
  let to: string | null = null
  const last = stages.length > 0 ? stages[stages.length - 1]! : null
  const redirect = / ?>>? ?([^\s>|]{1,256}) *$/.exec(last ?? words.join(' '))
  if (redirect && !redirect[1]!.startsWith('&')) {
    to = redirect[1]!
    if (last === null) {
      const cut = words.findIndex((word) => word.startsWith('>'))
      if (cut >= 0) words.length = cut
    } else stages[stages.length - 1] = last.slice(0, redirect.index)
  }
  return { at, text, name: ALIASES[first] ?? first, words, pipes: stages.map((stage) => stage.trim()), to }
}

/** Stages of a pipeline. */
function splitOutsideQuotes(text: string): string[] {
  const stages: string[] = []
  let quote = ''
  let from = 0
  for (let i = 0; i < text.length && stages.length < MOST_WORDS; i++) {
    const char = text[i]!
    if (quote !== '') {
      if (char === quote) quote = ''
    } else if (char === '"' || char === "'") quote = char
    else if (char === '|') {
      stages.push(text.slice(from, i))
      from = i + 1
    }
  }
  stages.push(text.slice(from))
  return stages
}

/** A single-letter option, alone or among others: has(bt -sx, 'x'). Editors make two dashes of one. */
export function has(command: Command | null, letter: string): boolean {
  return command?.words.some((word) => /^--?[A-Za-z]{1,8}$/.test(word) && word.includes(letter)) ?? false
}

/** The value that follows an option: of "-s rmap_item.mm,address" the second word. */
export function optionOf(command: Command | null, options: readonly string[]): string | null {
  if (!command) return null
  const i = command.words.findIndex((word) => options.includes(word))
  return i < 0 ? null : (command.words[i + 1] ?? null)
}

/** Words that are neither options nor their values. */
export function operands(command: Command): string[] {
  const valued = VALUED[command.name] ?? ''
  return command.words.filter((word, i) => {
    const before = /^--?([A-Za-z])$/.exec(command.words[i - 1] ?? '')?.[1]
    return !word.startsWith('-') && (before === undefined || !valued.includes(before))
  })
}

/** The last operand that is an address: a list's start, a struct's place. */
export function addressOf(command: Command): bigint | null {
  const word = operands(command).findLast((each) => ADDRESS.test(each))
  return word === undefined ? null : BigInt(word.startsWith('0x') ? word : `0x${word}`)
}

/** Its output runs through something that may leave lines out. */
export function isThinned(command: Command | null): boolean {
  return command?.pipes.some((pipe) => /^(?:head|tail|[ef]?grep|sed|awk|uniq)\b/.test(pipe)) ?? false
}

/** Its last stage counts lines. */
export function isCounted(command: Command): boolean {
  const last = command.pipes[command.pipes.length - 1]
  return last !== undefined && /^wc\b/.test(last) && command.to === null
}

/** Whether words that stand alone are a command without its prompt, and no prose: options, names of C, addresses and pipes only. */
export function bareCommand(text: string): boolean {
  const command = parseCommand(text, 0)
  if (addressOf(command) === null) return false
  return command.words.every((word) =>
    /^(?:-{1,2}[A-Za-z]{1,3}|(?:0x)?[0-9a-f]{1,16}|[A-Za-z_]\w*[._,][\w.,]+)$/.test(word),
  )
}
