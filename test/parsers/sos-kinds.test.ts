import { describe, expect, test } from 'vitest'
import { describeSos } from '../../src/parsers/sos/describe.ts'
import { abrtMember, isOfCapture, kdumpMember } from '../../src/parsers/sos/kdump-folder.ts'
import {
  sosLogText,
  sosVersionText,
  standInsText,
  procStatusText,
  memoryMigrateText,
} from '../../src/parsers/sos/sos-texts.ts'
import { unitsText } from '../../src/parsers/sos/units-text.ts'
import { hostnameText, unameText } from '../../src/parsers/uname-text.ts'
import { fed, host, values } from '../support/host-texts.ts'

describe('what kind of report it is', () => {
  test.each([
    ['sosreport-hv-r920-3-2017-03-25-kpwzhgd.tar.xz', '2017-03-25'],
    ['sosreport-hv-r920-3.00131845-20170325181005.tar.bz2', '2017-03-25T18:10:05'],
    ['sosreport-host-label-00131845-2026-11-20-qzkvnbe.tar', '2026-11-20'],
    ['sos-collector-131845-2026-11-22-xkqwz.tar', '2026-11-22'],
    ['renamed.tar.xz', null],
  ])('%s was made on %s', (archive, made) => expect(describeSos({ archive }).made).toBe(made))

  test('without any sign nothing is claimed', () => {
    expect(describeSos({})).toEqual({
      sosVersion: null,
      obfuscated: 'no',
      signs: [],
      distribution: null,
      family: null,
      made: null,
      bundle: false,
    })
  })

  test.each([
    ['/etc/hosts', '100.0.0.1 host0.obfuscateddomain0.net host0', 'obfuscateddomain0'],
    ['a MAC', '    link/ether 53:4f:53:00:00:01 brd ff:ff:ff:ff:ff:ff', '53:4f:53:00:00:01'],
    ['a user', 'obfuscateduser0 pts/0 100.0.0.7 Sat Mar 25 17:58', 'obfuscateduser0'],
    ['a keyword', 'the obfuscatedword3 cluster', 'obfuscatedword3'],
    ['IPv6', '    inet6 534f:1a2b::1/64 scope global', '534f:1a2b::1'],
    ['soscleaner', 'host1.obfuscateddomain.com', 'obfuscateddomain'],
  ])('a stand-in is a sure sign: %s', (_where, line, sign) => {
    expect(values(standInsText(), [line])).toEqual({ 'sos.obfuscated': sign })
    expect(describeSos({ told: fed(standInsText(), [line]) }).obfuscated).toBe('yes')
  })

  test.each([
    '127.0.0.1 localhost',
    '10.81.14.23 hv-r920-3.cloud.example.net hv-r920-3',
    '    link/ether 52:54:00:3a:c1:01',
    '    link/ether 00:53:4f:53:00:01',
    '    inet6 fe80::534f:53ff:fe00:1/64 scope link',
    '# nothing here is obfuscated',
  ])('what a host may have by chance is none: %s', (line) => expect(values(standInsText(), [line])).toEqual({}))

  test('a host that is called host0 may be one that is called so', () => {
    expect(describeSos({ told: fed(hostnameText(), ['host0']) })).toMatchObject({
      obfuscated: 'maybe',
      signs: ['the host is called "host0"'],
    })
    expect(describeSos({ archive: 'sosreport-host0-2017-03-25-kpwzhgd.tar.xz' }).obfuscated).toBe('maybe')
    for (const name of ['hostess', 'host', 'myhost0', 'host0a', 'hv-r920-3']) {
      expect(describeSos({ told: fed(hostnameText(), [name]) }).obfuscated, name).toBe('no')
      expect(describeSos({ archive: `sosreport-${name}-2017-03-25-kpwzhgd.tar.xz` }).obfuscated, name).toBe('no')
    }
  })

  test('a sure sign is not made unsure by later ones, nor said twice', () => {
    const told = fed(unameText(), ['Linux host0 4.4.0-72-generic #93-Ubuntu SMP x86_64 GNU/Linux'])
    const kind = describeSos({ archive: 'sosreport-a-2017-03-25-kpwzhgd-obfuscated.tar.xz', told: [...told, ...told] })
    expect(kind.obfuscated).toBe('yes')
    expect(kind.signs).toHaveLength(2)
    expect(kind.made).toBe('2017-03-25')
  })

  test('names of members are obfuscated too', () => {
    expect(describeSos({ members: ['etc/ssl/obfuscateddomain0.com.conf'] }).obfuscated).toBe('yes')
  })

  test.each([
    [['sos_commands/dpkg/dpkg_-l', 'installed-debs'], 'debian'],
    [['installed-rpms', 'etc/redhat-release'], 'red-hat'],
    [['sos_commands/dpkg/dpkg_-l', 'sos_commands/rpm/package-data'], null],
    [['proc/vmstat'], null],
  ] as const)('%j: %s', (members, family) => expect(describeSos({ members }).family).toBe(family))

  test.each([
    ['sosreport: 4.2', '4.2'],
    ['sos report: 4.9.0', '4.9.0'],
    ['sosreport: 3.9.1\n', '3.9.1'],
    ['sosreport: 3.2\nprocess: 1.0', '3.2'],
    ['sos version', undefined],
  ])('version.txt: %j', (text, version) => expect(values(sosVersionText(), text)['sos.version']).toBe(version))
})

