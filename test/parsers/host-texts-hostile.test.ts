import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { pastedValuesText } from '../../src/parsers/pasted-values.ts'
import { SOS_MEMBERS, sosMember } from '../../src/parsers/sos/members.ts'
import type { MemberRow } from '../../src/parsers/sos/sos-member.ts'
import { isValueName } from '../../src/parsers/sos/value-names.ts'
import type { TextParser } from '../../src/parsers/told.ts'
import { proseKernelText } from '../../src/parsers/uname-text.ts'
import { fed } from '../support/host-texts.ts'
import { readReport, smallReports, topOf } from '../support/sos-reports.ts'

const LONGEST_LINE = 64 * 1024

/** A member that each text parser of the tables reads, and lines of its kind. */
const EXAMPLES: Record<string, readonly string[]> = {
  'sys/kernel/mm/ksm/pages_sharing': ['9842113'],
  'sys/kernel/mm/ksm/advisor_mode': ['[none] scan-time'],
  'version.txt': ['sos report: 4.9.0'],
  uname: [
    'Linux hv 4.4.0-72-generic #93-Ubuntu SMP Fri Mar 31 14:07:41 UTC 2017 x86_64 x86_64 x86_64 GNU/Linux',
    'Linux version 4.4.0-72-generic (a@b) (gcc) #93-Ubuntu SMP (Ubuntu 4.4.0-72.93-generic 4.4.49)',
  ],
  hostname: ['hv-r920-3'],
  uptime: [' 18:10:05 up 5 days, 10:58,  2 users'],
  date: ['Sat Mar 25 18:10:05 UTC 2017'],
  'etc/os-release': ['NAME="Ubuntu"', 'Red Hat Enterprise Linux Server release 7.4 (Maipo)', 'Release:\t16.04'],
  'sos_commands/processor/lscpu': [
    'On-line CPU(s) list:   0-119',
    'NUMA node0 CPU(s):     0,4,8',
    'Hypervisor vendor:     KVM',
  ],
  'proc/cmdline': ['ro csdlock_debug crashkernel=512M'],
  'boot/config-6.1.0': ['CONFIG_KSM=y', '# CONFIG_KSM is not set'],
  'sos_commands/kernel/sysctl_-a': ['kernel.numa_balancing = 0'],
  'proc/4120/status': ['Name:\tksmd', 'State:\tS (sleeping)'],
  'proc/vmstat': ['pgmigrate_success 41120332'],
  'proc/meminfo': ['MemTotal:       541065216 kB'],
  'proc/slabinfo': ['ksm_rmap_item     22226302 22226400     64   64    1 : tunables    0    0    0 : slabdata'],
  'sys/kernel/softlockup_count': ['3'],
  'sos_commands/numa/numactl_--hardware': [
    'available: 4 nodes (0-3)',
    'node 0 cpus: 0 4 8',
    'node 0 size: 132096 MB',
    'node distances:',
    '  0:  10  21  21 ',
  ],
  'sys/devices/system/node/node0/cpulist': ['0,4,8-11'],
  'sys/devices/system/node/node0/meminfo': ['Node 0 MemTotal:       135266304 kB'],
  'sys/devices/system/node/node0/distance': ['10 21 21 21'],
  'var/log/numad.log': [
    'Sat Mar 25 18:02:11 2017: Advising pid 24561 (qemu-system-x86) move from nodes (0-3) to nodes (2)',
    'Sat Mar 25 18:02:11 2017: PID 25498 moved to node(s) 3 in 43.5 seconds',
  ],
  'etc/numad.conf': ['INTERVAL=15'],
  'sys/fs/cgroup/cpuset/cpuset.memory_migrate': ['1'],
  'sos_commands/systemd/systemctl_list-units': [
    '  numad.service   loaded active running numad',
    'ksmtuned.service enabled enabled',
    '   Active: active (running)',
  ],
  'sos_commands/virsh/virsh_-r_list_--all': [
    ' Id    Name                           State',
    '------------',
    ' 2     va-web-01                      running',
  ],
  'etc/libvirt/qemu/web01.xml': [
    "<domstatus state='running' pid='24561'>",
    "<domain type='kvm' id='2'>",
    '<name>web01</name>',
    "<memory unit='KiB'>33554432</memory>",
    "<vcpu placement='static'>16</vcpu>",
    "<vcpu id='0' pid='24577'/>",
  ],
  'run/libvirt/qemu/web01.pid': ['24561'],
  'var/log/libvirt/qemu/web01.log': ['2017-03-20: starting up libvirt version: 1.3.1', '-machine pc,mem-merge=off'],
  'proc/4120/numa_maps': ['7f1000000000 default anon=8388608 dirty=8388608 mapmax=2306921 N0=1'],
  'sos_logs/sos.log': ["[plugin:process] command 'ps auxwwwm' timed out after 300s"],
  'etc/hosts': ['100.0.0.1 host0.obfuscateddomain0.net host0', 'link/ether 53:4f:53:00:00:01'],
  'var/spool/abrt/x/os_info': ['PRETTY_NAME="Fedora Linux 40"'],
}

