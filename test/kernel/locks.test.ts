import { describe, expect, test } from 'vitest'
import type { VirtAddr } from '../../src/base/units.ts'
import type { Jiffies } from '../../src/kernel/jiffies.ts'
import { isMutex, lockReader, mmapLock, type Mutex, type RwSemaphore } from '../../src/kernel/locks.ts'
import { HandKernel } from '../support/hand-kernel.ts'
import {
  handTasks,
  LOCK_FORMS,
  type LockEra,
  type LockForm,
  type LockRecipe,
  LockWriter,
} from '../support/lock-writer.ts'

interface Hand {
  kernel: HandKernel
  locks: LockWriter
  tasks: VirtAddr[]
}

function hand(form: LockForm, era: LockEra = {}): Hand {
  const kernel = new HandKernel()
  return { kernel, locks: new LockWriter(kernel, form, era), tasks: handTasks(kernel, 6) }
}

function readSem({ kernel, locks }: Hand, recipe: LockRecipe, jiffies: Jiffies | null = null): RwSemaphore {
  return lockReader(kernel.kernel(), jiffies).rwsem(locks.rwsem(recipe).address)!
}

function readMutex({ kernel, locks }: Hand, recipe: LockRecipe): Mutex | null {
  return lockReader(kernel.kernel(), null).mutex(locks.mutex(recipe).address)
}

describe('what a rw_semaphore says of who holds it', () => {
  describe.each(['list', 'first'] as const)('a count word, queue as %s', (form) => {
    test.each([
      ['nobody', 0x0n, 'free', 0],
      ['one reader', 0x100n, 'read', 1],
      ['many readers', 0x12300n, 'read', 0x123],
      ['more readers than 32 bits count', 0x100_0000_0000n, 'read', 2 ** 32],
      ['a writer', 0x1n, 'write', 0],
      ['a writer, while a reader tries', 0x101n, 'write', 0],
      ['so many readers that the count overflowed', 0x8000_0000_0000_0100n, 'unknown', null],
      ['an overflow beside a writer', 0x8000_0000_0000_0001n, 'unknown', null],
    ] as const)('%s', (_who, count, held, readers) => {
      expect(readSem(hand(form), { count })).toMatchObject({ count, held, readers, kind: 'rwsem' })
    })

    test('waiters (2) and a hand-off (4) change nothing of what is held', () => {
      for (const flags of [2n, 4n, 6n]) {
        expect(readSem(hand(form), { count: flags })).toMatchObject({ held: 'free', readers: 0 })
        expect(readSem(hand(form), { count: 0x300n | flags })).toMatchObject({ held: 'read', readers: 3 })
        expect(readSem(hand(form), { count: 1n | flags })).toMatchObject({ held: 'write', readers: 0 })
      }
    })
  })

  test.each([
    ['idle: the bias of readers', 0x8000_0000n, 'free', 0],
    ['one reader', 0x8000_0001n, 'read', 1],
    ['many readers', 0x8000_0123n, 'read', 0x123],
    ['a writer', 0x4000_0000n, 'write', 0],
    ['readers whose bias a writer took away: it waits for them to leave', 0x3n, 'read', 3],
    ['the last reader has left and the writer has not come', 0x0n, 'unknown', null],
    ['a bias that nobody sets', 0x4000_0001n, 'unknown', null],
  ] as const)('PREEMPT_RT: %s', (_who, count, held, readers) => {
    expect(readSem(hand('rt'), { count })).toMatchObject({ count, held, readers, kind: 'rwsem-rt' })
  })

  test('before 5.3 the count is another: one reader is no writer, two are not nobody', () => {
    // no timeout in rwsem_waiter; readers count from bit 0 (arch/x86/include/asm/rwsem.h, v4.4)
    const old = (count: bigint): string => readSem(hand('list', { lacks: ['timeout'] }), { count }).held
    expect(['read', 'unknown']).toContain(old(1n))
    expect(['read', 'unknown']).toContain(old(2n))
    expect(old(0xffff_ffff_0000_0001n)).toBe('unknown')
  })

  test('the owner word of a read-held lock names the last reader, whatever its flags, and is kept as it stands', () => {
    for (const form of LOCK_FORMS)
      for (const flags of form === 'rt' ? [1n] : [0n, 1n, 3n, 7n]) {
        const given = hand(form)
        const [stale] = given.tasks
        const count = form === 'rt' ? 0x8000_0001n : 0x102n
        const lock = readSem(given, { count, owner: stale! | flags })
        expect(lock).toMatchObject({ held: 'read', readers: 1, ownerWord: stale! | flags, lastOwner: stale })
      }
  })

  test('an owner word of 3 names nobody', () => {
    expect(readSem(hand('list'), { count: 0x102n, owner: 3n })).toMatchObject({
      held: 'read',
      ownerWord: 3n,
      lastOwner: 0n,
    })
  })

  test('an owner word that is absent, or that this kernel lacks, takes nothing from the count', () => {
    const torn = hand('list')
    const page = torn.kernel.object(8192, 4096)
    torn.kernel.exclude(page)
    const lacking = hand('list', { lacks: ['owner'] })
    for (const lock of [
      readSem(torn, { at: page + 4096n - 8n, count: 0x100n, owner: torn.tasks[0]! }),
      readSem(lacking, { count: 0x100n, owner: lacking.tasks[0]! }),
    ])
      expect(lock).toMatchObject({ held: 'read', ownerWord: null, lastOwner: 0n, broken: null })
  })

  test('a count word that is absent, or a struct that nobody knows: no answer', () => {
    for (const form of LOCK_FORMS) {
      const absent = hand(form)
      const { address } = absent.locks.rwsem()
      absent.kernel.exclude(address)
      expect(lockReader(absent.kernel.kernel(), null).rwsem(address)).toBeNull()
    }
    for (const lacks of [['wait_list'], ['count'], ['task'], ['list']]) {
      const unknown = hand('list', { lacks })
      const { address } = unknown.locks.rwsem()
      const reader = lockReader(unknown.kernel.kernel(), null)
      expect([reader.rwsemEra, reader.rwsem(address)]).toEqual([null, null])
    }
  })
})

