import { describe, expect, test } from 'vitest'
import type { ToldState, ToldTask } from '../../src/parsers/told.ts'
import { crashTold, ofKind } from '../support/crash-text.ts'

const tasks = (...lines: readonly string[]): ToldTask[] => ofKind(crashTold(...lines), 'task')
const only = (...lines: readonly string[]): ToldTask => {
  const found = tasks(...lines)
  expect(found).toHaveLength(1)
  return found[0]!
}

describe('ps', () => {
  test('a row says who, where, in which state, and whether it is on a CPU', () => {
    expect(only('>      44       1   1  ffff88000c53c4c0  RU   0.2     2344      484  numad')).toEqual({
      kind: 'task',
      line: 1,
      source: 'ps',
      pid: 44,
      tgid: null,
      comm: 'numad',
      address: 0xffff88000c53c4c0n,
      cpu: 1,
      state: 'R',
      running: true,
      kthread: false,
      idleSeconds: null,
      space: { ppid: 1, sizeKiB: 2344, residentKiB: 484 },
      frames: [],
      wchan: null,
      doubt: null,
    })
  })

  test.each([
    [
      '8.0.2 and later',
      '       37       1   1  ffff88000c50d280  UN  282.8   931256   602000  CPU 0/KVM',
      'CPU 0/KVM',
      false,
    ],
    ['7.x, narrow', '  2950      1  49  ffff885f97745280  UN   0.2   12345    484  numad', 'numad', false],
    ['runs of blanks to one', '2950 1 49 ffff885f97745280 UN 0.2 12345 484 numad', 'numad', false],
    [
      'a kernel thread',
      '        4       2   0  ffff88000005a940  UN   0.0        0        0  [kworker/0:0]',
      'kworker/0:0',
      true,
    ],
    ['no parent', '        4      -1   0  ffff88000005a940  UN   0.0        0        0  x', 'x', false],
    ['no CPU', '        4       2   -  ffff88000005a940  UN   0.0        0        0  x', 'x', false],
    ['a long %MEM', '        4       2   0  ffff88000005a940  UN 1262.2 99999999 88888888  x', 'x', false],
    [
      'brackets within',
      '        4       2   0  ffff88000005a940  UN   0.0        0        0  a[b]c d',
      'a[b]c d',
      false,
    ],
  ])('%s', (_name, line, comm, kthread) => {
    expect(only(line)).toMatchObject({ comm, kthread, state: 'D', running: false })
  })

  test.each<[string, ToldState, boolean | null]>([
    ['RU', 'R', null],
    ['IN', 'S', false],
    ['UN', 'D', false],
    ['ST', 'T', false],
    ['TR', 't', false],
    ['ZO', 'Z', false],
    ['DE', 'X', false],
    ['PA', 'P', false],
    ['ID', 'I', false],
    ['SW', null, false],
    ['WA', null, false],
    ['NE', null, false],
    ['??', null, false],
  ])('%s', (letters, state, running) => {
    // the mark of a runnable task may be lost: not on a CPU is said only of those that can not be
    expect(only(`  9  1  0  ffff88000005a940  ${letters}  0.0  0  0  x`)).toMatchObject({ state, running })
  })

  test('-m: how long ago it last ran; days may be padded', () => {
    const row = (ago: string): ToldTask =>
      only(`[${ago}] [UN]  PID: 37       TASK: ffff88000c50d280  CPU: 1    COMMAND: "CPU 0/KVM"`)
    expect(row('0 00:00:02.682')).toMatchObject({
      source: 'ps -m',
      pid: 37,
      address: 0xffff88000c50d280n,
      cpu: 1,
      comm: 'CPU 0/KVM',
      state: 'D',
      idleSeconds: 2.682,
    })
    expect(row('12 03:04:05.006').idleSeconds).toBeCloseTo(12 * 86_400 + 3 * 3_600 + 4 * 60 + 5.006, 6)
    expect(row('  0 00:00:37.405').idleSeconds).toBe(37.405)
  })

  test('-l: a clock is no duration', () => {
    for (const clock of ['33781184499', ' 2137613647'])
      expect(only(`[${clock}] [RU]  PID: 44  TASK: ffff88000c53c4c0  CPU: 1  COMMAND: "numad"`)).toMatchObject({
        source: 'ps -l',
        pid: 44,
        state: 'R',
        idleSeconds: null,
      })
  })

  test('heads, sums and errors are no tasks', () => {
    const told = crashTold(
      '      PID    PPID  CPU       TASK        ST  %MEM      VSZ      RSS  COMM',
      '   PID    PPID  CPU TASK ST  %MEM     VSZ    RSS  COMM',
      '  RU: 4',
      'ps: invalid task or pid value: 9999999',
    )
    expect(told).toMatchObject([{ kind: 'error', command: 'ps' }])
  })

  test('a row within a stack ends it', () => {
    const found = tasks(
      'PID: 44       TASK: ffff88000c53c4c0  CPU: 1    COMMAND: "numad"',
      ' #0 [ffff8800003b3bb8] a at ffffffff81094342',
      '  9  1  0  ffff88000005a940  IN  0.0  0  0  x',
      ' #1 [ffff8800003b3c80] b at ffffffff810e56b3',
    )
    expect(found.map(({ source, frames }) => [source, frames.length])).toEqual([
      ['bt', 1],
      ['ps', 0],
      ['bt', 1],
    ])
  })
})