/** Parsers of texts that are no members. */
const OTHERS: Record<string, { make: () => TextParser; lines: readonly string[] }> = {
  'pasted values': {
    make: pastedValuesText,
    lines: [
      '/sys/kernel/mm/ksm/pages_sharing:9842113',
      'pages_shared: 51,204, pages_sharing = 9842113',
      '$ cat /sys/kernel/mm/ksm/{pages_shared,pages_sharing}',
      '==> /sys/kernel/mm/ksm/run <==',
      '| pages_sharing | 9842113 |',
      '/sys/kernel/mm/ksm/advisor_mode:[none] scan-time',
      'We should set the default, if max_page_sharing: 256',
    ],
  },
  'prose of kernels': {
    make: proseKernelText,
    lines: [
      '(host kernel version: 4.4.0-72-generic #93), the',
      'running kernel 4.4.0-72-generic',
      'fixed in kernel version 4.4.0-79-generic',
    ],
  },
}

const PARSERS = [
  ...Object.entries(EXAMPLES).map(([path, lines]) => {
    const parser = sosMember(path)?.parser
    if (parser === undefined || typeof parser === 'string') throw new Error(`${path} has no parser here`)
    return { name: path, make: parser, lines }
  }),
  ...Object.entries(OTHERS).map(([name, each]) => ({ name, ...each })),
]

