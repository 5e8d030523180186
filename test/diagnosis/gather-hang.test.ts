import { describe, expect, test } from 'vitest'
import type { HangReading } from '../../src/diagnosis/hang.ts'
import { PAGE_STATES } from '../../src/ksm/node-columns.ts'
import type { Task } from '../../src/kernel/task-list.ts'
import { HangMemory, type TaskRecipe } from '../support/hang-memory.ts'
import { LOCK_FORMS, type LockForm } from '../support/lock-writer.ts'

const MIGRATE = 'rmap_walk_ksm try_to_migrate migrate_pages_batch migrate_pages do_migrate_pages kernel_migrate_pages'
const WALK = `try_to_migrate_one ${MIGRATE}`
const FAULT = 'schedule rwsem_down_read_slowpath down_read_killable do_user_addr_fault exc_page_fault'
const MMAP = 'schedule rwsem_down_write_slowpath down_write_killable vm_mmap_pgoff do_syscall_64'
const RT_MMAP = 'schedule rwbase_write_lock down_write_killable vm_mmap_pgoff do_syscall_64'
const FORK = 'schedule rwsem_down_write_slowpath down_write anon_vma_fork dup_mmap copy_process'
const RT_FORK = 'schedule rwbase_write_lock down_write anon_vma_fork dup_mmap copy_process'
const SPLIT = 'schedule rwsem_down_write_slowpath down_write vma_prepare __split_vma mprotect_fixup'
const MUTEX = 'schedule __mutex_lock cgroup_attach do_syscall_64'
const MIGRATION = 'io_schedule migration_entry_wait_on_locked do_swap_page handle_mm_fault do_user_addr_fault'
const VMA = 'schedule __vma_start_exclude_readers __vma_start_write vma_link mmap_region'

/** numad, on a CPU, walks the one list. */
function walker(memory: HangMemory, rest: TaskRecipe = {}, text = WALK): Task {
  const { words = [], ...others } = rest
  const running = { state: 'R', running: true, cpu: 1 } as const
  return memory.add(101, 'numad', text, { ...running, words: [memory.at('n0'), ...words], ...others })
}

/** Who waits behind whom for the walk. */
function chain({ hang }: HangReading): string[] {
  return (hang?.waiters ?? []).map(({ task, behind }) => `${task.comm} behind ${behind.comm}`).sort()
}

/** A host whose numad walks the pages of a process and holds its mmap_lock for reading. */
function host(form: LockForm): { memory: HangMemory; mm: bigint; numad: Task; count: bigint } {
  const memory = new HangMemory(form)
  const mm = memory.process()
  return { memory, mm, numad: walker(memory, { words: [mm] }), count: form === 'rt' ? 0x8000_0001n : 0x102n }
}

describe('the mmap_lock that the walker holds for reading', () => {
  test.each(LOCK_FORMS)('its queue, and the stacks of those in it, lead to the walker; %s', (form) => {
    const { memory, mm, count } = host(form)
    const vcpu = memory.add(501, 'vcpu', FAULT, { mm })
    const ps = memory.add(502, 'ps', 'schedule something')
    const { address } = memory.mmapLock(mm, { count, waiters: [memory.waiter(vcpu), memory.waiter(ps)] })
    const { facts, reading, problems } = memory.gather()
    expect(problems).toEqual([])
    expect(facts.locks).toMatchObject([{ mm, use: 'mmap-lock', lock: { address, readers: 1 } }])
    expect(chain(reading)).toEqual(['ps behind numad', 'vcpu behind numad'])
    expect(reading.hang!.waiters.map(({ by }) => by)).toEqual([['queue', 'stack'], ['queue']])
    expect(reading.hang).toMatchObject({ lock: { mm }, walker: { node: { address: memory.at('n0'), length: 300 } } })
    expect(reading.hang!.heldBy.map(({ task }) => task.comm)).toEqual(['numad'])
  })

  test('since when they wait is in their structures, where jiffies are known', () => {
    const { memory, mm, count } = host('list')
    const now = 0x1_0001_0000n
    memory.variable('jiffies_64', now)
    memory.variable('tick_nsec', 4_000_000)
    const vcpu = memory.add(501, 'vcpu', FAULT, { mm })
    memory.mmapLock(mm, { count, waiters: [memory.waiter(vcpu, 1, now - 250n * 77n + 1n)] })
    expect(memory.gather().reading.hang!.longestWait).toMatchObject({ seconds: 77, task: { comm: 'vcpu' } })
  })

  test('all three witnesses name one lock', () => {
    const { memory, mm, count } = host('list')
    const lock = mm + 0x40n
    const vcpu = memory.add(501, 'vcpu', MMAP, { mm, blocker: { kind: 'rwsem-writer', lock } })
    memory.mmapLock(mm, { count, waiters: [memory.waiter(vcpu, 0)] })
    expect(memory.gather().reading.hang!.waiters[0]!.by).toEqual(['queue', 'stack', 'blocker'])
  })

  test.each([
    ['pages-absent', (memory: HangMemory, at: bigint) => memory.exclude(at)],
    ['damaged-structure', (memory: HangMemory, at: bigint) => memory.set(at, 0x1234n)],
  ] as const)(
    'a torn queue is told, and a fault behind the tear is still a waiter, by its stack (%s)',
    (code, tear) => {
      const { memory, mm, count } = host('list')
      const [first, lost] = [memory.add(501, 'first', FAULT, { mm }), memory.add(502, 'lost', FAULT, { mm })]
      const stranger = { task: memory.object(256, 4096), at: memory.object(64, 4096) }
      const { links } = memory.mmapLock(mm, {
        count,
        waiters: [memory.waiter(first), stranger, memory.waiter(lost)],
      })
      // the second waiter: its page, or its back link
      tear(memory, code === 'pages-absent' ? links[1]! : links[1]! + 8n)
      const { reading, problems } = memory.gather()
      expect(problems.map((problem) => problem.code)).toEqual([code])
      expect(chain(reading)).toEqual(['first behind numad', 'lost behind numad'])
      const by = new Map(reading.hang!.waiters.map((waiter) => [waiter.task.comm, waiter.by]))
      expect([by.get('first'), by.get('lost')]).toEqual([['queue', 'stack'], ['stack']])
    },
  )

  test('PREEMPT_RT: the writer that took the bias away waits for the reader, and is not its holder', () => {
    const { memory, mm } = host('rt')
    const writer = memory.add(501, 'writer', RT_MMAP, { mm })
    const behind = memory.add(502, 'reader', 'schedule rwbase_read_lock down_read do_user_addr_fault', { mm })
    memory.mmapLock(mm, { count: 1n, owner: writer.address | 1n, waiters: [memory.waiter(behind)] })
    const { reading } = memory.gather()
    expect(chain(reading)).toEqual(['reader behind numad', 'writer behind numad'])
    expect(reading.hang!.heldBy.map(({ task }) => task.comm)).toEqual(['numad'])
  })
})

