import { describe, expect, test } from 'vitest'
import type { ToldHost } from '../../src/parsers/told.ts'
import { crashTold, ofKind, textTold } from '../support/crash-text.ts'

const only = (...lines: readonly string[]): ToldHost => {
  const found = ofKind(crashTold(...lines), 'host')
  expect(found).toHaveLength(1)
  return found[0]!
}

const SCREEN = [
  '      KERNEL: /usr/lib/debug/boot/vmlinux-4.4.0-72-generic  [TAINTED]',
  '    DUMPFILE: dump.201703301200  [PARTIAL DUMP]',
  '        CPUS: 120',
  '        DATE: Thu Mar 30 12:00:00 CST 2017',
  '      UPTIME: 12 days, 01:02:03',
  'LOAD AVERAGE: 61.20, 58.10, 40.00',
  '       TASKS: 1911',
  '    NODENAME: compute-07',
  '     RELEASE: 4.4.0-72-generic',
  '     VERSION: #93-Ubuntu SMP Fri Mar 31 14:07:41 UTC 2017',
  '     MACHINE: x86_64  (2400 Mhz)',
  '      MEMORY: 528 GB',
  '       PANIC: "sysrq: SysRq : Trigger a crash"',
]
const HOST = {
  kind: 'host',
  line: 1,
  source: 'sys',
  release: '4.4.0-72-generic',
  version: '#93-Ubuntu SMP Fri Mar 31 14:07:41 UTC 2017',
  nodename: 'compute-07',
  arch: 'x86_64',
  cpus: 120,
  memoryBytes: 528 * 2 ** 30,
  uptimeSeconds: 12 * 86_400 + 3_723,
  date: 'Thu Mar 30 12:00:00 CST 2017',
  panic: 'sysrq: SysRq : Trigger a crash',
  distribution: null,
  guest: null,
}

describe('the system screen', () => {
  test('says everything of the host', () => {
    expect(only(...SCREEN)).toEqual(HOST)
    expect(ofKind(crashTold(...SCREEN), 'value').map(({ name, text }) => [name, text])).toEqual([
      ['sys.TASKS', '1911'],
      ['sys.LOAD AVERAGE', '61.20, 58.10, 40.00'],
    ])
  })

  test('with blank lines between, without its columns, twice', () => {
    expect(only(...SCREEN.flatMap((line) => [line, '']))).toEqual(HOST)
    expect(only(...SCREEN.map((line) => line.replace(/ +/g, ' ').trim()))).toEqual(HOST)
    expect(ofKind(crashTold(...SCREEN, ...SCREEN), 'host').map(({ line, nodename }) => [line, nodename])).toEqual([
      [1, 'compute-07'],
      [14, 'compute-07'],
    ])
  })

  test.each([
    ['UPTIME: 00:03:54', 'uptimeSeconds', 234],
    ['UPTIME: 1 days, 00:00:01', 'uptimeSeconds', 86_401],
    ['UPTIME: (unknown)', 'uptimeSeconds', null],
    ['MEMORY: 207.5 MB', 'memoryBytes', 217_579_520],
    ['MEMORY: 1.5 TB', 'memoryBytes', 1.5 * 2 ** 40],
    ['MEMORY: much', 'memoryBytes', null],
    ['CPUS: 4 [OFFLINE: 1]', 'cpus', 4],
    ['PANIC: ""', 'panic', null],
    [
      'PANIC: "Kernel panic - not syncing: hung_task" (check log for details)',
      'panic',
      'Kernel panic - not syncing: hung_task',
    ],
    ['PANIC: "a "quoted" word"', 'panic', 'a "quoted" word'],
    ['PANIC: (HARDWARE RESET)', 'panic', '(HARDWARE RESET)'],
    ['RELEASE: 5.14.0-503.el9_5.   x86_64', 'release', '5.14.0-503.el9_5.x86_64'],
    ['NODENAME: (none)', 'nodename', '(none)'],
    ['MACHINE: s390x  (unknown Mhz)', 'arch', 's390x'],
    ['DATE: Thu Mar 30 12:00:00 2017', 'date', 'Thu Mar 30 12:00:00 2017'],
  ] as const)('%s', (line, member, value) => {
    const label = line.split(':')[0]!
    const lines = SCREEN.map((each) => (each.trimStart().startsWith(`${label}:`) ? `  ${line}` : each))
    expect(only(...lines)).toEqual({ ...HOST, [member]: value })
  })

  test('one line of it is the host only behind sys', () => {
    expect(crashTold('VERSION: 2', 'PANIC: no')).toEqual([])
    expect(only('crash> sys | grep RELEASE', '     RELEASE: 4.4.0-72-generic')).toMatchObject({
      line: 2,
      release: '4.4.0-72-generic',
      nodename: null,
    })
  })

  test('a second dump file does not break it', () => {
    const lines = [...SCREEN]
    lines.splice(2, 0, '              dump.2  [PARTIAL DUMP]')
    expect(only(...lines)).toEqual(HOST)
  })
})