/** Lines of the longest length: one character or one piece over and over, between pieces of the parser's own lines. */
function* hostileLines(lines: readonly string[]): Generator<string> {
  const fill = (piece: string, length: number): string =>
    piece.repeat(Math.ceil(length / piece.length)).slice(0, length)
  for (const line of lines) {
    const half = line.slice(0, line.length / 2)
    const pieces = new Set([
      ' ',
      '0',
      'a',
      '.',
      '-',
      '(',
      '>',
      '\t',
      ' 1',
      '1,',
      '1-',
      'a ',
      'a: ',
      `${line} `,
      line,
      half,
      `${half} `,
      ...line.split(/(?<=[ :=,(])/),
    ])
    for (const piece of pieces) {
      if (piece === '') continue
      yield fill(piece, LONGEST_LINE)
      yield line + fill(piece, LONGEST_LINE - line.length - 1) + '\u0001'
      yield half + fill(piece, LONGEST_LINE - half.length - 1) + '\u0001'
    }
  }
}

describe('lines of 64 KiB', () => {
  test('every text parser of the table of members has an example here', () => {
    const reads = (row: MemberRow, path: string): boolean =>
      path.startsWith(row.under) && row.rest.test(path.slice(row.under.length))
    const covered = SOS_MEMBERS.filter((row) => Object.keys(EXAMPLES).some((path) => reads(row, path)))
    const missing = SOS_MEMBERS.filter(
      (row) => typeof row.parser !== 'string' && !covered.some((each) => each.parser === row.parser),
    )
    expect(missing.map((row) => row.rest.source)).toEqual([])
  })

  test.each(PARSERS)('$name takes each in less than 50 ms', ({ make, lines }) => {
    const slow: string[] = []
    for (const line of hostileLines(lines)) {
      // a busy machine may be slow once; a bad expression is slow every time
      let best = Number.POSITIVE_INFINITY
      for (let tries = 0; tries < 3 && best >= 50; tries++) {
        const parser = make()
        // what comes before may open a state that the line is then read in
        lines.forEach((each, i) => {
          parser.push(each, i + 1)
        })
        const began = performance.now()
        parser.push(line, lines.length + 1)
        best = Math.min(best, performance.now() - began)
      }
      if (best < 50) continue
      slow.push(`${best.toFixed(0)} ms: ${line.slice(0, 60)}`)
      break
    }
    expect(slow).toEqual([])
  })
})

describe('without end', () => {
  test.each(PARSERS)('$name tells a bounded number of things, each of bounded length', ({ make, lines }) => {
    const parser = make()
    for (let i = 0; i < 20_000; i++) {
      const line = lines[i % lines.length]!
      // another number each time, so that no two lines say the same
      parser.push(line.replace(/\d+/, String(i % 9999)), i + 1)
    }
    parser.end()
    expect(parser.told.length).toBeLessThanOrEqual(4096)
    for (const each of parser.told)
      if (each.kind === 'value') expect(each.text.length + each.name.length).toBeLessThanOrEqual(2048)
  })
})

const small = smallReports()
afterAll(() => small?.remove())

/** The bug's mail and lines of real members, where there are any. */
function realLines(): string[] {
  const lines = PARSERS.flatMap((each) => each.lines)
  if (small === null) return lines
  const top = topOf(small.unpacked('sosreport-hv-r920-3-2017-03-25-kpwzhgd.tar.xz'))
  for (const [path] of readReport(top).told)
    lines.push(...readFileSync(join(top, path), 'utf8').split('\n').slice(0, 40))
  const mail = join(process.env['KSM_DUMP_CORPUS']!, '..', 'inputs', '000_9ee973ecd88cd55e.txt')
  if (existsSync(mail)) lines.push(...readFileSync(mail, 'utf8').split('\n'))
  return lines
}

describe('whatever the lines are', () => {
  const real = realLines()
  const cut = fc
    .constantFrom(...real)
    .chain((line) =>
      fc.tuple(fc.nat(line.length), fc.nat(line.length)).map(([a, b]) => line.slice(Math.min(a, b), Math.max(a, b))),
    )
  const quoted = fc
    .tuple(fc.constantFrom('> ', '>> ', '| ', '  ', '- ', '\u00a0'), fc.constantFrom(...real))
    .map(([mark, line]) => mark + line)
  const joined = fc.tuple(fc.constantFrom(...real), fc.constantFrom(...real)).map(([a, b]) => a + b)
  const line = fc.oneof(
    fc.constantFrom(...real),
    cut,
    quoted,
    joined,
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.string({ maxLength: 60 }),
  )

  test.each(PARSERS)('$name never throws, and what it tells has a name of the table (property)', ({ make, lines }) => {
    const own = fc.oneof(line, fc.constantFrom(...lines))
    fc.assert(
      fc.property(fc.array(own, { maxLength: 40 }), (some) => {
        for (const each of fed(make(), some)) {
          expect(each.line).toBeGreaterThanOrEqual(1)
          expect(each.line).toBeLessThanOrEqual(some.length)
          if (each.kind === 'value') expect(isValueName(each.name), each.name).toBe(true)
          if (each.kind === 'value') expect(each.text).toBe(each.text.trimEnd())
        }
      }),
      { numRuns: 150 },
    )
  })
})
