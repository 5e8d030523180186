import type { ByteStream } from '../base/bytes.ts'
import type { FileOffset } from '../base/units.ts'
import type { ByteReader } from './byte-reader.ts'
import { StreamEnded } from './stream-ended.ts'
import { BLOCK, MORE_MAP_AGAIN, readPax, readTarHeader, type TarHeader, type TarKind, upToNul } from './tar-header.ts'

/** A member of a tar. */
export interface TarMember {
  /** As it stands there: may be absolute, or lead out of the archive. */
  name: string
  kind: TarKind
  /** What an `other` one is, for people: "a fifo". */
  what: string
  /** Bytes of contents. */
  size: number
  /** Where a link leads: from its own folder (symlink) or from the top of the archive (hardlink). */
  target: string
  /** The first bytes of its contents, as many as asked or all; only before they are read. */
  head(size: number): Promise<Uint8Array>
  /** Its contents, valid until the next member is asked for; what is not read is skipped. */
  contents: ByteStream
}

/** What the type letters say. Those that are not here are left out with their contents. */
const TYPES: Readonly<Record<string, { kind: TarKind; what: string; empty?: true }>> = {
  '0': { kind: 'file', what: 'a file' },
  '7': { kind: 'file', what: 'a file' },
  '1': { kind: 'hardlink', what: 'a link', empty: true },
  '2': { kind: 'symlink', what: 'a link', empty: true },
  '3': { kind: 'other', what: 'a device', empty: true },
  '4': { kind: 'other', what: 'a device', empty: true },
  '5': { kind: 'folder', what: 'a folder', empty: true },
  '6': { kind: 'other', what: 'a fifo', empty: true },
  D: { kind: 'folder', what: 'a folder' },
  M: { kind: 'other', what: 'the second part of a file' },
  S: { kind: 'other', what: 'a sparse file' },
  V: { kind: 'other', what: 'a volume label' },
}

/** Bytes of a long name or of pax records, at most. */
const LONGEST = 1024 * 1024
/** Members, at most: real reports have up to some 100,000. */
const MOST = 2_000_000

/** Headers that speak of the next member. */
interface Ahead {
  name: string | null
  target: string | null
  size: number | null
  sparse: boolean
}

const NOTHING: Ahead = { name: null, target: null, size: null, sparse: false }

/**
 * The members of a tar (v7, ustar, GNU, pax) in their order, one at a time. Where a header is damaged it goes on at the next good
 * one.
 *
 * Not by the package tar-stream: it loses the rest of an archive behind an old GNU sparse file (`tar -S`, lastlog) and behind a
 * damaged header, and brings 8 MB of binaries for another runtime.
 * @param damaged - told how many bytes were passed over to the next good header
 * @throws StreamEnded when it ends too early, after everything up to there; and what the reader throws
 */
export async function* tarMembers(
  reader: ByteReader,
  damaged: (at: FileOffset, bytes: number) => void,
): AsyncGenerator<TarMember> {
  let ahead = NOTHING
  let global: Ahead = NOTHING
  let marks = 0
  // one and the same for the member and the archive around it: it is told once
  const cut = new StreamEnded('cut', 'the tar archive is cut off')
  for (let members = 0; ; ) {
    const block = await reader.take(BLOCK)
    if (block === null) break
    if (block[0] === 0 && block.every((byte) => byte === 0)) {
      marks++
      continue
    }
    let header = readTarHeader(block)
    if (header === null) {
      // behind the end mark: what the medium had there before
      if (marks > 0) {
        await reader.skip(Number.POSITIVE_INFINITY)
        return
      }
      const at = reader.at - BLOCK
      header = await nextGood(reader)
      damaged(at, reader.at - (header === null ? 0 : BLOCK) - at)
      if (header === null) return
      ahead = NOTHING
    }
    marks = 0
    const long = await readAhead(reader, header, cut)
    if (long !== null) {
      if (header.type === 'g') global = merged(NOTHING, long)
      else ahead = merged(ahead, long)
      continue
    }
    if (++members > MOST) throw new StreamEnded('limit', `it has more than ${MOST} members`)
    const member = memberOf(header, merged(global, ahead))
    ahead = NOTHING
    if (header.moreMap) await skipMap(reader)
    const end = reader.at + member.size
    yield {
      ...member,
      head: (size) => reader.peek(Math.min(size, member.size)),
      contents: part(reader, end, cut),
    }
    await skipTo(reader, end + padding(member.size), cut)
  }
  if (marks === 0) throw cut
}

function memberOf(header: TarHeader, ahead: Ahead): Omit<TarMember, 'contents' | 'head'> {
  const name = ahead.name ?? header.name
  let type = TYPES[header.type] ?? { kind: 'other' as const, what: `a member of the unknown type ${header.type}` }
  // before ustar a folder was a file whose name ends so
  if (header.type === '0' && name.endsWith('/')) type = TYPES['5']!
  if (ahead.sparse) type = TYPES['S']!
  const size = 'empty' in type ? 0 : (ahead.size ?? header.size)
  return { name, kind: type.kind, what: type.what, size, target: ahead.target ?? header.target }
}

function merged(under: Ahead, over: Ahead): Ahead {
  return {
    name: over.name ?? under.name,
    target: over.target ?? under.target,
    size: over.size ?? under.size,
    sparse: over.sparse || under.sparse,
  }
}

/** Reads a header that speaks of the next member; null when this one is a member itself. */
async function readAhead(reader: ByteReader, { type, size }: TarHeader, cut: StreamEnded): Promise<Ahead | null> {
  if (!'LKxgX'.includes(type)) return null
  if (size > LONGEST) {
    await skipTo(reader, reader.at + size + padding(size), cut)
    return NOTHING
  }
  const bytes = size === 0 ? new Uint8Array(0) : await reader.take(size)
  if (bytes === null) throw cut
  // it is a view of what the reader holds
  const own = bytes.slice()
  await skipTo(reader, reader.at + padding(size), cut)
  if (type === 'L') return { ...NOTHING, name: upToNul(own) }
  if (type === 'K') return { ...NOTHING, target: upToNul(own) }
  const records = readPax(own)
  const length = records.get('size')
  return {
    name: records.get('GNU.sparse.name') ?? records.get('path') ?? null,
    target: records.get('linkpath') ?? null,
    size: length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : null,
    sparse: [...records.keys()].some((key) => key.startsWith('GNU.sparse.')),
  }
}

/** Steps over the map of an old GNU sparse file. */
async function skipMap(reader: ByteReader): Promise<void> {
  for (;;) {
    const block = await reader.take(BLOCK)
    if (block === null || block[MORE_MAP_AGAIN] !== 1) return
  }
}

/** The next block that is a header, null where there is none. */
async function nextGood(reader: ByteReader): Promise<TarHeader | null> {
  for (;;) {
    const head = await reader.peek(BLOCK)
    if (head.length < BLOCK) {
      await reader.skip(head.length)
      // what the stream had to say of its end
      await reader.next()
      return null
    }
    await reader.skip(BLOCK)
    const header = head[0] === 0 ? null : readTarHeader(head)
    if (header !== null) return header
  }
}

async function skipTo(reader: ByteReader, at: FileOffset, cut: StreamEnded): Promise<void> {
  const left = at - reader.at
  if (left > 0 && (await reader.skip(left)) < left) throw cut
}

function padding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK
}

/** The reader's bytes up to a place in it. */
async function* part(reader: ByteReader, end: FileOffset, cut: StreamEnded): AsyncGenerator<Uint8Array> {
  while (reader.at < end) {
    const piece = await reader.next(end - reader.at)
    if (piece === null) throw cut
    yield piece
  }
}
