/** Names of members of a report, handled as names only: none of them is ever joined to a real path. */
import { normalName } from '../../base/member-name.ts'

/** Longest name of a member. @see PATH_MAX, include/uapi/linux/limits.h */
const LONGEST = 4096

/**
 * A name with "." and ".." resolved.
 * @param path - as an archive or a folder has it; a leading slash means the top folder
 * @returns null for a name that leaves the top folder, has a NUL, or is none
 */
export function normalPath(path: string): string | null {
  if (path.length > LONGEST || path.includes('\0')) return null
  return normalName(path)
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
