import { KsmDumpError } from '../base/errors.ts'
import type { Abort, Progress } from '../base/steps.ts'
import { plural, size } from '../base/words.ts'
import { ByteReader } from '../io/byte-reader.ts'
import { fileSource } from '../io/file-source.ts'
import { fileStream, stdinStream } from '../io/file-stream.ts'
import { isFolder } from '../io/folder.ts'
import { LINE_BYTES, type LineBatch, LineReader } from '../io/line-reader.ts'
import { PrivateTemp } from '../io/private-temp.ts'
import { StreamEnded } from '../io/stream-ended.ts'
import { UNPACK_LIMITS, UnpackMeter } from '../io/unpack-meter.ts'
import { InputContext, type InputLimits, newGroup, type Place, type Wants } from './input-context.ts'
import type { InputKind } from './input-kinds.ts'
import type { Group, InputWalk, Member, TextMember, WalkedInput } from './member.ts'
import { openFolder } from './open-folder.ts'
import { openStream } from './open-stream.ts'

/** Bounds that fit real reports: dumps of 64 GiB, tars in tars as `sos collect` makes them and two more. */
export const INPUT_LIMITS: InputLimits = { unpack: UNPACK_LIMITS, spool: 64 * 1024 ** 3, tars: 4 }

/** The name of standard input. */
const STDIN = '-'

/**
 * Walks any number of inputs (files, folders, archives, apport reports, "-" for standard input; each packed in any known way) and
 * gives what is in them one by one: dumps as files, texts as bytes. What an input is, is told by its bytes.
 *
 * It never throws for what an input is: what can't be read, is cut or is left out is in `problems`. It writes only into a private
 * folder, which `close` removes. When `abort` is set it ends after the piece that it is at.
 * @param wants - which members of reports, archives, folders and apport reports are read
 * @param show - told how far it is
 */
export function openInputs(
  names: readonly string[],
  wants: Wants,
  limits: InputLimits,
  abort: Abort,
  show: (progress: Progress) => void,
): InputWalk {
  const temp = new PrivateTemp(limits.spool)
  const meter = new UnpackMeter(limits.unpack, abort)
  const context = new InputContext({ open: openStream, wants, limits, abort, show, temp, meter })
  const inputs: WalkedInput[] = []
  return {
    inputs,
    problems: context.problems,
    lines: (member) => lines(context, member),
    close: () => temp.remove(),
    [Symbol.asyncIterator]: () => walk(context, names, inputs),
  }
}

async function* walk(context: InputContext, names: readonly string[], inputs: WalkedInput[]): AsyncGenerator<Member> {
  for (const [index, name] of names.entries()) {
    if (context.abort.aborted) return
    const input: WalkedInput = { name, kind: null, bytes: 0 }
    inputs.push(input)
    context.meter = new UnpackMeter(context.limits.unpack, context.abort)
    const group = newGroup(name, index)
    const groups = new Set<Group>([group])
    if (name === STDIN && names.indexOf(name) < index) {
      context.problem('bad-flag', name, 'standard input can be read only once')
      continue
    }
    try {
      for await (const member of openInput(context, input, group)) {
        groups.add(member.group)
        tell(member)
        yield member
      }
    } catch (error) {
      if (error instanceof KsmDumpError) context.problems.push(error.toProblem())
      else if (error instanceof StreamEnded) context.ended(name, error)
      else throw error
    }
    context.tellSkips()
    input.kind = kindOfInput([...groups])
  }
}

/** What a member says of the kind of its group. A folder or archive with a log or a dump, and no report, is what kdump leaves. */
function tell({ kind, looksLike, holder, group }: Member): void {
  if (group.kind === 'sosreport' || group.kind === 'apport') return
  const gathered = holder === 'archive' || holder === 'folder'
  if (gathered && (kind === 'dump' || looksLike === 'kernel-log')) group.kind = 'kdump-folder'
  else group.kind ??= looksLike
}

async function* lines(context: InputContext, member: TextMember): AsyncGenerator<LineBatch> {
  const reader = new LineReader()
  yield* reader.batches(member.bytes)
  const { cutLines, rubbishLines, skippedBytes } = reader
  const whats: string[] = []
  if (cutLines > 0) whats.push(`${plural(cutLines, 'line')} of more than ${size(LINE_BYTES)} cut there`)
  if (rubbishLines > 0)
    whats.push(`${plural(rubbishLines, 'line')} skipped that ${rubbishLines === 1 ? 'is' : 'are'} no text`)
  if (whats.length > 0)
    context.problem('implausible-value', member.path, `${whats.join(', ')}; ${size(skippedBytes)} were left out`)
}

/** What an input is by what was in it. */
function kindOfInput(groups: readonly Group[]): InputKind | null {
  const kinds = groups.map(({ kind }) => kind)
  if (kinds.includes('sosreport')) return 'sosreport'
  return kinds.find((kind) => kind !== null) ?? null
}

async function* openInput(context: InputContext, input: WalkedInput, group: Group): AsyncGenerator<Member> {
  const { name } = input
  const place: Place = {
    path: name,
    name: '',
    holder: 'none',
    group,
    wanted: true,
    tars: 0,
    file: null,
    again: null,
  }
  if (name === STDIN) {
    const reader = new ByteReader(context.meter.input(stdinStream(context.abort), progress(context, input, null)))
    yield* closing(reader, openStream(context, place, reader))
    return
  }
  if (isFolder(name)) {
    yield* openFolder(context, input, name, group)
    return
  }
  // its refusals are the same as for a dump; a link that is named is followed
  const source = fileSource(name)
  const bytes = source.size
  source.close()
  const open = (): ByteReader =>
    new ByteReader(context.meter.input(fileStream(name, true), progress(context, input, bytes)))
  const reader = open()
  yield* closing(reader, openStream(context, { ...place, file: name, again: open }, reader))
  input.bytes = bytes
}

function progress(context: InputContext, input: WalkedInput, total: number | null): (bytes: number) => void {
  return (bytes) => {
    input.bytes = bytes
    context.show({ what: `reading ${input.name}`, done: bytes, total, unit: 'bytes' })
  }
}

async function* closing(reader: ByteReader, members: AsyncGenerator<Member>): AsyncGenerator<Member> {
  try {
    yield* members
  } finally {
    await reader.close()
  }
}
