/** A line of quoted-printable at most: 76 characters with the "=" of the soft line break. @see RFC 2045, 6.7 */
const LONGEST_QP = 76
const SHORTEST_SOFT = 70
/** A joined line grows to this at most. */
const LONGEST = 65_536

const ENCODING = /^ *content-transfer-encoding: *([\w-]{1,40})/i
/** A border between the parts of a mail: what the header said ends there. */
const BORDER = /^--[\w'()+,./:=?-]{8,72}$/
const BYTES = /(?:=[0-9A-F]{2})+/g
/** Certain signs where no header says it: an encoded "=", or bytes of UTF-8 punctuation and blanks. */
const SIGNS = /=3D|=C2=A0|=E2=80=/

/**
 * Undoes quoted-printable, soft line breaks too. It is on after a header that says so, and, without one, from a line that holds
 * certain signs of it up to one that can't be it. "=20" alone is no sign: kernel logs print "count=20".
 */
export class QuotedPrintable {
  private mode: 'off' | 'guessed' | 'declared' = 'off'
  private open = ''
  private openAt = 0
  /** What waits is to be decoded, once it is whole: a break may stand within a character. */
  private encoded = false
  private readonly utf8 = new TextDecoder()
  private readonly sink: (text: string, at: number) => void

  constructor(sink: (text: string, at: number) => void) {
    this.sink = sink
  }

  /** Nothing of an earlier line waits for its rest. */
  get idle(): boolean {
    return this.open === ''
  }

  push(line: string, at: number): void {
    this.header(line)
    const equals = line.indexOf('=')
    if (equals < 0) {
      this.plain(line, at)
      return
    }
    const possible = everyEqualsEncodes(line, equals)
    if (!possible) {
      if (this.mode === 'guessed') this.mode = 'off'
    } else if (this.mode === 'off' && SIGNS.test(line)) this.mode = 'guessed'
    const soft = line.endsWith('=') && (this.mode !== 'off' || this.softByLength(line))
    if (this.mode === 'off' && !soft) {
      this.plain(line, at)
      return
    }
    if (this.open === '') {
      this.openAt = at
      this.encoded = this.mode !== 'off'
    }
    if (!possible) this.encoded = false
    this.open += soft ? line.slice(0, -1) : line
    if (!soft || this.open.length > LONGEST) this.flush()
  }

  end(): void {
    this.flush()
  }

  /** "Content-Transfer-Encoding" and borders switch it; only lines that begin like one are looked at. */
  private header(line: string): void {
    const first = line.charCodeAt(0) | 0x20
    if (first === 0x63 || first === 0x20) {
      const encoding = ENCODING.exec(line)?.[1]
      if (encoding) this.mode = encoding.toLowerCase() === 'quoted-printable' ? 'declared' : 'off'
    } else if (first === 0x2d && this.mode !== 'off' && BORDER.test(line)) this.mode = 'off'
  }

  /** A line that needs no decoding: it may end a soft break. */
  private plain(line: string, at: number): void {
    if (this.open === '') {
      this.sink(line, at)
      return
    }
    this.open += line
    this.flush()
  }

  private flush(): void {
    if (this.open === '') return
    const text = this.encoded ? this.decode(this.open) : this.open
    this.open = ''
    this.encoded = false
    for (const piece of text.split(/\r?\n/)) this.sink(piece, this.openAt)
  }

  /** Without a header or a sign: a line as long as encoders make it, broken within a word. */
  private softByLength(line: string): boolean {
    if (line.length < SHORTEST_SOFT || line.length > LONGEST_QP) return false
    const before = line.charCodeAt(line.length - 2)
    return before !== 0x20 && before !== 0x3d
  }

  private decode(line: string): string {
    return line.replace(BYTES, (run) => {
      const bytes = new Uint8Array(run.length / 3)
      for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(run.slice(3 * i + 1, 3 * i + 3), 16)
      return this.utf8.decode(bytes)
    })
  }
}

/** Every "=" stands before two capital hex digits, or last. */
function everyEqualsEncodes(line: string, from: number): boolean {
  for (let i = from; i >= 0; i = line.indexOf('=', i + 1)) {
    if (i === line.length - 1) return true
    if (!isHex(line.charCodeAt(i + 1)) || !isHex(line.charCodeAt(i + 2))) return false
  }
  return true
}

function isHex(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x46)
}
