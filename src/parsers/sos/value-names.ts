/**
 * The names of the values that files and commands of a host tell: each thing has one name, chosen here, whatever file, era or
 * mail told it. In a name NAME, PID, N and FILE stand for what the entry says; all else is literal. Numbers are decimal.
 */
export interface ValueName {
  name: string
  /** What it says, its unit and form. */
  says: string
  /** Who prints it: a kernel file and version, or a program. */
  source: string
}

const KSM_C = 'mm/ksm.c (v4.4, v6.12)'
const LIBVIRT = 'libvirt, docs/formatdomain.rst'
const NUMAD = 'numad 20150602, numad.c'

export const VALUE_NAMES: readonly ValueName[] = [
  // KSM
  { name: 'ksm.FILE', says: 'file of /sys/kernel/mm/ksm; of advisor_mode the chosen one', source: KSM_C },
  { name: 'slab.NAME.active', says: 'objects in use of a slab cache', source: 'mm/slab_common.c (v4.4, v6.12)' },
  { name: 'slab.NAME.objects', says: 'objects in use and free ones of a slab cache', source: 'mm/slab_common.c' },
  { name: 'slab.NAME.bytes', says: 'size of one object', source: 'mm/slab_common.c' },
  {
    name: 'numa_maps.PID.mapmax',
    says: 'most mappings of one page among the anonymous areas of a process',
    source: 'fs/proc/task_mmu.c show_numa_map (v4.4, v6.12)',
  },
  // kernel
  { name: 'vmstat.NAME', says: 'counter of /proc/vmstat', source: 'mm/vmstat.c (v4.4, v6.12)' },
  { name: 'meminfo.NAME', says: 'line of /proc/meminfo, with its "kB"', source: 'fs/proc/meminfo.c (v4.4, v6.12)' },
  { name: 'kernel.softlockup_count', says: 'soft lockups since boot', source: 'kernel/watchdog.c (v6.16)' },
  { name: 'kernel.hardlockup_count', says: 'hard lockups since boot', source: 'kernel/watchdog.c (v6.16)' },
  { name: 'kernel.signature', says: '"Ubuntu 4.4.0-72.93-generic 4.4.49"', source: 'Ubuntu, /proc/version_signature' },
  { name: 'sysctl.NAME', says: 'setting, "sysctl.kernel.numa_balancing"', source: 'sysctl -a' },
  { name: 'cmdline.NAME', says: 'boot parameter, empty when it has no value', source: '/proc/cmdline' },
  { name: 'config.NAME', says: '"y", "m", "n" or a value, by CONFIG_ name', source: '/boot/config-*' },
  {
    name: 'cpuset.memory_migrate',
    says: '1: a change of mems migrates pages',
    source: 'kernel/cgroup/cpuset.c (v6.12)',
  },
  // NUMA
  { name: 'numa.nodes', says: 'how many nodes', source: 'numactl --hardware, lscpu' },
  { name: 'numa.N.cpus', says: 'CPUs of a node, "0-3,8"; empty for a node without', source: 'numactl, lib/vsprintf.c' },
  { name: 'numa.N.sizeMB', says: 'memory of a node, MiB', source: 'numactl --hardware, node*/meminfo' },
  { name: 'numa.N.freeMB', says: 'free memory of a node, MiB', source: 'numactl --hardware, node*/meminfo' },
  { name: 'numa.N.distance', says: 'distances to the nodes in their order', source: 'drivers/base/node.c (v4.4)' },
  // numad, ksmtuned, units
  { name: 'numad.version', says: 'version by its log', source: NUMAD },
  { name: 'numad.running', says: 'pid by its log: registered and not shut down since', source: NUMAD },
  { name: 'numad.runningAtRotation', says: 'the same by a rotated log: then a later log follows', source: NUMAD },
  { name: 'numad.moving', says: '"24561 qemu-system-x86": advised, and no end of the move logged', source: NUMAD },
  { name: 'numad.movingAtRotation', says: 'the same at the end of a rotated log', source: NUMAD },
  { name: 'numad.movingSince', says: 'local time of that advice, as printed', source: NUMAD },
  { name: 'numad.movingTo', says: 'nodes that it moves to, "2" or "0-1"', source: NUMAD },
  { name: 'numad.moves', says: 'moves that this log tells the end of', source: NUMAD },
  { name: 'numad.longestMoveSeconds', says: 'the longest of them, with two decimals', source: NUMAD },
  { name: 'numad.interval', says: 'seconds between scans, "15" or "5:15"', source: '/etc/numad.conf' },
  { name: 'ksmtuned.active', says: '"active", "inactive", "failed": of ksmtuned.service', source: 'systemctl' },
  { name: 'unit.NAME', says: 'the same of another unit, "unit.numad.service"', source: 'systemctl list-units' },
  { name: 'unitFile.NAME', says: '"enabled", "disabled", "static" ...', source: 'systemctl list-unit-files' },
  // guests
  { name: 'guests.listed', says: 'rows of the table of all guests, 0 when it is empty', source: 'virsh list --all' },
  { name: 'guest.NAME.id', says: 'number while it runs, "-" when not', source: 'virsh list' },
  { name: 'guest.NAME.state', says: '"running", "shut off" ...', source: 'virsh list, run/libvirt/qemu/NAME.xml' },
  { name: 'guest.NAME.uuid', says: 'lower case', source: LIBVIRT },
  { name: 'guest.NAME.memoryKiB', says: 'most memory', source: LIBVIRT },
  { name: 'guest.NAME.vcpus', says: 'most virtual CPUs', source: LIBVIRT },
  { name: 'guest.NAME.nosharepages', says: '"yes": its memory is not merged', source: LIBVIRT },
  { name: 'guest.NAME.locked', says: '"yes": its memory is locked', source: LIBVIRT },
  { name: 'guest.NAME.hugepages', says: '"yes": KSM does not merge hugetlb pages', source: LIBVIRT },
  { name: 'guest.NAME.pid', says: 'process of its QEMU', source: 'run/libvirt/qemu/NAME.{xml,pid}' },
  { name: 'guest.NAME.vcpuPids', says: 'threads of its virtual CPUs, by a blank', source: 'run/libvirt/qemu/NAME.xml' },
  { name: 'guest.NAME.memMerge', says: '"off" or "on": mem-merge of its last start', source: 'QEMU, qemu-options.hx' },
  // the report itself, kdump, abrt
  { name: 'sos.version', says: '"4.8.2"', source: 'version.txt' },
  { name: 'sos.obfuscated', says: 'a stand-in that sos clean puts, as found', source: 'sos/cleaner/mappings (4.10)' },
  { name: 'sos.timeout', says: '"ps auxwwwm": a command that did not end in time', source: 'sos.log' },
  { name: 'abrt.NAME', says: 'item of an abrt folder; its times are those of the harvest', source: 'abrt, 00fb51f5' },
]

/** A part of a name that a host chose: any, but not empty. Dots may be in it: a guest may be called "web.01". */
const PLACE = /NAME|PID|FILE|\bN\b/g

const PATTERNS = VALUE_NAMES.map(
  ({ name }) =>
    new RegExp(
      `^${name.replaceAll('.', '\\.').replace(PLACE, (place) => (/N$/.test(place) || place === 'PID' ? '\\d+' : '.+'))}$`,
    ),
)

/** Whether the table has a name for it. */
export function isValueName(name: string): boolean {
  return PATTERNS.some((pattern) => pattern.test(name))
}

/**
 * Takes a name of a guest's value apart; the guest's own name may have dots.
 * @returns null for another value's name
 */
export function guestOf(name: string): { guest: string; what: string } | null {
  const dot = name.lastIndexOf('.')
  if (!name.startsWith('guest.') || dot <= 'guest.'.length) return null
  return { guest: name.slice('guest.'.length, dot), what: name.slice(dot + 1) }
}
