import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Links } from '../../src/io/member-names.ts'
import { normalPath, tailOf } from '../../src/parsers/sos/member-path.ts'
import { SOS_MEMBERS, sosMember } from '../../src/parsers/sos/members.ts'
import { values } from '../support/host-texts.ts'

/** Who reads a member, in a word: a named reader, or what its parser makes of a line. */
const reader = (path: string): string | null => {
  const parser = sosMember(path)?.parser
  return parser === undefined ? null : typeof parser === 'string' ? parser : 'text'
}

describe('which members are wanted', () => {
  test.each([
    // old and new layouts of one thing
    'sos_commands/kernel/dmesg',
    'sos_commands/general/dmesg_now',
    'sos_commands/kernel/dmesg_-T',
    'var/log/dmesg',
    'var/log/dmesg.0',
    'var/log/kern.log',
    'var/log/kern.log.1',
    'var/log/kern.log.2.gz',
    'var/log/syslog-20170326.xz',
    'var/log/messages',
    'var/log/messages-20170326',
    'var/log/messages-20170326.gz',
    'sos_commands/logs/journalctl_--no-pager',
    'sos_commands/logs/journalctl_--no-pager_--boot',
    'sos_commands/logs/journalctl_--no-pager_--boot_-1',
    'sos_commands/logs/journalctl_--no-pager_--catalog_--boot',
    'sos_commands/logs/journalctl_--no-pager_--catalog_--boot_-1',
    'sos_commands/logs/journalctl_--all_--this-boot_--no-pager',
    'var/lib/systemd/pstore/7123456789/dmesg.txt',
    'var/lib/systemd/pstore/7123456789/001/dmesg-efi-170000',
    'sys/fs/pstore/dmesg-erst-7123456789',
    'sos_strings/logs/var.log.kern.log.tailed',
    'sos_strings/logs/var.log.messages.tailed',
    'sos_strings/logs/journalctl_--no-pager_--boot.tailed',
    'var/crash/202611221530/dmesg.202611221530',
    'var/crash/127.0.0.1-2026-11-22-15:30:09/vmcore-dmesg.txt',
    'var/spool/abrt/vmcore-127.0.0.1-2026-11-22-15:30:09/vmcore-dmesg.txt',
    'var/spool/abrt/vmcore-127.0.0.1-2026-11-22-15:30:09/backtrace',
  ])('%s is a kernel log', (path) => expect(reader(path)).toBe('kernel-log'))

  test.each([
    'ps',
    'sos_commands/process/ps_auxwww',
    'sos_commands/process/ps_auxwwwm',
    'sos_commands/process/ps_alxwww',
    'sos_commands/process/ps_-elfL',
    'sos_commands/process/ps_axo_flags_state_uid_pid_ppid_pgid_sid_cls_pri_addr_sz_wchan_20_lstart_tty_time_cmd',
    'sos_commands/process/ps_axo_flags_state_uid_pid_ppid_pgid_sid_cls_pri_psr_addr_sz_wchan_20_lstart_tty_time_cmd',
    'sos_strings/process/ps_auxwwwm.tailed',
  ])('%s is a list of processes', (path) => expect(reader(path)).toBe('ps'))

  test.each([
    'sys/kernel/mm/ksm/pages_sharing',
    'sys/kernel/mm/ksm/a_file_to_come',
    'version.txt',
    'uname',
    'sos_commands/kernel/uname_-a',
    'proc/version',
    'hostname',
    'sos_commands/general/hostname',
    'sos_commands/host/hostname',
    'uptime',
    'date',
    'usr/lib/os-release',
    'etc/redhat-release',
    'etc/lsb-release',
    'proc/vmstat',
    'proc/meminfo',
    'proc/slabinfo',
    'proc/cmdline',
    'boot/config-4.4.0-72-generic',
    'sys/kernel/softlockup_count',
    'sos_commands/numa/numactl_--hardware',
    'sos_commands/memory/numactl_--hardware',
    'sys/devices/system/node/node12/cpulist',
    'sos_commands/processor/lscpu',
    'var/log/numad.log',
    'var/log/numad.log.1',
    'etc/numad.conf',
    'sys/fs/cgroup/cpuset/machine/vm.slice/cpuset.memory_migrate',
    'sos_commands/systemd/systemctl_list-units',
    'sos_commands/systemd/systemctl_list-units_--all',
    'sos_commands/virsh/virsh_-r_list_--all',
    'sos_commands/libvirt/virsh_list_--all',
    'sos_commands/virsh/virsh_-r_dumpxml_web01',
    'etc/libvirt/qemu/web01.xml',
    'run/libvirt/qemu/web01.xml',
    'var/run/libvirt/qemu/web01.pid',
    'var/log/libvirt/qemu/web01.log',
    'proc/4120/numa_maps',
    'proc/4120/status',
    'sos_commands/kernel/sysctl_-a',
    'sos_logs/sos.log',
    'etc/hosts',
    'sos_commands/networking/ip_-o_addr',
    'var/spool/abrt/vmcore-127.0.0.1-2026-11-22-15:30:09/time',
  ])('%s tells values of its own', (path) => expect(reader(path)).toBe('text'))

  test.each([
    ['var/crash/202611221530/dump.202611221530', 'dump'],
    ['var/crash/127.0.0.1-2026-11-22-15:30:09/vmcore', 'dump'],
    ['var/crash/linux-image-4.4.0-72-generic-202611221530.crash', 'apport'],
    ['proc/2950/stack', 'proc-stack'],
    ['proc/fs.tar', 'archive'],
    ['sosreport-hv-noble-1-2026-11-20-qzkvnbe.tar.xz', 'archive'],
  ])('%s is for another reader: %s', (path, kind) => expect(reader(path)).toBe(kind))

  test.each([
    '',
    '.',
    '..',
    'etc/passwd',
    'environment',
    'sos_reports/sos.txt',
    // another boot, and maybe another release
    'var/crash/127.0.0.1-2026-11-22-15:30:09/kexec-dmesg.log',
    'var/crash/kexec_cmd',
    'var/crash/kdump_lock',
    'var/crash/vmcore-creation.status',
    // reports of programs
    'var/crash/_usr_bin_nova.0.crash',
    // logs of other hosts, and of no kernel
    'var/log/remote/other-host/kern.log',
    'var/log/kern.log.d/x',
    'var/log/dmesg.log',
    'sos_commands/logs/journalctl_--disk-usage',
    'sos_commands/logs/journalctl_--list-boots',
    'sos_commands/libvirt/journalctl_--no-pager_--unit_libvirtd',
    'var/log/journal/0123456789abcdef/system.journal',
    // XML of networks and pools, an older log of a guest, a log of libvirt
    'etc/libvirt/qemu/networks/default.xml',
    'etc/libvirt/storage/default.xml',
    'var/log/libvirt/qemu/web01.log.1',
    'var/log/libvirt/libvirtd.log',
    'var/log/numad.logfile',
    'sys/kernel/mm/ksm',
    'sys/kernel/mm/ksm/',
    'sys/kernel/mm/ksm/run/x',
    'sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages',
    'proc/self/stack',
    'proc/4120/maps',
    'sos_commands/process/pstree_-lp',
    'x/sys/kernel/mm/ksm/run',
    'checksums/sosreport-hv-noble-1-2026-11-20-qzkvnbe.tar.xz.sha256',
  ])('%j is not wanted', (path) => expect(sosMember(path)).toBeNull())

  test('no path leaves the report, and roundabout paths are what they mean', () => {
    for (const path of [
      '../sys/kernel/mm/ksm/run',
      'var/../../sys/kernel/mm/ksm/run',
      '../../../../tmp/dmesg',
      'proc/\0/stack',
    ])
      expect(sosMember(path), path).toBeNull()
    expect(sosMember('./sys//kernel/mm/x/../ksm/run')).toMatchObject({ subject: 'ksm', path: 'sys/kernel/mm/ksm/run' })
  })

  test('every row names its source, and the lowest number is what a verdict rests on', () => {
    for (const row of SOS_MEMBERS) expect(row.source).not.toBe('')
    for (const path of [
      'sys/kernel/mm/ksm/run',
      'sos_commands/kernel/dmesg',
      'proc/1/stack',
      'var/log/numad.log',
      'uname',
    ])
      expect(sosMember(path)!.priority, path).toBe(1)
    expect(sosMember('etc/hosts')!.priority).toBe(3)
  })
})