describe('runq', () => {
  test('current tasks are on their CPUs, queued ones are runnable and not', () => {
    const found = tasks(
      'CPU 0 RUNQUEUE: ffff880006211780',
      '  CURRENT: PID: 33     TASK: ffff88000c509b80  COMMAND: "qemu-system-x86"',
      '  RT PRIO_ARRAY: ffff880006211890',
      '     [no tasks queued]',
      '  CFS RB_ROOT: ffff880006211818',
      '     [120] PID: 9      TASK: ffff88000c509000  COMMAND: "kworker/0:1"',
      '',
      'CPU 1 RUNQUEUE: ffff88000ca11780',
      '  CURRENT: PID: 44     TASK: ffff88000c53c4c0  COMMAND: "numad"',
    )
    expect(found.map(({ pid, comm, cpu, running, state, source }) => [pid, comm, cpu, running, state, source])).toEqual(
      [
        [33, 'qemu-system-x86', 0, true, null, 'runq'],
        [9, 'kworker/0:1', 0, false, 'R', 'runq'],
        [44, 'numad', 1, true, null, 'runq'],
      ],
    )
  })

  test('-m: since when it runs is no idle time', () => {
    expect(only(' CPU 0: [0 00:00:00.023]  PID: 39     TASK: ffff8a114a5a0000  COMMAND: "khungtaskd"')).toMatchObject({
      pid: 39,
      cpu: 0,
      running: true,
      idleSeconds: null,
      source: 'runq',
    })
  })

  test('-t: the task beneath the clock of its CPU', () => {
    expect(
      only('CPU 3: 2680990637359', '       2680986653330  PID: 44  TASK: ffff88000c53c4c0  COMMAND: "numad"'),
    ).toMatchObject({ pid: 44, cpu: 3, running: true })
  })

  test('a CPU is of its own queue only', () => {
    expect(
      tasks(
        'CPU 7 RUNQUEUE: ffff880006211780',
        'crash> runq',
        '  CURRENT: PID: 33     TASK: ffff88000c509b80  COMMAND: "qemu-system-x86"',
      ),
    ).toMatchObject([{ cpu: null }])
  })
})

describe('set', () => {
  const block = (state: string): string[] => [
    '    PID: 44',
    'COMMAND: "numad"',
    '   TASK: ffff88000c53c4c0  (1 of 2)  [THREAD_INFO: ffff8800003b0000]',
    '    CPU: 1',
    `  STATE: ${state}`,
  ]

  test.each<[string, ToldState, boolean | null]>([
    ['TASK_RUNNING (ACTIVE)', 'R', true],
    ['TASK_RUNNING (PANIC)', 'R', true],
    ['TASK_RUNNING (SYSRQ)', 'R', true],
    ['TASK_RUNNING', 'R', null],
    ['TASK_UNINTERRUPTIBLE', 'D', false],
    ['TASK_UNINTERRUPTIBLE|TASK_WAKEKILL', 'D', false],
    ['TASK_INTERRUPTIBLE', 'S', false],
    ['TASK_UNINTERRUPTIBLE (ACTIVE)', 'D', true],
  ])('%s', (text, state, running) => {
    expect(only('crash> set 44', ...block(text))).toMatchObject({
      line: 2,
      source: 'set',
      pid: 44,
      comm: 'numad',
      address: 0xffff88000c53c4c0n,
      cpu: 1,
      state,
      running,
    })
  })

  test('a line "PID: 44" alone, or "CPU: 120 cores" without it, is nothing', () => {
    expect(crashTold('  PID: 44', 'is the one.')).toEqual([])
    expect(crashTold('  CPU: 120 cores', '  STATE: unknown')).toEqual([])
  })
})
