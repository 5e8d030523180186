import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { finish } from '../../src/base/steps.ts'
import { listTasks, type TaskList } from '../../src/kernel/task-list.ts'
import { type GroupRecipe, TASK_AT, TaskMemory } from '../support/task-memory.ts'

// Whatever is damaged, the tasks before it are listed, the list is not complete, and a problem names the place.

const GROUPS: readonly GroupRecipe[] = [
  { pid: 1 },
  { pid: 700, threads: [{ pid: 701 }, { pid: 702 }, { pid: 703 }] },
  { pid: 800, threads: [{ pid: 801 }, { pid: 802 }] },
  { pid: 900 },
]
const [INIT, QEMU, LIBVIRT, LAST] = [0, 1, 2, 3]

const list = (memory: TaskMemory): TaskList => finish(listTasks(memory.kernel(), 'dump', { aborted: false }))
const hex = (at: bigint): string => `0x${at.toString(16)}`

/** Expects these pids, and these problems: code, place. */
function expectTorn(
  memory: TaskMemory,
  pids: readonly number[],
  ...problems: readonly [code: string, at: bigint][]
): void {
  const found = list(memory)
  expect(found.tasks.map(({ pid }) => pid)).toEqual(pids)
  expect(found.complete).toBe(false)
  expect(found.problems.map(({ code, at }) => [code, at])).toEqual(problems.map(([code, at]) => [code, hex(at)]))
  for (const { input, message } of found.problems) expect([input, message.length > 20]).toEqual(['dump', true])
}

describe('the list of processes', () => {
  test('that bends back to an earlier process', () => {
    const memory = new TaskMemory(GROUPS)
    memory.set(memory.link(LIBVIRT), memory.link(QEMU))
    expectTorn(memory, [1, 700, 701, 702, 703, 800, 801, 802], ['damaged-structure', memory.link(QEMU)])
  })

  test('with a process that is its own successor', () => {
    const memory = new TaskMemory(GROUPS)
    memory.set(memory.link(INIT), memory.link(INIT))
    expectTorn(memory, [1], ['damaged-structure', memory.link(INIT)])
  })

  test('with a wrong back link', () => {
    const memory = new TaskMemory(GROUPS)
    memory.set(memory.link(LIBVIRT) + 8n, memory.link(INIT))
    expectTorn(memory, [1, 700, 701, 702, 703], ['damaged-structure', memory.link(LIBVIRT)])
  })

  test('with a task_struct that is absent: the problem names the last link that was read', () => {
    const memory = new TaskMemory(GROUPS)
    memory.exclude(memory.task(QEMU))
    expectTorn(memory, [1], ['pages-absent', memory.link(INIT)])
  })

  test('with a link of 0', () => {
    const memory = new TaskMemory(GROUPS)
    memory.set(memory.link(QEMU), 0n)
    expectTorn(memory, [1, 700, 701, 702, 703], ['damaged-structure', memory.link(QEMU)])
  })

  test('with a task_struct of which a part is absent: its threads and the processes behind it are listed', () => {
    const memory = new TaskMemory(GROUPS)
    memory.tear(memory.task(QEMU), TASK_AT.comm, 4096)
    expectTorn(memory, [1, 701, 702, 703, 800, 801, 802, 900], ['pages-absent', memory.task(QEMU)])
  })

  test('with a pid that can not be', () => {
    const memory = new TaskMemory(GROUPS)
    memory.set32(memory.task(LAST) + BigInt(TASK_AT.pid), 0x40_0001)
    expectTorn(memory, [1, 700, 701, 702, 703, 800, 801, 802], ['pages-absent', memory.task(LAST)])
  })

  test('whose init_task is absent', () => {
    const memory = new TaskMemory(GROUPS)
    memory.exclude(memory.init)
    expectTorn(memory, [], ['pages-absent', memory.init + BigInt(TASK_AT.tasks)])
  })

  test.each([
    ['init_task', (memory: TaskMemory) => memory.symbols.delete('init_task')],
    ['struct task_struct', (memory: TaskMemory) => memory.types.splice(0, 1)],
    ['struct signal_struct', (memory: TaskMemory) => memory.types.splice(1, 1)],
  ])('of a kernel without %s', (_name, take) => {
    const memory = new TaskMemory(GROUPS)
    take(memory)
    const found = list(memory)
    expect(found).toMatchObject({ tasks: [], complete: false, problems: [{ code: 'implausible-value', at: null }] })
  })

  test.each(['pid', 'tgid', 'stack', 'thread.sp', 'signal', 'thread_node', 'mm', 'flags', 'comm', 'tasks'])(
    'of a kernel whose task_struct has no %s',
    (member) => {
      expect(list(new TaskMemory(GROUPS, { lacks: [member] }))).toMatchObject({
        tasks: [],
        layout: null,
        complete: false,
      })
    },
  )

  test('of which 100 tasks can not be read: the first 50 are told', () => {
    const many = Array.from({ length: 120 }, (_, i) => ({ pid: i + 1 }))
    const memory = new TaskMemory(many)
    for (let i = 0; i < 100; i++) memory.tear(memory.task(i), TASK_AT.comm, 4096)
    const found = list(memory)
    expect([found.tasks.length, found.problems.length, found.complete]).toEqual([20, 50, false])
  })
})

