import type { ByteStream } from '../base/bytes.ts'
import { KsmDumpError } from '../base/errors.ts'
import { identify } from '../image/formats.ts'
import { nameOther } from '../image/other-files.ts'
import type { ByteReader } from '../io/byte-reader.ts'
import { unpack } from '../io/decompress.ts'
import { fileSource } from '../io/file-source.ts'
import { StreamEnded } from '../io/stream-ended.ts'
import { inUtf8, markedEncoding } from '../io/text-encoding.ts'
import { HEAD, isContainer, kindOf, type KindEntry } from './input-kinds.ts'
import type { InputContext, Place } from './input-context.ts'
import type { DumpMember, Member, TextMember } from './member.ts'
import { openApport } from './open-apport.ts'
import { openTar } from './open-tar.ts'

/**
 * Opens a stream as what its bytes are, unpacked as often as it was packed. It leaves the reader open.
 * @throws StreamEnded when the stream around it ended, which is not this one's matter
 */
export async function* openStream(context: InputContext, place: Place, reader: ByteReader): AsyncGenerator<Member> {
  let unpacked: Awaited<ReturnType<typeof unpack>>
  try {
    unpacked = await unpack(reader, context.meter)
  } catch (error) {
    if (!(error instanceof StreamEnded)) throw error
    if (place.wanted) context.ended(place.path, error)
    return
  }
  const packed = unpacked.packings.length > 0
  const inner: Place = packed ? { ...place, file: null } : place
  try {
    const head = await unpacked.reader.peek(HEAD)
    if (!place.wanted && !isContainer(head)) return
    const entry = kindOf(head)
    if (head.length === 0) await nothing(context, inner, unpacked.reader)
    else if (entry === null) notUnderstood(context, inner, head)
    else yield* openAs(context, inner, entry, unpacked.reader, head)
  } finally {
    await unpacked.close()
  }
}

async function* openAs(
  context: InputContext,
  place: Place,
  entry: KindEntry,
  reader: ByteReader,
  head: Uint8Array,
): AsyncGenerator<Member> {
  const { opens } = entry
  switch (opens) {
    case 'dump':
      yield await openDump(context, place, entry, reader)
      return
    case 'tar':
      yield* openTar(context, place, reader)
      return
    case 'apport':
      // a report in a report is a text that somebody kept
      if (place.holder !== 'apport') {
        yield* openApport(context, place, reader)
        return
      }
      break
    case 'report':
      throw new KsmDumpError('is-a-report', `${place.path} is a report that ksm-dump wrote, nothing to diagnose.`, {
        input: place.path,
        advice: 'Read it with `ksm-dump analyze --from FILE`.',
      })
    default:
  }
  const encoding = markedEncoding(head)
  const bytes = encoding === null ? reader.stream() : inUtf8(reader.stream(), encoding)
  yield textMember(context, place, entry, bytes)
}

/** A member whose bytes end where the stream does, and never throw for what the stream is. */
export function textMember(context: InputContext, place: Place, entry: KindEntry, bytes: ByteStream): TextMember {
  const { path, name, holder, group } = place
  const member: TextMember = {
    kind: entry.opens === 'list' ? 'list' : 'text',
    path,
    name,
    holder,
    group,
    looksLike: entry.kind,
    cut: null,
    bytes: quiet(bytes),
  }
  async function* quiet(stream: ByteStream): AsyncGenerator<Uint8Array> {
    try {
      yield* stream
    } catch (error) {
      if (!(error instanceof StreamEnded)) throw error
      member.cut = context.ended(path, error)
    }
  }
  return member
}

async function openDump(
  context: InputContext,
  place: Place,
  entry: KindEntry,
  reader: ByteReader,
): Promise<DumpMember> {
  const { path, name, holder, group } = place
  let { file } = place
  let cut: string | null = null
  if (file === null) {
    context.show({ what: `unpacking ${path}`, done: 0, total: null, unit: 'bytes' })
    const spooled = await context.temp.spool(reader)
    file = spooled.path
    if (spooled.ended !== null) cut = context.ended(path, spooled.ended)
  }
  const kind = kindOnDisk(file) ?? entry.kind
  return { kind: 'dump', path, name, holder, group, looksLike: kind, file, copied: file !== place.file, cut }
}

function kindOnDisk(file: string): KindEntry['kind'] {
  const kind = identifyFile(file)
  return typeof kind === 'string' ? kind : null
}

function identifyFile(file: string): ReturnType<typeof identify> | null {
  try {
    const source = fileSource(file)
    try {
      return identify(source)
    } finally {
      source.close()
    }
  } catch (error) {
    if (error instanceof KsmDumpError) return error.toProblem()
    throw error
  }
}

/** A stream without a byte: because it ended early, or because there is nothing in it. */
async function nothing(context: InputContext, place: Place, reader: ByteReader): Promise<void> {
  try {
    await reader.next()
  } catch (error) {
    if (!(error instanceof StreamEnded)) throw error
    context.ended(place.path, error)
    return
  }
  // files of a report may well be empty
  if (place.holder === 'none') context.problem('is-empty', place.path, 'it is empty')
}

/** Says what it is instead. */
function notUnderstood(context: InputContext, place: Place, head: Uint8Array): void {
  const { path, holder, file } = place
  if (holder !== 'none') {
    context.skip(place.group.name, path, 'neither text nor a dump')
    return
  }
  // the message of a dump's opener knows more: a vmlinux, a file of another dumper
  const other = file === null ? null : identifyFile(file)
  if (other !== null && typeof other !== 'string') {
    context.problems.push({ ...other, input: path })
    return
  }
  const { code, what } = nameOther(head)
  context.problem(code, path, `${what}, neither text nor a dump that is read`)
}
