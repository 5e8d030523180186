import type { ToldHost } from '../parsers/told.ts'
import { guestOf } from '../parsers/sos/value-names.ts'
import { printable } from '../base/text.ts'
import { atLine, type TextEvidence } from './text-evidence.ts'
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
  return {
    name: text('nodename'),
    release: text('release'),
    version: text('version'),
    arch: text('arch'),
    cpus: first('cpus'),
    memoryBytes: first('memoryBytes'),
    uptimeSeconds: first('uptimeSeconds'),
    date: text('date'),
    panic: text('panic'),
    distribution: text('distribution'),
    guest: guest
      ? { input: guest.input, at: atLine(guest.told.line), text: printable(guest.told.guest ?? '', 200), check: null }
      : null,
  }
}