describe('a list of threads', () => {
  test('with a task_struct that is absent: the processes behind it are listed', () => {
    const memory = new TaskMemory(GROUPS)
    memory.exclude(memory.task(QEMU, 1))
    const found = list(memory)
    expect(found.tasks.map(({ pid }) => pid)).toEqual([1, 700, 701, 800, 801, 802, 900])
    expect(found.complete).toBe(false)
    expect(found.problems[0]!.code).toBe('pages-absent')
    // the thread itself, or what led to it
    const near = [memory.task(QEMU, 1), memory.node(QEMU, 0), memory.task(QEMU)]
    expect(near.map(hex)).toContain(found.problems[0]!.at)
  })

  test('with a task_struct of which a part is absent: the threads behind it are listed', () => {
    const memory = new TaskMemory(GROUPS)
    memory.tear(memory.task(QEMU, 0), TASK_AT.comm, 4096)
    expectTorn(memory, [1, 700, 702, 703, 800, 801, 802, 900], ['pages-absent', memory.task(QEMU, 0)])
  })

  test('whose signal_struct is absent', () => {
    const memory = new TaskMemory(GROUPS)
    memory.exclude(memory.signal(QEMU))
    expectTorn(memory, [1, 700, 800, 801, 802, 900], ['pages-absent', memory.task(QEMU)])
  })

  test('that can not be found, because the pointer to it is absent', () => {
    const memory = new TaskMemory(GROUPS)
    memory.tear(memory.task(QEMU), TASK_AT.signal, TASK_AT.signal + 8)
    expectTorn(memory, [1, 700, 800, 801, 802, 900], ['pages-absent', memory.task(QEMU)])
  })

  test('that is a cycle which does not come back to its head', () => {
    const memory = new TaskMemory(GROUPS)
    memory.set(memory.node(QEMU, 1), memory.node(QEMU))
    expectTorn(memory, [1, 700, 701, 702, 800, 801, 802, 900], ['damaged-structure', memory.node(QEMU)])
  })

  test.each([
    ['a thread that was listed before', LIBVIRT, 0, QEMU, 1, [1, 700, 701, 702, 703, 800, 801, 900]],
    ['a thread that comes later', QEMU, 1, LIBVIRT, 0, [1, 700, 701, 702, 800, 801, 802, 900]],
    ['a leader that was listed before', LIBVIRT, 0, QEMU, -1, [1, 700, 701, 702, 703, 800, 801, 900]],
    ['a leader that comes later', QEMU, 1, LIBVIRT, -1, [1, 700, 701, 702, 800, 801, 802, 900]],
  ])(
    'that runs into another group, to %s: each task is listed once, in its own group',
    (_name, from, thread, to, at, pids) => {
      const memory = new TaskMemory(GROUPS)
      memory.set(memory.node(from, thread), memory.node(to, at))
      const found = list(memory)
      expect(found.tasks.map(({ pid }) => pid)).toEqual(pids)
      expect(found.complete).toBe(false)
      expect(found.problems.map((problem) => problem.code)).toContain('damaged-structure')
    },
  )
})

test('any links in the lists: an end, no task twice, and a problem when it is not whole (property)', () => {
  const damage = fc.record({
    from: fc.nat(),
    to: fc.nat(),
    back: fc.boolean(),
    raw: fc.option(fc.bigInt(0n, (1n << 64n) - 1n)),
  })
  fc.assert(
    fc.property(fc.array(damage, { maxLength: 5 }), fc.option(fc.nat(), { freq: 3 }), (damages, gone) => {
      const memory = new TaskMemory(GROUPS)
      const places = [
        ...GROUPS.flatMap((_, i) => [memory.link(i), memory.node(i), memory.signal(i) + 16n]),
        ...[0, 1, 2].map((i) => memory.node(QEMU, i)),
        ...[0, 1].map((i) => memory.node(LIBVIRT, i)),
      ]
      for (const { from, to, back, raw } of damages) {
        const place = places[from % places.length]! + (back ? 8n : 0n)
        memory.set(place, raw ?? places[to % places.length]!)
      }
      if (gone !== null) memory.exclude(places[gone % places.length]!)
      const found = list(memory)
      expect(found.complete).toBe(found.problems.length === 0)
      const addresses = found.tasks.map(({ address }) => address)
      expect(new Set(addresses).size).toBe(addresses.length)
      if (found.complete) expect(addresses.length).toBeLessThanOrEqual(9)
    }),
    { numRuns: 300 },
  )
})
