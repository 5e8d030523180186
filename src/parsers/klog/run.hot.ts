const ZERO = 48
const NINE = 57
const BLANK = 32
const COLON = 58
const DOT = 46
const BRACKET = 91

/** So many messages of the kernel one after the other are a log: whatever another parser was in the middle of is over by then. */
const LONG = 256
/** Longest name of a host within a prefix. */
const LONGEST_HOST = 80
const KERNEL = 'kernel: ['

/**
 * Tells when a text is in the midst of a kernel log, by the commonest prefixes alone: "[   44.317072] " and "Nov 22 15:30:01 host
 * kernel: [". Lines of other forms end the run, even where they belong to a log.
 */
export class LogRun {
  private length = 0

  /** @returns true when this line and many before it are messages of the kernel */
  isLong(line: string): boolean {
    if (!isMessage(line)) {
      this.length = 0
      return false
    }
    return ++this.length > LONG
  }
}

function isMessage(line: string): boolean {
  if (line.charCodeAt(0) === BRACKET) return isStamp(line, 0)
  if (line.charCodeAt(3) !== BLANK || line.charCodeAt(9) !== COLON || line.charCodeAt(15) !== BLANK) return false
  const host = line.indexOf(' ', 16)
  if (host < 0 || host > 16 + LONGEST_HOST || !line.startsWith(KERNEL, host + 1)) return false
  return isStamp(line, host + KERNEL.length)
}

/** "[   44.317072] " */
function isStamp(line: string, from: number): boolean {
  let i = from + 1
  while (line.charCodeAt(i) === BLANK && i < from + 13) i++
  const digits = i
  while (isDigit(line.charCodeAt(i)) && i < from + 13) i++
  if (i === digits || line.charCodeAt(i) !== DOT) return false
  for (let k = 1; k <= 6; k++) if (!isDigit(line.charCodeAt(i + k))) return false
  return line.startsWith('] ', i + 7)
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE
}
