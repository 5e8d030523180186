import { describe, expect, test } from 'vitest'
import { finish } from '../../src/base/steps.ts'
import { LockFinder } from '../../src/diagnosis/find-locks.ts'
import type { LockWait } from '../../src/diagnosis/hang-facts.ts'
import { matchStack } from '../../src/diagnosis/signatures.ts'
import { stackNames } from '../../src/diagnosis/stack-names.ts'
import { stackWords } from '../../src/diagnosis/stack-words.ts'
import { lockReader } from '../../src/kernel/locks.ts'
import type { Blocker, Task } from '../../src/kernel/task-list.ts'
import { HangMemory } from '../support/hang-memory.ts'
import { LOCK_FORMS } from '../support/lock-writer.ts'

const FAULT =
  'schedule rwsem_down_read_slowpath down_read_killable do_user_addr_fault exc_page_fault asm_exc_page_fault'
const PROC = 'schedule rwsem_down_read_slowpath down_read_killable __access_remote_vm proc_pid_cmdline_read vfs_read'
const MMAP = 'schedule rwsem_down_write_slowpath down_write_killable vm_mmap_pgoff do_syscall_64'
const SPLIT = 'schedule rwsem_down_write_slowpath down_write vma_prepare __split_vma mprotect_fixup'
const FORK = 'schedule rwsem_down_write_slowpath down_write anon_vma_fork dup_mmap copy_process'
const MUTEX = 'schedule schedule_preempt_disabled __mutex_lock cgroup_attach do_syscall_64'
const RUN = 'schedule schedule_preempt_disabled __mutex_lock run_store kernfs_fop_write_iter'
const MIGRATION = 'io_schedule migration_entry_wait_on_locked do_swap_page handle_mm_fault do_user_addr_fault'

/** The finder of a host, its mmap_locks read. */
function finder(memory: HangMemory): { locks: LockFinder; of: (task: Task) => LockWait | null } {
  const kernel = memory.kernel()
  const reader = memory.reader()
  const locks = new LockFinder(kernel, lockReader(kernel, null), memory.tasks, 'dump')
  finish(locks.mmapLocks({ aborted: false }))
  const of = (task: Task): LockWait | null => {
    const stack = reader.read(task)
    const words = stackWords(kernel, task, stack)
    const mms = new Set(words.map(({ word }) => word).filter((word) => locks.mms.has(word)))
    return locks.lockOf(task, matchStack(stackNames(stack.frames), 'waiter'), mms, words)
  }
  return { locks, of }
}

describe('the mmap_locks of a host', () => {
  test('those that somebody holds or waits for, or whose queue is torn', () => {
    const memory = new HangMemory()
    const [free, held, waited, torn] = [1, 2, 3, 4].map(() => memory.process())
    for (const mm of [free!, held!, waited!, torn!, held!]) memory.add(1, 'qemu', MMAP, { mm })
    memory.mmapLock(held!, { count: 0x100n })
    memory.mmapLock(waited!, { waiters: [{ task: memory.tasks[0]!.address }] })
    memory.set(memory.mmapLock(torn!).queue, 0n)
    const { found } = finder(memory).locks
    expect(found.map(({ mm, use }) => [mm, use])).toEqual([held, waited, torn].map((mm) => [mm, 'mmap-lock']))
  })

  test('none, once the run is aborted', () => {
    const memory = new HangMemory()
    const mm = memory.process()
    memory.add(1, 'qemu', MMAP, { mm })
    memory.mmapLock(mm, { count: 0x100n })
    const kernel = memory.kernel()
    const locks = new LockFinder(kernel, lockReader(kernel, null), memory.tasks, 'dump')
    finish(locks.mmapLocks({ aborted: true }))
    expect(locks.found).toEqual([])
  })
})

