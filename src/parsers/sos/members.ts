/**
 * Which members of a sosreport matter, and who reads each. Old and new layouts stand side by side: a report has whichever its
 * sos wrote. A new member is one row. "since" is the first sos that collects it; its versions were looked up from 3.0 to 4.12.
 */
import {
  meminfoText,
  vmstatText,
  slabinfoText,
  sysctlText,
  cmdlineText,
  configText,
  ksmFileText,
  numberFileText,
} from '../sysfs-text.ts'
import { lscpuText, nodeFileText, numactlText, numaMapsText } from '../numa-text.ts'
import { numadConfText, numadLogText } from '../numad-log.ts'
import { dateText, hostnameText, osReleaseText, unameText, uptimeText } from '../uname-text.ts'
import { guestPidText, guestXmlText, qemuLogText, virshListText } from '../virsh-text.ts'
import { abrtMember, kdumpMember } from './kdump-folder.ts'
import { normalPath, tailOf } from './member-path.ts'
import { type Boot, type MemberRow, memberBy, type SosMember } from './sos-member.ts'
import { memoryMigrateText, procStatusText, sosLogText, sosVersionText, standInsText } from './sos-texts.ts'
import { unitsText } from './units-text.ts'

/** `.1`, `.2.gz` of logrotate; `-20170326`, `-20170326.xz` of its dateext. */
const ROTATED = '(?:[.-](?<rotated>\\d{1,10}))?(?:\\.(?:gz|xz|bz2|zst))?$'
const log = (names: string): RegExp => new RegExp(`^(?:${names})${ROTATED}`)

const kernelLog = (under: string, rest: RegExp, since: string, boot?: Boot, priority: 1 | 2 = 1): MemberRow => ({
  subject: 'kernel log',
  under,
  rest,
  parser: 'kernel-log',
  priority,
  ...(boot ? { boot } : {}),
  source: `sos ${since}`,
})

