import type { Seconds, VirtAddr } from '../base/units.ts'
import type { LockQueue } from './eras/lock-queue.ts'
import { mutexEra, type MutexEra } from './eras/mutex.ts'
import { renamed } from './eras/renamed.ts'
import { rwsemEra, type HeldState, type RwsemEra } from './eras/rwsem.ts'
import type { Jiffies } from './jiffies.ts'
import { type Broken, type LockWaiter, readQueue } from './lock-queue.ts'
import type { Kernel } from './types.ts'

/** What a lock of any kind says of itself. */
interface Lock {
  address: VirtAddr
  era: string
  /** The owner word with its flag bits; null where the kernel keeps none, or it can't be read. */
  ownerWord: bigint | null
  /** In the order of the queue. */
  waiters: LockWaiter[]
  /** Why the queue broke off, null when it is whole. */
  broken: Broken | null
}

/** A rw_semaphore as it stands in memory. */
export interface RwSemaphore extends Lock, HeldState {
  kind: RwsemEra['kind']
  /** The count word; on PREEMPT_RT rwbase_rt.readers. */
  count: bigint
  /**
   * The task that the owner word names, 0n for none. NOT the holder: of a read-held lock it is the last reader that took it, which
   * may wait by now; on PREEMPT_RT it may be the writer that waits for the readers to leave.
   */
  lastOwner: VirtAddr
}

/** A mutex as it stands in memory. */
export interface Mutex extends Lock {
  kind: MutexEra['kind']
  /** The task that holds it, 0n when nobody does (or the kernel keeps no owner). A mutex's owner word is true. */
  owner: VirtAddr
}

/** Which of the two a lock is. */
export function isMutex(lock: RwSemaphore | Mutex): lock is Mutex {
  return lock.kind === 'mutex' || lock.kind === 'mutex-rt'
}

/** Flag bits of an owner word (up to three: mutex, and rwsem of v5.10; one of an rtmutex); task_structs are aligned to more. */
export const OWNER_FLAGS = 7n

/** Reads locks of one kernel. */
export interface LockReader {
  /** Layouts that the kernel has; null where nobody knows it. */
  rwsemEra: RwsemEra | null
  mutexEra: MutexEra | null
  /** @returns null when the count word can't be read, or the layout is unknown */
  rwsem(address: VirtAddr): RwSemaphore | null
  /** @returns null when neither owner nor queue can be read, or the layout is unknown */
  mutex(address: VirtAddr): Mutex | null
}

/** @param jiffies - tells since when a task waits; null where unknown */
export function lockReader(kernel: Kernel, jiffies: Jiffies | null): LockReader {
  const [rwsem, mutex] = [rwsemEra(kernel.types), mutexEra(kernel.types)]
  const queueOf = (queue: LockQueue, address: VirtAddr): Pick<Lock, 'waiters' | 'broken'> =>
    readQueue(kernel.memory, queue, address, (timeout) => sinceQueued(jiffies, timeout))
  const ownerOf = (at: number | null, address: VirtAddr): bigint | null =>
    at === null ? null : kernel.memory.u64(address + BigInt(at))
  return {
    rwsemEra: rwsem,
    mutexEra: mutex,
    rwsem(address) {
      const count = rwsem && readCount(kernel, rwsem, address)
      if (!rwsem || count === null) return null
      const ownerWord = ownerOf(rwsem.owner, address)
      return {
        address,
        kind: rwsem.kind,
        era: rwsem.id,
        count,
        ownerWord,
        lastOwner: (ownerWord ?? 0n) & ~OWNER_FLAGS,
        ...rwsem.held(count),
        ...queueOf(rwsem, address),
      }
    },
    mutex(address) {
      if (!mutex) return null
      const ownerWord = ownerOf(mutex.owner, address)
      const queue = queueOf(mutex, address)
      if (ownerWord === null && queue.waiters.length === 0) return null
      return {
        address,
        kind: mutex.kind,
        era: mutex.id,
        ownerWord,
        owner: (ownerWord ?? 0n) & ~OWNER_FLAGS,
        ...queue,
      }
    },
  }
}

function readCount(kernel: Kernel, { count }: RwsemEra, address: VirtAddr): bigint | null {
  const at = address + BigInt(count.offset)
  if (count.size === 8) return kernel.memory.u64(at)
  const small = kernel.memory.u32(at)
  return small === null ? null : BigInt(small)
}

/** A waiter's timeout is the moment when it queued, plus 4 ms. @see kernel/locking/rwsem.c (v5.10, v7.2), RWSEM_WAIT_TIMEOUT */
function sinceQueued(jiffies: Jiffies | null, timeout: bigint): Seconds | null {
  if (jiffies === null) return null
  const queued = timeout - BigInt(Math.ceil(jiffies.hz / 250))
  const seconds = Number(BigInt.asIntN(64, jiffies.now - queued)) / jiffies.hz
  // INITIAL_JIFFIES: five minutes before 32 bits overflow
  const uptime = Number(BigInt.asIntN(64, jiffies.now - ((1n << 32n) - BigInt(300 * jiffies.hz)))) / jiffies.hz
  return seconds >= 0 && seconds <= uptime ? seconds : null
}

/** Address of an mm's mmap_lock (mmap_sem before 5.8); null where struct mm_struct has neither. */
export function mmapLock(kernel: Kernel, mm: VirtAddr): VirtAddr | null {
  const member = renamed(kernel.types.struct('mm_struct'), 'mmap_lock')
  return member ? mm + BigInt(member.offset) : null
}
