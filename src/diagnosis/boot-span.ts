import { apart, type BootMoment, bootMoment } from '../base/boot-moment.ts'
import type { BootText } from './by-origin.ts'
import type { TextEvent } from './text-evidence.ts'

/** When the lines of a boot were written, by the dates in front of them: milliseconds of whatever clock the form of the date has. */
export interface BootSpan {
  /** The form of its dates: only those of one form can be compared. */
  form: string
  from: number
  to: number
  /** The moment at which it surely began, and at which the next one did; null where the text does not say. */
  began: number | null
  ended: number | null
  /** By its dates and stamps; null where no line has both. */
  booted: BootMoment | null
}

/** The span of a boot in one text; null where its lines have no dates, or dates that run back (a year has passed, logs were mixed). */
export function spanOf({ origin, text }: BootText): BootSpan | null {
  const dates = [origin?.from, ...text.events.map(({ dateText }) => dateText), text.ending?.dateText].flatMap(
    (date) => date ?? [],
  )
  const [first] = dates
  if (first === undefined) return null
  const form = formOf(first)
  if (dates.some((date) => formOf(date) !== form)) return null
  const moments = dates.map((date) => Date.parse(date))
  const at = (date: string | null | undefined): number | null => (date == null ? null : Date.parse(date))
  const span = {
    form,
    from: moments.reduce((a, b) => Math.min(a, b)),
    to: moments.reduce((a, b) => Math.max(a, b)),
    began: at(origin?.began?.dateText),
    ended: at(text.rebooted?.dateText),
    booted: bootedOf([...text.events, text.ending]),
  }
  const ordered = [span.began ?? span.from, span.from, span.to, span.ended ?? span.to]
  return ordered.every((each, i) => i === 0 || ordered[i - 1]! <= each) ? span : null
}

/** Whether two spans can be of one boot; null where their dates can't be compared. */
export function canBeOne(a: BootSpan | null, b: BootSpan | null): boolean | null {
  if (!a || !b || a.form !== b.form) return null
  return !isBefore(a, b) && !isBefore(b, a) && !(a.booted && b.booted && apart(a.booted, b.booted) > 0)
}

/** Whether all of a boot was written before the other one began, for certain. */
export function isOver(a: BootSpan | null, b: BootSpan | null): boolean {
  if (!a || !b?.booted || canBeOne(a, b) !== false) return false
  return a.to < (b.began ?? b.booted.at)
}

/** Lines come late, never early: the earliest is nearest. */
function bootedOf(lines: readonly (Pick<TextEvent, 'time' | 'dateText'> | null | undefined)[]): BootMoment | null {
  const moments = lines.flatMap((line) => bootMoment(line?.dateText, line?.time) ?? [])
  if (moments.length === 0) return null
  return moments.reduce((a, b) => ({ ...(a.at <= b.at ? a : b), up: Math.max(a.up, b.up) }))
}

/** What is written before a boot began, or one that ended before the other's first line. */
function isBefore(a: BootSpan, b: BootSpan): boolean {
  return (b.began !== null && a.to < b.began) || (a.ended !== null && a.ended <= b.from)
}

/** Digits and words aside: "Mar 24 18:12:40" has no year, one in ISO 8601 has a zone. */
function formOf(date: string): string {
  return date
    .replace(/\d{1,9}/g, '0')
    .replace(/\b(?!UTC|GMT)[A-Za-z\u00c0-\u052f]{2,9}\b/g, 'a')
    .replace(/ {2}/g, ' ')
}