describe('what a mutex says of who holds it', () => {
  test.each(LOCK_FORMS)('the owner, without the flags of its word; %s', (form) => {
    for (const flags of form === 'rt' ? [0n, 1n] : [0n, 1n, 2n, 4n, 7n]) {
      const given = hand(form)
      const owner = given.tasks[0]!
      expect(readMutex(given, { owner: owner | flags })).toMatchObject({ ownerWord: owner | flags, owner, waiters: [] })
    }
    expect(readMutex(hand(form), {})).toMatchObject({ ownerWord: 0n, owner: 0n, waiters: [], broken: null })
  })

  test('a kernel that keeps no owner: its waiters are known all the same', () => {
    const given = hand('list', { lacks: ['owner'] })
    const [task] = given.tasks
    expect(readMutex(given, { owner: 0x1234n, waiters: [{ task: task! }] })).toMatchObject({
      ownerWord: null,
      owner: 0n,
      waiters: [{ task }],
    })
  })

  test('absent, or of a struct that nobody knows: no answer', () => {
    const absent = hand('list')
    const { address } = absent.locks.mutex({ owner: absent.tasks[0]! })
    absent.kernel.exclude(address)
    expect(lockReader(absent.kernel.kernel(), null).mutex(address)).toBeNull()
    expect(readMutex(hand('list', { lacks: ['wait_list'] }), {})).toBeNull()
  })
})

