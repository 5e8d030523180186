import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { VirtAddr } from '../../src/base/units.ts'
import type { Broken } from '../../src/kernel/lock-queue.ts'
import { lockReader } from '../../src/kernel/locks.ts'
import { HandKernel } from '../support/hand-kernel.ts'
import { type HandLock, handTasks, LOCK_FORMS, type LockForm, LockWriter } from '../support/lock-writer.ts'
import { PAGE_OFFSET } from '../support/memory.ts'

// Whatever is torn, the waiters that stand before the fault are known, and `broken` says what it is.

const KINDS = ['rwsem', 'mutex'] as const
const PLAIN = KINDS.flatMap((kind) => (['list', 'first'] as const).map((form) => [kind, form] as const))
const TREES = KINDS.map((kind) => [kind, 'rt'] as const)

/** A lock for which five tasks wait. */
interface Torn {
  kernel: HandKernel
  locks: LockWriter
  lock: HandLock
  /** Numbers of the tasks that are found in its queue; -1 for none of them. */
  found: number[]
  broken: Broken | null
}

/** Tears the queue of a lock and reads it. @param at - where a waiter's structure stands, by its number */
function torn(
  kind: 'rwsem' | 'mutex',
  form: LockForm,
  tear: (kernel: HandKernel, lock: HandLock, locks: LockWriter) => unknown,
  at: (kernel: HandKernel, i: number) => VirtAddr | null = () => null,
): Torn {
  const kernel = new HandKernel()
  const locks = new LockWriter(kernel, form)
  const tasks = handTasks(kernel, 5)
  const lock = locks[kind]({
    owner: tasks[0]!,
    waiters: tasks.map((task, i) => {
      const place = at(kernel, i)
      return place === null ? { task } : { task, at: place }
    }),
  })
  tear(kernel, lock, locks)
  const { waiters, broken } = lockReader(kernel.kernel(), null)[kind](lock.address)!
  return { kernel, locks, lock, found: waiters.map(({ task }) => tasks.indexOf(task)), broken }
}

const hex = (at: bigint): string => `0x${at.toString(16)}`

/** The link before the third waiter's. */
const beforeThird = ({ links }: HandLock): VirtAddr => links[1]!

describe.each(PLAIN)('the queue of a %s, as %s', (kind, form) => {
  test('is whole', () => {
    expect(torn(kind, form, () => {})).toMatchObject({ found: [0, 1, 2, 3, 4], broken: null })
  })

  test('has a waiter in a page that is absent', () => {
    const { found, broken, lock } = torn(kind, form, (kernel, { waiters }) => kernel.exclude(waiters[2]!))
    expect(found).toEqual([0, 1])
    expect(broken).toMatchObject({ absent: true })
    expect(broken!.why).toContain(hex(beforeThird(lock)))
  })

  test('has a waiter in a page that can not be read', () => {
    const { found, broken } = torn(kind, form, (kernel, { waiters }) => kernel.damage(waiters[2]!))
    expect([found, broken?.absent]).toEqual([[0, 1], true])
  })

  test('has a waiter whose link is there, but not its task', () => {
    const across = (kernel: HandKernel, i: number): VirtAddr | null => {
      if (i !== 2) return null
      const pages = kernel.object(8192, 4096)
      // of a rwsem_waiter the task stands before the link, of a mutex_waiter behind it
      return pages + 4096n - (kind === 'rwsem' ? 16n : 24n)
    }
    const { found, broken, lock } = torn(
      kind,
      form,
      (kernel, { waiters }) => kernel.exclude(waiters[2]! + (kind === 'rwsem' ? 8n : 24n)),
      across,
    )
    expect(found).toEqual([0, 1])
    expect(broken).toEqual({ why: `a waiter at ${hex(lock.waiters[2]!)} is not in the dump`, absent: true })
  })

  test('has a link of 0: that is in the dump, and damage', () => {
    const { found, broken, lock } = torn(kind, form, (kernel, { links }) => kernel.set(links[1]!, 0n))
    expect(found).toEqual([0, 1])
    expect(broken!.why).toContain(hex(beforeThird(lock)))
    expect(broken!.absent).toBe(false)
  })

  test('leads back to an earlier waiter', () => {
    const { found, broken, lock } = torn(kind, form, (kernel, { links }) => kernel.set(links[3]!, links[2]!))
    expect(found).toEqual([0, 1, 2, 3])
    expect(broken).toMatchObject({ absent: false })
    expect(broken!.why).toContain(`cycle at ${hex(lock.links[2]!)}`)
  })

  test('leads past two waiters: the back link tells', () => {
    const { found, broken, lock } = torn(kind, form, (kernel, { links }) => kernel.set(links[1]!, links[4]!))
    expect(found).toEqual([0, 1])
    expect(broken).toMatchObject({ absent: false })
    expect(broken!.why).toContain(`back link is wrong at ${hex(lock.links[4]!)}`)
  })

  test('leads back to its head past three waiters: the back link of the head tells', () => {
    const { found, broken } = torn(kind, form, (kernel, { links, queue }) =>
      kernel.set(links[1]!, form === 'list' ? queue : links[0]!),
    )
    expect([found, broken?.absent]).toEqual([[0, 1], false])
  })

  test('leads out of memory', () => {
    const { found, broken } = torn(kind, form, (kernel, { links }) => kernel.set(links[0]!, 0x1234n))
    expect([found, broken?.absent]).toEqual([[0], true])
  })

  test('any one word of it that is wrong: what is found is where it stood, or the end is said to be broken (property)', () => {
    const places = fc.nat(5).map(
      (i) =>
        ({ queue, links }: HandLock) =>
          [queue, ...links][i]!,
    )
    const others = fc.oneof(fc.constantFrom(0n, 1n, PAGE_OFFSET), fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }))
    const words = fc.oneof(
      places,
      others.map((word) => () => word),
    )
    fc.assert(
      fc.property(fc.nat(4), fc.constantFrom(0n, 8n), words, (i, side, word) => {
        const { found, broken } = torn(kind, form, (kernel, lock) => kernel.set(lock.links[i]! + side, word(lock)))
        expect(found).toEqual([0, 1, 2, 3, 4].slice(0, found.length))
        if (found.length < 5) expect(broken).not.toBeNull()
      }),
      { numRuns: 60 },
    )
  })
})