describe('the page under a walk is locked and off the LRU, with fewer PTEs than items', () => {
  const RECLAIM = 'folio_referenced_one rmap_walk_ksm folio_referenced shrink_folio_list shrink_lruvec shrink_node'
  const DAMON = 'damon_folio_young_one rmap_walk_ksm damon_folio_young'

  test.each([
    ['migration', WALK, 'migrating'],
    ['reclaim', RECLAIM, 'live'],
    ['DAMON', DAMON, 'live'],
  ])('%s: it is being migrated only under a walker that migrates', (_, text, state) => {
    const memory = new HangMemory('list', { trees: [[{ items: 300, mapcount: 120, flags: 1n }]] })
    walker(memory, {}, text)
    const { survey } = memory.gather()
    expect(PAGE_STATES[survey.nodes.pageState[0]!]).toBe(state)
  })
})

describe('the lock of an anon_vma that the walker is in', () => {
  /** numad stands in an anon_vma that it holds for reading; a task waits to write to it. */
  function blocked(form: LockForm, text: string, root?: bigint): HangReading {
    const memory = new HangMemory(form)
    const qemu = memory.add(500, 'qemu', text)
    const { address, lock } = memory.anonVma({
      count: form === 'rt' ? 0x8000_0001n : 0x102n,
      waiters: [memory.waiter(qemu, 0)],
    })
    if (root !== undefined) memory.root(address, root)
    memory.put(qemu, lock.address)
    walker(memory, { words: [address] })
    return memory.gather().reading
  }

  test.each(LOCK_FORMS)('a fork waits for the walker; %s', (form) => {
    expect(chain(blocked(form, form === 'rt' ? RT_FORK : FORK))).toEqual(['qemu behind numad'])
  })

  test('so does whoever waits for that lock in a function that tells nothing of anon_vmas', () => {
    expect(chain(blocked('list', SPLIT))).toEqual(['qemu behind numad'])
  })

  test('PREEMPT_RT: so does the writer that owns the rtmutex and stands in no queue', () => {
    const memory = new HangMemory('rt')
    const [writer, second] = [memory.add(500, 'first', RT_FORK), memory.add(501, 'second', RT_FORK)]
    const { address } = memory.anonVma({
      count: 1n,
      owner: writer.address | 1n,
      waiters: [memory.waiter(second)],
    })
    walker(memory, { words: [address] })
    expect(chain(memory.gather().reading)).toEqual(['first behind numad', 'second behind numad'])
  })

  test('what is not its own root is no anon_vma that a walker is in', () => {
    expect(blocked('list', FORK, 0n).hang).toBeNull()
    expect(blocked('list', FORK, 0x1234n).hang).toBeNull()
  })

  test('one that is not a root is locked by its root', () => {
    const memory = new HangMemory()
    const qemu = memory.add(500, 'qemu', FORK)
    const { address, lock } = memory.anonVma({ count: 0x102n, waiters: [memory.waiter(qemu, 0)] })
    const child = memory.anonVma()
    memory.root(child.address, address)
    memory.put(qemu, lock.address)
    walker(memory, { words: [child.address] })
    expect(chain(memory.gather().reading)).toEqual(['qemu behind numad'])
    // a root that is none itself
    memory.root(address, child.address)
    expect(memory.gather().reading.hang).toBeNull()
  })

  test('a lock that a walker does not stand in is not its', () => {
    const memory = new HangMemory()
    const qemu = memory.add(500, 'qemu', FORK)
    memory.anonVma({ count: 0x102n, waiters: [memory.waiter(qemu, 0)] })
    walker(memory)
    expect(memory.gather().reading.hang).toBeNull()
  })
})

