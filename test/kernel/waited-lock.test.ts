import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { VirtAddr } from '../../src/base/units.ts'
import { lockReader, type Mutex, type RwSemaphore } from '../../src/kernel/locks.ts'
import type { Kernel, VirtualMemory } from '../../src/kernel/types.ts'
import { type StackWord, waitedLock } from '../../src/kernel/waited-lock.ts'
import { HandStack } from '../support/code-memory.ts'
import { HandKernel } from '../support/hand-kernel.ts'
import { type HandLock, handTasks, LOCK_FORMS, type LockForm, LockWriter } from '../support/lock-writer.ts'

type Kind = 'rwsem' | 'mutex'
const FORMS = (['rwsem', 'mutex'] as const).flatMap((kind) => LOCK_FORMS.map((form) => [kind, form] as const))
const LISTS = FORMS.filter(([, form]) => form !== 'rt')
const RINGS = FORMS.filter(([, form]) => form === 'first')

/** Where a waiter's structure stands on a stack; a left-over stands lower: it is met first. */
const [LEFT_OVER, OWN, SAVED] = [0x3000, 0x3200, 0x3400]

/** A task with a stack, and others that wait beside it. */
class Waiting {
  readonly kernel = new HandKernel()
  readonly locks: LockWriter
  readonly stack: HandStack
  readonly task: VirtAddr
  readonly others: VirtAddr[]
  private readonly kind: Kind

  constructor(kind: Kind, form: LockForm) {
    this.kind = kind
    this.locks = new LockWriter(this.kernel, form)
    this.stack = new HandStack(this.kernel)
    const [task, ...others] = handTasks(this.kernel, 8)
    this.task = task!
    this.others = others
  }

  /** A lock for which the task waits behind so many others, and before so many. */
  lock(before: number, behind: number, at = OWN): HandLock {
    const ahead = this.others.slice(0, before).map((task) => ({ task }))
    const after = this.others.slice(before, before + behind).map((task) => ({ task }))
    const lock = this.locks[this.kind]({
      waiters: [...ahead, { task: this.task, at: this.stack.at(at) }, ...after],
    })
    // as spilled by a function that was called with it
    this.stack.put(SAVED, lock.address)
    return lock
  }

  /** Takes the task out of a lock's queue; its own structure stays as it was. */
  leave(lock: HandLock, i: number): void {
    const structs = lock.waiters.filter((_, k) => k !== i)
    const tasks = this.others.slice(0, structs.length)
    this.locks[this.kind]({ at: lock.address, waiters: tasks.map((task, k) => ({ task, at: structs[k]! })) })
  }

  words(): StackWord[] {
    const words: StackWord[] = []
    for (let place = this.stack.low; place < this.stack.top; place += 8n) {
      const word = this.kernel.get(place)
      if (word !== 0n) words.push({ place, word })
    }
    return words
  }

  /** The lock that is found. @param unknown - tasks that the task list lacks */
  read(kernel: Kernel, kind = this.kind, unknown: readonly VirtAddr[] = []): RwSemaphore | Mutex | null {
    const known = new Set([this.task, ...this.others].filter((task) => !unknown.includes(task)))
    const locks = lockReader(kernel, null)
    return waitedLock(kernel, locks, kind, this.task, this.words(), (address) => known.has(address))
  }

  /** Address of the lock that is found. */
  found(...unknown: readonly VirtAddr[]): VirtAddr | null {
    return this.read(this.kernel.kernel(), this.kind, unknown)?.address ?? null
  }

  /** The same, with how many words were read to find a lock, and to read locks. */
  counted(): { found: VirtAddr | null; reads: number; lockReads: number } {
    const kernel = this.kernel.kernel()
    const counts = { reads: 0, lockReads: 0 }
    const counting = (memory: VirtualMemory, name: keyof typeof counts): VirtualMemory => ({
      ...memory,
      u64: (at) => {
        counts[name]++
        return memory.u64(at)
      },
    })
    const probe = counting(kernel.probe, 'reads')
    const lock = this.read({ ...kernel, probe, memory: counting(kernel.memory, 'lockReads') })
    return { found: lock?.address ?? null, ...counts }
  }
}

describe.each(FORMS)('the lock that a task waits for: %s, %s', (kind, form) => {
  test('is found from its structure on the stack, whatever its place in the queue', () => {
    for (const [before, behind] of [
      [0, 0],
      [0, 3],
      [2, 2],
      [3, 0],
    ] as const) {
      const waiting = new Waiting(kind, form)
      const { address } = waiting.lock(before, behind)
      expect(waiting.found()).toBe(address)
    }
  })

  test('is read whole', () => {
    const waiting = new Waiting(kind, form)
    const { address } = waiting.lock(1, 2)
    const kernel = waiting.kernel.kernel()
    const lock = waiting.read(kernel)
    expect(lock).toEqual(lockReader(kernel, null)[kind](address))
    expect(lock!.waiters).toHaveLength(4)
  })

  test('is not found from the words of another stack', () => {
    const waiting = new Waiting(kind, form)
    waiting.lock(1, 1, 0x2000)
    waiting.stack.put(0x2000, ...Array.from({ length: 13 }, () => 0n))
    expect(waiting.found()).toBeNull()
  })

  test('is not the one of a left-over structure, out of whose queue the task has gone', () => {
    const waiting = new Waiting(kind, form)
    const before = waiting.lock(1, 1, LEFT_OVER)
    waiting.leave(before, 1)
    expect(waiting.found()).toBeNull()
    const { address } = waiting.lock(1, 1)
    // both locks are named on the stack
    waiting.stack.put(SAVED + 8, before.address)
    expect(waiting.found()).toBe(address)
  })

  test('is found behind words that name the task and belong to no structure', () => {
    const waiting = new Waiting(kind, form)
    const { address } = waiting.lock(1, 1)
    waiting.stack.put(0x2000, waiting.task, 1n, waiting.task, 0xdead_0000_0000_0100n, waiting.task, waiting.stack.low)
    expect(waiting.found()).toBe(address)
  })

  test('is not found in a kernel whose locks nobody knows', () => {
    const waiting = new Waiting(kind, form)
    waiting.lock(1, 1)
    waiting.kernel.types.splice(0)
    expect(waiting.found()).toBeNull()
  })
})