export const SOS_MEMBERS: readonly MemberRow[] = [
  // KSM
  {
    subject: 'ksm',
    under: 'sys/kernel/mm/ksm/',
    rest: /^(?<name>[a-z][a-z0-9_]{0,60})$/,
    parser: ({ name }) => ksmFileText(name!),
    priority: 1,
    source: 'sos 3.3, memory',
  },

  // which report, kernel, host
  { subject: 'sos', under: '', rest: /^version\.txt$/, parser: sosVersionText, priority: 1, source: 'sos 3.0' },
  {
    subject: 'kernel',
    under: '',
    rest: /^(?:sos_commands\/[^/]{1,60}\/uname_-a|uname|proc\/version|proc\/version_signature)$/,
    parser: unameText,
    priority: 1,
    source: 'sos 3.0; the root one is a link',
  },
  {
    subject: 'host',
    under: '',
    rest: /^(?:sos_commands\/(?:host|general|networking)\/hostname(?:_-f)?|hostname|etc\/hostname)$/,
    parser: hostnameText,
    priority: 2,
    source: 'sos 3.0, general; 3.6, host',
  },
  {
    subject: 'host',
    under: '',
    rest: /^(?:sos_commands\/(?:host|general)\/uptime|uptime)$/,
    parser: uptimeText,
    priority: 2,
    source: 'sos 3.0',
  },
  {
    subject: 'host',
    under: '',
    rest: /^(?:sos_commands\/(?:date|general|host)\/date|date)$/,
    parser: dateText,
    priority: 2,
    source: 'sos 3.0',
  },
  {
    subject: 'host',
    under: '',
    rest: /^(?:(?:etc|usr\/lib)\/(?:os-release|lsb-release|redhat-release|centos-release|oracle-release|system-release)|sos_commands\/[^/]{1,60}\/lsb_release_-a)$/,
    parser: osReleaseText,
    priority: 2,
    source: 'sos 3.0',
  },
  {
    subject: 'host',
    under: 'sos_commands/',
    rest: /^(?:processor|hardware)\/lscpu$/,
    parser: lscpuText,
    priority: 2,
    source: 'sos 3.0',
  },
  { subject: 'settings', under: 'proc/', rest: /^cmdline$/, parser: cmdlineText, priority: 2, source: 'sos 3.0' },
  {
    subject: 'settings',
    under: 'boot/',
    rest: /^config-(?<name>[\w.+~-]{1,100})$/,
    parser: configText,
    priority: 2,
    source: 'sos 4.7.1',
  },
  {
    subject: 'settings',
    under: 'sos_commands/',
    rest: /^[^/]{1,60}\/sysctl_-a$/,
    parser: sysctlText,
    priority: 2,
    source: 'sos 3.0, kernel',
  },

  // kernel logs
  kernelLog('sos_commands/', /^(?:kernel|general)\/dmesg(?:_now)?$/, '2.2 (dmesg_now), 3.0', 'this'),
  kernelLog('sos_commands/', /^(?:kernel|general)\/dmesg_-T$/, '4.7.2', 'this', 2),
  kernelLog('var/log/', log('kern\\.log|syslog|messages'), '3.0'),
  // written once at boot, so it has no hang; its rotated ones are of earlier boots
  kernelLog('var/log/', /^dmesg$/, '3.0', 'this', 2),
  kernelLog('var/log/', /^dmesg\.(?<rotated>\d{1,4})(?:\.gz)?$/, '3.0', 'last', 2),
  kernelLog('sos_commands/logs/', /^journalctl_(?:--[a-z-]{1,20}_){0,4}--boot_-1$/, '3.3', 'last'),
  kernelLog('sos_commands/logs/', /^journalctl_(?:--[a-z-]{1,20}_){0,4}--(?:this-)?boot$/, '3.3', 'this'),
  kernelLog('sos_commands/logs/', /^journalctl_--all_--this-boot_--no-pager$/, '3.0', 'this'),
  kernelLog('sos_commands/logs/', /^journalctl_--no-pager(?:_--catalog)?$/, '3.3'),
  kernelLog('var/lib/systemd/pstore/', /^(?:[^/]{1,100}\/){0,3}dmesg[^/]{0,100}$/, '4.5.6', 'last'),
  kernelLog('sys/fs/pstore/', /^dmesg-[^/]{1,100}$/, '4.5.6', 'last'),

  // processes
  {
    subject: 'processes',
    under: 'sos_commands/process/',
    rest: /^ps_axo_flags_state_[\w.-]{0,200}$/,
    parser: 'ps',
    priority: 1,
    source: 'sos 3.0; wchan is 20 wide since 3.9.1',
  },
  {
    subject: 'processes',
    under: 'sos_commands/process/',
    rest: /^ps_(?:aux\w{0,10}|alx\w{0,10}|-elfL|-elf|-eLf|-ef)$/,
    parser: 'ps',
    priority: 2,
    source: 'sos 3.0; -elfL 3.5.1; auxwwwm 4.1',
  },
  { subject: 'processes', under: '', rest: /^ps$/, parser: 'ps', priority: 2, source: 'sos 3.0, a link' },
  {
    subject: 'task stack',
    under: 'proc/',
    rest: /^(?<pid>\d{1,10})\/stack$/,
    parser: 'proc-stack',
    priority: 1,
    source: 'sos 4.2; main threads only',
  },
  {
    subject: 'task stack',
    under: 'proc/',
    rest: /^(?<pid>\d{1,10})\/status$/,
    parser: ({ pid }) => procStatusText(Number(pid)),
    priority: 1,
    source: 'sos 4.2',
  },

  // counters
  { subject: 'counters', under: 'proc/', rest: /^vmstat$/, parser: vmstatText, priority: 2, source: 'sos 3.0' },
  { subject: 'counters', under: 'proc/', rest: /^meminfo$/, parser: meminfoText, priority: 2, source: 'sos 3.0' },
  { subject: 'ksm', under: 'proc/', rest: /^slabinfo$/, parser: slabinfoText, priority: 1, source: 'sos 3.0' },
  {
    subject: 'counters',
    under: 'sys/kernel/',
    rest: /^(?<name>softlockup_count|hardlockup_count)$/,
    parser: ({ name }) => numberFileText(`kernel.${name}`),
    priority: 2,
    source: 'sos 4.9.2',
  },

  // NUMA and who moves pages
  {
    subject: 'numa',
    under: 'sos_commands/',
    rest: /^[^/]{1,60}\/numactl_(?:--hardware|-H)$/,
    parser: numactlText,
    priority: 2,
    source: 'sos 3.2, numa',
  },
  {
    subject: 'numa',
    under: 'sys/devices/system/node/',
    rest: /^node(?<n>\d{1,4})\/(?<name>cpulist|distance|meminfo)$/,
    parser: ({ n, name }) => nodeFileText(Number(n), name!),
    priority: 2,
    source: 'sos 3.4',
  },
  {
    subject: 'numad',
    under: 'var/log/',
    rest: log('numad\\.log'),
    parser: ({ rotated }) => numadLogText(rotated !== undefined),
    priority: 1,
    source: 'sos 3.2, numa',
  },
  { subject: 'numad', under: 'etc/', rest: /^numad\.conf$/, parser: numadConfText, priority: 3, source: 'sos 3.2' },
  {
    subject: 'numad',
    under: 'sys/fs/cgroup/',
    rest: /^(?:[^/]{1,255}\/){0,20}cpuset\.memory_migrate$/,
    parser: memoryMigrateText,
    priority: 3,
    source: 'sos 3.0, cgroups',
  },
  {
    subject: 'units',
    under: 'sos_commands/systemd/',
    rest: /^systemctl_(?:list-units|list-unit-files|status)(?:_--all|_--failed)?$/,
    parser: unitsText,
    priority: 2,
    source: 'sos 3.0, systemd',
  },

  // guests
  {
    subject: 'guests',
    under: 'sos_commands/',
    rest: /^[^/]{1,60}\/virsh_(?:-r_)?list_--all$/,
    parser: virshListText,
    priority: 2,
    source: 'sos 3.3, virsh; before, libvirt',
  },
  {
    subject: 'guests',
    under: 'sos_commands/',
    rest: /^[^/]{1,60}\/virsh_(?:-r_)?dumpxml_[^/]{1,250}$/,
    parser: guestXmlText,
    priority: 2,
    source: 'sos 3.3, virsh',
  },
  {
    subject: 'guests',
    // networks/ and storage/ have XML of other things
    under: 'etc/libvirt/qemu/',
    rest: /^[^/]{1,250}\.xml$/,
    parser: guestXmlText,
    priority: 2,
    source: 'sos 3.0, libvirt',
  },
  {
    subject: 'guests',
    under: '',
    rest: /^(?:var\/)?run\/libvirt\/qemu\/[^/]{1,250}\.xml$/,
    parser: guestXmlText,
    priority: 2,
    source: 'sos 3.3, libvirt',
  },
  {
    subject: 'guests',
    under: '',
    rest: /^(?:var\/)?run\/libvirt\/qemu\/(?<name>[^/]{1,250})\.pid$/,
    parser: ({ name }) => guestPidText(name!),
    priority: 2,
    source: 'sos 3.3, libvirt',
  },
  {
    subject: 'guests',
    // a rotated one is of an earlier start
    under: 'var/log/libvirt/qemu/',
    rest: /^(?<name>[^/]{1,250})\.log$/,
    parser: ({ name }) => qemuLogText(name!),
    priority: 3,
    source: 'sos 3.0, libvirt',
  },
  {
    subject: 'ksm',
    under: 'proc/',
    rest: /^(?<pid>\d{1,10})\/numa_maps$/,
    parser: ({ pid }) => numaMapsText(Number(pid)),
    priority: 2,
    source: 'sos 3.4, of guests',
  },

  // the report itself
  { subject: 'sos', under: 'sos_logs/', rest: /^sos\.log$/, parser: sosLogText, priority: 2, source: 'sos 3.0' },
  {
    subject: 'obfuscation',
    under: '',
    rest: /^(?:etc\/(?:hosts|resolv\.conf)|sos_commands\/networking\/ip_(?:-[a-z]_)?addr(?:ess)?|sos_commands\/host\/hostnamectl(?:_status)?|last|sos_commands\/(?:login|last)\/last)$/,
    parser: standInsText,
    priority: 3,
    source: 'sos 4.0, cleaner',
  },

  // a bundle of sos collect: each report is of a host of its own, and none tells of another
  {
    subject: 'report',
    under: '',
    rest: /^sosreport-[^/]{1,200}\.tar(?:\.[a-z0-9]{1,4})?$/,
    parser: 'archive',
    priority: 1,
    source: 'sos 4.0, collect',
  },

  // a folder that was packed beside its place (--pack-dir): what is in it has the folder's path before its own
  {
    subject: 'archive',
    under: '',
    rest: /^(?:proc|sys|var\/log|var\/crash|etc\/libvirt|run\/libvirt)(?:\/[^/]{1,100}){0,6}\.tar$/,
    parser: 'archive',
    priority: 3,
    source: 'sos 4.13',
  },
]

