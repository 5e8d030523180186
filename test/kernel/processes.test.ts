import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { listProcesses, type Processes } from '../../src/kernel/processes.ts'
import { HandKernel } from '../support/hand-kernel.ts'
import { numaNodes, TaskList, type TaskRecipe } from '../support/task-writer.ts'

const MM = 0xffff9a1600000000n
const PEOPLE: TaskRecipe[] = [
  { pid: 1, comm: 'systemd', mm: MM },
  { pid: 2, comm: 'kthreadd', kthread: true },
  { pid: 700, comm: 'qemu-system-x86', mm: MM + 64n, cpu: 2 },
  { pid: 701, comm: 'qemu-system-x86', mm: MM + 128n, cpu: 1 },
]

function tasks(recipes: readonly TaskRecipe[] = PEOPLE): { kernel: HandKernel; list: TaskList } {
  const kernel = new HandKernel()
  return { kernel, list: new TaskList(kernel, recipes) }
}

const read = (kernel: HandKernel): Processes => listProcesses(kernel.kernel(), 'dump')
const names = (found: Processes): [bigint, number, string][] =>
  [...found.byMm].map(([mm, { pid, comm }]) => [mm, pid, comm])
const hex = (at: bigint): string => `0x${at.toString(16)}`

describe('a task list that is whole', () => {
  test('processes by mm; kernel threads have none', () => {
    const { kernel, list } = tasks()
    const found = read(kernel)
    expect(found).toMatchObject({ complete: true, problems: [] })
    expect(names(found)).toEqual([
      [MM, 1, 'systemd'],
      [MM + 64n, 700, 'qemu-system-x86'],
      [MM + 128n, 701, 'qemu-system-x86'],
    ])
    expect(found.byMm.get(MM + 64n)).toEqual({ task: list.at(2), pid: 700, comm: 'qemu-system-x86', nid: 0 })
  })

  test('no process but init_task', () => {
    expect(read(tasks([]).kernel)).toEqual({ byMm: new Map(), complete: true, problems: [] })
  })

  test('two processes with one mm (vfork): the first', () => {
    const found = read(
      tasks([
        { pid: 5, comm: 'a', mm: MM },
        { pid: 6, comm: 'b', mm: MM },
      ]).kernel,
    )
    expect(names(found)).toEqual([[MM, 5, 'a']])
  })

  test('a leader that has exited: the first of its threads that has an mm', () => {
    const found = read(
      tasks([{ pid: 5, comm: 'zombie leader', threads: [0n, MM + 64n, MM + 128n] }, PEOPLE[0]!]).kernel,
    )
    expect(names(found)).toEqual([
      [MM + 64n, 5, 'zombie leader'],
      [MM, 1, 'systemd'],
    ])
  })

  test('a zombie has no mm at all', () => {
    const found = read(
      tasks([{ pid: 5, comm: 'zombie', threads: [0n, 0n] }, { pid: 6, comm: 'alone' }, PEOPLE[0]!]).kernel,
    )
    expect(names(found)).toEqual([[MM, 1, 'systemd']])
    expect(found).toMatchObject({ complete: true, problems: [] })
  })

  test('a kernel thread that works for a process has no threads to look at', () => {
    expect(names(read(tasks([{ pid: 5, comm: 'vhost', kthread: true, threads: [MM] }]).kernel))).toEqual([])
  })

  test('names are made safe to print, at most 16 bytes of them', () => {
    const found = read(
      tasks([
        { pid: 5, comm: '\x1b[31mred\x07', mm: MM },
        { pid: 6, comm: '0123456789abcdefgh', mm: MM + 64n },
      ]).kernel,
    )
    expect(names(found).map(([, , comm]) => comm)).toEqual(['.[31mred.', '0123456789abcdef'])
  })
})

describe('NUMA nodes', () => {
  const nids = (kernel: HandKernel): (number | null)[] => [...read(kernel).byMm.values()].map(({ nid }) => nid)

  test('by the CPU that the task ran on', () => {
    const { kernel } = tasks()
    numaNodes(kernel, [0, 1, 3])
    expect(nids(kernel)).toEqual([0, 3, 1])
  })

  test('a CPU that can not be, or a node that can not be: unknown', () => {
    const { kernel } = tasks()
    numaNodes(kernel, [0, 1024])
    expect(nids(kernel)).toEqual([0, null, null])
  })

  test('a kernel with NUMA that does not say: unknown; without NUMA: 0', () => {
    const { kernel } = tasks()
    expect(nids(kernel)).toEqual([0, 0, 0])
    kernel.variable('nr_node_ids', 2, 4)
    expect(nids(kernel)).toEqual([null, null, null])
  })
})

