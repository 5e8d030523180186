const BLANK = 32
const DASH = 45
const COMMA = 44
const COLON = 58
const LESS = 60
const BRACKET = 91
const CLOSED = 93

/** First letters of programs that are looked at: of the kernel, its words themselves, the log daemons and systemd. */
const LOOKED_AT = new Uint8Array(256)
for (const letter of 'kIBNWwrji') LOOKED_AT[letter.charCodeAt(0)] = 1
const SYSTEMD = Uint8Array.from('systemd', (letter) => letter.charCodeAt(0))
const KERNEL = Uint8Array.from('kernel:', (letter) => letter.charCodeAt(0))

/** Longest names of hosts and programs, longest stamp. */
const LONGEST_HOST = 80
const LONGEST_PROGRAM = 64
const LONGEST_STAMP = 40

/**
 * Where the words of a line begin that are worth a look, by the form of its beginning alone: the commonest prefixes are recognised, and
 * everything else is looked at from its beginning.
 * @param length - how many of `bytes` are the line's
 * @returns -1: a program of user space wrote it, and nothing about the kernel stands in it; 0: of no known form
 */
export function wordsAt(bytes: Uint8Array, length: number): number {
  const first = bytes[0]
  if (first === BRACKET || first === LESS) {
    const end = find(bytes, CLOSED, 1, Math.min(length, LONGEST_STAMP)) + 1
    return end === 0 ? 0 : behindHost(bytes, end, length)
  }
  const host = hostAt(bytes, length)
  if (host < 0) return 0
  // dmesg's ISO form, without host and program
  if (bytes[19] === COMMA) return host
  if (startsWith(bytes, KERNEL, host)) return host
  const program = find(bytes, BLANK, host, Math.min(length, host + LONGEST_HOST)) + 1
  if (program === 0) return 0
  // no host, but the kernel's words
  if (bytes[program - 2] === COLON) return host
  if (startsWith(bytes, KERNEL, program)) return stampEnd(bytes, program + 8, length)
  if (LOOKED_AT[bytes[program]!] === 1 || startsWith(bytes, SYSTEMD, program)) return program
  const end = find(bytes, COLON, program, Math.min(length, program + LONGEST_PROGRAM))
  if (end < 0 || bytes[end + 1] !== BLANK || bytes[end + 2] === BRACKET) return program
  // blanks within what should be a program's name: another form
  return find(bytes, BLANK, program, end) < 0 ? -1 : program
}

function find(bytes: Uint8Array, wanted: number, from: number, to: number): number {
  for (let i = from; i < to; i++) if (bytes[i] === wanted) return i
  return -1
}

function startsWith(bytes: Uint8Array, word: Uint8Array, at: number): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return false
  return true
}

/** Where the host begins behind a date of syslog or ISO 8601; -1 for other beginnings. */
function hostAt(bytes: Uint8Array, length: number): number {
  if (bytes[3] === BLANK && bytes[6] === BLANK && bytes[9] === COLON && bytes[12] === COLON)
    return bytes[15] === BLANK ? 16 : -1
  if (bytes[4] === DASH && bytes[7] === DASH && bytes[13] === COLON) {
    const end = find(bytes, BLANK, 19, Math.min(length, LONGEST_STAMP))
    return end < 0 ? -1 : end + 1
  }
  return -1
}

/** Behind `[   44.317072] ` or its beginning where none is. */
function stampEnd(bytes: Uint8Array, at: number, length: number): number {
  if (bytes[at] !== BRACKET) return at
  const end = find(bytes, CLOSED, at, Math.min(length, at + LONGEST_STAMP))
  return end < 0 ? at : end + 1
}

/** Behind ` host kernel: ` of journalctl -o short-monotonic, else `at`. */
function behindHost(bytes: Uint8Array, at: number, length: number): number {
  if (bytes[at] !== BLANK) return at
  const end = find(bytes, BLANK, at + 1, Math.min(length, at + LONGEST_HOST))
  return end > 0 && startsWith(bytes, KERNEL, end + 1) ? end + 8 : at
}
