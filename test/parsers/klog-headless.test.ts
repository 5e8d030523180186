import { describe, expect, test } from 'vitest'
import { ProcStackParser } from '../../src/parsers/proc-stack.ts'
import { names, readLog, stamped, tasks } from '../support/klog-text.ts'

const WALK = ['try_to_unmap_one+0x14/0x60', 'rmap_walk_ksm+0x12/0x40', 'try_to_unmap+0x8/0x90', 'migrate_pages+0x1/0x2']
const stacks = (...lines: readonly string[]): string[] => tasks(readLog(lines)).map(({ frames }) => names(frames))
const ALL = 'try_to_unmap_one rmap_walk_ksm try_to_unmap migrate_pages'

describe('frames that no line announces', () => {
  test('three in a row are a stack: with stamps, quoted, and without anything', () => {
    expect(stacks(...WALK)).toEqual([ALL])
    expect(stacks('he saw this:', '', ...WALK, '', 'and so on')).toEqual([ALL])
    expect(stacks(...stamped(7, ...WALK))).toEqual([ALL])
    expect(stacks(...stamped(7, ...WALK.map((frame) => `[<ffffffff81000000>] ${frame}`)))).toEqual([ALL])
    expect(stacks(...WALK.map((frame) => `> ${frame}`))).toEqual([ALL])
    expect(tasks(readLog(WALK))).toMatchObject([{ pid: null, comm: null, line: 3 }])
  })

  test('two are none, nor three with prose between them', () => {
    expect(stacks(...WALK.slice(0, 2))).toEqual([])
    expect(stacks(WALK[0]!, 'which calls, as', 'everybody knows,', WALK[1]!, 'that is', 'to say', WALK[2]!)).toEqual([])
  })

  test('what the unwinder doubts stands between them, and counts for nothing', () => {
    expect(stacks(WALK[0]!, '? schedule+0x1/0x2', WALK[1]!, '? schedule+0x1/0x2', WALK[2]!)).toEqual([
      'try_to_unmap_one rmap_walk_ksm try_to_unmap',
    ])
    expect(stacks('? a+0x1/0x2', '? b+0x1/0x2', '? c+0x1/0x2')).toEqual([])
  })

  test('such a stack ends with its lines', () => {
    expect(stacks(...WALK, '', 'then another one:', '', ...WALK.slice(1))).toEqual([
      ALL,
      'rmap_walk_ksm try_to_unmap migrate_pages',
    ])
  })

  test('with an address and no prefix they are those of /proc/PID/stack', () => {
    expect(stacks(...WALK.map((frame) => `[<ffffffff81000000>] ${frame}`))).toEqual([])
  })

  test.each([
    'the existing dependency chain (in reverse order) is:',
    'Allocated by task 2950:',
    'page last allocated via order 0, migratetype Movable, gfp_mask 0x0(), pid 2950, ts 1, free_ts 0',
    'page last free pid 2950 tgid 2950 stack trace:',
    'Uninit was created at:',
  ])('stacks of former moments are none of now: %s', (head) => {
    expect(stacks(head, ...WALK)).toEqual([])
    expect(stacks(head, ...WALK, 'stack backtrace:', 'Call Trace:', ' dump_stack+0x1/0x2')).toEqual(['dump_stack'])
  })
})

test('the instruction of a decoded log is the innermost frame', () => {
  const { events } = readLog([
    'watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [numad:2950]',
    'RIP: 0010:smp_call_function_many_cond (kernel/smp.c:11 (discriminator 5))',
    'Call Trace:',
    ' on_each_cpu_cond_mask (kernel/smp.c:12)',
  ])
  expect(names(events[0]!.stack)).toBe('smp_call_function_many_cond on_each_cpu_cond_mask')
})

test('a mark between the two addresses of the instruction is none of the name', () => {
  const log = readLog([
    'NMI backtrace for cpu 1',
    'RIP: e030:[<ffffffff81000000>] c [<ffffffff81000000>] shrink_a+0x1/0x2',
  ])
  expect(tasks(log).map(({ frames }) => names(frames))).toEqual(['shrink_a'])
})

