import { describe, expect, test } from 'vitest'
import { KernelLogParser } from '../../src/parsers/klog-text.ts'
import { hosts, names, readLog, stamped, tasks } from '../support/klog-text.ts'

const read = (...lines: readonly string[]): KernelLogParser => readLog(lines)
const stacks = ({ events }: KernelLogParser): string[] => events.map(({ stack }) => names(stack))
const at = stamped

const HUNG = 'INFO: task numad:2950 blocked for more than 122 seconds.'
const LOCKUP = 'watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [numad:2950]'
const BANNER =
  'Linux version 4.4.0-72-generic (buildd@lgw01-4) (gcc version 5.4.0 20160609 (Ubuntu 5.4.0-6ubuntu1~16.04.4) ) #93-Ubuntu SMP Fri Mar 31 14:07:41 UTC 2017 (Ubuntu 4.4.0-72.93-generic 4.4.49)'

describe('what belongs together', () => {
  const frames = (from: number, caller: string, ...symbols: readonly string[]): string[] =>
    symbols.map(
      (symbol, index) => `[${(from + index / 1e6).toFixed(6).padStart(12)}] [${caller.padStart(6)}]  ${symbol}+0x1/0x2`,
    )
  const mixed = (...rows: readonly (readonly string[])[]): string[] =>
    Array.from({ length: Math.max(...rows.map(({ length }) => length)) }).flatMap((_, index) =>
      rows.flatMap((row) => row[index] ?? []),
    )

  test('lines of two CPUs that are mixed are parted by their caller ids', () => {
    const a = [`[    1.000000] [    C3] ${LOCKUP}`, ...frames(1, 'C3', 'a', 'b', 'c')]
    const b = [`[    1.000000] [   T38] ${HUNG}`, ...frames(1, 'T38', 'd', 'e', 'f')]
    expect(stacks(read(...mixed(a, b)))).toEqual(['a b c', 'd e f'])
  })

  test('lines of two hosts in one file are parted by their hosts', () => {
    const of = (host: string, ...lines: readonly string[]): string[] =>
      lines.map((line) => `Mar 30 12:00:01 ${host} kernel: ${line}`)
    const { events } = read(
      ...mixed(of('hv-1', HUNG, ' a+0x1/0x2', ' b+0x1/0x2'), of('hv-2', HUNG, ' c+0x1/0x2', ' d+0x1/0x2')),
    )
    expect(events.map(({ host, stack }) => [host, names(stack)])).toEqual([
      ['hv-1', 'a b'],
      ['hv-2', 'c d'],
    ])
  })

  test('lines without a prefix go on with what the line before them was of', () => {
    const { events } = read(`Mar 30 12:00:01 hv-1 kernel: ${HUNG}`, 'Call Trace:', ' a+0x1/0x2', ' b+0x1/0x2')
    expect(events.map(({ host, stack }) => [host, names(stack)])).toEqual([['hv-1', 'a b']])
  })

  test('without ids a new head ends the stack before it', () => {
    const parser = read(
      ...at(
        1,
        HUNG,
        ' a+0x1/0x2',
        LOCKUP,
        ' b+0x1/0x2',
        'CPU: 3 PID: 2950 Comm: numad Not tainted 6.1.0 #1',
        ' c+0x1/0x2',
      ),
    )
    expect(stacks(parser)).toEqual(['a', 'b'])
    expect(tasks(parser).map((task) => names(task.frames))).toEqual(['c'])
  })

  test.each([
    '** 23 printk messages dropped **',
    'printk: dropped 23 messages',
    'kauditd_printk_skb: 23 callbacks suppressed',
  ])('no stack goes on behind lost messages, and how many were lost is noted: %s', (lost) => {
    const parser = read(...at(1, HUNG, 'task:numad state:D stack:0 pid:2950 ppid:1', ' a+0x1/0x2', lost, ' b+0x1/0x2'))
    expect(stacks(parser)).toEqual(['a'])
    expect(tasks(parser).map((task) => names(task.frames))).toEqual(['a'])
    expect(parser.notes).toMatchObject([{ kind: 'lost', count: 23, line: 4 }])
  })

  test.each([
    'Mar 30 12:00:01 hv-1 rsyslogd: imjournal: 1234 messages lost due to rate-limiting',
    'Mar 30 12:00:01 hv-1 rsyslogd-2177: imuxsock lost 1234 messages from pid 1 due to rate-limiting',
    'Mar 30 12:00:01 hv-1 systemd-journald[411]: Missed 1234 kernel messages',
    'Mar 30 12:00:01 hv-1 journal: Suppressed 1234 messages from kernel',
  ])("a log daemon's word for it counts as well, for its host: %s", (lost) => {
    const of = (host: string, line: string): string => `Mar 30 12:00:01 ${host} kernel: ${line}`
    const parser = read(of('hv-1', HUNG), of('hv-2', HUNG), lost, of('hv-1', ' a+0x1/0x2'), of('hv-2', ' b+0x1/0x2'))
    expect(stacks(parser)).toEqual(['', 'b'])
    expect(parser.notes).toMatchObject([{ kind: 'lost', count: 1234, host: 'hv-1' }])
  })

  test.each([
    ['-- Reboot --', 'journal'],
    [`-- Boot ${'9f'.repeat(16)} --`, 'journal'],
    [`[    0.000000] ${BANNER}`, 'banner'],
    ['[    0.100000] BUG: kernel NULL pointer dereference', 'stamps'],
    ['Panic#2 Part1', 'pstore'],
  ])('nothing goes on behind the border of a boot: %s', (border, what) => {
    const parser = read(
      ...at(90, HUNG, ' a+0x1/0x2'),
      border,
      ...at(91, ' b+0x1/0x2', 'INFO: task numad:2950 is blocked on a mutex, but the owner is not found.'),
    )
    expect(parser.events).toMatchObject([{ blockedOn: null, stack: [{ symbol: 'a' }] }])
    expect(parser.notes.filter(({ kind }) => kind === 'border')).toMatchObject([{ what, line: 3 }])
  })

  test('clocks of CPUs that differ a little are no border', () => {
    expect(read(...at(90, HUNG), ...at(89.5, ' a+0x1/0x2')).events[0]!.stack).toHaveLength(1)
  })

  test('frames of ten seconds or a thousand lines later are of something else', () => {
    expect(stacks(read(...at(1, HUNG, ' a+0x1/0x2'), ...at(12, ' b+0x1/0x2')))).toEqual(['a'])
    const parser = new KernelLogParser()
    parser.push(HUNG, 1)
    parser.push(' a+0x1/0x2', 900)
    parser.push(' b+0x1/0x2', 2000)
    expect(stacks(parser)).toEqual(['a'])
  })

  test('a stack whose head is missing is told without a name', () => {
    const parser = read(
      ...at(1, 'Call Trace:', ' rmap_walk_ksm+0x143/0x220', ' try_to_unmap+0x1/0x2', 'Call Trace:', ' other+0x1/0x2'),
    )
    expect(tasks(parser).map(({ pid, comm, frames }) => [pid, comm, names(frames)])).toEqual([
      [null, null, 'rmap_walk_ksm try_to_unmap'],
      [null, null, 'other'],
    ])
  })

  test.each([
    'Allocated by task 77:',
    'Freed by task 77:',
    'the existing dependency chain (in reverse order) is:',
    ' Last Breaking-Event-Address:',
  ])("stacks of former moments are nobody's: %s", (head) => {
    expect(
      tasks(read(...at(1, 'CPU: 1 PID: 9 Comm: a Not tainted 6.1.0 #1', ' a+0x1/0x2', head, ' b+0x1/0x2'))).map(
        (task) => names(task.frames),
      ),
    ).toEqual(['a'])
  })

  test("frames behind an idle CPU's line are not its", () => {
    const parser = read(...at(1, 'NMI backtrace for cpu 0 skipped: idling at native_safe_halt+0xb/0x10', ' a+0x1/0x2'))
    expect(tasks(parser).map((task) => names(task.frames))).toEqual(['native_safe_halt'])
  })
})

