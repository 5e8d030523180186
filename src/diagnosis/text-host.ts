import type { ToldHost } from '../parsers/told.ts'
import { guestOf } from '../parsers/sos/value-names.ts'
import { printable } from '../base/text.ts'
import { plainName, WALK } from './signatures.ts'
import { atLine, every, type TextEvidence } from './text-evidence.ts'
import type { Evidence } from './types.ts'

/** Identity of the host that texts speak of; null where no text tells. */
export interface TextHost {
  name: string | null
  release: string | null
  version: string | null
  arch: string | null
  cpus: number | null
  memoryBytes: number | null
  uptimeSeconds: number | null
  /** When it was booted, seconds of the epoch: its clock less its uptime, where both are told with a time zone. */
  booted: number | null
  /** When the texts were taken, ISO 8601 in UTC; null where no time zone is told. */
  time: string | null
  date: string | null
  panic: string | null
  distribution: string | null
  /** What says that it is a virtual machine. */
  guest: Evidence | null
}

/** Names of the virtual machines that texts tell of, in their order. */
export function textGuests(texts: readonly TextEvidence[]): string[] {
  const names = texts.flatMap(({ told }) =>
    told.flatMap((each) => (each.kind === 'value' ? (guestOf(each.name)?.guest ?? []) : [])),
  )
  return [...new Set(names)].map((name) => printable(name, 100))
}

/** What texts say of the host; the first that says something is taken. */
export function textHost(texts: readonly TextEvidence[]): TextHost {
  const hosts = texts.flatMap(({ input, told }) =>
    told.flatMap((each) => (each.kind === 'host' ? [{ input, told: each }] : [])),
  )
  const first = <K extends keyof ToldHost>(member: K): ToldHost[K] | null =>
    hosts.find(({ told }) => told[member] !== null)?.told[member] ?? null
  const text = (
    member: 'release' | 'version' | 'nodename' | 'arch' | 'date' | 'panic' | 'distribution',
  ): string | null => {
    const value = first(member)
    return value === null ? null : printable(value, 200)
  }
  const guest = hosts.find(({ told }) => told.guest !== null)
  const { now, booted } = moments(hosts.map(({ told }) => told))
  return {
    name: text('nodename'),
    release: text('release'),
    version: text('version'),
    arch: text('arch'),
    cpus: first('cpus'),
    memoryBytes: first('memoryBytes'),
    uptimeSeconds: first('uptimeSeconds'),
    booted,
    time: now === null ? null : new Date(now * 1000).toISOString().replace('.000Z', 'Z'),
    date: text('date'),
    panic: text('panic'),
    distribution: text('distribution'),
    guest: guest
      ? { input: guest.input, at: atLine(guest.told.line), text: printable(guest.told.guest ?? '', 200), check: null }
      : null,
  }
}

/**
 * Whether texts are a log of a virtual machine as its user sees a hang of the host: it reports that something hangs, nobody in it walks
 * a KSM list, and nothing else of a host stands in it.
 */
export function isGuestLog(texts: readonly TextEvidence[]): boolean {
  const events = texts.flatMap((text) => text.events)
  if (events.length === 0 || textHost(texts).guest === null) return false
  const told = texts.flatMap((text) => text.told)
  const frames = [
    ...events.flatMap(({ stack }) => stack.map(({ symbol }) => symbol)),
    ...told.flatMap((each) => (each.kind === 'task' ? each.frames.map(({ symbol }) => symbol) : [])),
  ]
  const walks = frames.some((symbol) => symbol !== null && WALK.includes(plainName(symbol)))
  if (walks || told.some(({ kind }) => kind === 'list' || kind === 'struct')) return false
  return !events.some(({ comm }) => comm !== null && OF_HOSTS.test(comm))
}

/** Tasks of a host that has guests: it may be a virtual machine itself. */
const OF_HOSTS = /^(?:qemu|kvm|numad$|ksmd$|ksmtuned$|libvirtd$|virtqemud$)|\/KVM$/

/** Clocks are set, and uptime is printed in minutes. */
const SAME_BOOT = 300

/** Whether two moments of booting can be one; unknown fits with any. Seconds of the epoch. */
export function sameBoot(a: number | null, b: number | null): boolean {
  return a === null || b === null || Math.abs(a - b) <= SAME_BOOT
}

/** A moment as printed, seconds of the epoch; null where it names no time zone that is known. */
function epochOf(date: string | null): number | null {
  if (date === null || !/\b(?:UTC|GMT)\b|[+-]\d\d:?\d\d$|\dZ$/.test(date)) return null
  const at = Date.parse(date)
  return Number.isNaN(at) ? null : at / 1000
}

/** When texts were taken and when the host was booted: one source that has both (crash's sys), or the two commands of one report. */
function moments(hosts: readonly ToldHost[]): { now: number | null; booted: number | null } {
  const both = hosts.find(
    ({ source, date, uptimeSeconds }) => source === 'sys' && date !== null && uptimeSeconds !== null,
  )
  const now = epochOf((both ?? hosts.find(({ source }) => source === 'date'))?.date ?? null)
  const up = (both ?? hosts.find(({ source }) => source === 'uptime'))?.uptimeSeconds ?? null
  return { now, booted: now === null || up === null ? null : now - up }
}

/** MemAvailable as /proc/meminfo told it, the least where it is told several times, bytes; null where nothing tells it. */
export function toldAvailable(texts: readonly TextEvidence[]): number | null {
  const told = [...every(texts, 'value')].flatMap(({ told: { name, text } }) => {
    const kib = name === 'meminfo.MemAvailable' ? /^(\d{1,12}) kB$/.exec(text)?.[1] : undefined
    return kib === undefined ? [] : Number(kib) * 1024
  })
  return told.length === 0 ? null : told.reduce((a, b) => Math.min(a, b))
}