describe('what a path tells', () => {
  test.each([
    ['sos_commands/kernel/dmesg', 'this'],
    ['sos_commands/logs/journalctl_--no-pager_--boot', 'this'],
    ['sos_commands/logs/journalctl_--no-pager_--boot_-1', 'last'],
    ['sos_commands/logs/journalctl_--no-pager_--catalog_--boot_-1', 'last'],
    ['sos_commands/logs/journalctl_--no-pager', null],
    ['var/log/kern.log', null],
    ['var/log/dmesg', 'this'],
    ['var/log/dmesg.0', 'last'],
    ['sys/fs/pstore/dmesg-efi-1', 'last'],
    ['var/crash/202611221530/dmesg.202611221530', 'crashed'],
  ] as const)('%s is of boot %s', (path, boot) => expect(sosMember(path)).toMatchObject({ boot, repeat: false }))

  test.each([
    ['var/log/kern.log', null],
    ['var/log/kern.log.1', '1'],
    ['var/log/kern.log.2.gz', '2'],
    ['var/log/messages-20170326', '20170326'],
    ['var/log/numad.log.3.gz', '3'],
  ])('%s is rotated: %s', (path, rotated) => expect(sosMember(path)!.rotated).toBe(rotated))

  test('the pid of a process is read from its folder', () => {
    expect(sosMember('proc/2950/stack')!.pid).toBe(2950)
    expect(sosMember('proc/2950/numa_maps')!.pid).toBe(2950)
    expect(sosMember('sos_commands/process/ps_auxwww')!.pid).toBeNull()
  })

  test('a rotated log of numad is read as one that another log follows', () => {
    const line = 'Sat Mar 25 18:02:11 2017: Advising pid 24561 (qemu) move from nodes (0-3) to nodes (2)'
    const told = (path: string) => {
      const parser = sosMember(path)!.parser
      return typeof parser === 'string' ? {} : values(parser(), [line])
    }
    expect(told('var/log/numad.log')['numad.moving']).toBe('24561 qemu')
    expect(told('var/log/numad.log.1')).toEqual({ 'numad.movingAtRotation': '24561 qemu' })
  })

  test('the file of a guest or of a node names it to the parser', () => {
    const told = (path: string, line: string) => {
      const parser = sosMember(path)!.parser
      return typeof parser === 'string' ? {} : values(parser(), [line])
    }
    expect(told('run/libvirt/qemu/web.01.pid', '4120')).toEqual({ 'guest.web.01.pid': '4120' })
    expect(told('sys/devices/system/node/node3/cpulist', '0-1')).toEqual({ 'numa.3.cpus': '0-1' })
    expect(told('sys/kernel/mm/ksm/advisor_mode', '[none] scan-time')).toEqual({ 'ksm.advisor_mode': 'none' })
    expect(told('sys/kernel/softlockup_count', '3')).toEqual({ 'kernel.softlockup_count': '3' })
  })

  test.each([
    ['sos_commands/kernel/dmesg.1', 'kernel-log'],
    ['sos_commands/kernel/uname_-a_2', 'text'],
    ['sos_commands/numa/numactl_--hardware.1', 'text'],
    ['sos_commands/process/ps_-elfL_2', 'ps'],
  ])('%s is another output of the same command', (path, kind) => {
    expect(reader(path)).toBe(kind)
    expect(sosMember(path)).toMatchObject({ repeat: true, path })
  })

  test('a kept tail stands for its file or command, and says that its beginning is missing', () => {
    expect(sosMember('sos_strings/logs/var.log.kern.log.1.tailed')).toMatchObject({
      path: 'var/log/kern.log.1',
      part: 'tail',
      rotated: '1',
    })
    expect(sosMember('sos_strings/logs/journalctl_--no-pager_--boot_-1.tailed')).toMatchObject({
      path: 'sos_commands/logs/journalctl_--no-pager_--boot_-1',
      part: 'tail',
      boot: 'last',
    })
    expect(sosMember('var/log/kern.log')!.part).toBeNull()
    expect(sosMember('sos_strings/logs/var.log.secure.tailed')).toBeNull()
  })

  test.each([
    ['var/crash/202611221530/dump-incomplete', 'incomplete'],
    ['var/crash/127.0.0.1-2026-11-22-15:30:09/vmcore-incomplete', 'incomplete'],
    ['var/crash/127.0.0.1-2026-11-22-15:30:09/vmcore-dmesg-incomplete.txt', 'incomplete'],
    ['var/crash/127.0.0.1-2026-11-22-15:30:09/vmcore', null],
  ] as const)('%s: %s', (path, part) => expect(sosMember(path)!.part).toBe(part))
})

