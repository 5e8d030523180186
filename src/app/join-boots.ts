import { isUnnamed, sameName } from '../base/host-names.ts'
import type { Seconds } from '../base/units.ts'
import { type BootSpan, canBeOne, isOver, spanOf } from '../diagnosis/boot-span.ts'
import { type BootText, byOrigin, eventKey } from '../diagnosis/by-origin.ts'
import { isGuestLog, sameBoot, textHost } from '../diagnosis/text-host.ts'
import type { Moment } from '../parsers/told.ts'
import type { HostInputs, InputNote } from './host-inputs.ts'

/** What tells whether two texts are of one boot; null: unknown. */
interface Identity {
  name: string | null
  release: string | null
  /** Seconds of the epoch at which it was booted. */
  booted: Seconds | null
  spans: (BootSpan | null)[]
  /** Reports with their stamps. */
  keys: Set<string>
}

/** A text of a group that has one boot, or one boot of a text that has several. */
interface Part extends BootText<InputNote>, Identity {
  /** Index of its text in the group. */
  at: number
}

/** What is of one boot of one host within a group. */
interface Boot extends Identity {
  parts: Part[]
}

/** What one group gives of one boot. */
export interface BootInputs extends Identity {
  group: HostInputs
  of: HostInputs
}

/**
 * Parts what one group (a file, a report, a folder) gives by host and boot. What names neither is of the only host, and of its last
 * boot: the one in which a report is taken. A group that speaks of one boot comes back as it is.
 * @param isPrevious - whether an input is of the boot before by its name
 * @param cut - told how many boots of an input were left out
 * @returns the oldest first
 */
export function bootsOf(
  group: HostInputs,
  isPrevious: (input: string) => boolean,
  cut: (input: string, boots: number) => void,
): BootInputs[] {
  const parts = group.texts.flatMap((text, at) => {
    const notes = group.notes.filter(({ input }) => input === text.input)
    const earlier = isPrevious(text.input) ? 1 : 0
    const split = byOrigin(text, notes, (count) => cut(text.input, count))
    return split.map((boot) => partOf({ ...boot, later: boot.later + earlier }, at))
  })
  const boots: Boot[] = []
  // those that tell of several boots come first, what names nothing comes last
  for (const part of [...parts].sort((a, b) => weight(b, parts) - weight(a, parts))) {
    const boot = bootFor(part, boots)
    if (boot) take(boot, part)
    else boots.push({ ...identityOf(part), parts: [part] })
  }
  if (boots.length === 0 || (boots.length === 1 && parts.every(({ origin }) => origin === null)))
    return [{ ...identityOf(boots[0] ?? NOTHING), group, of: group }]
  boots.sort((a, b) => laterThan(b) - laterThan(a))
  const alone = boots.length > 1 && group.dumps.length > 0
  const made = boots.map((boot) => ({ ...identityOf(boot), group, of: inputsOf(group, boot, alone) }))
  // which of the boots a dump is of nobody says
  if (alone) made.push({ ...identityOf(NOTHING), group, of: { ...group, texts: [], notes: [], quiet: false } })
  return made
}

/**
 * Joins what may be of one boot of one host: groups that name different hosts, kernels or boots never are; one that names none goes with
 * the only one that does.
 */
export function joinBoots(all: readonly BootInputs[]): HostInputs[] {
  const guests = all.filter((each) => isOfGuest(each, all))
  if (guests.length === 0 || guests.length === all.length) return joinAlike(all)
  return [...joinAlike(all.filter((each) => !guests.includes(each))), ...joinAlike(guests)]
}

/** The log of a virtual machine beside what is not of it: its kernel is not the host's. A dump says itself whose it is. */
function isOfGuest(each: BootInputs, all: readonly BootInputs[]): boolean {
  if (all.some(({ of }) => of.dumps.length > 0) || !isGuestLog(each.of.texts)) return false
  return !all.some(
    (other) => other !== each && (shares(other, each) || (isNamed(each.name) && isName(other.name, each.name))),
  )
}

function joinAlike(all: readonly BootInputs[]): HostInputs[] {
  const hosts: (BootInputs & { groups: Set<HostInputs> })[] = []
  const unnamed: BootInputs[] = []
  for (const inputs of all) {
    const able = hosts.filter((host) => !host.groups.has(inputs.group) && canBeOfOne(host, inputs))
    const sure = able.find((host) => shares(host, inputs))
    if (!sure && inputs.name === null && inputs.release === null && inputs.of === inputs.group) {
      unnamed.push(inputs)
      continue
    }
    const same = sure ?? (able.length === 1 ? able[0] : undefined)
    if (!same) {
      hosts.push({ ...inputs, ...identityOf(inputs), groups: new Set([inputs.group]) })
      continue
    }
    add(same.of, inputs.of)
    same.groups.add(inputs.group)
    learn(same, inputs)
  }
  const [only] = hosts
  if (hosts.length > 1) {
    tellOver(hosts)
    return named([...hosts, ...unnamed])
  }
  const [first = only?.of, ...rest] = only ? [only.of, ...unnamed.map(({ of }) => of)] : unnamed.map(({ of }) => of)
  if (!first) return []
  for (const other of rest) add(first, other)
  return [first]
}

const NOTHING: Identity = { name: null, release: null, booted: null, spans: [], keys: new Set() }

function identityOf({ name, release, booted, spans, keys }: Identity): Identity {
  return { name, release, booted, spans: [...spans], keys: new Set(keys) }
}

