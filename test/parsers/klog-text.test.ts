import { describe, expect, test } from 'vitest'
import { FRAMES, INSTRUCTIONS, readFrame, readInstruction } from '../../src/parsers/klog/frames.ts'
import { CLOSERS, readCloser, readHead, TASK_HEADS } from '../../src/parsers/klog/heads.ts'
import { HOSTS, readHost } from '../../src/parsers/klog/hosts.ts'
import { MESSAGES, readEvent } from '../../src/parsers/klog/messages.ts'
import { NOTES, readNote } from '../../src/parsers/klog/notes.ts'
import { PIECES, readPrefix } from '../../src/parsers/klog/prefixes.ts'
import type { KernelLogParser } from '../../src/parsers/klog-text.ts'
import { hosts, names, readLog, stamped, tasks } from '../support/klog-text.ts'

const read = (...lines: readonly string[]): KernelLogParser => readLog(lines)

const HUNG = 'INFO: task CPU 0/KVM:9811 blocked for more than 120 seconds.'
const WALK = ' [<ffffffff811e6f91>] rmap_walk_ksm+0x121/0x1b0'

describe('line prefixes', () => {
  test.each<[string, string, number | null, string | null, string | null]>([
    ['none (dmesg -t, serial console)', '', null, null, null],
    ['dmesg, the ring, crash log', '[   44.317072] ', 44.317072, null, null],
    ['dmesg of a host that is up for years', '[123456789.000001] ', 123456789.000001, null, null],
    ['dmesg -T', '[Mon Nov 23 15:38:44 2026] ', null, 'Mon Nov 23 15:38:44 2026', null],
    ['crash log -T', '[Mon Nov 23 15:38:44 UTC 2026] ', null, 'Mon Nov 23 15:38:44 UTC 2026', null],
    ['dmesg --time-format iso', '2026-11-23T15:38:44,317072+00:00 ', null, '2026-11-23T15:38:44,317072+00:00', null],
    ['dmesg -d', '[   44.317072 <    0.000012>] ', 44.317072, null, null],
    ['dmesg -H', '[Nov23 15:38] ', null, 'Nov23 15:38', null],
    ['dmesg -H, between', '[  +0.000012] ', null, null, null],
    ['dmesg -x', 'kern  :err   : [   44.317072] ', 44.317072, null, null],
    ['dmesg -r, pstore, serial console', '<3>[   44.317072] ', 44.317072, null, null],
    ['/dev/kmsg', '3,1234,44317072,-;', 44.317072, null, null],
    ['/dev/kmsg with a caller', '3,1234,44317072,-,caller=T123;', 44.317072, null, null],
    ['netconsole with the release', '6.4.0,3,1234,44317072,-,ncfrag=0/33;', 44.317072, null, null],
    ['crash log -m', '[   44.317072] <3>', 44.317072, null, null],
    ['crash log -c', '[   44.317072] [    T0] ', 44.317072, null, null],
    ['a caller behind the stamp', '[   44.317072][    C1] ', 44.317072, null, null],
    ['kern.log', 'Mar  3 12:00:01 hv-1 kernel: [ 1800.762049] ', 1800.762049, 'Mar  3 12:00:01', 'hv-1'],
    ['messages of RHEL, journalctl', 'Mar 30 12:00:01 hv-1 kernel: ', null, 'Mar 30 12:00:01', 'hv-1'],
    ['with a year', 'Mar 30 2017 12:00:01 hv-1 kernel: ', null, 'Mar 30 2017 12:00:01', 'hv-1'],
    ['busybox', 'Mar 30 12:00:01 hv-1 kern.err kernel: [   44.317072] ', 44.317072, 'Mar 30 12:00:01', 'hv-1'],
    ['on the wire', '<3>Mar 30 12:00:01 hv-1 kernel: [   44.317072] ', 44.317072, 'Mar 30 12:00:01', 'hv-1'],
    [
      'RFC 5424',
      '<3>1 2018-04-19T16:51:35.672420+00:00 hv-1 kernel - - - [   44.317072] ',
      44.317072,
      '2018-04-19T16:51:35.672420+00:00',
      'hv-1',
    ],
    [
      'rsyslog ISO',
      '2018-04-19T16:51:35.672420+00:00 compute-0-3 kernel: [ 1800.762049] ',
      1800.762049,
      '2018-04-19T16:51:35.672420+00:00',
      'compute-0-3',
    ],
    ['journalctl -o short-monotonic', '[   44.317072] hv-1 kernel: ', 44.317072, null, 'hv-1'],
    ['journalctl -o short-iso', '2026-11-23T15:38:44+0000 hv-1 kernel: ', null, '2026-11-23T15:38:44+0000', 'hv-1'],
    [
      'journalctl -o short-full',
      'Mon 2026-11-23 15:38:44 UTC hv-1 kernel: ',
      null,
      'Mon 2026-11-23 15:38:44 UTC',
      'hv-1',
    ],
    ['journalctl -o short-unix', '1490000000.123456 hv-1 kernel: ', null, '1490000000.123456', 'hv-1'],
    ['docker, ts', '2026-11-23T15:38:44.317072Z [   44.317072] ', 44.317072, '2026-11-23T15:38:44.317072Z', null],
    ['a message to all terminals', ' kernel:[   44.317072] ', 44.317072, null, null],
    // of threads of strangers
    ['a stamp that was cut', '[  240.] ', 240, null, null],
    ['the program behind the stamp', '[   44.317072] kernel: ', 44.317072, null, null],
    ['no host', 'Mar 30 12:00:01 kernel: ', null, 'Mar 30 12:00:01', null],
    ['a blank for the host', 'Mar 30 12:00:01  kernel: ', null, 'Mar 30 12:00:01', null],
    ['stars for the host', 'Mar 30 12:00:01 ** kernel: ', null, 'Mar 30 12:00:01', null],
    ['no program', 'Mar 30 12:00:01 hv-1 [   44.317072] ', 44.317072, 'Mar 30 12:00:01', 'hv-1'],
    ['a line number', ' 17 [   44.317072] ', 44.317072, null, null],
    ['a viewer of /dev/kmsg', ' 17 │ 3,1234,44317072,-;', 44.317072, null, null],
    ['a name before the stamp', 'hv-1 [   44.317072] ', 44.317072, null, 'hv-1'],
    ['the program before the stamp', 'kernel [   44.317072] ', 44.317072, null, null],
    ['a bracket that was lost', '44.317072] ', 44.317072, null, null],
    ['another bracket that was lost', '[   44.317072 ', 44.317072, null, null],
    ['mail', '> > [   44.317072] ', 44.317072, null, null],
    ['mail of an indented paste', '>    Mar 30 12:00:01 hv-1 kernel: ', null, 'Mar 30 12:00:01', 'hv-1'],
    ['an indented paste', '    [   44.317072] ', 44.317072, null, null],
    ['no-break spaces', '\u00c2\u00a0[\u00a0  44.317072]\u00a0', 44.317072, null, null],
    ['colours', '\u001b[32m[   44.317072] \u001b[0m\u001b[31m', 44.317072, null, null],
    ["a page's entities", '&lt;3&gt;[   44.317072] ', 44.317072, null, null],
    ["another program's output in front", 'login: root[   44.317072] ', 44.317072, null, null],
  ])('%s', (_name, prefix, time, dateText, host) => {
    const parser = read(prefix + HUNG, `${prefix}Call Trace:`, prefix + WALK)
    expect(parser.events).toMatchObject([
      { kind: 'hung-task', line: 1, comm: 'CPU 0/KVM', pid: 9811, seconds: 120, time, dateText, host },
    ])
    expect(names(parser.events[0]!.stack)).toBe('rmap_walk_ksm')
  })

  test.each(PIECES.map(({ example, pattern }) => [example, pattern] as const))(
    'is read as its example says: %s',
    (example, pattern) => {
      const at = example.search(/text|\(/)
      pattern.lastIndex = 0
      expect(pattern.test(example.slice(0, at + 40))).toBe(true)
    },
  )

  test('a caller id is no part of the words', () => {
    expect(readPrefix('[    6.962549][   T22] text').text).toBe('text')
    expect(readPrefix('[    6.962549] [    C1] text').caller).toBe('C1')
    expect(readPrefix('4,12,6962549,-,caller=C7;text').caller).toBe('C7')
  })

  test('the blanks of a frame are kept, and so is a line without any prefix', () => {
    expect(readPrefix('Mar 30 12:00:01 hv kernel:  [<ffffffff8121e141>] schedule+0x21/0x40').text).toMatch(/^ \[</)
    expect(readPrefix(' rmap_walk_ksm+0x121/0x1b0')).toMatchObject({ any: false, text: ' rmap_walk_ksm+0x121/0x1b0' })
    expect(readPrefix('[c000001fe2b3b9d0] [c0000000003b9c34] .rmap_walk_ksm+0x1/0x2').any).toBe(false)
  })

  test("the kernel's own words are no host and no program", () => {
    for (const words of [
      'INFO: task a:1 blocked for more than 9 seconds.',
      'watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [a:1]',
    ])
      expect(read(`2026-11-23 15:38:44 ${words}`).events).toMatchObject([
        { host: null, dateText: '2026-11-23 15:38:44' },
      ])
  })

  test.each([
    ['июл 24 01:20:00 hv07 kernel: a', 'hv07'],
    ['févr. 03 04:11:09 hv07 kernel: a', 'hv07'],
    ['Mär 03 04:11:09 hv07 kernel: a', 'hv07'],
    ['7月 24 01:20:00 hv07 kernel: a', 'hv07'],
  ])("a month of the user's language: %s", (line, host) => {
    expect(readPrefix(line)).toMatchObject({
      host,
      program: null,
      dateText: line.slice(0, line.indexOf(' hv07')),
      text: 'a',
    })
  })

  test('a no-break space that mail has damaged stands in the stamp', () => {
    for (const line of ['[A  800.511498] a', '[Â  800.511498] a'])
      expect(readPrefix(line)).toMatchObject({ time: 800.511498, text: 'a' })
  })

  test('a time without its date', () => {
    expect(readPrefix('23:05:11 hv07 kernel: a')).toMatchObject({ host: 'hv07', dateText: '23:05:11', text: 'a' })
  })

  test("a phone's stamp has the date in its brackets", () => {
    expect(readPrefix('<6>[   79.822894 / 05-03 18:11:50.340] a')).toMatchObject({ time: 79.822894, text: 'a' })
  })

  test('a monitor of virtual machines in the place of the host has written what its guest said', () => {
    for (const program of ['cloud-hypervisor', 'firecracker', 'qemu-system-x86_64', 'qemu-kvm'])
      expect(readPrefix(`${program} [   79.822894] a`)).toMatchObject({ program, host: null, time: 79.822894 })
    expect(readPrefix('qemu7 [   79.822894] a')).toMatchObject({ program: null, host: 'qemu7' })
  })

  test("neither host nor program are looked for in dmesg's ISO form", () => {
    const at = '2026-11-23T15:38:44,317072+00:00 '
    expect(hosts(read(`${at}Hardware name: QEMU Standard PC (i440FX + PIIX, 1996)`))).toHaveLength(1)
    expect(tasks(read(`${at}numad D ffff88000b7a7da8 0 2950 1 0x00000000`))).toHaveLength(1)
  })

  test('a long name of a host leaves its words in sight', () => {
    const at = `[   44.317072] ${'compute-node-'.repeat(5)}.example.org kernel: `
    const { events } = read(at + HUNG, `${at} [<ffffffff811e6f91>] __anon_vma_interval_tree_subtree_search+0x121/0x1b0`)
    expect(events).toMatchObject([{ stack: [{ symbol: '__anon_vma_interval_tree_subtree_search' }] }])
  })

  test('where host and date are followed by them at once, they are not lost', () => {
    expect(read(`Mar 30 12:00:01 hv-1 ${HUNG}`).events).toMatchObject([{ pid: 9811, dateText: 'Mar 30 12:00:01' }])
  })

  test('of carriage returns and CR LF nothing remains', () => {
    const [event] = read(`[   44.317072] ${HUNG}\r`, `[   44.317080] ${WALK}\r`).events
    expect(names(event!.stack)).toBe('rmap_walk_ksm')
  })

  test('several records in one line are read one by one', () => {
    const { events } = read(
      `foo[   44.317072] ${HUNG}[   44.317080] ${WALK} [   45.000001] ${HUNG.replace('9811', '7')}`,
    )
    expect(events.map(({ time, pid, line, stack }) => [time, pid, line, names(stack)])).toEqual([
      [44.317072, 9811, 1, 'rmap_walk_ksm'],
      [45.000001, 7, 1, ''],
    ])
  })

  test('the records of a line are all of its host', () => {
    const { events } = read(`Mar 30 12:00:01 hv-1 kernel: cut[   44.317072] ${HUNG}`)
    expect(events).toMatchObject([{ host: 'hv-1', dateText: 'Mar 30 12:00:01', time: 44.317072 }])
  })

  test('lines of a web page in one line are read one by one', () => {
    const { events } = read(`[   44.317072] ${HUNG}<br/>[   44.317080] ${WALK}<br />`)
    expect(names(events[0]!.stack)).toBe('rmap_walk_ksm')
  })
})

describe('journals', () => {
  const json = (fields: object): string =>
    JSON.stringify({ _HOSTNAME: 'hv-1', _TRANSPORT: 'kernel', SYSLOG_IDENTIFIER: 'kernel', PRIORITY: '3', ...fields })

  test('json: an object a line', () => {
    const at = { __REALTIME_TIMESTAMP: '1511451524317072', _SOURCE_MONOTONIC_TIMESTAMP: '44317072' }
    const parser = read(json({ ...at, MESSAGE: HUNG }), json({ ...at, MESSAGE: WALK }))
    expect(parser.events).toMatchObject([
      {
        pid: 9811,
        time: 44.317072,
        host: 'hv-1',
        dateText: '2017-11-23T15:38:44.317Z',
        stack: [{ symbol: 'rmap_walk_ksm' }],
      },
    ])
  })

  test.each<[string, unknown, number]>([
    ['an array of bytes', [...Buffer.from(HUNG)], 1],
    ['a field that came twice', ['something', HUNG], 1],
    ['too long to be shown', null, 0],
    ['a number', 17, 0],
    ['bytes that are none', [1, 2, 300], 0],
  ])('json: a message that is %s', (_name, MESSAGE, events) => {
    expect(read(json({ MESSAGE })).events).toHaveLength(events)
  })

  test('json behind the marks of json-sse and json-seq', () => {
    expect(read(`data: ${json({ MESSAGE: HUNG })}`, `\u001e${json({ MESSAGE: HUNG })}`).events).toHaveLength(2)
  })

  test('json that is cut is no event of its own, and does no harm', () => {
    expect(read(json({ MESSAGE: WALK }).slice(0, -1), '{"MESSAGE"', `[   44.317072] ${HUNG}`).events).toHaveLength(1)
  })

  test.each([
    [
      'export',
      [
        '__CURSOR=s=1',
        '__REALTIME_TIMESTAMP=1511451524317072',
        'MESSAGE=%',
        '_HOSTNAME=hv-1',
        '_TRANSPORT=kernel',
        '_SOURCE_MONOTONIC_TIMESTAMP=44317072',
        '',
      ],
    ],
    [
      'export, binary',
      [
        '__REALTIME_TIMESTAMP=1511451524317072',
        '_TRANSPORT=kernel',
        'MESSAGE',
        '=\0\0\0\0\0\0\0%',
        '_HOSTNAME=hv-1',
        '_SOURCE_MONOTONIC_TIMESTAMP=44317072',
        '',
      ],
    ],
    [
      'verbose',
      [
        `Thu 2017-11-23 15:38:44.317072 UTC [s=${'5c'.repeat(16)};i=1a2b;b=1;m=2;t=3;x=4]`,
        '    _TRANSPORT=kernel',
        '    _HOSTNAME=hv-1',
        '    MESSAGE=%',
        '    _SOURCE_MONOTONIC_TIMESTAMP=44317072',
      ],
    ],
    [
      'json-pretty',
      [
        '{',
        '\t"MESSAGE" : "%",',
        '\t"_HOSTNAME" : "hv-1",',
        '\t"_TRANSPORT" : "kernel",',
        '\t"_SOURCE_MONOTONIC_TIMESTAMP" : "44317072"',
        '}',
      ],
    ],
  ])('%s: a field a line', (_name, entry) => {
    const lines = [HUNG, WALK].flatMap((message) => entry.map((line) => line.replace('%', message)))
    const { events } = read(...lines)
    expect(events).toMatchObject([{ pid: 9811, time: 44.317072, host: 'hv-1', stack: [{ symbol: 'rmap_walk_ksm' }] }])
  })

  test('a brace on a line of its own begins no entry in other texts', () => {
    expect(read('{', `[   44.317072] ${HUNG}`).events).toHaveLength(1)
  })

  test("other programs' messages are not the kernel's, but a guest's console is told apart", () => {
    const { events, notes } = read(
      json({ _TRANSPORT: 'stdout', SYSLOG_IDENTIFIER: 'python', MESSAGE: HUNG }),
      json({ _TRANSPORT: 'stdout', SYSLOG_IDENTIFIER: 'qemu', MESSAGE: `[   12.3] ${HUNG}` }),
    )
    expect(events).toEqual([])
    expect(notes).toMatchObject([{ kind: 'guest-console', what: 'qemu', line: 2 }])
  })

  test('another boot id is another boot', () => {
    const { notes } = read(
      json({ MESSAGE: HUNG, _BOOT_ID: 'a' }),
      json({ MESSAGE: HUNG, _BOOT_ID: 'a' }),
      json({ MESSAGE: WALK, _BOOT_ID: 'b' }),
    )
    expect(notes).toMatchObject([{ kind: 'border', what: 'boot id', line: 3 }])
  })
})

describe('tables: each entry takes its own example', () => {
  test.each(MESSAGES.map((each) => [each.example, each] as const))('message: %s', (example, message) => {
    expect(readEvent(example)).not.toBeNull()
    expect(
      MESSAGES.filter(({ pattern, starts }) => {
        pattern.lastIndex = Math.max(0, example.indexOf(starts))
        return pattern.test(example)
      }),
    ).toContain(message)
    // the gate lets it through
    expect(read(example).events).toHaveLength(1)
  })

  test.each(FRAMES.map((each) => [each.example, each] as const))('frame: %s', (example, { pattern }) => {
    expect(pattern.test(example)).toBe(true)
    expect(readFrame(example)).not.toBeNull()
    const { events } = read(`[    1.000000] ${HUNG}`, `[    1.000001] ${example}`)
    expect(events[0]!.stack).toHaveLength(readFrame(example) === 'guess' ? 0 : 1)
  })

  test.each(INSTRUCTIONS.map(({ example }) => example.split('; ')[0]!))('instruction: %s', (example) => {
    expect(readInstruction(example)).toMatchObject({ symbol: expect.stringMatching(/^(rmap_walk_ksm|smp_call)/) })
    expect(read(`[    1.000000] ${HUNG}`, `[    1.000001] ${example}`).events[0]!.stack).toHaveLength(1)
  })

  test.each(TASK_HEADS.map(({ example }) => example))('head: %s', (example) => {
    expect(readHead(example)).not.toBeNull()
    expect(tasks(read(`[    1.000000] ${example}`))).toHaveLength(1)
  })

  test.each(HOSTS.map((each) => [each.example, each] as const))('host: %s', (example, { source, guest }) => {
    const said = guest > 0 ? { source, guest: expect.any(String) } : { source, release: expect.any(String) }
    expect(readHost(example)).toContainEqual(expect.objectContaining(said))
    expect(hosts(read(`[    1.000000] ${example}`))).toContainEqual(expect.objectContaining(said))
  })

  test.each(NOTES.map((each) => [each.example, each] as const))('note: %s', (example, { kind, what }) => {
    expect(readNote(example)).toMatchObject({ kind, what })
    const line = kind === 'border' && what !== 'banner' ? example : `[    1.000000] ${example}`
    expect(read(line).notes).toMatchObject([{ kind, what, line: 1 }])
  })

  test.each(CLOSERS.map((each) => [each.starts, each] as const))('end of a stack: %s', (starts, { hard }) => {
    expect(readCloser(`x ${starts} 1`)).toBe(hard ? 'hard' : 'soft')
    const [event] = read(...stamped(1, HUNG, WALK, `${starts} 1`, ' other+0x1/0x2')).events
    expect(names(event!.stack)).toBe('rmap_walk_ksm')
  })
})

describe('frames of all eras and machines', () => {
  test.each<[string, object]>([
    [
      ' [<ffffffff811e6f91>] rmap_walk_ksm+0x121/0x1b0',
      { symbol: 'rmap_walk_ksm', offset: 0x121, address: 0xffffffff811e6f91n },
    ],
    ['[<0>] rmap_walk_ksm+0x121/0x1b0', { symbol: 'rmap_walk_ksm', address: null }],
    [' rmap_walk_ksm+0x121/0x1b0 (P)', { symbol: 'rmap_walk_ksm', offset: 0x121 }],
    [' kvm_irqfd+0x3b9/0x5f0 [kvm]', { symbol: 'kvm_irqfd', module: 'kvm' }],
    [' zfs_read+0x1/0x2 [zfs(PO)]', { symbol: 'zfs_read', module: 'zfs' }],
    [
      '[c000001fe2b3b9d0] [c0000000003b9c34] .rmap_walk_ksm+0x124/0x2a0 (unreliable)',
      { symbol: 'rmap_walk_ksm', sp: 0xc000001fe2b3b9d0n, address: 0xc0000000003b9c34n },
    ],
    ['([<0000000000112f62>] show_trace+0x62/0x78)', { symbol: 'show_trace', address: 0x112f62n }],
    [' [<000000000030131a>] rmap_walk_ksm+0x14a/0x1d8 ', { symbol: 'rmap_walk_ksm', offset: 0x14a }],
    [
      '[<c0012345>] (dump_stack) from [<c0456789>] (rmap_walk_ksm+0x14/0x60)',
      { symbol: 'rmap_walk_ksm', offset: 0x14, address: 0xc0456789n },
    ],
    [' rmap_walk_ksm (mm/ksm.c:2764 (discriminator 3)) ', { symbol: 'rmap_walk_ksm', offset: null }],
    [' vcpu_run (arch/x86/kvm/x86.c:11230) kvm', { symbol: 'vcpu_run', module: 'kvm' }],
    [' rmap_walk_ksm+0x121/0x1b0 mm/ksm.c:2764', { symbol: 'rmap_walk_ksm', offset: 0x121 }],
    [' csd_lock_wait kernel/smp.c:111 [inline]', { symbol: 'csd_lock_wait', offset: null }],
    [' [<     inline     >] csd_lock_wait kernel/smp.c:111', { symbol: 'csd_lock_wait', offset: null }],
  ])('%s', (line, frame) => {
    expect(readFrame(line)).toMatchObject(frame)
  })

  test.each([
    ' ? rmap_walk_ksm+0x1/0x2',
    ' [<ffffffff8121fa58>] ? rmap_walk_ksm+0x28/0x40',
    ' ? rmap_walk_ksm (mm/ksm.c:12)',
    ' ? rmap_walk_ksm mm/ksm.c:12 [inline]',
  ])('a guess is none: %s', (line) => {
    expect(readFrame(line)).toBe('guess')
  })

  test.each([
    'rmap_walk_ksm+0x1/0x2 was here',
    'Code: 00 see schedule+0x1/0x2',
    ' #0:  (&mm->mmap_sem){++++++}, at: [<ffffffff811e15f7>] do_migrate_pages+0x57/0x2a0',
    'hardirqs last  enabled at (123): [<ffffffff8183c6a7>] retint_kernel+0x10/0x10',
    'softirqs last disabled at (12): irq_exit+0x1/0x2',
    'RIP: 0033:0x4029d8',
    'RIP  [<ffffffff811e6f91>] rmap_walk_ksm+0x121/0x1b0',
    'LR [c0000000003b9c34] rmap_walk_ksm+0x124/0x2a0',
    ' 0xffffffffffffffff',
  ])('no frame and no instruction: %s', (line) => {
    expect(readFrame(line)).toBeNull()
    expect(readInstruction(line)).toBeNull()
  })

  test.each([
    ['RIP: 0010:rmap_walk_ksm+0x121/0x1b0', 'x86'],
    ['RIP: 0010:[<ffffffff811e6f91>]  [<ffffffff811e6f91>] rmap_walk_ksm+0x121/0x1b0', 'x86 to 4.9'],
    ['RIP: e030:rmap_walk_ksm+0x121/0x1b0', 'Xen'],
    ['EIP is at rmap_walk_ksm+0x121/0x1b0', 'i386'],
    ['PC is at rmap_walk_ksm+0x121/0x1b0', 'arm'],
    ['pc : rmap_walk_ksm+0x121/0x1b0', 'arm64'],
    ['epc : rmap_walk_ksm+0x121/0x1b0', 'riscv'],
    ['epc   : ffffffff80123456 rmap_walk_ksm+0x121/0x1b0', 'mips'],
    ['NIP [c0000000003b9c34] rmap_walk_ksm+0x121/0x1b0', 'ppc64'],
    ['Krnl PSW : 0704c00180000000 000000000030131a (rmap_walk_ksm+0x121/0x1b0)', 's390x'],
  ])('where the CPU is: %s (%s)', (line) => {
    expect(readInstruction(line)).toMatchObject({ symbol: 'rmap_walk_ksm', offset: 0x121 })
  })

  test('the interrupted instruction stands once, where the line stands', () => {
    const lines = stamped(
      1,
      'rcu: INFO: rcu_sched self-detected stall on CPU',
      'NMI backtrace for cpu 3',
      'CPU: 3 PID: 2950 Comm: numad Not tainted 5.10.0-21-amd64 #1 Debian 5.10.162-1',
      'Call Trace:',
      ' <IRQ>',
      ' dump_stack+0x6b/0x83',
      ' </IRQ>',
      'RIP: 0010:rmap_walk_ksm+0x121/0x1b0',
      'RSP: 0018:ffffb32e0e2a7ab8 EFLAGS: 00000246',
      ' try_to_unmap+0x93/0x110',
    )
    expect(names(read(...lines).events[0]!.stack)).toBe('dump_stack rmap_walk_ksm try_to_unmap')
    const arm64 = stamped(
      1,
      'watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [numad:2950]',
      'pc : rmap_walk_ksm+0x1/0x2',
      'lr : try_to_unmap+0x1/0x2',
      'Call trace:',
      ' rmap_walk_ksm+0x1/0x2 (P)',
      ' rmap_walk_ksm+0x1/0x2',
      ' try_to_unmap+0x1/0x2 (L)',
    )
    expect(names(read(...arm64).events[0]!.stack)).toBe('rmap_walk_ksm rmap_walk_ksm try_to_unmap')
  })
})