describe.each(LOCK_FORMS)('mutexes, %s', (form) => {
  /** A task that owns a mutex for which another waits. */
  function owns(memory: HangMemory, owner: Task, waiter: Task): void {
    const { address } = memory.locks.mutex({ owner: owner.address | 1n, waiters: [memory.waiter(waiter)] })
    memory.put(waiter, address)
  }

  test('a chain: who waits for a mutex waits behind its owner, who waits for the walker', () => {
    const { memory, mm, count } = host(form)
    const owner = memory.add(501, 'owner', FAULT, { mm })
    memory.mmapLock(mm, { count, waiters: [memory.waiter(owner)] })
    owns(memory, owner, memory.add(502, 'waiter', MUTEX))
    expect(chain(memory.gather().reading)).toEqual(['owner behind numad', 'waiter behind owner'])
  })

  test('an owner that waits for nothing explains no hang', () => {
    const { memory } = host(form)
    owns(memory, memory.add(501, 'owner', 'schedule io_schedule'), memory.add(502, 'waiter', MUTEX))
    expect(memory.gather().reading).toMatchObject({ hang: null, cycle: null })
  })

  test('two that are waited for by the owner of the other: a strong ring', () => {
    const memory = new HangMemory(form)
    const [a, b] = [memory.add(1, 'a', MUTEX), memory.add(2, 'b', MUTEX)]
    owns(memory, a, b)
    owns(memory, b, a)
    const { cycle } = memory.gather().reading
    expect(cycle!.tasks.map(({ comm }) => comm).sort()).toEqual(['a', 'b'])
    expect(cycle!.confidence).toBe('strong')
  })

  /** A ring over a reader of a VMA, which is inferred. */
  function unsure(memory: HangMemory): void {
    const mm = memory.process()
    const vma = memory.add(11, 'vma', VMA, { mm })
    const page = memory.movingPage(0x700)
    const asleep = { state: 'D', running: false, words: [page] } as const
    const mover = walker(memory, asleep, `schedule __mutex_lock ${MIGRATE}`)
    memory.add(12, 'fault', MIGRATION, { mm, words: [page] })
    owns(memory, vma, mover)
  }

  test('a ring over a reader of a VMA, which is inferred, is weak', () => {
    const memory = new HangMemory(form)
    unsure(memory)
    const { cycle } = memory.gather().reading
    expect(cycle!.tasks.map(({ comm }) => comm).sort()).toEqual(['fault', 'numad', 'vma'])
    expect(cycle!.confidence).toBe('weak')
  })

  test('a strong ring is told rather than a weak one, whichever is found first', () => {
    for (const weakFirst of [true, false]) {
      const memory = new HangMemory(form)
      if (weakFirst) unsure(memory)
      const [a, b] = [memory.add(1, 'a', MUTEX), memory.add(2, 'b', MUTEX)]
      owns(memory, a, b)
      owns(memory, b, a)
      if (!weakFirst) unsure(memory)
      expect(memory.gather().reading.cycle!.confidence).toBe('strong')
    }
  })
})

describe('which stacks are read', () => {
  test('those of tasks that run or wait in state D, not of those that sleep', () => {
    const memory = new HangMemory()
    for (const [pid, rest] of Object.entries<TaskRecipe>({
      1: { state: 'S' },
      2: { state: 'D' },
      3: { state: 'R' },
      4: { state: 'S', running: true },
      5: { state: 'I' },
    }))
      memory.add(Number(pid), 'task', 'schedule pipe_read', rest)
    const { facts } = memory.gather()
    expect(memory.asked.map(({ pid }) => pid)).toEqual([2, 3, 4])
    expect(facts.stacks.map(({ task }) => task.pid)).toEqual([2, 3, 4])
    expect(facts.tasks.map(({ pid }) => pid)).toEqual([1, 2, 3, 4, 5])
  })

  test('none, once the run is aborted', () => {
    const { memory } = host('list')
    expect(memory.gather({ aborted: true }).facts).toMatchObject({ stacks: [], locks: [] })
    expect(memory.asked).toEqual([])
  })
})
