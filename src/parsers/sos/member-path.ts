/**
 * Names of members of a report, handled as names only: none of them is ever joined to a real path, and no link is followed but
 * to another member.
 */

/** A link may lead to a link; no report needs more steps. */
const MOST_STEPS = 8
/** Longest name of a member. @see PATH_MAX, include/uapi/linux/limits.h */
const LONGEST = 4096

/**
 * A name with "." and ".." resolved.
 * @param path - as an archive or a folder has it; a leading slash means the top folder
 * @returns null for a name that leaves the top folder, has a NUL, or is none
 */
export function normalPath(path: string): string | null {
  if (path.length > LONGEST || path.includes('\0')) return null
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) return null
  }
  return parts.length > 0 ? parts.join('/') : null
}

/**
 * Splits a member's name into the report's top folder and the rest.
 * @param name - as an archive has it, "sosreport-host-2017-03-25-kpwzhgd/sys/kernel/mm/ksm/run"
 * @returns null for the top folder itself and for names that leave it
 */
export function underTop(name: string): { top: string; path: string } | null {
  const path = name.startsWith('/') ? null : normalPath(name)
  const slash = path?.indexOf('/') ?? -1
  return path === null || slash < 0 ? null : { top: path.slice(0, slash), path: path.slice(slash + 1) }
}

/**
 * Where a link leads.
 * @param from - the link's own path below the top folder
 * @param target - what it says; absolute ones mean the host's root, which is the top folder
 * @returns a path below the top folder; null when it leaves it
 */
export function linkTarget(from: string, target: string): string | null {
  if (target.startsWith('/')) return normalPath(target)
  const folder = from.includes('/') ? from.slice(0, from.lastIndexOf('/') + 1) : ''
  return normalPath(folder + target)
}

/**
 * The member that a path means once all links on its way are followed, links of folders too (lib -> usr/lib).
 * @param links - each link's path and what it says
 * @returns null for a cycle, for more than eight steps and for a way out of the report
 */
export function resolveMember(path: string, links: ReadonlyMap<string, string>): string | null {
  let at = normalPath(path)
  for (let steps = 0; at !== null && steps <= MOST_STEPS; steps++) {
    const link = firstLink(at, links)
    if (link === null) return at
    const target = linkTarget(link, links.get(link)!)
    at = target === null ? null : normalPath(target + at.slice(link.length))
  }
  return null
}

/** The shortest part of a path, from its start, that is a link. */
function firstLink(path: string, links: ReadonlyMap<string, string>): string | null {
  for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
    const folder = path.slice(0, end)
    if (links.has(folder)) return folder
  }
  return links.has(path) ? path : null
}

/**
 * The path that a kept tail stands for: sos keeps the end of a file that is over its limit as
 * `sos_strings/logs/var.log.kern.log.tailed`, and of a command as `sos_strings/PLUGIN/COMMAND.tailed`.
 * @returns null for another path
 * @see sos/report/plugins/__init__.py _add_copy_spec, _collect_tailed_files (4.0, 4.12)
 */
export function tailOf(path: string): string | null {
  const [, plugin, name] = /^sos_strings\/([^/]{1,100})\/\.?([^/]{1,300})\.tailed$/.exec(path) ?? []
  if (plugin === undefined || name === undefined) return null
  for (const folder of TAILED_FOLDERS) {
    const dotted = `${folder.replaceAll('/', '.')}.`
    if (name.startsWith(dotted)) return `${folder}/${name.slice(dotted.length)}`
  }
  return `sos_commands/${plugin}/${name}`
}

/** Folders of files that may be tailed; a dot in the kept name may be a slash or a dot, so the longest comes first. */
const TAILED_FOLDERS = ['var/log/libvirt/qemu', 'var/log/libvirt', 'var/log', 'proc', 'etc/libvirt/qemu', 'etc']
