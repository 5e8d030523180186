import { ByteReader } from '../io/byte-reader.ts'
import { fileHead, fileStream } from '../io/file-stream.ts'
import { type FolderEntry, foldersIn, isMadeOnRead, walkFolder } from '../io/folder.ts'
import { isHostFolder } from '../io/member-names.ts'
import { looksPacked } from '../io/decompress.ts'
import { HEAD, isContainer } from './input-kinds.ts'
import { type InputContext, newGroup } from './input-context.ts'
import type { Group, Member, WalkedInput } from './member.ts'

/** A folder that the next entries lie in. */
interface Below {
  /** Its name, with a slash behind it; "" for the folder itself. */
  prefix: string
  group: Group
}

/**
 * The members of a folder: an unpacked report, a crash that kdump or abrt left, or files that somebody gathered. A report in it,
 * and a folder beside others that is no host's own, is a group of its own.
 */
export async function* openFolder(
  context: InputContext,
  input: WalkedInput,
  path: string,
  group: Group,
): AsyncGenerator<Member> {
  const looking = !isMadeOnRead(path)
  const top: Below = { prefix: '', group }
  let below = top
  if (foldersIn(path).includes(REPORT)) group.kind = 'sosreport'
  const skipped = (name: string, why: string): void => context.skip(path, name, why)
  for (const entry of walkFolder(path, skipped)) {
    await context.meter.beat()
    if (!entry.name.startsWith(below.prefix)) below = top
    if (entry.kind === 'folder') {
      below = entering(entry, below, top) ?? below
      continue
    }
    const name = entry.name.slice(below.prefix.length)
    const wanted = context.wants(name, 'folder')
    // a link's target has its own name too
    if (entry.linked && !wanted) continue
    if (!wanted && (!looking || !worthOpening(entry))) continue
    const open = (): ByteReader => new ByteReader(context.meter.input(fileStream(entry.path)))
    const reader = open()
    const before = context.meter.raw
    try {
      yield* context.open(
        context,
        {
          path: `${path.replace(/\/+$/, '')}/${entry.name}`,
          name,
          holder: 'folder',
          group: below.group,
          wanted,
          tars: 0,
          file: entry.path,
          again: open,
        },
        reader,
      )
    } finally {
      await reader.close()
      input.bytes += context.meter.raw - before
    }
  }
}

/** The folder that every report of sos has. */
const REPORT = 'sos_commands'

/** The group that begins with a folder; null where it goes on. */
function entering(entry: FolderEntry, below: Below, top: Below): Below | null {
  const isReport = below.group.kind !== 'sosreport' && foldersIn(entry.path).includes(REPORT)
  const beside =
    below === top && top.group.kind !== 'sosreport' && !entry.name.includes('/') && !isHostFolder(entry.name)
  if (!isReport && !beside) return null
  const group = newGroup(`${top.group.name.replace(/\/+$/, '')}/${entry.name}`, top.group.input)
  if (isReport) group.kind = 'sosreport'
  return { prefix: `${entry.name}/`, group }
}

/** What nobody asked for is opened only when its first bytes are a dump's or an archive's, or packed. */
function worthOpening(entry: FolderEntry): boolean {
  const head = entry.size === 0 ? null : fileHead(entry.path, HEAD)
  return head !== null && (looksPacked(head) || isContainer(head))
}
