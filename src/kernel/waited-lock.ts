import type { VirtAddr } from '../base/units.ts'
import type { LockQueue } from './eras/lock-queue.ts'
import { type LockReader, type Mutex, OWNER_FLAGS, type RwSemaphore } from './locks.ts'
import type { Kernel } from './types.ts'

/** A word of a stack, and where it stands. */
export interface StackWord {
  place: VirtAddr
  word: bigint
}

/** Places of a ring that are tried as the lock, where the stack names none of them. */
const MOST_TRIES = 16
/** Waiters of one lock that are followed. */
const MOST_LINKS = 100_000

/**
 * The lock that a task waits for, whatever lock it is: the task's own waiter structure lies on its stack, and the queue that it
 * stands in leads to the lock. Only a lock whose queue has the task is returned.
 * @param words - of the task's stack
 * @param isTask - whether an address is that of a task_struct
 * @returns null when the stack has no such structure, or its queue leads to no lock
 */
export function waitedLock<K extends 'rwsem' | 'mutex'>(
  kernel: Kernel,
  locks: LockReader,
  kind: K,
  task: VirtAddr,
  words: readonly StackWord[],
  isTask: (address: VirtAddr) => boolean,
): (K extends 'rwsem' ? RwSemaphore : Mutex) | null {
  const queue = kind === 'rwsem' ? locks.rwsemEra : locks.mutexEra
  if (!queue) return null
  const read = (address: VirtAddr): RwSemaphore | Mutex | null => {
    const lock = kind === 'rwsem' ? locks.rwsem(address) : locks.mutex(address)
    // what only looks like a lock has no whole queue
    const whole = lock?.broken === null || queue.form.form === 'rtmutex'
    return lock && whole && lock.waiters.some((waiter) => waiter.task === task) ? lock : null
  }
  const values = new Set(words.map(({ word }) => word))
  const search: Search = { followed: new Set(), firsts: null }
  for (const { place, word } of words) {
    if ((word & ~OWNER_FLAGS) !== task) continue
    const waiter: VirtAddr = place - BigInt(queue.waiter.task)
    const places = [...candidates(kernel, queue, waiter, words, isTask, search, values)]
    // the task itself keeps the lock's address on its stack: such places first, and only a few others
    const kept = places.filter((address) => values.has(address))
    let best: RwSemaphore | Mutex | null = null
    for (const address of [...kept, ...places.filter((each) => !values.has(each)).slice(-MOST_TRIES)]) {
      const lock = read(address)
      if (lock && (best === null || likeness(lock) > likeness(best))) best = lock
      if (best && values.has(address)) break
    }
    if (best) return best as K extends 'rwsem' ? RwSemaphore : Mutex
  }
  return null
}

/** Of several links of a ring that may be the lock's: how like a lock it is. In a ring the lock itself would be a waiter of no task. */
function likeness(lock: RwSemaphore | Mutex): number {
  const tasks = lock.waiters.every(({ task }) => task >= LOWEST_TASK && task % TASK_ALIGN === 0n)
  return (tasks ? 2 : 0) + (hasWaiters(lock) ? 1 : 0)
}

/** Kernel addresses; task_structs are aligned to cache lines. */
const LOWEST_TASK = 0xff00_0000_0000_0000n
const TASK_ALIGN = 64n

/** @see kernel/locking/rwsem.c (v5.3), RWSEM_FLAG_WAITERS; mutex.h (v4.10), MUTEX_FLAG_WAITERS */
const RWSEM_WAITERS = 2n
const MUTEX_WAITERS = 1n

/** Whether a lock says itself that somebody waits: a waiter structure that is taken for a lock does not. */
function hasWaiters(lock: RwSemaphore | Mutex): boolean {
  if (lock.kind === 'mutex') return lock.ownerWord === null || (lock.ownerWord & MUTEX_WAITERS) !== 0n
  if (lock.kind === 'rwsem') return lock.held === 'unknown' || (lock.count & RWSEM_WAITERS) !== 0n
  return true
}

/** What was looked at already: several words of one ring cost no more than one. */
interface Search {
  /** Links of waiter structures. */
  followed: Set<VirtAddr>
  /** Words of the stack that may be a lock with first_waiter, and what it points at. */
  firsts: { word: VirtAddr; first: VirtAddr }[] | null
}

/** Addresses that may be the lock of a waiter structure. */
function* candidates(
  kernel: Kernel,
  { form, waiter: layout }: LockQueue,
  waiter: VirtAddr,
  words: readonly StackWord[],
  isTask: (address: VirtAddr) => boolean,
  search: Search,
  values: ReadonlySet<bigint>,
): Generator<VirtAddr> {
  const { probe } = kernel
  if (form.form === 'rtmutex') {
    const base = layout.lock === null ? null : probe.u64(waiter + BigInt(layout.lock))
    if (base) yield base - BigInt(form.base)
    return
  }
  // along the queue: every link belongs to a waiter, except that of the lock itself; a task that the list of tasks lacks has a
  // waiter, too, so every place is tried until one is a lock that has this task
  const own = waiter + BigInt(layout.link)
  const links = new Set<VirtAddr>()
  for (let link: VirtAddr | null = own; link && !links.has(link) && links.size < MOST_LINKS; link = probe.u64(link)) {
    if (search.followed.has(link)) return
    search.followed.add(link)
    links.add(link)
    const of = link === own ? null : probe.u64(link - BigInt(layout.link) + BigInt(layout.task))
    if (
      form.form === 'list' &&
      link !== own &&
      (values.has(link - BigInt(form.head)) || of === null || !isTask(of & ~OWNER_FLAGS))
    )
      yield link - BigInt(form.head)
  }
  if (form.form !== 'first') return
  // a ring without a head: the lock's address is a word of the stack, and points into the ring
  search.firsts ??= [...new Set(words.map(({ word }) => word))].flatMap((word) => {
    const first = word % 8n === 0n ? probe.u64(word + BigInt(form.pointer)) : null
    return first ? [{ word, first }] : []
  })
  for (const { word, first } of search.firsts) if (links.has(first + BigInt(layout.link))) yield word
}
