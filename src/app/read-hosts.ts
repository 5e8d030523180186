import type { Problem } from '../base/errors.ts'
import type { TextEvidence } from '../diagnosis/text-evidence.ts'
import { sameBoot, sameName, textHost } from '../diagnosis/text-host.ts'
import { describeSos, type SosKind } from '../parsers/sos/describe.ts'
import type { LogNote } from '../parsers/klog-text.ts'
import type { DumpMember, Group, InputWalk, WalkedInput } from './member.ts'
import { INPUT_LIMITS, openInputs } from './open-inputs.ts'
import type { Run } from './run-steps.ts'
import { readerFor, wantsMember } from './text-readers.ts'

/** What the inputs give of one host. */
export interface HostInputs {
  /** As shown: the names of its inputs. */
  names: string[]
  texts: TextEvidence[]
  notes: (LogNote & { input: string })[]
  dumps: DumpMember[]
  /** What kind of report it is. */
  sos: SosKind
  /** One of its texts is a kernel log by its look: where it reports nothing, that is an answer. */
  quiet: boolean
}

/** Everything that was read, host by host. */
export interface ReadInputs {
  hosts: HostInputs[]
  inputs: readonly WalkedInput[]
  problems: Problem[]
  /** Removes the private folder; dumps in streams are gone then. */
  close(): void
}

/** Reads all inputs; what can't be read is in `problems`. */
export async function readHosts(names: readonly string[], run: Run): Promise<ReadInputs> {
  const walk = openInputs(names, wantsMember, INPUT_LIMITS, run.abort, run.show)
  const groups = new Map<Group, HostInputs>()
  try {
    await readMembers(walk, groups, run)
  } catch (error) {
    walk.close()
    throw error
  }
  for (const host of groups.values()) host.sos = sosOf(host)
  return { hosts: joined([...groups.values()]), inputs: walk.inputs, problems: [...walk.problems], close: walk.close }
}

async function readMembers(walk: InputWalk, groups: Map<Group, HostInputs>, run: Run): Promise<void> {
  for await (const member of walk) {
    const host = groups.get(member.group) ?? newHost(member.group.name)
    groups.set(member.group, host)
    if (member.kind === 'dump') {
      host.dumps.push(member)
      continue
    }
    if (member.looksLike === 'kernel-log') host.quiet = true
    const reader = readerFor(member)
    for await (const { first, lines } of walk.lines(member)) {
      for (let i = 0; i < lines.length; i++) reader.push(lines[i]!, first + i)
      if (run.abort.aborted) break
    }
    const { told, events, notes, ending = null } = reader.end()
    host.texts.push({ input: member.path, told, events, ending })
    host.notes.push(...notes.map((note) => ({ ...note, input: member.path })))
  }
}

function newHost(name: string): HostInputs {
  return { names: [name], texts: [], notes: [], dumps: [], sos: describeSos({}), quiet: false }
}

/** By the report's own name, and what its members told. */
function sosOf({ names, texts }: HostInputs): SosKind {
  const archive = names[0]?.split(/[/!]/).at(-1) ?? null
  return describeSos({ archive, told: texts.flatMap(({ told }) => [...told]) })
}

interface Identity {
  name: string | null
  release: string | null
  /** Seconds of the epoch at which it was booted. */
  booted: number | null
}

/** Joins what may be of one host: groups that name different hosts, kernels or boots never are; one that names none goes with the only one that does. */
function joined(groups: readonly HostInputs[]): HostInputs[] {
  const hosts: { identity: Identity; of: HostInputs }[] = []
  const unnamed: HostInputs[] = []
  for (const group of groups) {
    const { name, release, booted } = textHost(group.texts)
    if (name === null && release === null) {
      unnamed.push(group)
      continue
    }
    const same = hosts.filter(
      ({ identity }) =>
        sameName(identity.name, name) && fits(identity.release, release) && sameBoot(identity.booted, booted),
    )
    if (same.length !== 1) {
      hosts.push({ identity: { name, release, booted }, of: group })
      continue
    }
    add(same[0]!.of, group)
    same[0]!.identity.name ??= name
    same[0]!.identity.release ??= release
    same[0]!.identity.booted ??= booted
  }
  const [only] = hosts
  if (hosts.length > 1) return [...hosts.map(({ of }) => of), ...unnamed]
  const [first = only?.of, ...rest] = only ? [only.of, ...unnamed] : unnamed
  if (!first) return []
  for (const group of rest) add(first, group)
  return [first]
}

const fits = (a: string | null, b: string | null): boolean => a === null || b === null || a === b

function add(to: HostInputs, from: HostInputs): void {
  to.names.push(...from.names)
  to.texts.push(...from.texts)
  to.notes.push(...from.notes)
  to.dumps.push(...from.dumps)
  to.quiet ||= from.quiet
}
