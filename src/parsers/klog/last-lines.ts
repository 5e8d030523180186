import { readPrefix } from './prefixes.ts'
import type { Origin } from '../told.ts'

const BLANK = 32
const DASH = 45
const COLON = 58
/** Hosts whose last line is kept: each keeps a piece of the text in memory. */
const MOST = 64
const LONGEST_HOST = 255
/** What of a line is looked at for its date and stamp. */
const LONGEST_PREFIX = 200

/** The last line of a log, and where several hosts' lines are mixed the last one of each. Told by the form of a line alone: it is asked for every line. */
export class LastLines {
  private last = ''
  /** The host of the last line that names one, with the blank behind it, and where it stands. */
  private speaker = ''
  private column = 0
  private readonly before = new Map<string, string>()

  take(line: string): void {
    if (this.speaker === '' || !line.startsWith(this.speaker, this.column)) this.turn(line)
    this.last = line
  }

  /** @param host - null: whoever speaks last; @returns null for a host whose last line is not known */
  of(host: string | null): Origin['ending'] {
    const isLast = host === null || this.speaker === '' || this.speaker === `${host} `
    const line = isLast ? this.last : this.before.get(host)
    if (line === undefined) return null
    const { time, dateText } = readPrefix(line.slice(0, LONGEST_PREFIX))
    return { time, dateText }
  }

  private turn(line: string): void {
    const column = hostColumn(line)
    if (column < 0) return
    const end = line.indexOf(' ', column)
    if (end <= column || end - column > LONGEST_HOST || line.charCodeAt(end - 1) === COLON) return
    if (this.speaker !== '' && (this.before.size < MOST || this.before.has(this.speaker.slice(0, -1))))
      this.before.set(this.speaker.slice(0, -1), this.last)
    // no view: it would keep its text in memory
    this.speaker = [...line.slice(column, end), ' '].join('')
    this.column = column
  }
}

/** Where the host begins behind a date of syslog or ISO 8601; -1 for other beginnings. */
function hostColumn(line: string): number {
  if (line.charCodeAt(3) === BLANK && line.charCodeAt(9) === COLON && line.charCodeAt(12) === COLON)
    return line.charCodeAt(15) === BLANK ? 16 : -1
  if (line.charCodeAt(4) !== DASH || line.charCodeAt(7) !== DASH || line.charCodeAt(13) !== COLON) return -1
  const end = line.indexOf(' ', 19)
  return end < 0 || end > 40 ? -1 : end + 1
}
