import type { StructType, TypeSource } from '../types.ts'
import { renamed } from './renamed.ts'

/** Where the waiters of a lock hang. Offsets in bytes, from the lock's start. */
export type QueueForm =
  /** A list_head, with a head in the lock (wait_list). */
  | { form: 'list'; head: number }
  /** A pointer to the first of a ring that has no head (first_waiter, v7.2). */
  | { form: 'first'; pointer: number }
  /** The rb tree of an rtmutex (PREEMPT_RT); `base`: the struct rt_mutex_base, `root`: its rb_node. */
  | { form: 'rtmutex'; base: number; root: number }

/** Offsets in struct rwsem_waiter, mutex_waiter or rt_mutex_waiter; null for members that it lacks. */
export interface WaiterLayout {
  /** list_head, or rb_node. */
  link: number
  task: number
  /** enum rwsem_waiter_type. */
  type: number | null
  /** Jiffies of the moment when it queued, plus RWSEM_WAIT_TIMEOUT. */
  timeout: number | null
  /** Pointer to the rt_mutex_base that it waits for. */
  lock: number | null
}

export interface LockQueue {
  form: QueueForm
  waiter: WaiterLayout
}

const at = (type: StructType | null, path: string): number | null => type?.member(path)?.offset ?? null

/** Queue of a plain lock, by members: wait_list, or first_waiter; null when the lock has neither. */
export function plainQueue(lock: StructType, waiter: StructType | null): LockQueue | null {
  const [link, task] = [at(waiter, 'list'), at(waiter, 'task')]
  const [pointer, head] = [at(lock, 'first_waiter'), at(lock, 'wait_list')]
  if (link === null || task === null) return null
  const layout = { link, task, type: at(waiter, 'type'), timeout: at(waiter, 'timeout'), lock: null }
  if (pointer !== null) return { form: { form: 'first', pointer }, waiter: layout }
  return head === null ? null : { form: { form: 'list', head }, waiter: layout }
}

/**
 * Queue of a PREEMPT_RT lock: the rb tree of the rtmutex inside it.
 * @param base - path of its struct rt_mutex_base; null when there is none
 */
export function rtQueue(types: TypeSource, lock: StructType, base: string): LockQueue | null {
  const [from, root] = [at(lock, base), at(lock, `${base}.waiters.rb_root.rb_node`)]
  const waiter = types.struct('rt_mutex_waiter', 'task')
  const link = renamed(waiter, 'entry')?.offset ?? null
  const task = at(waiter, 'task')
  if (from === null || root === null || link === null || task === null) return null
  return {
    form: { form: 'rtmutex', base: from, root },
    waiter: { link, task, type: null, timeout: null, lock: at(waiter, 'lock') },
  }
}