describe('what sos says of its own work', () => {
  test('a command that did not end in time is told, once', () => {
    const line = "2017-03-25 18:15:02,112 WARNING: [plugin:process] command 'ps auxwwwm' timed out after 300s"
    expect(values(sosLogText(), [line, line])).toEqual({ 'sos.timeout': 'ps auxwwwm' })
    expect(fed(sosLogText(), [line, line])).toHaveLength(1)
  })

  test('other words of the log are not', () => {
    expect(
      fed(sosLogText(), ["[plugin:process] collected output of 'ps auxwwwm' in 2.0s", 'plugin timed out']),
    ).toEqual([])
  })
})

describe('/proc/PID/status', () => {
  test('names the task whose stack lies beside it', () => {
    const told = fed(
      procStatusText(741),
      'Name:\tksmd\nUmask:\t0000\nState:\tS (sleeping)\nTgid:\t741\nNgid:\t0\nPid:\t741\nKthread:\t1\n',
    )
    expect(told).toMatchObject([
      {
        kind: 'task',
        line: 1,
        source: '/proc/PID/status',
        pid: 741,
        tgid: 741,
        comm: 'ksmd',
        state: 'S',
        kthread: true,
        frames: [],
      },
    ])
  })

  test('names with blanks, states of waiting, no word of kthreads before 6.8', () => {
    expect(fed(procStatusText(9), 'Name:\tCPU 3/KVM\nState:\tD (disk sleep)\n')).toMatchObject([
      { comm: 'CPU 3/KVM', state: 'D', kthread: null, tgid: null },
    ])
    expect(fed(procStatusText(9), 'State:\tD (disk sleep)\n')).toEqual([])
  })
})

