import { ByteReader } from '../io/byte-reader.ts'
import { normalName } from '../base/member-name.ts'
import { belowTop, isHostFolder, Links, topOf } from '../io/member-names.ts'
import { StreamEnded } from '../io/stream-ended.ts'
import { type TarMember, tarMembers } from '../io/tar-members.ts'
import { looksPacked, unpack } from '../io/decompress.ts'
import { type InputContext, newGroup, type Place } from './input-context.ts'
import { HEAD, isContainer } from './input-kinds.ts'
import type { Group, Member } from './member.ts'

/** Wanted links, at most; and folders beside each other. */
const AWAITED = 1000
/** Names that are kept, at most: real reports have up to some 100,000 members. */
const PASSED = 200_000

/**
 * The members of a tar: wanted texts, dumps, and what is in archives inside of it. A link that is wanted gives its target under the
 * link's name; a target that went by unread before its link came is read in a second pass, where there can be one.
 */
export async function* openTar(context: InputContext, place: Place, reader: ByteReader): AsyncGenerator<Member> {
  if (place.tars === context.limits.tars) {
    context.problem('limit-reached', place.path, `not opened: it is in ${place.tars} archives already, the limit`)
    return
  }
  const archive = new Archive(context, place)
  yield* archive.walk(reader, null)
  const missed = archive.missed()
  if (missed.size === 0) return
  const again = place.again?.()
  if (again === undefined) {
    for (const [target, name] of missed) context.skip(place.path, name, `a link to ${target}, which had gone by unread`)
    return
  }
  try {
    const { reader: once, close } = await unpack(again, context.meter)
    try {
      yield* archive.walk(once, missed)
    } finally {
      await close()
    }
  } finally {
    await again.close()
  }
}

class Archive {
  private readonly context: InputContext
  private readonly place: Place
  private readonly links = new Links()
  /** Wanted links: where they lead as far as is known, and the other way round. */
  private readonly awaited = new Map<string, string>()
  private readonly byTarget = new Map<string, string>()
  /** Names of files that went by unread: a link that comes later may lead to one. */
  private readonly passed = new Set<string>()
  private readonly groups = new Map<string, Group>()
  private readonly group: Group
  private readonly isPacked: boolean
  /** The top folder that came first: the archive's own. */
  private top: string | null = null

  constructor(context: InputContext, place: Place) {
    this.context = context
    this.place = place
    // an archive in an archive or a folder is a host of its own, except a host's folder that was packed by itself (sos --pack-dir)
    this.isPacked = place.holder !== 'none' && isPackedFolder(place.name)
    this.group = place.holder === 'none' || this.isPacked ? place.group : newGroup(place.path, place.group.input)
  }

  /** @param only - a second pass: these members (by their own names) under these names, and no others */
  async *walk(reader: ByteReader, only: ReadonlyMap<string, string> | null): AsyncGenerator<Member> {
    const { context, place } = this
    const damaged = (at: number, bytes: number): void => {
      if (only === null)
        context.problem(
          'file-truncated',
          place.path,
          `the archive is damaged at offset ${at}: ${bytes} bytes were passed over`,
        )
    }
    try {
      for await (const member of tarMembers(reader, damaged)) {
        await context.meter.beat()
        const path = normalName(member.name)
        if (path === null) {
          // "./" is an archive's own top
          if (only === null && /[^./]|\.\./.test(member.name))
            context.skip(place.path, member.name, 'its name leads out of the archive')
        } else if (only !== null) {
          const name = only.get(path)
          if (name !== undefined && member.kind === 'file') yield* this.open(member, name, true)
        } else if (member.kind === 'file') yield* this.file(member, path)
        else this.other(member, path)
      }
    } catch (error) {
      if (!(error instanceof StreamEnded)) throw error
      context.ended(place.path, error)
    }
  }

