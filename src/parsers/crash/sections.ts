import { sameName } from '../../base/host-names.ts'
import type { Origin, Spoken, Told, ToldHost } from '../told.ts'

/** Clocks are set, and uptime is printed in seconds. */
const SAME_BOOT = 300
/** Kernels whose sessions are told apart in one text. */
const MOST = 256

/** What is told from `line` on is of `origin`. */
interface Section {
  line: number
  origin: Origin
}

/**
 * Says of everything in a text with sessions of crash of which kernel it is. A part of another one begins with a screen of `sys` that
 * names another host, another kernel or another moment of booting than the ones before; what stands before the first is of that one.
 * What names a host of its own is let alone.
 * @param screens - what crash told
 * @param all - what all parsers told of the text
 */
export function tellSections(screens: readonly Told[], all: readonly (Spoken & { line: number })[]): void {
  const sections = sectionsOf(screens)
  const [first] = sections
  if (!first) return
  // a dump has one boot, however often its log was printed
  const several = new Set(sections.map(({ origin }) => origin)).size > 1
  const places = sections.map(({ line }) => line)
  for (const each of all) {
    if (each.origin && each.origin.host !== null) continue
    if (several) each.origin = (sections[lastAtMost(places, each.line)] ?? first).origin
    else delete each.origin
  }
}

function sectionsOf(told: readonly Told[]): Section[] {
  const kernels: { screen: ToldHost; origin: Origin }[] = []
  const sections: Section[] = []
  for (const screen of told) {
    if (screen.kind !== 'host' || screen.source !== 'sys') continue
    let kernel = kernels.find((each) => isSame(each.screen, screen))
    if (!kernel) {
      if (kernels.length === MOST) break
      kernel = { screen, origin: originOf(screen) }
      kernels.push(kernel)
    }
    sections.push({ line: screen.line, origin: kernel.origin })
  }
  return sections
}

/** Index of the last of ascending numbers that is not above `value`; -1 where none is. */
function lastAtMost(ascending: readonly number[], value: number): number {
  let from = 0
  let to = ascending.length
  while (from < to) {
    const middle = (from + to) >> 1
    if (ascending[middle]! <= value) from = middle + 1
    else to = middle
  }
  return from - 1
}

function isSame(a: ToldHost, b: ToldHost): boolean {
  const fits = (one: string | null, other: string | null): boolean => one === null || other === null || one === other
  if (!sameName(a.nodename, b.nodename) || !fits(a.release, b.release) || !fits(a.version, b.version)) return false
  const [one, other] = [bootedAt(a), bootedAt(b)]
  return one === null || other === null || one.zone !== other.zone || Math.abs(one.at - other.at) <= SAME_BOOT
}

/** DATE less UPTIME, in seconds of whatever zone the date is in; null where it is not told. */
function bootedAt({ date, uptimeSeconds }: ToldHost): { at: number; zone: string } | null {
  if (date === null || uptimeSeconds === null) return null
  const zone = /\b[A-Z]{3,5}\b/.exec(date)?.[0] ?? ''
  const at = Date.parse(`${date.replace(/\b[A-Z]{3,5}\b ?/, '')} UTC`)
  return Number.isNaN(at) ? null : { at: at / 1000 - uptimeSeconds, zone }
}

function originOf({ nodename, date }: ToldHost): Origin {
  return { host: nodename, began: null, from: date, ending: null, ended: null }
}