describe('the start', () => {
  const BANNER = [
    '',
    'crash 8.0.2',
    'Copyright (C) 2002-2022  Red Hat, Inc.',
    'GNU gdb (GDB) 10.2',
    'This GDB was configured as "x86_64-pc-linux-gnu".',
    '',
  ]
  const TASK = [
    '         PID: 33',
    '     COMMAND: "qemu-system-x86"',
    '        TASK: ffff88000c509b80  (1 of 2)  [THREAD_INFO: ffff88000b7a0000]',
    '         CPU: 0',
    '       STATE: TASK_RUNNING (PANIC)',
  ]

  test('banner, screen and current task', () => {
    const told = crashTold(...BANNER, ...SCREEN, ...TASK)
    expect(told.map(({ kind }) => kind)).toEqual(['host', 'value', 'value', 'task'])
    expect(ofKind(told, 'task')).toMatchObject([{ source: 'set', pid: 33, running: true }])
  })

  test.each([
    ['on one line', `please wait... (gathering task table data)                           ${SCREEN[0]!}`],
    ['two of them', `please wait... (patching 110145 gdb minimal_symbol values)  please wait... (x)   ${SCREEN[0]!}`],
  ])('progress in front of the screen, %s', (_name, first) => {
    expect(only(first, ...SCREEN.slice(1))).toEqual(HOST)
  })

  test('progress that was overwritten', () => {
    const told = textTold(
      [
        `\rplease wait... (gathering module symbol data)\r                      \r${SCREEN[0]!}`,
        ...SCREEN.slice(1),
      ].join('\n'),
    )
    expect(ofKind(told, 'host')).toEqual([HOST])
  })

  test.each([
    'WARNING: active task ffff8a114a404140 on cpu 3 not found in PID hash',
    'WARNING: panic task not found',
    "WARNING: cannot access vmalloc'd module memory",
  ])('what is missing is told: %s', (line) => {
    expect(crashTold(line)).toEqual([{ kind: 'error', line: 1, command: 'crash', text: line }])
  })

  test.each([
    'WARNING: kernel relocated [202MB]: patching 110145 gdb minimal_symbol values',
    'WARNING: CPU: 3 PID: 44 at mm/ksm.c:123 not found',
    'NOTE: stdin: not a tty',
    'crash 9.0.2',
  ])('what is not is nothing: %s', (line) => {
    expect(crashTold(line)).toEqual([])
  })
})

describe('errors', () => {
  test.each([
    ['bt', 'invalid task or pid value: 99999'],
    ['ps', 'invalid task or pid value: 9999999'],
    ['foreach', 'unknown argument: "nosuch"'],
    ['list', '-l and -o are mutually exclusive'],
    ['list', 'starting address required'],
    ['tree', 'invalid -r argument: root'],
    ['struct', 'invalid data structure reference: nosuch'],
    ['kmem', 'page excluded: kernel virtual address: ffff8a114a404140  type: "page"'],
    ['rd', 'invalid kernel virtual address: 10  type: "64-bit KVADDR"'],
    ['crash', 'vmlinux and vmcore do not match!'],
    ['crash', 'seek error: kernel virtual address: ffffffff81224080  type: "linux_banner"'],
  ])('%s: %s', (command, text) => {
    expect(crashTold(`${command}: ${text}`)).toEqual([{ kind: 'error', line: 1, command, text }])
  })

  test('names that others speak in count only behind their command', () => {
    expect(crashTold('mount: /dev/sdb1 failed')).toEqual([])
    expect(crashTold('log: cannot read log_buf contents')).toEqual([])
    expect(crashTold('crash> log', 'log: cannot read log_buf contents')).toMatchObject([
      { kind: 'error', command: 'log' },
    ])
  })

  test.each([
    'list: the one below',
    'p: see page 5',
    'bash: foo: command not found',
    'kernel: INFO: task failed',
    'error: none',
  ])('prose and other programs are no errors: %s', (line) => {
    expect(crashTold(line)).toEqual([])
  })
})

describe('the log is left alone', () => {
  test.each([
    '[   44.317072] INFO: task qemu-system-x86:148 blocked for more than 122 seconds.',
    '[   38.407469] <2> [<ffffffff8115af54>] call_rwsem_down_read_failed+0x14/0x30',
    '<3>[   44.317072] PID: 44   TASK: ffff88000c53c4c0  CPU: 1   COMMAND: "numad"',
    'Mar 30 12:00:01 host kernel: [ 1800.762049] 2306920 rmap_item.lst',
    '2018-04-19T16:51:35.672420+00:00 compute-0-3 kernel: stable_node: 0xffff881f836ba000',
    '[Mon Nov 23 15:38:44 2026] ksm_pages = $1 = 5',
    '[    1.234567] stable_node->hlist->first = 0xffff883f3e5746b0',
    'Call Trace:',
    ' ? rmap_walk_ksm+0x118/0x230',
    'RIP: 0010:smp_call_function_many_cond+0x12a/0x3d0',
    'ffff88103a26bc18 ffff88103aa08e00 ffff88103a5d5400 ffff88103a26c000',
    'CPU: 3 PID: 2950 Comm: numad Tainted: G        W       4.4.60-ksm #1',
    'task:kcompactd0      state:S stack:    0 pid:   51 ppid:     2 flags:0x00004000',
    'Code: 48 89 c7 e8 00 00 00 00',
  ])('%s', (line) => {
    expect(crashTold(line, line, line)).toEqual([])
  })

  test('a log within a session ends nothing but itself', () => {
    const told = crashTold(
      'crash> log',
      '[    0.000000] Linux version 4.4.60',
      '         continued',
      'crash> p ksm_run',
      'ksm_run = $1 = 1',
    )
    expect(told).toMatchObject([{ kind: 'value', line: 5 }])
  })
})

describe('prompts', () => {
  test.each(['crash> ', 'crash>', '  crash> ', 'crash_9.0.2> ', 'crash64> '])('"%s"', (prompt) => {
    expect(crashTold(`${prompt}p/x ksm_run`, '$1 = 0x1')).toMatchObject([{ kind: 'value', name: 'ksm_run' }])
  })

  test('an empty prompt ends what the command before it said', () => {
    expect(crashTold('crash> p/x ksm_run', 'crash>', '$1 = 0x1')).toEqual([])
  })
})
