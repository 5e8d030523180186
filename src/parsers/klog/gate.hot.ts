import { FRAME, HEAD, type Needle } from './bits.ts'
import { wordsAt } from './skip.hot.ts'

const WORD = 1
const STARTS = 2
const STATE = 4
const SPECIAL = 8

const BLANK = 32
const PLUS = 43
const DOT = 46
const ZERO = 48
const NINE = 57
const COLON = 58
const UPPER_S = 83
const BRACKET = 91
const BACKSLASH = 92
const ESCAPE = 27
const LOWER_A = 97
const LOWER_C = 99
const LOWER_F = 102
const LOWER_H = 104
const LOWER_N = 110
const LOWER_R = 114
const LOWER_U = 117
const LOWER_X = 120

/** Letters of a task's state in heads up to 5.9. */
const STATES = 'RSDTtZXxKWPI'
/** Read behind the piece that is scanned: the longest look ahead. */
const AHEAD = 64
/** Longest prefix that is recognised, and how much of the kernel's words behind it is looked at: what announces a line stands there. */
const LONGEST_PREFIX = 128
const WINDOW = 80

/** Needles that begin with the same two characters, with the third of each beside it. */
interface Bucket {
  thirds: Uint8Array
  needles: Needle[]
}

/**
 * The cheap check before any regular expression: one pass over a piece of a line, in which only the beginnings of words are compared
 * with the tables' words. Linear on any line. The characters are looked at as bytes, as lines are views of a larger text that are slow
 * to index; one that is none in Latin-1 may look like another there, which at worst lets the line through.
 */
export class Gate {
  private readonly kinds = new Uint8Array(256)
  /** By the first two bytes: which bucket of needles, from 1 on. */
  private readonly pairs = new Uint8Array(128 * 128)
  private readonly buckets: Bucket[] = []
  private bytes = Buffer.alloc(4096)

  constructor(needles: readonly Needle[]) {
    for (let c = 0; c < 128; c++) if (/\w/.test(String.fromCharCode(c))) this.kinds[c] = WORD
    for (const letter of STATES) this.kinds[letter.charCodeAt(0)]! |= STATE
    for (const c of [PLUS, DOT, BACKSLASH, ESCAPE]) this.kinds[c]! |= SPECIAL
    for (const needle of needles) {
      const first = needle.starts.charCodeAt(0)
      const pair = (first << 7) | needle.starts.charCodeAt(1)
      this.kinds[first]! |= STARTS
      if (this.pairs[pair] === 0) this.pairs[pair] = this.buckets.push({ thirds: new Uint8Array(0), needles: [] })
      const bucket = this.buckets[this.pairs[pair]! - 1]!
      bucket.needles.push(needle)
      bucket.thirds = Uint8Array.from(bucket.needles, ({ starts }) => starts.charCodeAt(2))
    }
  }

  /**
   * A look at a whole line: at the beginning of the kernel's words where its prefix is of a common form, else at all of it.
   * @returns bits of what it may hold, 0 where it can't matter
   */
  look(line: string): number {
    const length = Math.min(line.length, LONGEST_PREFIX + WINDOW)
    const from = wordsAt(this.copy(line, length), length)
    if (from < 0) return 0
    if (from > 0 && from <= LONGEST_PREFIX)
      return this.scanBytes(this.bytes, line, from, Math.min(from + WINDOW, length))
    return length === line.length ? this.scanBytes(this.bytes, line, 0, length) : this.scan(line, 0, line.length)
  }

  /** Bits of all that is announced in `line` from `from` to before `to`. */
  scan(line: string, from: number, to: number): number {
    return this.scanBytes(this.copy(line, Math.min(line.length, to + AHEAD)), line, from, to)
  }

  private scanBytes(bytes: Uint8Array, line: string, from: number, to: number): number {
    const { kinds, pairs } = this
    let bits = 0
    for (let i = from; i < to; i++) {
      const c = bytes[i]!
      const kind = kinds[c]!
      if (kind === 0) continue
      if (kind !== WORD) {
        if ((kind & STARTS) !== 0) {
          const bucket = pairs[(c << 7) | (bytes[i + 1]! & 127)]!
          if (bucket !== 0) bits |= compare(this.buckets[bucket - 1]!, bytes, line, i)
        }
        if ((kind & STATE) !== 0) {
          if (i > from && bytes[i - 1] === BLANK && oldHead(bytes, i + 1)) bits |= HEAD
        } else if ((kind & SPECIAL) !== 0) {
          if (c === PLUS) {
            if (bytes[i + 1] === ZERO && bytes[i + 2] === LOWER_X) bits |= FRAME
          } else if (c === DOT) {
            if (bytes[i + 2] === COLON && sourceFile(bytes[i + 1]!)) bits |= FRAME
          } else i = c === ESCAPE ? afterColour(bytes, i) : afterEscape(bytes, i)
        }
      }
      // the rest of a word announces nothing
      if ((kind & WORD) !== 0) while ((kinds[bytes[i + 1]!]! & WORD) !== 0) i++
    }
    return bits
  }

  /** The line's first characters, and a zero behind them. */
  private copy(line: string, length: number): Uint8Array {
    if (this.bytes.length < length + AHEAD) this.bytes = Buffer.alloc(2 * (length + AHEAD))
    this.bytes.write(line, 0, length, 'latin1')
    this.bytes[length] = 0
    return this.bytes
  }
}

function compare({ thirds, needles }: Bucket, bytes: Uint8Array, line: string, at: number): number {
  const third = bytes[at + 2]!
  let bits = 0
  for (let i = 0; i < thirds.length; i++)
    if (thirds[i] === third && line.startsWith(needles[i]!.starts, at)) bits |= needles[i]!.bits
  return bits
}

/** What follows a state's letter in old heads: `D ffff88000b7a7da8`, `D    0`, `R  running`, `I15016 `. */
function oldHead(bytes: Uint8Array, at: number): boolean {
  let i = at
  while (i < at + 16 && bytes[i] === BLANK) i++
  if (i > at && bytes[i] === LOWER_R) return bytes[i + 1] === LOWER_U && bytes[i + 2] === LOWER_N
  const start = i
  for (; i < start + 17; i++) {
    const c = bytes[i]!
    if (!((c >= ZERO && c <= NINE) || (c >= LOWER_A && c <= LOWER_F))) break
  }
  return bytes[i] === BLANK && (start > at ? i > start : i === start + 5)
}

/** The letter after the dot of mm/ksm.c:12; also .h and .S. */
function sourceFile(c: number): boolean {
  return c === LOWER_C || c === LOWER_H || c === UPPER_S
}

/** Last character of `\x09`, `\u0009`, `\t` in JSON and /dev/kmsg, so that the word behind it is seen as one. */
function afterEscape(bytes: Uint8Array, at: number): number {
  const c = bytes[at + 1]
  return c === LOWER_X ? at + 3 : c === LOWER_U ? at + 5 : at + 1
}

/** Last character of `ESC [ 1 ; 31 m`. */
function afterColour(bytes: Uint8Array, at: number): number {
  if (bytes[at + 1] !== BRACKET) return at
  let i = at + 2
  while (i < at + 24 && bytes[i]! < 64) i++
  return i
}