describe('units', () => {
  test('list-units, with the marks of failed ones', () => {
    const text = [
      '  UNIT                     LOAD   ACTIVE SUB     DESCRIPTION',
      '  ksm.service              loaded active exited  Kernel Samepage Merging',
      '* ksmtuned.service         loaded failed failed  Kernel Samepage Merging (KSM) Tuning Daemon',
      '\u25cf numad.service            loaded inactive dead  numad - The NUMA daemon',
      '  libvirtd.service         loaded active running Virtualization daemon',
      '  sshd.service             loaded active running OpenSSH server daemon',
    ]
    expect(values(unitsText(), text)).toEqual({
      'unit.ksm.service': 'active',
      'ksmtuned.active': 'failed',
      'unit.numad.service': 'inactive',
      'unit.libvirtd.service': 'active',
    })
  })

  test('list-unit-files and status', () => {
    const text = [
      'UNIT FILE                                  STATE           VENDOR PRESET',
      'ksmtuned.service                           enabled         enabled',
      'numad.service                              disabled        enabled',
      '\u25cf numad.service - numad - The NUMA daemon that manages application locality.',
      '   Loaded: loaded (/usr/lib/systemd/system/numad.service; enabled; vendor preset: disabled)',
      '   Active: active (running) since Mon 2017-03-20 07:12:49 UTC; 5 days ago',
      '\u25cf cron.service - Regular background program processing daemon',
      '   Active: inactive (dead)',
    ]
    expect(values(unitsText(), text)).toEqual({
      'unitFile.ksmtuned.service': 'enabled',
      'unitFile.numad.service': 'disabled',
      'unit.numad.service': 'active',
    })
  })

  test('the state of another unit is not the last wanted one\u2019s', () => {
    expect(
      values(unitsText(), [
        '\u25cf numad.service - numad',
        '\u25cf cron.service - cron',
        '   Active: active (running)',
      ]),
    ).toEqual({})
  })
})

test('memory_migrate of a cpuset', () => {
  expect(values(memoryMigrateText(), ['1'])).toEqual({ 'cpuset.memory_migrate': '1' })
  expect(values(memoryMigrateText(), ['cat: no such file'])).toEqual({})
})

describe('folders of dumps', () => {
  test.each([
    ['dump.202611221530', 'dump'],
    ['dump.202611221530.lz4', 'dump'],
    ['vmcore.202611221530', 'dump'],
    ['vmcore.flat', 'dump'],
    ['10.81.14.23-202611221530dump.202611221530', 'dump'],
    ['10.81.14.23-202611221530dmesg.202611221530', 'kernel-log'],
    ['task/results/sys', 'crash'],
    ['task/crash/vmcore', 'dump'],
    ['task/retrace_backtrace', 'kernel-log'],
    ['linux-image-4.4.0-72-generic.0.crash', 'apport'],
  ])('%s: %s', (path, kind) => expect(kdumpMember(path)!.parser).toBe(kind))

  test.each(['kexec-dmesg.log', 'vmcore-creation.status', 'dump', 'dmesg', 'vmcore.log', 'retrace_log', 'xvmcore'])(
    '%s is nothing',
    (path) => expect(kdumpMember(path)).toBeNull(),
  )

  test("the capture kernel's log is of another boot, a dmesg is not", () => {
    expect(['202611221530/kexec-dmesg.log', 'kexec-dmesg.log', 'dmesg', 'vmcore-dmesg.txt'].map(isOfCapture)).toEqual([
      true,
      true,
      false,
      false,
    ])
  })

  test('items of abrt: one file, one value, the host and its kernel among them', () => {
    const item = (name: string, text: string) => {
      const parser = abrtMember(`vmcore-127.0.0.1-2026-11-22-15:30:09/${name}`)!.parser
      if (typeof parser === 'string') throw new Error(name)
      return parser() && { values: values(parser(), text), host: host(parser(), text) }
    }
    expect(item('time', '1795361409').values).toEqual({ 'abrt.time': '1795361409' })
    expect(item('analyzer', 'abrt-vmcore').values).toEqual({ 'abrt.analyzer': 'abrt-vmcore' })
    expect(item('kernel', '4.18.0-553.el8_10.x86_64').host).toEqual({ release: '4.18.0-553.el8_10.x86_64' })
    expect(item('hostname', 'hv-1').host).toEqual({ nodename: 'hv-1' })
    expect(item('os_release', 'Red Hat Enterprise Linux release 8.10 (Ootpa)').host).toEqual({
      distribution: 'Red Hat Enterprise Linux release 8.10 (Ootpa)',
    })
    expect(item('os_info', 'NAME="Fedora Linux"\nPRETTY_NAME="Fedora Linux 40 (Server Edition)"\n').host).toEqual({
      distribution: 'Fedora Linux 40 (Server Edition)',
    })
    expect(abrtMember('x/uid')).toBeNull()
    expect(abrtMember('x/vmcore')!.parser).toBe('dump')
  })
})
