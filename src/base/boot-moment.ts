/** A line that has a stamp behind its date, as its boot's beginning: the date less the stamp, by whatever clock the date has. */
export interface BootMoment {
  /** Milliseconds. */
  at: number
  /** The stamp, seconds since boot. */
  up: number
  hasYear: boolean
}

/** Lines reach the log late, and clocks are set; in seconds. */
const TOLERANCE = 600
/** The clock of the stamps is not corrected: what it may gain or lose in a second. */
const DRIFT = 1 / 2000
const SUMMER_TIME = 3_600
const DAY = 86_400
const YEAR = 365 * DAY

/** @returns null where there is no stamp, or no date that can be read */
export function bootMoment(dateText: string | null | undefined, time: number | null | undefined): BootMoment | null {
  if (dateText == null || time == null) return null
  const at = Date.parse(dateText) - time * 1000
  return Number.isNaN(at) ? null : { at, up: time, hasYear: /\b\d{4}\b/.test(dateText) }
}

/** By how many seconds two boots begin apart for certain; 0 where they can be one. */
export function apart(a: BootMoment, b: BootMoment): number {
  const between = Math.abs(a.at - b.at) / 1000
  const hidden = a.hasYear && b.hasYear ? [0, SUMMER_TIME] : [0, SUMMER_TIME, YEAR, YEAR + DAY]
  const least = Math.min(...hidden.map((each) => Math.abs(between - each)))
  return least <= TOLERANCE + Math.max(a.up, b.up) * DRIFT ? 0 : least
}
