import { lstatSync, readdirSync, readlinkSync, realpathSync, statfsSync, statSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { StreamEnded } from './stream-ended.ts'

/** Folders inside each other, at most. */
const DEPTH = 24
/** Files and folders, at most. */
const MOST = 500_000
/** Links that are followed from one to the next, at most: the same as in archives. */
const STEPS = 8

/** File systems whose files are made when they are read, some of them with an effect: proc, sysfs, debugfs, tracefs. */
const MADE_ON_READ: ReadonlySet<number> = new Set([0x9fa0, 0x62656572, 0x64626720, 0x74726163])

/** A regular file in a folder, or a folder in it. */
export interface FolderEntry {
  kind: 'file' | 'folder'
  /** Below the folder that was asked for: "sys/kernel/mm/ksm/run". */
  name: string
  /** Where it is opened; for a link, its target's. */
  path: string
  /** It was reached through a link, which led to a file inside of the folder. */
  linked: boolean
  size: number
}

/** Told of what is left out: a name, and why. */
export type Skipped = (name: string, why: string) => void

/** True for an existing folder, also through links. */
export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

/** True when opening a file of this folder can have an effect. */
export function isMadeOnRead(path: string): boolean {
  return MADE_ON_READ.has(statfsSync(path).type)
}

/** Names of the folders directly in a folder; [] when it can't be read. */
export function foldersIn(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
  } catch {
    return []
  }
}

/**
 * Walks a folder in sorted order: a folder before what is in it, regular files, and links to regular files inside of it. Links to
 * folders are not entered: what they lead to is reached by its own name. Nothing outside of the folder is looked at.
 * @throws StreamEnded past the limits, or when the folder itself can't be read
 */
export function* walkFolder(folder: string, skipped: Skipped): Generator<FolderEntry> {
  let count = 0
  const top = realpathSync(folder)
  function* walk(name: string, depth: number): Generator<FolderEntry> {
    let entries: string[]
    try {
      entries = readdirSync(join(top, name)).sort()
    } catch (error) {
      const why =
        (error as NodeJS.ErrnoException).code === 'EACCES' ? 'it is not readable for this user' : String(error)
      if (name === '') throw new StreamEnded('unreadable', why)
      return skipped(name, why)
    }
    if (depth > DEPTH) return skipped(name, `more than ${DEPTH} folders deep`)
    for (const entry of entries) {
      if (++count > MOST) throw new StreamEnded('limit', `it has more than ${MOST} files`)
      const found = look(top, name === '' ? entry : `${name}/${entry}`, skipped)
      if (found === null) continue
      yield found
      if (found.kind === 'folder') yield* walk(found.name, depth + 1)
    }
  }
  yield* walk('', 1)
}

function look(top: string, name: string, skipped: Skipped): FolderEntry | null {
  const path = join(top, name)
  try {
    const stats = lstatSync(path)
    if (stats.isFile()) return { kind: 'file', name, path, linked: false, size: stats.size }
    if (stats.isDirectory()) return { kind: 'folder', name, path, linked: false, size: 0 }
    if (!stats.isSymbolicLink()) {
      skipped(name, 'no regular file')
      return null
    }
    const target = follow(top, path)
    if (target === null) {
      skipped(name, 'a link that leads out of the folder or in a circle')
      return null
    }
    const behind = lstatSync(target, { throwIfNoEntry: false })
    // links to what was not collected are normal
    return behind?.isFile() ? { kind: 'file', name, path: target, linked: true, size: behind.size } : null
  } catch (error) {
    skipped(name, error instanceof Error ? error.message : String(error))
    return null
  }
}

/** The path that a link leads to, without any link in it; null when it is not in the folder. */
function follow(top: string, link: string): string | null {
  let path = link
  for (let step = 0; step < STEPS; step++) {
    const target = readlinkSync(path)
    // "/etc" in a report is below its top
    const next = target.startsWith(sep) ? join(top, target) : join(dirname(path), target)
    if (!inside(top, next)) return null
    // links among its folders are the system's to resolve; where they lead is looked at again
    let folder: string
    try {
      folder = realpathSync(dirname(next))
    } catch {
      return next
    }
    path = join(folder, next.slice(dirname(next).length))
    if (!inside(top, path)) return null
    if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return path
  }
  return null
}

function inside(top: string, path: string): boolean {
  const way = relative(top, path)
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !way.startsWith(sep)
}
