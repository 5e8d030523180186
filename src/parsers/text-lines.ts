import { plainCharacters } from './text-lines-chars.ts'
import { PageText } from './text-lines-html.ts'
import { QuotedPrintable } from './text-lines-mail.ts'
import { Indent, Quoting, withoutChat } from './text-lines-prefix.ts'
import { Joiner } from './text-lines-wraps.ts'

/** Lines that pagers, forums and mark-up add, one entry a form: what matches goes, with the line when nothing is left. */
const NOISE: readonly { starts: string; pattern: RegExp }[] = [
  // crash's own pager, less, more
  { starts: '-', pattern: /^ *-- MORE --.{0,80}?quit: q */ },
  { starts: '-', pattern: /^ *--More--(?:\(\d{1,3}%\))? */ },
  { starts: '(', pattern: /^ *\(END\)$/ },
  { starts: 'l', pattern: /^ *lines \d{1,9}-\d{1,9}(?:\/\d{1,9})?(?: \d{1,3}%)?(?: \(END\))?$/ },
  { starts: ':', pattern: /^:$/ },
  // fences of Markdown, BBCode, Jira
  { starts: '`~', pattern: /^ *(?:```|~~~)[\w +.-]{0,30}$/ },
  { starts: '[', pattern: /^ *\[\/?(?:code|pre|quote)(?:=[\w -]{0,30})?\]$/i },
  { starts: '{', pattern: /^ *\{(?:code|noformat|quote)(?::[^{}]{0,60})?\}$/ },
]

const NOISY = new Set(NOISE.flatMap(({ starts }) => [...starts].map((char) => char.charCodeAt(0))))

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

  /** Nothing is held back: a line that nothing can have been done to may go past. */
  get idle(): boolean {
    return this.mail.idle && this.page.idle && this.joiner.idle
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
    const texts = this.page.line(line)
    if (typeof texts === 'string') this.plain(texts, at)
    else for (const text of texts) this.plain(text, at)
  }

  private plain(line: string, at: number): void {
    const texts = plainCharacters(line)
    if (typeof texts === 'string') this.line(texts, at)
    else for (const text of texts) this.line(text, at)
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
  let start = 0
  while (line.charCodeAt(start) === 0x20) start++
  if (!NOISY.has(line.charCodeAt(start))) return line
  const first = line.charAt(start)
  for (const { starts, pattern } of NOISE) {
    if (!starts.includes(first)) continue
    const text = line.trimEnd()
    const found = pattern.exec(text)
    if (!found) continue
    const rest = text.slice(found[0].length)
    return rest === '' ? null : rest
  }
  return line
}