/** Where a name leads by the links of a report. */
function resolveMember(path: string, links: ReadonlyMap<string, string>): string | null {
  const known = new Links()
  for (const [name, target] of links) known.add(name, target)
  return known.resolve(path)
}

describe('names and links', () => {
  test.each([
    ['a/b', 'a/b'],
    ['./a//b/', 'a/b'],
    ['/a/b', 'a/b'],
    ['a/../b', 'b'],
    ['a/..', null],
    ['..', null],
    ['../a', null],
    ['a/../../b', null],
    ['', null],
    ['/', null],
    ['a\0b', null],
    ['a/...', 'a/...'],
  ])('%j is %j', (path, meant) => expect(normalPath(path)).toBe(meant))

  test.each([
    ['uname', 'sos_commands/kernel/uname_-a', 'sos_commands/kernel/uname_-a'],
    ['etc/os-release', '../usr/lib/os-release', 'usr/lib/os-release'],
    ['var/log/kern.log', '../../sos_strings/logs/var.log.kern.log.tailed', 'sos_strings/logs/var.log.kern.log.tailed'],
    ['var/log/syslog', '/var/log/rsyslog/current/syslog', 'var/log/rsyslog/current/syslog'],
    ['var/log/kern.log', '../../../../../../etc/passwd', null],
    ['uname', '..', null],
  ])('%s -> %s', (from, target, leads) => expect(resolveMember(from, new Map([[from, target]]))).toBe(leads))

  test('links of folders on the way are followed', () => {
    const links = new Map([
      ['lib', 'usr/lib'],
      ['var/run', '../run'],
      ['etc/os-release', '../lib/os-release'],
    ])
    expect(resolveMember('lib/os-release', links)).toBe('usr/lib/os-release')
    expect(resolveMember('etc/os-release', links)).toBe('usr/lib/os-release')
    expect(resolveMember('var/run/libvirt/qemu/a.xml', links)).toBe('run/libvirt/qemu/a.xml')
    expect(resolveMember('proc/vmstat', links)).toBe('proc/vmstat')
  })

  test('a cycle, a link to itself and a long chain lead nowhere; eight steps are followed', () => {
    expect(resolveMember('a', new Map([['a', 'a']]))).toBeNull()
    expect(
      resolveMember(
        'a',
        new Map([
          ['a', 'b'],
          ['b', 'a'],
        ]),
      ),
    ).toBeNull()
    expect(resolveMember('a/x', new Map([['a', 'a/b']]))).toBeNull()
    const chain = (length: number) => new Map(Array.from({ length }, (_, i) => [`l${i}`, `l${i + 1}`] as const))
    expect(resolveMember('l0', chain(8))).toBe('l8')
    expect(resolveMember('l0', chain(9))).toBeNull()
  })

  test.each([
    ['sos_strings/logs/var.log.kern.log.tailed', 'var/log/kern.log'],
    ['sos_strings/logs/.var.log.messages.tailed', 'var/log/messages'],
    ['sos_strings/libvirt/var.log.libvirt.qemu.web.01.log.tailed', 'var/log/libvirt/qemu/web.01.log'],
    ['sos_strings/process/ps_auxwwwm.tailed', 'sos_commands/process/ps_auxwwwm'],
    ['sos_strings/as7/configuration.json', null],
    ['var/log/kern.log', null],
  ])('%s is the tail of %s', (path, whole) => expect(tailOf(path)).toBe(whole))

  test('whatever the name and the links are, no answer leaves the report and none takes long (property)', () => {
    const part = fc.constantFrom('..', '.', '', 'var', 'log', 'kern.log', 'sys', 'a', '/', '\0')
    const path = fc.array(part, { maxLength: 12 }).map((parts) => parts.join('/'))
    fc.assert(
      fc.property(path, fc.array(fc.tuple(path, path), { maxLength: 8 }), (name, links) => {
        const found = resolveMember(name, new Map(links))
        if (found !== null)
          expect(found.split('/').filter((each) => each === '..' || each === '.' || each === '')).toEqual([])
        sosMember(name)
      }),
      { numRuns: 2000 },
    )
  })

  test('a hostile name is told in no time, wanted or not', () => {
    const began = performance.now()
    for (const name of [
      'a/'.repeat(2000),
      'sos_commands/' + '-'.repeat(4000),
      'journalctl_' + '--a_'.repeat(900),
      'a'.repeat(1 << 20),
      '../'.repeat(1300),
    ])
      for (const under of [
        '',
        'sos_commands/logs/',
        'var/log/',
        'sos_strings/',
        'sys/fs/cgroup/',
        'proc/',
        'var/crash/',
      ])
        sosMember(under + name)
    expect(performance.now() - began).toBeLessThan(200)
  })
})