describe.each(LOCK_FORMS)('a task in a queue, form %s', (form) => {
  test('of a mmap_lock: the queue and the stack say so, for each of its tasks the same lock', () => {
    const memory = new HangMemory(form)
    const mm = memory.process()
    const [a, b] = [memory.add(1, 'qemu', FAULT, { mm }), memory.add(2, 'qemu', MMAP, { mm })]
    memory.mmapLock(mm, { waiters: [memory.waiter(a), memory.waiter(b, 0)] })
    const { locks, of } = finder(memory)
    expect([of(a)!.by, of(b)!.by]).toEqual([
      ['queue', 'stack'],
      ['queue', 'stack'],
    ])
    expect(of(a)!.fact).toBe(of(b)!.fact)
    expect(locks.found).toEqual([of(a)!.fact])
  })

  test('of a mutex: found once by a structure on a stack, then by its queue', () => {
    const memory = new HangMemory(form)
    const [a, b] = [memory.add(1, 'a', MUTEX), memory.add(2, 'b', MUTEX)]
    const { address } = memory.locks.mutex({ waiters: [memory.waiter(a), memory.waiter(b)] })
    memory.put(b, address)
    const { locks, of } = finder(memory)
    expect(of(b)).toMatchObject({ by: ['queue', 'stack'], fact: { lock: { address }, mm: null, use: 'other' } })
    expect(of(a)!.fact).toBe(of(b)!.fact)
    expect(locks.found).toHaveLength(1)
  })

  test('of ksm_thread_mutex, which is named as such', () => {
    const memory = new HangMemory(form)
    const task = memory.add(1, 'sh', RUN)
    const at = memory.variable('ksm_thread_mutex', 0n, 56)
    memory.locks.mutex({ at, waiters: [memory.waiter(task)] })
    memory.put(task, at)
    expect(finder(memory).of(task)!.fact).toMatchObject({ lock: { address: at }, use: 'ksm-thread-mutex' })
  })

  test("of an anon_vma's lock, which is named as such whoever came first", () => {
    for (const [first, second] of [
      [FORK, SPLIT],
      [SPLIT, FORK],
    ] as const) {
      const memory = new HangMemory(form)
      const [a, b] = [memory.add(1, 'qemu', first), memory.add(2, 'qemu', second)]
      const { lock } = memory.anonVma({ waiters: [memory.waiter(a, 0), memory.waiter(b, 0)] })
      memory.put(a, lock.address).put(b, lock.address)
      const { of } = finder(memory)
      expect([of(a), of(b)].map((wait) => wait!.fact.lock.address)).toEqual([lock.address, lock.address])
      expect(of(b)!.fact.use).toBe('anon-vma')
    }
  })

  test('whose stack tells of no lock: the queue alone says so', () => {
    const memory = new HangMemory(form)
    const mm = memory.process()
    const task = memory.add(1, 'qemu', MIGRATION, { mm })
    memory.mmapLock(mm, { waiters: [memory.waiter(task)] })
    expect(finder(memory).of(task)!.by).toEqual(['queue'])
  })
})

describe('task_struct.blocker', () => {
  const blocked = (kind: Blocker['kind'], text: string, queued: boolean): [HangMemory, Task, bigint] => {
    const memory = new HangMemory()
    const at = memory.object(64, 4096)
    const task = memory.add(1, 'qemu', text, { blocker: { kind, lock: at } })
    const waiters = queued ? [memory.waiter(task)] : []
    if (kind === 'mutex') memory.locks.mutex({ at, waiters })
    else memory.locks.rwsem({ at, waiters })
    return [memory, task, at]
  }

  test.each([
    ['mutex', MUTEX],
    ['rwsem-reader', FAULT],
    ['rwsem-writer', MMAP],
  ] as const)('a %s is a witness of its own, beside the queue or without it', (kind, text) => {
    for (const queued of [true, false]) {
      const [memory, task, at] = blocked(kind, text, queued)
      const wait = finder(memory).of(task)!
      expect(wait.fact.lock).toMatchObject({ address: at, kind: kind === 'mutex' ? 'mutex' : 'rwsem' })
      expect(wait.by).toEqual([...(queued ? ['queue'] : []), 'stack', 'blocker'])
    }
  })

  test('tells of the lock where the stack matches no waiter', () => {
    const [memory, task, at] = blocked('mutex', 'schedule something', false)
    expect(finder(memory).of(task)).toMatchObject({ fact: { lock: { address: at } }, by: ['blocker'] })
  })

  test('of a semaphore, or of a lock that is not in the dump, names no lock', () => {
    const [memory, task] = blocked('semaphore', 'schedule __down', false)
    expect(finder(memory).of(task)).toBeNull()
    const [gone, waits, at] = blocked('rwsem-writer', MMAP, false)
    gone.exclude(at)
    expect(finder(gone).of(waits)).toBeNull()
  })

  test('that names another lock than the queue is no witness: the queue is', () => {
    const [memory, task, at] = blocked('mutex', MUTEX, false)
    const { address } = memory.locks.mutex({ waiters: [memory.waiter(task)] })
    expect(address).not.toBe(at)
    expect(finder(memory).of(task)).toMatchObject({ fact: { lock: { address } }, by: ['queue', 'stack'] })
  })
})

