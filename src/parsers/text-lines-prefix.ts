/**
 * What stands in front of a line and is not its own: mail's quoting, chat's time and nick, a listing's indent. crash marks active
 * tasks of `ps` with the same ">" that mail quotes with.
 */

const STATES = 'RU|IN|UN|ST|TR|ZO|DE|SW|WA|PA|ID|NE|\\?\\?'
/** A row of `ps` behind its mark. */
const PS_ROW = new RegExp(`^ *\\d{1,10} +-?\\d{1,10} +(?:\\d{1,5}|-) +[0-9a-f]{8,16} +(?:${STATES}) `)

/** Strips quoting; remembers how deep the line before was quoted, which tells a quoted `ps` row from an active task's. */
export class Quoting {
  private depth = 0

  /** A line without quoting went by. */
  none(): void {
    this.depth = 0
  }

  strip(line: string): string {
    const first = line.charCodeAt(0)
    // ">", "|", a blank, a tab: others begin no quoting
    if (first !== 0x3e && first !== 0x7c && first !== 0x20 && first !== 0x09) {
      if (line !== '') this.depth = 0
      return line
    }
    let at = 0
    let depth = 0
    let last = 0
    for (;;) {
      const mark = nextMark(line, at, depth)
      if (mark < 0) break
      last = at
      at = mark
      depth++
    }
    if (depth === 0) {
      if (line.trim() !== '') this.depth = 0
      return line
    }
    if (depth > this.depth && line.charCodeAt(nextSign(line, last)) === 0x3e && PS_ROW.test(line.slice(at))) {
      // the last ">" is the row's own
      this.depth = depth - 1
      return line.slice(nextSign(line, last))
    }
    this.depth = depth
    return line.slice(at)
  }
}

/** Where the sign of the mark that begins at `at` stands. */
function nextSign(line: string, at: number): number {
  let i = at
  while (line.charCodeAt(i) === 0x20 || line.charCodeAt(i) === 0x09) i++
  return i
}

/** Behind a mark of quoting at `at`, one blank after it included; -1 where none is. At most three blanks stand before it. */
function nextMark(line: string, at: number, depth: number): number {
  const i = nextSign(line, at)
  if (i - at > 3) return -1
  const code = line.charCodeAt(i)
  const next = line.charCodeAt(i + 1)
  if (code === 0x3e) return next === 0x20 ? i + 2 : i + 1
  // "|" is also drawn by tables and call graphs: only alone with a blank, or within ">"
  if (code === 0x7c && (next === 0x20 || depth > 0 || i + 1 === line.length)) return next === 0x20 ? i + 2 : i + 1
  return -1
}

const NICK = "[A-Za-z_`^][\\w`^'|.-]{0,30}"
const TIME = '(?:\\d{4}-\\d\\d-\\d\\d[ T])?\\d{1,2}:\\d\\d(?::\\d\\d)?(?: ?[AaPp][Mm])?'
/** What chat clients put in front of a line, one entry a form. */
const CHATS: readonly RegExp[] = [
  // [12:01] <gavin> text · 12:01:33 < gavin> text · [2017-03-30 12:01:22] <@gavin> text
  new RegExp(`^[[(]?${TIME}[\\])]? {0,3}<[@+% ]?${NICK}> `),
  // [12:01 PM] Gavin Guo: text · (12:01) gavin: text
  new RegExp(
    `^[[(](?:\\d{1,2}/\\d{1,2}/\\d{2,4},? )?${TIME}(?:, \\d{1,2}/\\d{1,2}/\\d{2,4})?[\\])] {0,3}(?!kernel:)${NICK}(?: [\\w.-]{1,20}){0,2}: `,
  ),
  // 12:01 gavin | text
  new RegExp(`^${TIME} {1,3}[@+]?${NICK} {0,16}\\| `),
  // <gavin> text; <IRQ>, <NMI>, <TASK> and log levels are the kernel's
  new RegExp(`^<(?!(?:IRQ|EOI|NMI|TASK|SYSENTER|ENTRY)\\b)[@+% ]?${NICK}> `),
]

/** A chat's prefix away. */
export function withoutChat(line: string): string {
  if (!mayBeChat(line)) return line
  for (const form of CHATS) {
    const found = form.exec(line)
    if (found) return line.slice(found[0].length)
  }
  return line
}

/** Cheap: it begins with a time, in brackets or without, or with "<" and a name. */
function mayBeChat(line: string): boolean {
  const first = line.charCodeAt(0)
  // "<" and neither a digit nor "/"
  if (first === 0x3c) return line.charCodeAt(1) >= 0x40 || line.charCodeAt(1) === 0x2b || line.charCodeAt(1) === 0x20
  const bracket = first === 0x5b || first === 0x28
  if (!bracket && !isDigit(first)) return false
  const at = bracket ? 1 : 0
  if (!isDigit(line.charCodeAt(at))) return false
  // 9:01, 12:01, 2017-03-30, 30/03/2017
  for (let i = at + 1; i <= at + 4; i++) {
    const code = line.charCodeAt(i)
    if (code === 0x3a || code === 0x2d || code === 0x2f) return true
    if (!isDigit(code)) return false
  }
  return false
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

/** A log line that somebody indented: its stamp stands first. */
const INDENTED_STAMP = /^ +(?=(?:<\d{1,3}>)?\[ {0,6}\d{1,9}\.\d{6}\] |[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d )/

/** Launchpad's mails indent the description of a bug by two. */
export class Indent {
  private launchpad = false

  strip(line: string): string {
    const first = line.charCodeAt(0)
    if (first === 0x42 && line.startsWith('Bug description:')) this.launchpad = true
    else if (first === 0x54 && line.startsWith('To manage notifications about this bug')) this.launchpad = false
    if (first !== 0x20) return line
    const text = this.launchpad && line.charCodeAt(1) === 0x20 ? line.slice(2) : line
    const stamp = text.charCodeAt(0) === 0x20 ? INDENTED_STAMP.exec(text) : null
    return stamp ? text.slice(stamp[0].length) : text
  }
}
