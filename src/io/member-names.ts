/**
 * Names of members, as paths of an archive or folder that stand for themselves: "a/b/c". They are keys and are shown; no name is
 * ever joined to a path of the file system.
 */

import { normalName } from '../base/member-name.ts'

/** Links that are followed from one to the next, at most. */
const STEPS = 8
/** Links that are kept, at most, and characters in them. */
const MOST_LINKS = 200_000
const MOST_TEXT = 32 * 1024 * 1024

/** Top folders of a host: a member below one of them has no report's folder above it. */
const HOST_FOLDERS = new Set(
  'bin boot dev etc home lib lib64 media mnt opt proc root run sbin snap srv sys tmp usr var'.split(' ').concat(
    // and those that sos makes beside them
    ['sos_commands', 'sos_logs', 'sos_reports', 'sos_strings', 'checksums'],
  ),
)

/** True when a folder of this name stands for the host's own. */
export function isHostFolder(name: string): boolean {
  return HOST_FOLDERS.has(name)
}

/**
 * The folder that a report lies in: "sosreport-x" of "sosreport-x/sys/kernel"; "" where there is none.
 * @param name - normal
 */
export function topOf(name: string): string {
  const first = name.slice(0, Math.max(0, name.indexOf('/')))
  return isHostFolder(first) ? '' : first
}

/**
 * A name below the report's own folder: "sosreport-x/sys/kernel" -> "sys/kernel".
 * @param name - normal
 */
export function belowTop(name: string): string {
  const top = topOf(name)
  return top === '' ? name : name.slice(top.length + 1)
}

/** The links of one archive or folder, by name, resolved inside of it only. */
export class Links {
  private readonly targets = new Map<string, string>()
  private text = 0

  /**
   * Remembers a symbolic link.
   * @param name - normal
   * @param target - from the link's own folder, or from the top when it begins with "/"
   * @param top - the report's own folder, "" where there is none: "/etc" in a report is below it
   * @returns false when there are too many
   */
  add(name: string, target: string, top = ''): boolean {
    this.text += name.length + target.length
    if (this.targets.size >= MOST_LINKS || this.text > MOST_TEXT) return false
    const slash = name.lastIndexOf('/')
    const folder = target.startsWith('/') ? top : slash < 0 ? '' : name.slice(0, slash)
    this.targets.set(name, `${folder}/${target}`)
    return true
  }

  /**
   * Where a name leads, as far as the links are known by now.
   * @returns null: out of the archive, in a circle, or through more than 8 links
   */
  resolve(name: string): string | null {
    let path = normalName(name)
    for (let step = 0; path !== null; step++) {
      const found = this.first(path)
      if (found === null) return path
      if (step === STEPS) return null
      path = normalName(found)
    }
    return null
  }

  /** The path with the first link in it replaced; null when there is none. */
  private first(path: string): string | null {
    for (let end = path.indexOf('/'); ; end = path.indexOf('/', end + 1)) {
      const target = this.targets.get(end < 0 ? path : path.slice(0, end))
      if (target !== undefined) return end < 0 ? target : target + path.slice(end)
      if (end < 0) return null
    }
  }
}