describe('a task list that is not whole', () => {
  const broken = (kernel: HandKernel): [code: string, message: string, at: string | null][] =>
    read(kernel).problems.map(({ code, message, at }) => [code, message, at])

  test('a cycle with back links of its own', () => {
    for (const to of [0, 1, 2]) {
      const { kernel, list } = tasks()
      kernel.set(list.link(2), list.link(to)).set(list.link(to) + 8n, list.link(2))
      const found = read(kernel)
      expect(found.complete).toBe(false)
      // the back link tells it before the cycle is closed
      expect(found.problems[0]).toMatchObject({ code: 'damaged-structure', at: hex(list.link(to)) })
    }
  })

  test('a cycle whose back links are those of a whole list', () => {
    const { kernel, list } = tasks()
    kernel.set(list.link(2), list.link(1))
    expect(names(read(kernel)).map(([, pid]) => pid)).toEqual([1, 700])
    expect(broken(kernel)).toEqual([
      [
        'damaged-structure',
        'The task list is a cycle that does not come back to init_task: owners after it are unknown.',
        hex(list.link(1)),
      ],
    ])
  })

  test('a task that is its own successor', () => {
    const { kernel, list } = tasks()
    kernel.set(list.link(0), list.link(0))
    expect(read(kernel).complete).toBe(false)
    expect(broken(kernel)[0]![1]).toContain('is a cycle')
  })

  test('a wrong back link', () => {
    const { kernel, list } = tasks()
    kernel.set(list.link(2) + 8n, list.link(0))
    expect(names(read(kernel)).map(([, pid]) => pid)).toEqual([1])
    expect(broken(kernel)).toEqual([
      [
        'damaged-structure',
        'The task list breaks off: a back link is wrong. Owners after it are unknown.',
        hex(list.link(2)),
      ],
    ])
  })

  test('a task_struct that is not in the dump', () => {
    const { kernel, list } = tasks()
    kernel.exclude(list.at(2))
    expect(names(read(kernel)).map(([, pid]) => pid)).toEqual([1])
    expect(read(kernel).complete).toBe(false)
    expect(broken(kernel)).toEqual([
      [
        'pages-absent',
        'The task list breaks off: a task_struct is not in the dump. Owners after it are unknown.',
        hex(list.link(1)),
      ],
    ])
  })

  test('a task_struct of which only the links are there', () => {
    const { kernel, list } = tasks()
    kernel.memory.hole(Math.floor(kernel.phys(list.at(2)) / 4096), 176, 4096)
    expect(names(read(kernel)).map(([, pid]) => pid)).toEqual([1, 701])
    expect(read(kernel).complete).toBe(true)
    expect(broken(kernel)).toEqual([
      ['pages-absent', 'A task_struct is not whole in the dump: its process is unknown.', hex(list.at(2))],
    ])
  })

  test.each([0, -1, 0x400001])('a pid of %i', (pid) => {
    const { kernel, list } = tasks()
    list.poke(2, 'tgid', BigInt(pid >>> 0))
    expect(broken(kernel)).toEqual([
      ['damaged-structure', `A task_struct has the pid ${pid}: it is damaged.`, hex(list.at(2))],
    ])
  })

  test('a leader whose pid is not that of its group: told, and still the owner', () => {
    const { kernel, list } = tasks()
    list.poke(2, 'pid', (700n << 32n) | 699n)
    expect(broken(kernel)).toEqual([
      ['damaged-structure', 'The leader of a thread group has the pid 699 but the tgid 700.', hex(list.at(2))],
    ])
    expect(names(read(kernel))).toHaveLength(3)
  })

  test('init_task that is not in the dump', () => {
    const { kernel, list } = tasks()
    kernel.exclude(list.init)
    expect(read(kernel)).toMatchObject({ complete: false, byMm: new Map() })
    expect(broken(kernel)[0]![0]).toBe('pages-absent')
  })

  test('a thread that is not in the dump: no owner is claimed, and that is said', () => {
    const { kernel, list } = tasks([{ pid: 5, comm: 'zombie leader', threads: [0n, MM + 64n] }, PEOPLE[0]!])
    list.poke(0, 'thread_node', 0xffff9a1620000000n)
    expect(names(read(kernel))).toEqual([[MM, 1, 'systemd']])
    expect(broken(kernel)).toEqual([
      [
        'damaged-structure',
        'The threads of process 5 can not be followed: its memory has no owner then.',
        hex(list.at(0)),
      ],
    ])
  })

  test('hundreds of damaged tasks: the first 50 are told', () => {
    const many = Array.from({ length: 120 }, (_, i) => ({ pid: i + 1, comm: 'x', mm: MM + BigInt(64 * i) }))
    const { kernel, list } = tasks(many)
    for (let i = 0; i < 100; i++) list.poke(i, 'tgid', 0n)
    expect(broken(kernel)).toHaveLength(50)
    expect(read(kernel).byMm.size).toBe(20)
  })

  test.each([
    ['no init_task', (kernel: HandKernel) => kernel.symbols.delete('init_task')],
    ['no struct task_struct', (kernel: HandKernel) => kernel.types.splice(0, 1)],
    [
      'no member comm',
      (kernel: HandKernel) =>
        kernel.types.splice(0, 1, {
          name: 'task_struct',
          size: 256,
          members: { tasks: 0, mm: 8, tgid: 16, flags: 20 },
        }),
    ],
  ])('%s: no task list', (_name, damage) => {
    const { kernel } = tasks()
    damage(kernel)
    expect(read(kernel).complete).toBe(false)
    expect(broken(kernel).map(([code]) => code)).toEqual(['implausible-value'])
  })

  test('threads in a circle that does not come back to their head: bounded, however many leaders have such', () => {
    const many = Array.from({ length: 400 }, (_, i) => ({ pid: i + 1, comm: 'x', threads: [0n, 0n] }))
    const { kernel, list } = tasks(many)
    for (let i = 0; i < 400; i++) list.poke(i, 'thread_node', list.at(i) + 144n)
    let reads = 0
    const read64 = kernel.memory.read.bind(kernel.memory)
    kernel.memory.read = (at, into) => {
      reads++
      return read64(at, into)
    }
    const found = read(kernel)
    expect([found.complete, found.byMm.size, found.problems.length]).toEqual([true, 0, 50])
    expect(found.problems[0]!.message).toBe(
      'The threads of process 1 can not be followed: its memory has no owner then.',
    )
    expect(reads).toBeLessThan(1_500_000)
  })

  test('any words in the list: an end, and a problem when it is not whole (property)', () => {
    const recipe = fc.record({
      pid: fc.integer({ min: 1, max: 100 }),
      comm: fc.constantFrom('a', 'b'),
      mm: fc.constantFrom(0n, MM, MM + 64n),
      kthread: fc.boolean(),
      threads: fc.array(fc.constantFrom(0n, MM + 128n), { maxLength: 2 }),
    })
    const damage = fc.record({
      word: fc.nat(),
      value: fc.oneof(
        fc.nat().map((heap) => ({ heap })),
        fc.constantFrom(0n, 1n, MM, 0xfffffffffffffff8n).map((raw) => ({ raw })),
      ),
    })
    fc.assert(
      fc.property(fc.array(recipe, { maxLength: 6 }), fc.array(damage, { maxLength: 6 }), (recipes, damages) => {
        const { kernel, list } = tasks(recipes)
        const members = ['tasks', 'thread_node', 'signal', 'mm'] as const
        const places = recipes.flatMap((_, i) => [list.link(i), list.link(i) + 8n])
        for (const { word, value } of damages) {
          if (recipes.length === 0) break
          const written = 'raw' in value ? value.raw : places[value.heap % places.length]!
          list.poke(word % recipes.length, members[(word >> 4) % 4]!, written)
        }
        const found = read(kernel)
        if (!found.complete) expect(found.problems).not.toEqual([])
        for (const { pid } of found.byMm.values()) expect(pid).toBeGreaterThan(0)
      }),
      { numRuns: 150 },
    )
  })
})