test.each([
  [
    'with the source in the place of the address',
    ' [<mm/ksm.c:12>] rmap_walk_ksm+0x1/0x2',
    ' [<mm/a.h:1 mm/rmap.c:3>] try_to_unmap+0x1/0x2',
  ],
  [
    'of arm with the source behind them',
    '[<c0000000>] (page_a) from [<c0000000>] (rmap_walk_ksm+0x1/0x2 mm/ksm.c:12)',
    ' rmap_walk_ksm from try_to_unmap+0x1/0x2 mm/rmap.c:3',
  ],
  [
    'with addresses in capitals',
    '[C0000000000000A0] [C0000000000000B0] .rmap_walk_ksm+0x1/0x2',
    '[C0000000000000A0] [C0000000000000B0] .try_to_unmap+0x1/0x2',
  ],
  [
    'with a carriage return that is shown as a dot',
    '[C0000000000000A0] [C0000000000000B0].rmap_walk_ksm+0x1/0x2.',
    ' try_to_unmap+0x1/0x2.',
  ],
  ['with the addresses lost', ' [] rmap_walk_ksm+0x1/0x2', ' [<>] try_to_unmap+0x1/0x2'],
  [
    'of arm without blanks',
    '[<c0000000>](page_a+0x0/0x8) from [<c0000000>](rmap_walk_ksm+0x1/0x2)',
    '[<c0000000>](rmap_walk_ksm+0x0/0x8) from [<c0000000>](try_to_unmap+0x1/0x2)',
  ],
])('frames %s', (_, ...frames) => {
  expect(stacks('CPU: 3 PID: 22 Comm: a Not tainted 4.4.0 #1', 'Call Trace:', ...frames)).toEqual([
    'rmap_walk_ksm try_to_unmap',
  ])
})

test('half a line that another program wrote to the console ends no stack', () => {
  const log = readLog([
    '[   12.000001] INFO: task numad:2950 blocked for more than 120 seconds.',
    '[   12.000002] task:numad           state:D stack:    0 pid: 2950 ppid:     1 flags:0x00004000',
    '[   12.000003] Call Trace:',
    '[   12.000004]  schedule+0x1/0x2',
    'INFO: task num[   12.000005]  io_a+0x1/0x2',
    ' [   12.000001] [   12.000006]  io_b+0x1/0x2',
    'hv07 kernel:[   12.000007]  io_c+0x1/0x2',
  ])
  expect(log.events.map(({ stack }) => names(stack))).toEqual(['schedule io_a io_b io_c'])
})

test('a message that a terminal broke in the middle of a word', () => {
  expect(readLog(['[   12.000001] INFO: task numad:2950 blocked for more than 120 seco', 'nds.']).events).toMatchObject(
    [{ kind: 'hung-task', pid: 2950, seconds: 120, line: 1 }],
  )
})

test('the container of a task is no part of its name', () => {
  const log = readLog([
    'Pid: 260, comm: CPU 0/KVM veid: 101 Tainted: P           ---------------    2.6.32-042stab001.1 #1',
    'Process CPU 0/KVM (pid: 260, veid: 101, threadinfo ffff880815f70000, task ffff880815f6e040)',
  ])
  expect(tasks(log)).toMatchObject([{ pid: 260, comm: 'CPU 0/KVM', address: 0xffff880815f6e040n }])
})

describe('workqueue lockups', () => {
  test.each([
    ['BUG: workqueue lockup - pool cpus=14 node=0 flags=0x0 nice=-20 stuck for 35s!', 14, 35],
    ['BUG: workqueue lockup - pool 7: cpus=3 node=0 flags=0x0 nice=0 stuck for 360s!', 3, 360],
    ['BUG: workqueue lockup - pool cpus=0-7 flags=0x4 nice=0 stuck for 41s!', null, 41],
  ])('%s', (line, cpu, seconds) => {
    expect(readLog([line]).events).toMatchObject([{ kind: 'workqueue-lockup', cpu, seconds, pid: null }])
  })

  test('a format string is none', () => {
    expect(readLog(['BUG: workqueue lockup - pool cpus=%*pbl stuck for %us!']).events).toEqual([])
  })
})

describe('frames of /proc/PID/stack', () => {
  const read = (...lines: readonly string[]): [number | null, number][] => {
    const parser = new ProcStackParser()
    for (const [index, line] of lines.entries()) parser.push(line, index + 1)
    parser.end()
    return parser.told.flatMap((each) => (each.kind === 'task' ? [[each.pid, each.frames.length]] : []))
  }
  const FRAMES = ['[<ffffffff81000000>] a+0x1/0x2', '[<ffffffff81000000>] b+0x1/0x2']

  test('a loop of the shell writes the pid in many ways', () => {
    for (const head of ['PID = 301', 'pid=301', 'PID : 301', 'Pid 301', 'PID: 301 (numad)'])
      expect(read(head, ...FRAMES)).toEqual([[301, 2]])
  })

  test("behind a task's head of a log they are the log's", () => {
    expect(read('CPU: 3 PID: 22 Comm: a Not tainted 4.4.0 #1', 'Workqueue: writeback wb_workfn', ...FRAMES)).toEqual([])
    expect(read('numad           D 80330384     0   721    719 0x00000001', ...FRAMES)).toEqual([])
    expect(read('CPU: 3 PID: 22 Comm: a Not tainted 4.4.0 #1', '', ...FRAMES)).toEqual([[null, 2]])
  })

  test("where lockdep's report says how a lock was taken, they are no stack", () => {
    expect(read('-> #1 (&anon_vma->rwsem){++++}:', ...FRAMES)).toEqual([])
    expect(read('numad/2950 is trying to release lock (&mm->mmap_lock) at:', ...FRAMES)).toEqual([])
  })
})
