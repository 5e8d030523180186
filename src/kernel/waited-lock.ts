import type { VirtAddr } from '../base/units.ts'
import type { LockQueue } from './eras/lock-queue.ts'
import { type LockReader, type Mutex, OWNER_FLAGS, type RwSemaphore } from './locks.ts'
import type { Kernel } from './types.ts'

/** A word of a stack, and where it stands. */
export interface StackWord {
  place: VirtAddr
  word: bigint
}

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
    return lock?.waiters.some((waiter) => waiter.task === task) ? lock : null
  }
  for (const { place, word } of words) {
    if ((word & ~OWNER_FLAGS) !== task) continue
    const waiter: VirtAddr = place - BigInt(queue.waiter.task)
    for (const address of candidates(kernel, queue, waiter, words, isTask)) {
      const lock = read(address)
      if (lock) return lock as K extends 'rwsem' ? RwSemaphore : Mutex
    }
  }
  return null
}

/** Addresses that may be the lock of a waiter structure. */
function* candidates(
  kernel: Kernel,
  { form, waiter: layout }: LockQueue,
  waiter: VirtAddr,
  words: readonly StackWord[],
  isTask: (address: VirtAddr) => boolean,
): Generator<VirtAddr> {
  const { probe } = kernel
  if (form.form === 'rtmutex') {
    const base = layout.lock === null ? null : probe.u64(waiter + BigInt(layout.lock))
    if (base) yield base - BigInt(form.base)
    return
  }
  // along the queue: every link belongs to a waiter, except that of the lock itself
  const own = waiter + BigInt(layout.link)
  const links = new Set<VirtAddr>([own])
  for (let link = probe.u64(own); link && !links.has(link) && links.size < MOST_LINKS; link = probe.u64(link)) {
    const of = probe.u64(link - BigInt(layout.link) + BigInt(layout.task))
    if (of === null || !isTask(of & ~OWNER_FLAGS)) {
      if (form.form === 'list') yield link - BigInt(form.head)
      return
    }
    links.add(link)
  }
  if (form.form !== 'first') return
  // a ring without a head: the lock's address is a word of the stack, and points into the ring
  const seen = new Set<VirtAddr>()
  for (const { word } of words) {
    if (seen.has(word) || word % 8n !== 0n) continue
    seen.add(word)
    const first = probe.u64(word + BigInt(form.pointer))
    if (first && links.has(first + BigInt(layout.link))) yield word
  }
}
