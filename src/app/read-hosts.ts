import type { Problem } from '../base/errors.ts'
import { plural } from '../base/words.ts'
import { MOST_BOOTS } from '../diagnosis/by-origin.ts'
import { describeSos, type SosKind } from '../parsers/sos/describe.ts'
import type { HostInputs } from './host-inputs.ts'
import { bootsOf, joinBoots } from './join-boots.ts'
import type { Group, InputWalk, WalkedInput } from './member.ts'
import { INPUT_LIMITS, openInputs } from './open-inputs.ts'
import type { Run } from './run-steps.ts'
import { knownMember, readerFor, wantsMember } from './text-readers.ts'

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
  const previous = new Set<string>()
  const problems: Problem[] = []
  try {
    await readMembers(walk, { groups, previous, problems }, run)
  } catch (error) {
    walk.close()
    throw error
  }
  for (const host of groups.values()) host.sos = sosOf(host)
  const boots = [...groups.values()].flatMap((group) =>
    bootsOf(
      group,
      (input) => previous.has(input),
      (input, count) => problems.push(tooManyBoots(input, count)),
    ),
  )
  return {
    hosts: joinBoots(boots).map(withSilence),
    inputs: walk.inputs,
    problems: [...walk.problems, ...problems],
    close: walk.close,
  }
}

/** What is gathered while the members are read. */
interface Gathered {
  groups: Map<Group, HostInputs>
  /** Inputs that are of the boot before by their names. */
  previous: Set<string>
  problems: Problem[]
}

async function readMembers(walk: InputWalk, { groups, previous, problems }: Gathered, run: Run): Promise<void> {
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
    const { told, events, notes, ending = null, leftOut = 0 } = reader.end()
    const input = member.path
    host.texts.push({ input, told, events, ending })
    for (const note of notes) host.notes.push({ ...note, input })
    if (member.holder !== 'none' && knownMember(member.name)?.boot === 'last') previous.add(input)
    if (leftOut > 0) problems.push(tooMuch(input, leftOut))
  }
}

function newHost(name: string): HostInputs {
  return {
    names: [name],
    ...{ texts: [], notes: [], dumps: [] },
    sos: describeSos({}),
    quiet: false,
    ...{ began: null, ended: null, boot: null },
  }
}

/** What loses messages of the kernel; other statements of loss are about other programs. */
const LOSERS = ['printk', 'journald', 'rsyslog']

/** Where reports of hung tasks are missing, log by log. */
function withSilence(host: HostInputs): HostInputs {
  const silent = host.notes.filter(
    ({ kind, what }) => kind === 'silenced' || (kind === 'lost' && LOSERS.includes(what)),
  )
  if (silent.length === 0) return host
  const linesOf = (name: string): number[] => silent.filter(({ input }) => input === name).map(({ line }) => line)
  return { ...host, texts: host.texts.map((text) => ({ ...text, silent: linesOf(text.input) })) }
}

function tooManyBoots(input: string, leftOut: number): Problem {
  const message = `${input}: it has more than ${MOST_BOOTS} boots that report something; ${plural(leftOut, 'earlier one')} left out`
  return { code: 'limit-reached', message, input, at: null }
}

function tooMuch(input: string, leftOut: number): Problem {
  const message = `${input}: ${plural(leftOut, 'statement')} left out of its middle, there are too many to keep`
  return { code: 'limit-reached', message, input, at: null }
}

/** By the report's own name, and what its members told. */
function sosOf({ names, texts }: HostInputs): SosKind {
  const archive = names[0]?.split(/[/!]/).at(-1) ?? null
  return describeSos({ archive, told: texts.flatMap(({ told }) => [...told]) })
}