test.each(KINDS)('a list head that is absent: no waiter, and it is said to be absent; %s', (kind) => {
  const start = (kernel: HandKernel): VirtAddr => kernel.object(8192, 4096) + 4096n - (kind === 'rwsem' ? 24n : 16n)
  for (const form of ['list', 'first'] as const) {
    const kernel = new HandKernel()
    const locks = new LockWriter(kernel, form)
    const [task] = handTasks(kernel, 1)
    // the count or the owner stands in the page before
    const lock = locks[kind]({ at: start(kernel), owner: task!, waiters: [{ task: task! }] })
    kernel.exclude(lock.queue)
    expect(lockReader(kernel.kernel(), null)[kind](lock.address)).toMatchObject({
      waiters: [],
      broken: { absent: true },
    })
  }
})

test.each(KINDS)('a first waiter that is absent: no waiter, and it is said to be absent; %s', (kind) => {
  const { found, broken, lock } = torn(kind, 'first', (kernel, { waiters }) => kernel.exclude(waiters[0]!))
  expect(found).toEqual([])
  expect(broken).toEqual({ why: `a waiter at ${hex(lock.waiters[0]!)} is not in the dump`, absent: true })
})

describe.each(TREES)('the rb tree of a %s (%s)', (kind, form) => {
  test('has a waiter in a page that is absent: those before it in its order stay', () => {
    // a tree of five: the root is the third, its right child the fifth, whose left child is the fourth
    for (const [lost, left] of [
      [0, []],
      [2, []],
      [3, [0, 1, 2]],
      [4, [0, 1, 2]],
    ] as const) {
      const { found, broken } = torn(kind, form, (kernel, { waiters }) => kernel.exclude(waiters[lost]!))
      expect(found).toEqual(left)
      expect(broken).toMatchObject({ absent: true })
      expect(broken!.why).toContain('is not in the dump')
    }
  })

  test('leads back to its root', () => {
    const { found, broken, lock } = torn(kind, form, (kernel, torn, locks) =>
      kernel.set(locks.next(torn, 4), torn.links[2]!),
    )
    expect(found).toEqual([0, 1, 2, 3, 4])
    expect(broken).toEqual({ why: `the queue is a cycle at ${hex(lock.links[2]!)}`, absent: false })
  })

  test('has a node that is its own left child', () => {
    const { found, broken, lock } = torn(kind, form, (kernel, { links }) => kernel.set(links[3]! + 16n, links[3]!))
    expect(found).toEqual([0, 1, 2])
    expect(broken).toEqual({ why: `the queue is a cycle at ${hex(lock.links[3]!)}`, absent: false })
  })

  test('has a root that leads out of memory, or can not be read', () => {
    const lost = torn(kind, form, (kernel, { queue }) => kernel.set(queue, 0x1230n))
    expect([lost.found, lost.broken?.absent]).toEqual([[], true])
  })

  test('has one wrong link: it ends, and nobody stands in it twice (property)', () => {
    fc.assert(
      fc.property(fc.nat(4), fc.constantFrom(8n, 16n), fc.nat(5), (i, side, to) => {
        const { found, broken } = torn(kind, form, (kernel, { links }) =>
          kernel.set(links[i]! + side, [...links, 0x1230n][to]!),
        )
        expect(new Set(found).size).toBe(found.length)
        if (found.length < 5 && to === 5) expect(broken).not.toBeNull()
      }),
      { numRuns: 100 },
    )
  })
})

describe('a queue of 20,000 tasks', () => {
  const MANY = 20_000

  test.each(LOCK_FORMS)('is read, each task once; %s', (form) => {
    const kernel = new HandKernel()
    const locks = new LockWriter(kernel, form)
    const tasks = handTasks(kernel, MANY)
    const { address } = locks.rwsem({ waiters: tasks.map((task) => ({ task, at: kernel.object(104, 8) })) })
    const { waiters, broken } = lockReader(kernel.kernel(), null).rwsem(address)!
    expect(waiters.map(({ task }) => task)).toEqual(tasks)
    expect(broken).toBeNull()
  })

  test('is read from a tree that never branches, too', () => {
    const kernel = new HandKernel()
    const locks = new LockWriter(kernel, 'rt')
    const waiters = handTasks(kernel, MANY).map((task) => ({ task, at: kernel.object(104, 8) }))
    const { address, queue, links } = locks.mutex({ waiters })
    links.forEach((link, i) => {
      kernel.set(link + 8n, 0n).set(link + 16n, links[i - 1] ?? 0n)
    })
    kernel.set(queue, links.at(-1)!)
    const lock = lockReader(kernel.kernel(), null).mutex(address)!
    expect(lock.waiters.map(({ task }) => task)).toEqual(waiters.map(({ task }) => task))
  })
})