describe.each<[string, (memory: HangMemory, link: bigint) => unknown]>([
  ['absent', (memory, link) => memory.exclude(link)],
  ['damaged', (memory, link) => memory.set(link + 8n, 0x1234n)],
])('a mmap_lock whose queue breaks off: %s', (how, tear) => {
  /** A torn lock of one process, and another process. */
  function torn(): { memory: HangMemory; mm: bigint; other: bigint; lock: bigint } {
    const memory = new HangMemory()
    const [mm, other] = [memory.process(), memory.process()]
    memory.add(1, 'qemu', 'schedule pipe_read', { mm })
    memory.add(2, 'ps', 'schedule pipe_read', { mm: other })
    const { address, links } = memory.mmapLock(mm, { count: 0x102n, waiters: [{ task: 8n }, { task: 16n }] })
    tear(memory, links[1]!)
    return { memory, mm, other, lock: address }
  }

  test('a fault waits for the lock of its own mm, by its stack', () => {
    const { memory, mm, other, lock } = torn()
    const task = memory.add(3, 'CPU 0/KVM', FAULT, { mm, words: [other] })
    expect(finder(memory).of(task)).toMatchObject({ fact: { lock: { address: lock }, mm }, by: ['stack'] })
  })

  test('a fault in another mm, whose lock is whole, is not tied to it', () => {
    const { memory, mm, other } = torn()
    expect(finder(memory).of(memory.add(3, 'ps', FAULT, { mm: other, words: [mm] }))).toBeNull()
  })

  test('a /proc reader waits for the one other mm that its stack names', () => {
    const { memory, mm, other, lock } = torn()
    const task = memory.add(3, 'ps', PROC, { mm: other, words: [mm, other] })
    expect(finder(memory).of(task)).toMatchObject({ fact: { lock: { address: lock }, mm }, by: ['stack'] })
  })

  test('a /proc reader whose stack names two others, or none, waits for nobody knows which', () => {
    const { memory, mm, other } = torn()
    const third = memory.process()
    memory.add(4, 'libvirtd', 'schedule pipe_read', { mm: third })
    const two = memory.add(5, 'ps', PROC, { mm: other, words: [mm, third] })
    const none = memory.add(6, 'ps', PROC, { mm: other, words: [other] })
    const { of } = finder(memory)
    expect([of(two), of(none)]).toEqual([null, null])
  })

  test('a waiter for an anon_vma, a mutex or a page is not tied to it', () => {
    const { memory, mm } = torn()
    const tasks = [FORK, MUTEX, MIGRATION].map((text) => memory.add(3, 'qemu', text, { words: [mm] }))
    const { of } = finder(memory)
    expect(tasks.map(of)).toEqual([null, null, null])
  })

  test('is told, with what is known of its queue', () => {
    const { memory, lock } = torn()
    const { locks } = finder(memory)
    const code = how === 'absent' ? 'pages-absent' : 'damaged-structure'
    const [problem] = locks.problems()
    expect(problem).toMatchObject({ code, input: 'dump', at: `0x${lock.toString(16)}` })
    expect(problem!.message).toContain('mmap-lock, rwsem')
    expect(problem!.message).toContain('1 of its waiters')
  })
})

test('a queue that is whole and lacks a faulting task: it is not tied to that lock, and who stands in it is no task', () => {
  const memory = new HangMemory()
  const mm = memory.process()
  const task = memory.add(1, 'qemu', FAULT, { mm })
  memory.mmapLock(mm, { count: 0x102n, waiters: [{ task: 8n }] })
  const { locks, of } = finder(memory)
  expect(of(task)).toBeNull()
  expect(locks.problems().map(({ code }) => code)).toEqual(['damaged-structure'])
})
