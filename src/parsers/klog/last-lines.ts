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
/** Lines that are kept to look back from a banner: a kernel says little before it. */
const LOOKED_BACK = 64
/** Until which stamp lines may stand in front of a banner, in seconds. */
const FIRST_SECOND = 1

/** The last line of a log, and where several hosts' lines are mixed the last one of each. Told by the form of a line alone: it is asked for every line. */
export class LastLines {
  private last = ''
  /** The host of the last line that names one, with the blank behind it, and where it stands. */
  private speaker = ''
  private column = 0
  private readonly before = new Map<string, string>()
  private readonly recent: string[] = []
  private taken = 0

  take(line: string): void {
    this.recent[this.taken++ % LOOKED_BACK] = line
    if (this.speaker === '' || !line.startsWith(this.speaker, this.column)) this.turn(line)
    this.last = line
  }

  /** @param host - null: whoever speaks last; @returns null for a host whose last line is not known */
  of(host: string | null): Origin['ending'] {
    const isLast = host === null || this.speaker === '' || this.speaker === `${host} `
    const line = isLast ? this.last : this.before.get(host)
    if (line === undefined) return null
    return momentOf(line)
  }

  /**
   * What was written last before a kernel began to speak, its banner being the next line: of microcode and cgroups it speaks before it,
   * with stamps of the first second. In a log that was turned round stamps fall towards the banner, and nothing is skipped.
   * @param time - the banner's stamp
   */
  beforeBanner(time: number): Origin['ending'] {
    const last = momentOf(this.last)
    if (time >= FIRST_SECOND) return last
    let next = time
    for (let back = 1; back <= Math.min(LOOKED_BACK, this.taken); back++) {
      const moment = momentOf(this.recent[(this.taken - back) % LOOKED_BACK]!)
      if (moment.time === null || moment.time > next) return moment
      next = moment.time
    }
    return last
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

function momentOf(line: string): { time: number | null; dateText: string | null } {
  const { time, dateText } = readPrefix(line.slice(0, LONGEST_PREFIX))
  return { time, dateText }
}

/** Where the host begins behind a date of syslog or ISO 8601; -1 for other beginnings. */
function hostColumn(line: string): number {
  if (line.charCodeAt(3) === BLANK && line.charCodeAt(9) === COLON && line.charCodeAt(12) === COLON)
    return line.charCodeAt(15) === BLANK ? 16 : -1
  if (line.charCodeAt(4) !== DASH || line.charCodeAt(7) !== DASH || line.charCodeAt(13) !== COLON) return -1
  const end = line.indexOf(' ', 19)
  return end < 0 || end > 40 ? -1 : end + 1
}
