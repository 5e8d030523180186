/**
 * A report of Ubuntu's apport (`.crash`): fields of text, and fields of packed bytes in base64.
 * @see https://github.com/canonical/apport problem_report.py (2.36.0), `load` and `write`
 */

/** What comes out of a report, in its order. Bytes are valid until the next push. */
export type ApportEvent =
  /** A field begins. `name` is null for lines that belong to no field. `packed`: its data is what its base64 says. */
  | { kind: 'field'; name: string | null; packed: boolean }
  /** Bytes of the field: of a text, with a line feed behind each line. */
  | { kind: 'data'; bytes: Uint8Array }
  /** The field is over. `fault`: why it is shorter than it was, null when it is whole. */
  | { kind: 'end'; fault: ApportFault | null }

/** cut: the report ends inside the field's base64; damaged: what stands there is no base64. */
export type ApportFault = 'cut' | 'damaged'

const LF = 10
const BLANK = 32
const LINE_FEED = Uint8Array.of(LF)
/** Characters of a line that are looked at to tell whether it begins a field. */
const KEY_LINE = 256
const KEY = /^([A-Za-z0-9._-]{1,120}):(?: ?(.*))?$/s

/** True when the first bytes are a report's: "ProblemType" comes first. */
export function isApport(head: Uint8Array): boolean {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, 1024)).toString('latin1')
  return /^ProblemType: ?[A-Za-z]{1,40}\r?\n[A-Za-z0-9._-]{1,120}:/.test(text)
}

type State =
  /** At the first byte of a line. */
  | 'line'
  /** In a line that may begin a field; it is gathered in `key`. */
  | 'key'
  /** In a line of text, or in the rest of one: it is handed on. */
  | 'text'
  /** In a line of base64. */
  | 'base64'
  /** In a line that is left out. */
  | 'skip'

/** Takes a report in pieces of any size. Keeps at most the start of one line. */
export class ApportParser {
  private state: State = 'line'
  private field: { packed: boolean; broken: boolean; empty: boolean; named: boolean } | null = null
  private key = ''
  /** Characters of base64 that make no whole byte yet, at most three. */
  private carry = ''
  private events: ApportEvent[] = []

  /** @returns what is known by now */
  push(piece: Uint8Array): ApportEvent[] {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.length)
    for (let at = 0; at < bytes.length; ) {
      if (this.state === 'line') {
        at += this.beginLine(bytes[at]!)
        continue
      }
      const feed = bytes.indexOf(LF, at)
      const end = feed < 0 ? bytes.length : feed
      at = this.some(bytes, at, end)
      if (at === end && feed >= 0) {
        this.endLine()
        at++
      }
    }
    return this.taken()
  }

  /** The report is over. */
  end(): ApportEvent[] {
    if (this.state === 'key') this.beginField()
    // a packed field without a byte was cut off too; a cut between two lines shows in what the bytes are
    const cut = this.state === 'base64' || (this.field?.packed === true && this.field.empty)
    // what is left of a cut line is whole bytes, and one character that says nothing
    if (cut && this.carry.length > 1) this.give(this.carry)
    this.endField(cut ? 'cut' : null)
    return this.taken()
  }

  private taken(): ApportEvent[] {
    const { events } = this
    this.events = []
    return events
  }

  /** Tells by its first byte what a line is. @returns how many bytes were used */
  private beginLine(byte: number): number {
    if (byte !== BLANK || this.field === null) {
      this.state = 'key'
      this.key = ''
      return 0
    }
    if (!this.field.packed) this.state = 'text'
    else this.state = this.field.broken ? 'skip' : 'base64'
    return 1
  }

  /** Some bytes of a line. @returns up to where they were used */
  private some(bytes: Buffer, at: number, end: number): number {
    switch (this.state) {
      case 'key': {
        const stop = Math.min(end, at + KEY_LINE - this.key.length)
        this.key += bytes.toString('latin1', at, stop)
        // no packed field's line is so long; the rest of it is text
        if (this.key.length === KEY_LINE) {
          this.beginField()
          this.state = 'text'
        }
        return stop
      }
      case 'text':
        if (end > at) this.events.push({ kind: 'data', bytes: bytes.subarray(at, end) })
        return end
      case 'base64':
        this.decode(bytes.toString('latin1', at, end))
        return end
      default:
        return end
    }
  }

  private endLine(): void {
    if (this.state === 'key') {
      if (this.beginField()) this.events.push({ kind: 'data', bytes: LINE_FEED })
    } else if (this.state === 'text') this.events.push({ kind: 'data', bytes: LINE_FEED })
    else if (this.state === 'base64') this.flush()
    this.state = 'line'
  }

  /** Understands the line in `key`. @returns whether it has text of the field */
  private beginField(): boolean {
    const line = this.key.replace(/\r$/, '')
    this.key = ''
    const found = KEY.exec(line)
    const text = found === null ? line : (found[2] ?? '')
    if (found === null) {
      // lines that nobody wrote, or a text that was put around the report
      if (text === '') return false
      if (this.field?.named !== false) this.open(null, false)
    } else {
      this.open(found[1]!, text === 'base64')
      if (text === 'base64' || text === '') return false
    }
    this.events.push({ kind: 'data', bytes: Buffer.from(text, 'latin1') })
    return true
  }

  private open(name: string | null, packed: boolean): void {
    this.endField(null)
    this.field = { packed, broken: false, empty: true, named: name !== null }
    this.events.push({ kind: 'field', name, packed })
  }

  private endField(fault: ApportFault | null): void {
    if (this.field === null) return
    this.events.push({ kind: 'end', fault: this.field.broken ? 'damaged' : fault })
    this.field = null
    this.carry = ''
  }

  /** Each line is base64 by itself, with its own padding at its end. */
  private decode(piece: string): void {
    const all = this.carry + (piece.endsWith('\r') ? piece.slice(0, -1) : piece)
    const whole = all.length - (all.length % 4)
    this.carry = all.slice(whole)
    if (whole > 0) this.give(all.slice(0, whole))
  }

  /** The line's last characters. */
  private flush(): void {
    const { carry } = this
    this.carry = ''
    if (carry.length > 1) this.give(carry)
    else if (carry.length === 1 && this.state === 'base64') this.broke()
  }

  private give(text: string): void {
    const bytes = Buffer.from(text, 'base64')
    const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
    if (bytes.length > 0) this.events.push({ kind: 'data', bytes })
    if (this.field !== null) this.field.empty = false
    // the decoder steps over what is no base64
    if (bytes.length !== Math.floor(((text.length - padding) * 3) / 4)) this.broke()
  }

  private broke(): void {
    if (this.field !== null) this.field.broken = true
    this.state = 'skip'
  }
}
