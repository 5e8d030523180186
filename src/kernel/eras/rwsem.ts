import type { StructType, TypeSource } from '../types.ts'

/** How a waiter waits. */
export type WaiterType = 'read' | 'write' | 'unknown'

/** What the count word of a rw_semaphore says. */
export interface HeldState {
  held: 'free' | 'read' | 'write' | 'unknown'
  /** Readers that hold it; null where the word doesn't say. */
  readers: number | null
}

/** One layout of struct rw_semaphore; picked by members, never by version. */
export interface RwsemEra {
  id: string
  source: string
  kind: 'rwsem' | 'rwsem-rt'
  /** Offsets in bytes. */
  count: { offset: number; size: 4 | 8 }
  owner: number | null
  /** Where the waiters hang. */
  waiters: { form: 'list'; head: number } | { form: 'first'; pointer: number } | { form: 'rtmutex'; root: number }
  held(count: bigint): HeldState
}

/** Offsets in struct rwsem_waiter, or struct rt_mutex_waiter on PREEMPT_RT. */
export interface WaiterLayout {
  /** list_head (rwsem) or rb_node (rt) inside the waiter. */
  link: number
  task: number
  type: number | null
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
export function rwsemEra(types: TypeSource): { era: RwsemEra; waiter: WaiterLayout } | null {
  const sem = types.struct('rw_semaphore')
  if (!sem) return null
  const at = (type: StructType | null, path: string): number | null => type?.member(path)?.offset ?? null
  const readers = at(sem, 'rwbase.readers')
  const root = at(sem, 'rwbase.rtmutex.waiters.rb_root.rb_node')
  if (readers !== null && root !== null) {
    const waiter = types.struct('rt_mutex_waiter', 'task')
    const link = at(waiter, 'tree.entry') ?? at(waiter, 'tree_entry')
    const task = at(waiter, 'task')
    if (link === null || task === null) return null
    return {
      era: {
        id: 'rwsem-rt',
        source: 'include/linux/rwbase_rt.h, kernel/locking/rwbase_rt.c (v6.1)',
        kind: 'rwsem-rt',
        count: { offset: readers, size: 4 },
        owner: at(sem, 'rwbase.rtmutex.owner'),
        waiters: { form: 'rtmutex', root },
        held: heldRt,
      },
      waiter: { link, task, type: null },
    }
  }
  const count = at(sem, 'count')
  const waiter = types.struct('rwsem_waiter', 'task')
  const link = at(waiter, 'list')
  const task = at(waiter, 'task')
  if (count === null || link === null || task === null) return null
  const first = at(sem, 'first_waiter')
  const list = at(sem, 'wait_list')
  if (first === null && list === null) return null
  return {
    era: {
      id: first === null ? 'rwsem' : 'rwsem-first-waiter',
      source:
        first === null
          ? 'kernel/locking/rwsem.c (v5.10, v6.12)'
          : 'kernel/locking/rwsem.c (v7.2): first_waiter instead of wait_list',
      kind: 'rwsem',
      count: { offset: count, size: 8 },
      owner: at(sem, 'owner'),
      waiters: first === null ? { form: 'list', head: list! } : { form: 'first', pointer: first },
      held: heldPlain,
    },
    waiter: { link, task, type: at(waiter, 'type') },
  }
}