describe('who speaks', () => {
  test.each<[string, string, string]>([
    [BANNER, '4.4.0-72-generic', '#93-Ubuntu SMP Fri Mar 31 14:07:41 UTC 2017'],
    [
      'Linux version 6.12.117+deb13-cloud-amd64 (debian-kernel@lists.debian.org) (x86_64-linux-gnu-gcc-14 (Debian 14.2.0-19) 14.2.0, GNU ld (GNU Binutils for Debian) 2.44) #1 SMP PREEMPT_DYNAMIC Debian 6.12.117-1 (2026-11-12)',
      '6.12.117+deb13-cloud-amd64',
      '#1 SMP PREEMPT_DYNAMIC Debian 6.12.117-1 (2026-11-12)',
    ],
    ['      Tainted: G        W       4.4.60-ksm #1', '4.4.60-ksm', '#1'],
    ['      Tainted: G           OE   4.4.0-87-generic #110-Ubuntu', '4.4.0-87-generic', '#110-Ubuntu'],
    ['      Not tainted 6.12.117+deb13-amd64 #1 Debian 6.12.117-1', '6.12.117+deb13-amd64', '#1 Debian 6.12.117-1'],
    ['Pid: 1, comm: a Not tainted (2.6.24-16-server #1)', '2.6.24-16-server', '#1'],
    [
      'CPU: 9 PID: 14881 Comm: java Tainted: G    B          ------------ T 3.10.0-327.4.5.el7.x86_64 #1',
      '3.10.0-327.4.5.el7.x86_64',
      '#1',
    ],
    ['CPU: 3 PID: 2950 Comm: numad Not tainted 4.4.0-72-generic #93-Ubuntu', '4.4.0-72-generic', '#93-Ubuntu'],
  ])('the kernel: %s', (line, release, version) => {
    expect(hosts(read(`Mar 30 12:00:01 hv-1 kernel: ${line}`))).toMatchObject([
      { release, version, nodename: 'hv-1', guest: null },
    ])
  })

  test('a release that mail put on the next line is found', () => {
    expect(hosts(read(...at(1, HUNG, '      Not tainted'), '4.4.0-72-generic #93-Ubuntu'))).toMatchObject([
      { release: '4.4.0-72-generic', version: '#93-Ubuntu', line: 2 },
    ])
  })

  test('the same words are told once for each host, and again when another kernel was booted', () => {
    const line = (host: string, release: string): string =>
      `Mar 30 12:00:01 ${host} kernel:       Not tainted ${release} #1`
    const told = hosts(
      read(line('a', '4.4.1'), line('a', '4.4.1'), line('b', '4.4.1'), line('a', '5.10.1'), line('a', '4.4.1')),
    )
    expect(told.map(({ nodename, release }) => `${nodename} ${release}`)).toEqual([
      'a 4.4.1',
      'b 4.4.1',
      'a 5.10.1',
      'a 4.4.1',
    ])
  })

  test.each([
    'Hardware name: QEMU Standard PC (i440FX + PIIX, 1996), BIOS 1.16.2-debian-1.16.2-1 04/01/2014',
    'Hardware name: Red Hat KVM, BIOS 1.11.0-2.el7 04/01/2014',
    'Hardware name: VMware, Inc. VMware Virtual Platform/440BX Desktop Reference Platform, BIOS 6.00 09/21/2015',
    'Hardware name: Microsoft Corporation Virtual Machine/Virtual Machine, BIOS Hyper-V UEFI Release v4.0 12/17/2019',
    'Hardware name: OpenStack Foundation OpenStack Nova, BIOS 1.10.2-1ubuntu1 04/01/2014',
    'Hardware name: Amazon EC2 c5.large/, BIOS 1.0 10/16/2017',
    'Hardware name: Xen HVM domU, BIOS 4.7.5 08/24/2017',
    'DMI: Bochs Bochs, BIOS Bochs 01/01/2011',
    'x86/hyper: Hypervisor detected: Microsoft Hyper-V',
    'Booting paravirtualized kernel on KVM',
    'kvm-clock: Using msrs 4b564d01 and 4b564d00',
    'clocksource: Switched to clocksource kvm-clock',
    'ACPI: RSDP 0x00000000000F59D0 000014 (v00 BOCHS )',
  ])('a guest: %s', (line) => {
    const parser = read(...at(0, line))
    expect(hosts(parser)).toHaveLength(1)
    expect(line).toContain(hosts(parser)[0]!.guest)
    expect(parser.notes).toMatchObject([{ kind: 'guest' }])
  })

  test.each([
    'Hardware name: Dell Inc. PowerEdge R640/0W23H8, BIOS 2.13.3 12/17/2021',
    'Hardware name: Amazon EC2 c5.metal/Not Specified, BIOS 1.0 10/16/2017',
    'DMI: HP ProLiant DL385 Gen10/ProLiant DL385 Gen10, BIOS A40 07/20/2023',
    'Booting paravirtualized kernel on bare hardware',
    'kvm: Nested Virtualization enabled',
    'kvm [2950]: vcpu0, guest rIP: 0xffffffff8104f123 disabled perfctr wrmsr: 0xc1 data 0xffff',
    'Modules linked in: vhost_net kvm_intel kvm vmw_vsock_virtio_transport_common',
  ])('nothing says that it is a guest: %s', (line) => {
    const parser = read(...at(0, line))
    expect(parser.told).toEqual([])
    expect(parser.notes).toEqual([])
  })

  test('systemd says it, too, but not of containers', () => {
    expect(hosts(read('Mar 30 12:00:01 a systemd[1]: Detected virtualization kvm.'))).toMatchObject([
      { guest: 'Detected virtualization kvm' },
    ])
    expect(hosts(read('Mar 30 12:00:01 a systemd[1]: Detected virtualization lxc.'))).toEqual([])
  })

  test("what a guest's console says inside its host's log is not the host's", () => {
    const guest = (line: string): string => `Mar 30 12:00:01 hv-1 qemu-system-x86[2950]: [   44.317072] ${line}`
    const parser = read(
      `Mar 30 12:00:01 hv-1 kernel: ${HUNG}`,
      guest(LOCKUP),
      guest('Hardware name: QEMU Standard PC'),
      guest(' b+0x1/0x2'),
      'Mar 30 12:00:01 hv-1 kernel:  a+0x1/0x2',
    )
    expect(parser.events).toMatchObject([{ kind: 'hung-task', host: 'hv-1', stack: [{ symbol: 'a' }] }])
    expect(hosts(parser)).toEqual([])
    expect(parser.notes).toMatchObject([
      { kind: 'guest-console', what: 'qemu-system-x86[2950]', line: 2, text: LOCKUP },
    ])
  })

  test('programs that quote the kernel are not the kernel', () => {
    const parser = read(`Mar 30 12:00:01 hv-1 abrt-dump[12]: ${HUNG}`, `Mar 30 12:00:01 hv-1 collectd: ${LOCKUP}`)
    expect([parser.events, parser.notes, parser.told]).toEqual([[], [], []])
  })
})