function learn(known: Identity, more: Identity): void {
  known.name ??= more.name
  known.release ??= more.release
  known.booted ??= more.booted
  known.spans.push(...more.spans)
  for (const key of more.keys) known.keys.add(key)
}

function partOf(boot: BootText<InputNote>, at: number): Part {
  const { origin, text } = boot
  const { name, release, booted } = textHost([text])
  // a name is sure only beside a date: a console's lines begin with any word
  const speaker = text.events.find(({ host, dateText }) => (host ?? null) !== null && (dateText ?? null) !== null)
  return {
    ...boot,
    at,
    name: origin?.host ?? name ?? speaker?.host ?? null,
    ...{ release, booted },
    spans: [spanOf(boot)],
    keys: new Set(text.events.flatMap((event) => eventKey(event) ?? [])),
  }
}

function weight({ at, origin, name }: Part, parts: readonly Part[]): number {
  const boots = parts.filter((part) => part.at === at).length
  if (boots > 1) return origin ? boots + 1 : 0
  return name === null ? 0 : 1
}

function take(boot: Boot, part: Part): void {
  boot.parts.push(part)
  learn(boot, part)
}

/** How many boots follow. */
function laterThan({ parts }: Boot): number {
  return Math.max(...parts.map(({ later }) => later))
}

function bootFor(part: Part, boots: readonly Boot[]): Boot | null {
  const free = boots.filter((boot) => canBeOfOne(boot, part) && (part.origin === null || !isOfText(boot, part)))
  const sure = free.find((boot) => shares(boot, part))
  if (sure) return sure
  // what names no host among several is of none of them
  const able = part.name !== null || isOneHost(free) ? free : free.filter(({ name }) => name === null)
  const [span = null] = part.spans
  const dated = able.filter((boot) => boot.spans.some((each) => canBeOne(each, span) === true))
  const counted = (dated.length > 0 ? dated : able).filter(({ parts }) =>
    parts.some(({ later }) => later === part.later),
  )
  return counted.at(-1) ?? dated.at(-1) ?? null
}

function isOneHost(boots: readonly Boot[]): boolean {
  return boots.every(({ name }) => boots.every((other) => sameName(name, other.name)))
}

function isOfText({ parts }: Boot, { at }: Part): boolean {
  return parts.some((part) => part.at === at)
}

/** Nothing says that they are two. */
function canBeOfOne(a: Identity, b: Identity): boolean {
  return (
    sameName(a.name, b.name) &&
    (a.release === null || b.release === null || a.release === b.release) &&
    sameBoot(a.booted, b.booted) &&
    a.spans.every((one) => b.spans.every((other) => canBeOne(one, other) !== false))
  )
}

/** The same report with the same stamp. */
function shares(a: Identity, b: Identity): boolean {
  const [few, many] = a.keys.size < b.keys.size ? [a.keys, b.keys] : [b.keys, a.keys]
  for (const key of few) if (many.has(key)) return true
  return false
}

function inputsOf(group: HostInputs, boot: Boot, alone: boolean): HostInputs {
  const parts = [...boot.parts].sort((a, b) => a.at - b.at)
  const rebooted = laterThan(boot) > 0 ? { line: null, dateText: null } : null
  return {
    ...group,
    names: [...group.names],
    texts: parts.map(({ text }) => ({ ...text, rebooted: text.rebooted ?? rebooted })),
    notes: parts.flatMap(({ notes }) => notes),
    dumps: alone ? [] : [...group.dumps],
    began: momentOf(parts, 'began'),
    ended: momentOf(parts, 'ended'),
  }
}

function momentOf(parts: readonly Part[], which: 'began' | 'ended'): Moment | null {
  return parts.map(({ origin }) => origin?.[which] ?? null).find((moment) => moment !== null) ?? null
}

/** A later boot of the same host in another group says that one is over. */
function tellOver(all: readonly BootInputs[]): void {
  for (const { of, name, spans } of all) {
    if (!isNamed(name)) continue
    const later = all.filter((other) => other.of !== of && isName(other.name, name))
    if (!later.some((other) => spans.some((span) => other.spans.some((each) => isOver(span, each))))) continue
    of.texts = of.texts.map((text) => ({ ...text, rebooted: text.rebooted ?? { line: null, dateText: null } }))
  }
}

/** Says which boot it is where several are of one host. */
function named(all: readonly BootInputs[]): HostInputs[] {
  for (const { of, name, group } of all) {
    const same = all.filter((other) =>
      isNamed(name) ? isName(other.name, name) : other.group === group && !isNamed(other.name),
    )
    if (same.length < 2) continue
    const { began, ended } = of
    if (began?.dateText) of.boot = `boot of ${began.dateText}`
    else if (ended?.dateText) of.boot = `boot before ${ended.dateText}`
    else of.boot = `boot ${same.findIndex((other) => other.of === of) + 1} of ${same.length}`
  }
  return all.map(({ of }) => of)
}

function isNamed(name: string | null): name is string {
  return name !== null && !isUnnamed(name)
}

function isName(a: string | null, b: string): boolean {
  return isNamed(a) && sameName(a, b)
}

function add(to: HostInputs, from: HostInputs): void {
  to.names.push(...from.names)
  to.texts.push(...from.texts)
  to.notes.push(...from.notes)
  to.dumps.push(...from.dumps)
  to.quiet ||= from.quiet
}