  /** A link, a folder or something that has no contents. */
  private other(member: TarMember, path: string): void {
    const { context, place } = this
    if (member.kind === 'other')
      context.skip(place.path, path, `${member.what}, which has no contents that could be read`)
    if (member.kind !== 'symlink' && member.kind !== 'hardlink') return
    const top = topOf(path)
    const target = member.kind === 'hardlink' ? `/${member.target}` : member.target
    if (!this.links.add(path, target, member.kind === 'hardlink' ? '' : top)) {
      context.skip(place.path, path, 'there are too many links')
      return
    }
    const leads = this.links.resolve(path)
    if (leads === null) context.skip(place.path, path, 'a link that leads out of the archive or in a circle')
    else if (context.wants(this.nameOf(path), 'archive') && this.awaited.size < AWAITED) this.awaits(path, leads)
    // links that lead through this one lead elsewhere now
    for (const [link, before] of this.awaited) {
      if (before !== path && !before.startsWith(`${path}/`)) continue
      this.byTarget.delete(before)
      const now = this.links.resolve(link)
      if (now === null) this.awaited.delete(link)
      else this.awaits(link, now)
    }
  }

  private awaits(link: string, target: string): void {
    this.awaited.set(link, target)
    this.byTarget.set(target, link)
  }

  private async *file(member: TarMember, path: string): AsyncGenerator<Member> {
    const name = this.nameOf(path)
    const wanted = this.context.wants(name, 'archive')
    const link = wanted ? undefined : this.byTarget.get(path)
    if (!wanted && link === undefined) {
      if (this.passed.size < PASSED) this.passed.add(path)
      const head = await member.head(HEAD)
      if (!looksPacked(head) && !isContainer(head)) return
    }
    yield* this.open(member, link ?? path, wanted || link !== undefined)
  }

  /** @param path - in the archive: its own, or a link's to it */
  private async *open(member: TarMember, path: string, wanted: boolean): AsyncGenerator<Member> {
    const { context, place } = this
    const name = this.nameOf(path)
    const group = this.groupOf(path, name)
    if (name.startsWith('sos_commands/')) group.kind = 'sosreport'
    const shown = this.isPacked || topOf(path) === '' || topOf(path) === this.top ? name : path
    const contents = new ByteReader(member.contents)
    try {
      yield* context.open(
        context,
        {
          path: `${place.path}!${shown}`,
          name,
          holder: 'archive',
          group,
          wanted,
          tars: place.tars + 1,
          file: null,
          again: null,
        },
        contents,
      )
    } finally {
      await contents.close()
    }
  }

  /** Members that wanted links lead to and that went by unread, with the links' names. */
  missed(): Map<string, string> {
    const missed = new Map<string, string>()
    for (const [link, target] of this.awaited) if (this.passed.has(target)) missed.set(target, link)
    return missed
  }

  /** Below the report's top folder; a packed folder's members below the host's. */
  private nameOf(path: string): string {
    const { name } = this.place
    return this.isPacked ? `${name.slice(0, name.lastIndexOf('/') + 1)}${path}` : belowTop(path)
  }

  /** Top folders beside each other are reports or crashes beside each other, and so are folders that are no host's own. */
  private groupOf(path: string, name: string): Group {
    const top = topOf(path)
    if (this.isPacked) return this.group
    if (top !== '') this.top ??= top
    const group = top === '' || top === this.top ? this.group : this.groupAt(this.group, top)
    const slash = name.indexOf('/')
    const first = name.slice(0, Math.max(0, slash))
    return slash < 0 || isHostFolder(first) || group.kind === 'sosreport' ? group : this.groupAt(group, first)
  }

  private groupAt(around: Group, folder: string): Group {
    const name = `${around.name}!${folder}`
    let group = this.groups.get(name)
    if (group === undefined) {
      group = newGroup(name, around.input)
      if (this.groups.size < AWAITED) this.groups.set(name, group)
    }
    return group
  }
}

/** Only what is surely a host's own: a report that lies in /var/tmp is another one. */
function isPackedFolder(name: string): boolean {
  return /^(?:proc|sys|etc|run|sos_commands|sos_strings)\//.test(name)
}
