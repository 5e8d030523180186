import type { TypeSource } from '../types.ts'
import { type LockQueue, plainQueue, rtQueue } from './lock-queue.ts'

/** How a waiter waits. */
export type WaiterType = 'read' | 'write' | 'unknown'

/** What the count word of a rw_semaphore says. */
export interface HeldState {
  held: 'free' | 'read' | 'write' | 'unknown'
  /** Readers that hold it; null where the word doesn't say. */
  readers: number | null
}

/** One layout of struct rw_semaphore; picked by members, never by version. */
export interface RwsemEra extends LockQueue {
  id: string
  source: string
  kind: 'rwsem' | 'rwsem-rt'
  /** Offsets in bytes. */
  count: { offset: number; size: 4 | 8 }
  owner: number | null
  held(count: bigint): HeldState
}

/** @see kernel/locking/rwsem.c (v5.10, v6.12, v7.2): RWSEM_WRITER_LOCKED, RWSEM_READER_BIAS */
const WRITER_LOCKED = 1n
const READER_SHIFT = 8n
const READ_FAIL = 1n << 63n

function heldPlain(count: bigint): HeldState {
  if (count & READ_FAIL) return { held: 'unknown', readers: null }
  if (count & WRITER_LOCKED) return { held: 'write', readers: 0 }
  const readers = Number(count >> READER_SHIFT)
  return readers === 0 ? { held: 'free', readers: 0 } : { held: 'read', readers }
}

/**
 * Before 5.3 the count has another meaning: readers and a writer alike add 1 in the low half, waiters and a writer take away from
 * the high half. One active task may be either. @see arch/x86/include/asm/rwsem.h (v4.4): RWSEM_ACTIVE_BIAS, RWSEM_WAITING_BIAS
 */
function heldBefore53(count: bigint): HeldState {
  return count === 0n ? { held: 'free', readers: 0 } : { held: 'unknown', readers: null }
}

/** @see include/linux/rwbase_rt.h (v6.1): READER_BIAS 1U << 31, WRITER_BIAS 1U << 30 */
const RT_READER_BIAS = 0x80000000
const RT_WRITER_BIAS = 0x40000000

function heldRt(count: bigint): HeldState {
  const word = Number(count)
  if (word === RT_READER_BIAS) return { held: 'free', readers: 0 }
  if (word >= RT_READER_BIAS) return { held: 'read', readers: word - RT_READER_BIAS }
  if (word === RT_WRITER_BIAS) return { held: 'write', readers: 0 }
  // a writer took the bias away and waits for the readers to leave
  return word > 0 && word < RT_WRITER_BIAS ? { held: 'read', readers: word } : { held: 'unknown', readers: null }
}

/** The layout of this kernel's rw_semaphore; null when none that we know fits. */
export function rwsemEra(types: TypeSource): RwsemEra | null {
  const sem = types.struct('rw_semaphore')
  if (!sem) return null
  const at = (path: string): number | null => sem.member(path)?.offset ?? null
  const readers = at('rwbase.readers')
  const rt = rtQueue(types, sem, 'rwbase.rtmutex')
  if (readers !== null && rt)
    return {
      id: 'rwsem-rt',
      source: 'include/linux/rwbase_rt.h, kernel/locking/rwbase_rt.c (v6.1)',
      kind: 'rwsem-rt',
      count: { offset: readers, size: 4 },
      owner: at('rwbase.rtmutex.owner'),
      held: heldRt,
      ...rt,
    }
  const count = at('count')
  const queue = plainQueue(sem, types.struct('rwsem_waiter', 'task'))
  if (count === null || !queue) return null
  const first = queue.form.form === 'first'
  return {
    id: first ? 'rwsem-first-waiter' : 'rwsem',
    source: first
      ? 'kernel/locking/rwsem.c (v7.2): first_waiter instead of wait_list'
      : 'kernel/locking/rwsem.c (v5.10, v6.12)',
    kind: 'rwsem',
    count: { offset: count, size: 8 },
    owner: at('owner'),
    // rwsem_waiter.timeout came with the new count
    held: queue.waiter.timeout === null ? heldBefore53 : heldPlain,
    ...queue,
  }
}
