import { plainCharacters } from './text-lines-chars.ts'
import { PageText } from './text-lines-html.ts'
import { QuotedPrintable } from './text-lines-mail.ts'
import { Indent, Quoting, withoutChat } from './text-lines-prefix.ts'
import { Joiner } from './text-lines-wraps.ts'

/** Lines that pagers, forums and mark-up add, one entry a form: what matches goes, with the line when nothing is left. */
const NOISE: readonly RegExp[] = [
  // crash's own pager, less, more
  /^ *-- MORE --.{0,80}?quit: q */,
  /^ *--More--(?:\(\d{1,3}%\))? */,
  /^ *\(END\)$/,
  /^ *lines \d{1,9}-\d{1,9}(?:\/\d{1,9})?(?: \d{1,3}%)?(?: \(END\))?$/,
  /^:$/,
  // fences of Markdown, BBCode, Jira
  /^ *(?:```|~~~)[\w +.-]{0,30}$/,
  /^ *\[\/?(?:code|pre|quote)(?:=[\w -]{0,30})?\]$/i,
  /^ *\{(?:code|noformat|quote)(?::[^{}]{0,60})?\}$/,
]
/** First signs of the lines above: "(", "-", ":", "[", "`", "l", "{", "~". */
const NOISY = new Set(['(', '-', ':', '[', '`', 'l', '{', '~'])

/** Markdown's escapes of what mark-up would eat; ACPI's names ("\_SB_.PCI0") are no escapes. */
const ESCAPED = /\\([[\]<>#*|`~{}()!])/g
const ESCAPED_UNDERSCORE = /(?<=\w|\\_)\\_|\\_(?=\\_)/g

/**
 * Gives the lines of a text as their program wrote them: whatever mail, Launchpad, web pages, chats, pagers and terminals did to
 * them is undone. One input line gives none, one or several clean ones, each with the number of the input line that it begins
 * on. Lines of the kernel's log and of crash that nothing was done to stay as they are. Bounded memory, linear time.
 */
export class TextLines {
  private readonly mail: QuotedPrintable
  private readonly page = new PageText()
  private readonly quoting = new Quoting()
  private readonly indent = new Indent()
  private readonly joiner: Joiner

  /** @param sink - takes the clean lines, in order */
  constructor(sink: (text: string, at: number) => void) {
    this.joiner = new Joiner(sink)
    this.mail = new QuotedPrintable((text, at) => this.paged(text, at))
  }

  /** @param line - without its line end; a CR at its end is taken off; @param at - its number, from 1 */
  push(line: string, at: number): void {
    if (isBareAddress(line) && this.mail.idle && this.page.idle) {
      // a list of millions of addresses: nothing to undo
      this.quoting.none()
      this.joiner.bare(line, at)
      return
    }
    this.mail.push(line.endsWith('\r') ? line.slice(0, -1) : line, at)
  }

  /** No more lines come: lets go what was held back. */
  end(): void {
    this.mail.end()
    this.joiner.end()
  }

  private paged(line: string, at: number): void {
    each(this.page.line(line), (text) => each(plainCharacters(text), (plain) => this.line(plain, at)))
  }

  private line(line: string, at: number): void {
    let text = this.quoting.strip(line)
    const said = withoutChat(text)
    // a quotation within what somebody said
    if (said !== text) text = said.charCodeAt(0) === 0x3e ? this.quoting.strip(said) : said
    if (text.includes('\\')) text = unescaped(text)
    if (text.charCodeAt(0) === 0x60) text = withoutBackticks(text)
    text = this.indent.strip(text)
    const rest = withoutNoise(text)
    if (rest !== null) this.joiner.push(rest, at)
  }
}

/** Sixteen lower-case hexadecimal digits and nothing else. */
function isBareAddress(line: string): boolean {
  if (line.length !== 16) return false
  for (let i = 0; i < 16; i++) {
    const code = line.charCodeAt(i)
    if (code < 0x30 || code > 0x66 || (code > 0x39 && code < 0x61)) return false
  }
  return true
}

function each(lines: string | string[], take: (line: string) => void): void {
  if (typeof lines === 'string') take(lines)
  else for (const line of lines) take(line)
}

function unescaped(line: string): string {
  const underscores = line.includes('\\[') || line.includes('\\>') ? /\\_/g : ESCAPED_UNDERSCORE
  return line.replace(underscores, '_').replace(ESCAPED, '$1')
}

/** `crash> bt` as code within a line of its own. */
function withoutBackticks(line: string): string {
  const inner = /^`([^`]{1,4000})`$/.exec(line.trimEnd())
  return inner ? inner[1]! : line
}

/** @returns null where nothing but noise stands */
function withoutNoise(line: string): string | null {
  const first = line.charCodeAt(0) === 0x20 ? line.trimStart().charAt(0) : line.charAt(0)
  if (!NOISY.has(first)) return line
  const text = line.trimEnd()
  for (const form of NOISE) {
    const found = form.exec(text)
    if (!found) continue
    const rest = text.slice(found[0].length)
    return rest === '' ? null : rest
  }
  return line
}
