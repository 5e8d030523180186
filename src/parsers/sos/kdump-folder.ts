/**
 * Folders of crash dumps: of kdump-tools (Debian, Ubuntu), of kdump-utils (RHEL, Fedora), of abrt's harvest of the latter, and
 * of a retrace server's task. The capture kernel's own log is never evidence: it is of another boot, and maybe of another release.
 * @see kdump-config (kdump-tools 1.8.1, 1.10.9), kdump.sh (kdump-utils 1.0.61), abrt_harvest_vmcore.py.in (abrt 00fb51f5),
 * retrace.py (retrace-server)
 */
import type { TextParser } from '../told.ts'
import { type MemberRow, memberBy, type SosMember } from './sos-member.ts'
import { tellingParser } from './telling.ts'

/** YYYYMMDDHHMM: local time of the capture kernel, to the minute. */
const STAMP = '\\d{12}'
/** A target by FTP makes no folder: the prefix of its name stands before the file's. */
const FTP = `(?:[\\w.-]{1,100}-${STAMP})?`
const PACKED = '(?:\\.(?:gz|xz|bz2|lz4|zst))?'

type KdumpRow = Omit<MemberRow, 'under'>

const KDUMP_FILES: readonly KdumpRow[] = [
  {
    subject: 'kernel log',
    rest: new RegExp(`^${FTP}dmesg\\.${STAMP}${PACKED}$`),
    parser: 'kernel-log',
    priority: 1,
    boot: 'crashed',
    source: 'kdump-tools',
  },
  {
    subject: 'dump',
    rest: new RegExp(`^${FTP}(?:dump|vmcore)\\.${STAMP}${PACKED}$`),
    parser: 'dump',
    priority: 1,
    boot: 'crashed',
    source: 'kdump-tools',
  },
  {
    subject: 'dump',
    rest: new RegExp(`^${FTP}dump-incomplete${PACKED}$`),
    parser: 'dump',
    priority: 1,
    boot: 'crashed',
    part: 'incomplete',
    source: 'kdump-tools',
  },
  {
    subject: 'kernel log',
    rest: new RegExp(`^vmcore-dmesg\\.txt${PACKED}$`),
    parser: 'kernel-log',
    priority: 1,
    boot: 'crashed',
    source: 'kdump-utils',
  },
  {
    subject: 'kernel log',
    rest: /^vmcore-dmesg-incomplete\.txt$/,
    parser: 'kernel-log',
    priority: 1,
    boot: 'crashed',
    part: 'incomplete',
    source: 'kdump-utils',
  },
  {
    subject: 'dump',
    rest: new RegExp(`^vmcore(?:\\.flat)?${PACKED}$`),
    parser: 'dump',
    priority: 1,
    boot: 'crashed',
    source: 'kdump-utils',
  },
  // both families have this name for one
  {
    subject: 'dump',
    rest: new RegExp(`^vmcore-incomplete${PACKED}$`),
    parser: 'dump',
    priority: 1,
    boot: 'crashed',
    part: 'incomplete',
    source: 'kdump-utils, kdump-tools',
  },
  // reports of programs lie there too, and tell nothing of the kernel
  {
    subject: 'apport',
    rest: /^(?:linux|vmcore)[\w.+:~-]{0,200}\.crash$/,
    parser: 'apport',
    priority: 1,
    boot: 'crashed',
    source: 'apport',
  },
]

/** Files of a retrace server's task, by their path in it. */
const RETRACE_FILES: readonly MemberRow[] = [
  {
    subject: 'crash session',
    under: 'results/',
    rest: /^[\w-]{1,60}$/,
    parser: 'crash',
    priority: 1,
    boot: 'crashed',
    source: 'retrace-server',
  },
  {
    subject: 'kernel log',
    under: '',
    rest: /^retrace_backtrace$/,
    parser: 'kernel-log',
    priority: 1,
    boot: 'crashed',
    source: 'retrace-server',
  },
]

/** Items of an abrt folder whose value is told. Its times are those of the harvest, at the next boot. */
const ABRT_ITEMS =
  /^(?<name>analyzer|type|component|time|last_occurrence|count|architecture|kernel|hostname|os_release|os_info|reason|uuid|package)$/

const ABRT_FILES: readonly MemberRow[] = [
  {
    subject: 'abrt',
    under: '',
    rest: ABRT_ITEMS,
    parser: ({ name }) => abrtItemText(name!),
    priority: 3,
    boot: 'crashed',
    source: 'abrt',
  },
  {
    subject: 'kernel log',
    under: '',
    rest: /^(?:backtrace|dmesg)$/,
    parser: 'kernel-log',
    priority: 2,
    boot: 'crashed',
    source: 'abrt',
  },
]

/** Texts beside a dump that are of another boot than it. @see kdump-lib-initramfs.sh (kexec-tools 2.0.2x) */
const OF_CAPTURE: readonly { rest: RegExp; source: string }[] = [{ rest: /^kexec-dmesg/, source: 'kdump-utils' }]

const fileOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/**
 * Whether a file of a kdump folder is wanted.
 * @param path - below /var/crash, or below one of its folders; only a retrace task's files need their folder
 * @returns null for the capture kernel's log, locks and whatever else lies there
 */
export function kdumpMember(path: string): SosMember | null {
  const file = fileOf(path)
  for (const row of KDUMP_FILES) {
    const member = memberBy({ ...row, under: '' }, file, path)
    if (member) return member
  }
  for (const row of RETRACE_FILES) {
    const member = memberBy(row, path.split('/').slice(-2).join('/'), path) ?? memberBy(row, file, path)
    if (member) return member
  }
  return null
}

/** Whether a file is of the kernel that wrote a dump, not of the one that crashed. @param path - below a folder of a dump */
export function isOfCapture(path: string): boolean {
  const file = fileOf(path)
  return OF_CAPTURE.some(({ rest }) => rest.test(file))
}

/**
 * Whether a file of an abrt folder is wanted: kdump's files lie beside abrt's items.
 * @param path - below /var/spool/abrt, or below one of its folders
 */
export function abrtMember(path: string): SosMember | null {
  for (const row of ABRT_FILES) {
    const member = memberBy(row, fileOf(path), path)
    if (member) return member
  }
  return kdumpMember(path)
}

/** One item: one file, one value, no newline. Several lines only in os_info. */
function abrtItemText(name: string): TextParser {
  let seen = false
  return tellingParser((tell) => ({
    line: (line, at) => {
      const text = line.slice(0, 1024).trim()
      if (seen || text === '') return
      if (name === 'os_info') {
        const pretty = /^PRETTY_NAME=["']?([^"']{1,100})["']?$/.exec(text)?.[1]
        if (pretty !== undefined) tell.host('abrt', at, { distribution: pretty })
        seen = pretty !== undefined
        return
      }
      seen = true
      if (name === 'hostname') tell.host('abrt', at, { nodename: text })
      else if (name === 'kernel') tell.host('abrt', at, { release: text })
      else if (name === 'os_release') tell.host('abrt', at, { distribution: text })
      else if (name === 'architecture') tell.host('abrt', at, { arch: text })
      else tell.value(`abrt.${name}`, text, at)
    },
  }))
}