describe('the queue', () => {
  test.each(LOCK_FORMS)('of a rw_semaphore: tasks in its order; %s', (form) => {
    const given = hand(form)
    const { tasks } = given
    // types as on a host: a writer makes the readers behind it wait
    const types = [0, 1, 1, 0, 1, 2]
    const { waiters, broken } = readSem(given, { waiters: tasks.map((task, i) => ({ task, type: types[i]! })) })
    expect(waiters.map(({ task }) => task)).toEqual(tasks)
    const said = ['write', 'read', 'read', 'write', 'read', 'unknown']
    expect(waiters.map(({ type }) => type)).toEqual(form === 'rt' ? said.map(() => 'unknown') : said)
    expect(broken).toBeNull()
  })

  test.each(LOCK_FORMS)('of a mutex: tasks in its order, without type or time; %s', (form) => {
    const given = hand(form)
    const jiffies = { now: 5_000_000_000n, hz: 250 }
    const { address } = given.locks.mutex({ waiters: given.tasks.map((task) => ({ task })) })
    expect(lockReader(given.kernel.kernel(), jiffies).mutex(address)).toMatchObject({
      waiters: given.tasks.map((task) => ({ task, type: 'unknown', seconds: null })),
      broken: null,
    })
  })

  test.each(LOCK_FORMS)('of one task, and of none; %s', (form) => {
    const given = hand(form)
    const [task] = given.tasks
    expect(readSem(given, { waiters: [{ task: task! }] })).toMatchObject({ waiters: [{ task }], broken: null })
    expect(readSem(given, {})).toMatchObject({ waiters: [], broken: null })
  })

  test('a task word with flag bits names the task', () => {
    const given = hand('list')
    const [task] = given.tasks
    expect(readSem(given, { waiters: [{ task: task! | 5n }] }).waiters).toMatchObject([{ task }])
  })

  test.each(['tree.entry', 'tree_entry'] as const)('the rb_node of a waiter is known as %s', (entry) => {
    const given = hand('rt', { entry })
    expect(readMutex(given, { waiters: given.tasks.map((task) => ({ task })) })!.waiters).toHaveLength(6)
  })

  test('the form is picked by members, and named', () => {
    const names = LOCK_FORMS.map((form) => [readSem(hand(form), {}), readMutex(hand(form), {})!])
    expect(names.map((both) => both.map(({ era }) => era))).toEqual([
      ['rwsem', 'mutex'],
      ['rwsem-first-waiter', 'mutex-first-waiter'],
      ['rwsem-rt', 'mutex-rt'],
    ])
    expect(names.flat().map(isMutex)).toEqual([false, true, false, true, false, true])
  })
})

describe('since when a task waits', () => {
  /** jiffies of a host up for `uptime` seconds: they begin 300 s before 32 bits overflow. */
  const at = (uptime: number, hz: number): bigint => (1n << 32n) + BigInt((uptime - 300) * hz)
  const seconds = (timeout: bigint, jiffies: Jiffies | null, form: LockForm = 'list'): number | null => {
    const given = hand(form)
    return readSem(given, { waiters: [{ task: given.tasks[0]!, timeout }] }, jiffies).waiters[0]!.seconds
  }

  test.each([
    [100, 1],
    [250, 1],
    [300, 2],
    [1000, 4],
  ])('HZ %i: its timeout is %i jiffies after it queued', (hz, ticks) => {
    const jiffies = { now: at(5000, hz), hz }
    const timeout = BigInt(ticks)
    expect(seconds(at(4958, hz) + timeout, jiffies)).toBe(42)
    expect(seconds(at(4958, hz) + timeout, jiffies, 'first')).toBe(42)
    expect(seconds(at(5000, hz) + timeout, jiffies)).toBe(0)
    // queued before the counter passed 32 bits
    expect(seconds(at(200, hz) + timeout, jiffies)).toBe(4800)
  })

  test('unknown where jiffies are, and on PREEMPT_RT, whose waiters have no timeout', () => {
    expect(seconds(at(4958, 250), null)).toBeNull()
    expect(seconds(at(4958, 250), { now: at(5000, 250), hz: 250 }, 'rt')).toBeNull()
  })

  test('unknown where the timeout lies in the future, or before the kernel began to count', () => {
    const jiffies = { now: at(5000, 250), hz: 250 }
    expect(seconds(at(5001, 250), jiffies)).toBeNull()
    expect(seconds(0xffff_ffff_ffff_ffffn, jiffies)).toBeNull()
    expect(seconds(0n, jiffies)).toBeNull()
  })
})

test('the lock of an mm is its mmap_lock, mmap_sem before 5.8', () => {
  for (const [members, at] of [
    [{ mmap_lock: 0x78 }, 0x78n],
    [{ mmap_sem: 0x68 }, 0x68n],
    [{ pgd: 0x50 }, null],
  ] as const) {
    const kernel = new HandKernel()
    kernel.types.push({ name: 'mm_struct', size: 1024, members })
    expect(mmapLock(kernel.kernel(), 0xffff9a1600000000n)).toBe(at && 0xffff9a1600000000n + at)
  }
})
