import { describe, expect, test } from 'vitest'
import { finish } from '../../src/base/steps.ts'
import { stateLetter } from '../../src/kernel/eras/task.ts'
import { listTasks, type Task, type TaskList } from '../../src/kernel/task-list.ts'
import { type GroupRecipe, PF_KTHREAD, TASK_AT, type TaskEra, TaskMemory } from '../support/task-memory.ts'

const MM = 0xffff9a1600000000n
const GROUPS: readonly GroupRecipe[] = [
  { pid: 1, comm: 'systemd', mm: MM },
  { pid: 2, comm: 'kthreadd', flags: PF_KTHREAD },
  { pid: 700, comm: 'qemu-system-x86', mm: MM + 64n, threads: [{ pid: 701 }, { pid: 702 }, { pid: 703 }] },
  { pid: 800, comm: 'libvirtd', mm: MM + 128n, threads: [{ pid: 801 }, { pid: 802 }] },
]

const list = (memory: TaskMemory): TaskList => finish(listTasks(memory.kernel(), 'dump', { aborted: false }))
const pids = ({ tasks }: TaskList): number[] => tasks.map(({ pid }) => pid)
const one = (recipe: GroupRecipe, era: TaskEra = {}): Task => list(new TaskMemory([recipe], era)).tasks[0]!
const ALL = [1, 2, 700, 701, 702, 703, 800, 801, 802]

test('the letter for the state words is that of /proc', () => {
  const letters: [state: number, exitState: number, letter: string][] = [
    [0x0, 0, 'R'],
    [0x1, 0, 'S'],
    [0x2, 0, 'D'],
    [0x102, 0, 'D'], // TASK_KILLABLE
    [0x402, 0, 'I'], // TASK_IDLE
    [0x2402, 0, 'I'], // TASK_IDLE | TASK_FREEZABLE
    [0x400, 0, 'R'], // TASK_NOLOAD alone is not TASK_IDLE
    [0x4, 0, 'T'],
    [0x104, 0, 'T'],
    [0x8, 0, 't'],
    [0x108, 0, 't'],
    [0x40, 0, 'P'],
    [0x80, 0x20, 'Z'], // TASK_DEAD, EXIT_ZOMBIE
    [0x80, 0x10, 'X'], // TASK_DEAD, EXIT_DEAD
    [0x80, 0x30, 'Z'], // EXIT_TRACE
    [0x80, 0, 'R'],
    [0x0, 0x20, 'Z'],
    [0x1000, 0, 'D'], // TASK_RTLOCK_WAIT
    [0x8000, 0, 'D'], // TASK_FROZEN
    [0x2001, 0, 'S'], // TASK_FREEZABLE
    [0x200, 0, 'R'], // TASK_WAKING
    [0x800, 0, 'R'], // TASK_NEW
    [0xffff_0000, 0, 'R'],
  ]
  expect(letters.map(([state, exit]) => [state, exit, stateLetter(state, exit)])).toEqual(letters)
})

test('what is shown as D is D even where TASK_IDLE is set too', () => {
  expect([0x8402, 0x1402].map((state) => stateLetter(state, 0))).toEqual(['D', 'D'])
})

describe('a task', () => {
  test('has every member from its place', () => {
    const memory = new TaskMemory([
      {
        pid: 148,
        comm: 'qemu-system-x86',
        state: 0x2,
        cpu: 3,
        mm: MM,
        stack: MM + 0x4000n,
        sp: MM + 0x7f00n,
        lastArrival: 12_500_000_000n,
        blocker: MM + 0x83n,
      },
    ])
    expect(list(memory)).toMatchObject({
      complete: true,
      problems: [],
      tasks: [
        {
          address: memory.task(0),
          pid: 148,
          tgid: 148,
          comm: 'qemu-system-x86',
          state: 'D',
          cpu: 3,
          running: false,
          kthread: false,
          mm: MM,
          stack: MM + 0x4000n,
          sp: MM + 0x7f00n,
          lastArrival: 12.5,
          blocker: { lock: MM + 0x80n, kind: 'rwsem-writer' },
        },
      ],
    })
  })

  test.each([
    [1, 1, true],
    [1, 0, false],
    [4, 1, true],
    [4, 0, false],
    [null, 0, false],
  ] as const)('with an on_cpu of %s bytes that says %i is on a CPU: %s', (onCpu, value, running) => {
    expect(one({ pid: 1, onCpu: value }, { onCpu }).running).toBe(running)
  })

  test('has its state in __state or, in older kernels, in state; its exit_state counts too', () => {
    for (const state of ['__state', 'state'] as const) {
      expect(one({ pid: 1, state: 0x2 }, { state }).state).toBe('D')
      expect(one({ pid: 1, state: 0x80, exitState: 0x20 }, { state }).state).toBe('Z')
    }
  })

  test('has its CPU in thread_info or beside it; one that can not be is unknown', () => {
    expect(one({ pid: 1, cpu: 5 }, { cpu: 'thread_info.cpu' }).cpu).toBe(5)
    expect(one({ pid: 1, cpu: 5 }, { cpu: 'cpu' }).cpu).toBe(5)
    expect(one({ pid: 1, cpu: 5 }, { cpu: null }).cpu).toBeNull()
    expect(one({ pid: 1, cpu: 8191 }).cpu).toBe(8191)
    expect(one({ pid: 1, cpu: 8192 }).cpu).toBeNull()
  })

  test('is a kernel thread by its flag, where it has no mm', () => {
    expect(one({ pid: 1, flags: PF_KTHREAD | 0x40 }).kthread).toBe(true)
    expect(one({ pid: 1, flags: 0x40 }).kthread).toBe(false)
    expect(one({ pid: 1, flags: PF_KTHREAD, mm: MM }).kthread).toBe(false)
  })

  test('of a kernel that notes no arrival and no blocker has none', () => {
    const lacks = ['sched_info.last_arrival', 'blocker', 'exit_state']
    const old = one({ pid: 1, lastArrival: 5n, blocker: 5n, exitState: 0x20 }, { lacks })
    expect(old).toMatchObject({ lastArrival: null, blocker: null, state: 'R' })
    expect(one({ pid: 1 })).toMatchObject({ lastArrival: null, blocker: null })
  })

  test('has a name that is safe to print', () => {
    expect(one({ pid: 1, comm: '\x1b[31mred\x07' }).comm).toBe('.[31mred.')
  })
})

describe('a task list that is whole', () => {
  test('has each leader and then its threads', () => {
    const found = list(new TaskMemory(GROUPS))
    expect(found).toMatchObject({ complete: true, problems: [] })
    expect(pids(found)).toEqual(ALL)
    expect(found.tasks.filter(({ tgid }) => tgid === 700).map(({ pid }) => pid)).toEqual([700, 701, 702, 703])
  })

  test('a process that is being reaped has no signal_struct any more, and that is no damage', () => {
    const memory = new TaskMemory(GROUPS)
    memory.set(memory.task(0) + BigInt(TASK_AT.signal), 0n)
    expect(list(memory)).toMatchObject({ complete: true, problems: [] })
  })

  test('that was not read to its end is not complete', () => {
    const abort = { aborted: false }
    const steps = listTasks(new TaskMemory(GROUPS).kernel(), 'dump', abort)
    steps.next()
    abort.aborted = true
    const found = finish(steps)
    expect(found.complete).toBe(false)
    expect(found.tasks.length).toBeLessThan(ALL.length)
  })
})