describe('mail', () => {
  test.each([
    'The messages look like: csd_lock_wait called %d times',
    'csd: Detected non-responsive CSD lock (#%d) on CPU#%02d, waiting',
    '%Ld.%03Ld secs for CPU#%02d',
    'INFO: task %s:%d blocked for more than %ld seconds.',
    'we see INFO: task messages, and BUG: soft lockup - CPU#3',
    'The frame #1 is actually in the csd_lock_wait function mentioned',
  ])('prose and format strings tell nothing: %s', (line) => {
    const parser = read(line, `> ${line}`, `  ${line}`)
    expect([parser.events, parser.told, parser.notes]).toEqual([[], [], []])
  })

  test.each([
    ['on a line of its own', [HUNG]],
    ['indented', [`    ${HUNG}`]],
    ['quoted', [`>> ${HUNG}`]],
    ['far behind in a line', [`${'and so on '.repeat(60)}${HUNG}`]],
    ['folded', ['INFO: task numad:2950 blocked for more than', '122 seconds.']],
    ['folded and quoted', ['> INFO: task numad:2950 blocked', '> for more than 122 seconds.']],
    ['folded with a stamp', ['[   44.317072] INFO: task numad:2950 blocked for more', 'than 122 seconds.']],
    ['with a soft break of quoted-printable', ['INFO: task numad:2950 blocked for mo=', 're than 122 seconds.']],
  ])('an event %s is one', (_name, lines) => {
    const { events } = read('we have seen', ...lines, 'and so on')
    expect(events).toMatchObject([{ kind: 'hung-task', pid: 2950, seconds: 122, line: 2 }])
  })

  test('a line that looks cut does not swallow the next one', () => {
    const { events } = read(...at(1, 'INFO: task numad:2950 blocked for', HUNG), 'INFO: task', HUNG)
    expect(events.map(({ line }) => line)).toEqual([2, 4])
  })
})

test('of too many reports the first and the last ones are kept', () => {
  const parser = new KernelLogParser()
  const count = 14_000
  for (let i = 0; i < count; i++) {
    parser.push(`[${i}.000000] INFO: task a:${i} blocked for more than 122 seconds.`, 2 * i + 1)
    parser.push(`[${i}.000001] task:a state:D stack:0 pid:${i} ppid:1 flags:0x0`, 2 * i + 2)
  }
  parser.end()
  const pids = parser.events.map(({ pid }) => pid!)
  expect(pids.length).toBeLessThanOrEqual(10_000)
  expect(pids.length).toBeGreaterThan(8_000)
  expect(pids.slice(0, 4000)).toEqual(Array.from({ length: 4000 }, (_, i) => i))
  expect(pids.slice(-4000)).toEqual(Array.from({ length: 4000 }, (_, i) => count - 4000 + i))
  expect(parser.told.length).toBeLessThanOrEqual(20_000)
  expect(parser.leftOut).toBe(2 * count - pids.length - parser.told.length)
})