test.each(LISTS)('a lock of the other kind is not taken for it: %s, %s', (kind, form) => {
  const waiting = new Waiting(kind, form)
  waiting.lock(1, 1)
  expect(waiting.read(waiting.kernel.kernel(), kind === 'mutex' ? 'rwsem' : 'mutex')).toBeNull()
})

test.each(['rwsem', 'mutex'] as const)(
  'a lock is no waiter because a word beside its queue names a task: %s',
  (kind) => {
    const waiting = new Waiting(kind, 'list')
    const { address, queue } = waiting.lock(1, 2)
    waiting.kernel.set(queue + (kind === 'rwsem' ? -8n : 16n), waiting.others[6]!)
    expect(waiting.found()).toBe(address)
  },
)

describe.each(LISTS)('where the task list lacks a task that waits, too: %s, %s', (kind, form) => {
  test("that task's structure is not taken for the lock", () => {
    const waiting = new Waiting(kind, form)
    const { address } = waiting.lock(1, 3)
    expect(waiting.found(waiting.others[2]!)).toBe(address)
  })

  test('nor are those of 400 tasks, and they do not multiply the work', () => {
    const waiting = new Waiting(kind, form)
    const strangers = handTasks(waiting.kernel, 400).map((task) => ({ task }))
    const own = { task: waiting.task, at: waiting.stack.at(OWN) }
    const { address } = waiting.locks[kind]({ waiters: [...strangers.slice(200), own, ...strangers.slice(0, 200)] })
    waiting.stack.put(SAVED, address)
    const { found, lockReads } = waiting.counted()
    expect(found).toBe(address)
    expect(lockReads).toBeLessThan(100 * strangers.length)
  })
})

describe('an rtmutex', () => {
  test.each(['rwsem', 'mutex'] as const)('that the structure names is found in a torn queue of a %s', (kind) => {
    const waiting = new Waiting(kind, 'rt')
    const lock = waiting.lock(1, 3)
    waiting.kernel.exclude(lock.waiters[4]!)
    expect(waiting.found()).toBe(lock.address)
    waiting.kernel.set(waiting.stack.at(OWN + 88), 0n)
    expect(waiting.found()).toBeNull()
  })
})

describe.each(RINGS)('a ring without a head: %s, %s', (kind, form) => {
  test('only the stack names its lock: without that word there is none', () => {
    const waiting = new Waiting(kind, form)
    waiting.lock(1, 1)
    waiting.stack.put(SAVED, 0n)
    expect(waiting.found()).toBeNull()
  })

  test('another lock that is named on the stack leads to another ring', () => {
    const waiting = new Waiting(kind, form)
    const other = new LockWriter(waiting.kernel, form)[kind]({ waiters: [{ task: waiting.others[5]! }] })
    const { address } = waiting.lock(1, 1)
    waiting.stack.put(SAVED - 8, other.address)
    expect(waiting.found()).toBe(address)
  })
})

describe('words that lead astray', () => {
  /** Reads for each word of a stack, at most. */
  const MOST = 30

  test.each(FORMS)(
    'at random: no lock, or one whose queue has the task, and little work (property): %s, %s',
    (kind, form) => {
      const picked = fc.array(fc.nat(12), { minLength: 64, maxLength: 256 })
      fc.assert(
        fc.property(picked, fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), (picks, odd) => {
          const waiting = new Waiting(kind, form)
          const { task, others, stack } = waiting
          const [one, two] = [waiting.lock(1, 1, LEFT_OVER), waiting.lock(2, 1)]
          const places = [...one.links, two.links[0]!, stack.at(0x2000), stack.at(0x2040)]
          const words = [task, task | 1n, others[0]!, one.address, two.address, ...places, odd, 0n]
          stack.put(0x2000, ...picks.map((pick) => words[pick % words.length]!))
          const { found, reads } = waiting.counted()
          expect(reads).toBeLessThan(MOST * waiting.words().length)
          if (found === null) return
          const { waiters } = lockReader(waiting.kernel.kernel(), null)[kind](found)!
          expect(waiters.map((waiter) => waiter.task)).toContain(task)
        }),
        { numRuns: 40 },
      )
    },
  )

  test.each(LISTS)(
    'a stack full of structures, each a ring of its own or all one ring: the work is that of its words: %s, %s',
    (kind, form) => {
      const [task, link] = kind === 'rwsem' ? [0, 8] : [16, 0]
      for (const next of [0, 1]) {
        const waiting = new Waiting(kind, form)
        for (let i = 0; i < 600; i++) {
          const to = waiting.stack.at(24 * ((i + next) % 600) + link)
          waiting.stack.put(24 * i + task, waiting.task).put(24 * i + link, to)
        }
        const { found, reads } = waiting.counted()
        expect(found).toBeNull()
        expect(reads).toBeLessThan(MOST * waiting.words().length)
      }
    },
  )
})