/** Folders whose own tables say what matters. */
const FOLDERS: readonly { under: string; member: (path: string) => SosMember | null }[] = [
  { under: 'var/crash/', member: kdumpMember },
  { under: 'var/spool/abrt/', member: abrtMember },
  { under: 'var/tmp/abrt/', member: abrtMember },
]

/** `_2` (sos 3.6) and `.1` (4.x) behind the second output of one command. `--boot_-1` ends in neither. */
const AGAIN = /(?:_\d{1,3}|\.\d{1,3})$/

/**
 * Whether a member of a sosreport is wanted, and who reads it.
 * @param path - below the report's top folder, with forward slashes; a link's own path or that of what it leads to
 * @returns null for all that tells nothing of KSM, of a hang or of the host, and for paths that leave the report
 */
export function sosMember(path: string): SosMember | null {
  const given = normalPath(path)
  if (given === null) return null
  const tail = tailOf(given)
  const at = tail ?? given
  const found = rowOf(at) ?? again(at)
  return found && tail !== null ? { ...found, part: 'tail' } : found
}

function rowOf(path: string, as?: string): SosMember | null {
  for (const row of SOS_MEMBERS) {
    const member = memberBy(row, path, as)
    if (member) return member
  }
  for (const { under, member } of FOLDERS) {
    const found = path.startsWith(under) ? member(path.slice(under.length)) : null
    if (found) return { ...found, path }
  }
  return null
}

/** The second output of a command of the table. */
function again(path: string): SosMember | null {
  if (!path.startsWith('sos_commands/') || !AGAIN.test(path)) return null
  const found = rowOf(path.replace(AGAIN, ''), path)
  return found && { ...found, repeat: true }
}
