import type { TypeSource } from '../types.ts'
import { type LockQueue, plainQueue, rtQueue } from './lock-queue.ts'

/** One layout of struct mutex; picked by members, never by version. */
export interface MutexEra extends LockQueue {
  id: string
  source: string
  kind: 'mutex' | 'mutex-rt'
  /** Offset of the owner word, bytes; null where the kernel keeps none. */
  owner: number | null
}

/** The layout of this kernel's mutex; null when none that we know fits. */
export function mutexEra(types: TypeSource): MutexEra | null {
  const mutex = types.struct('mutex')
  if (!mutex) return null
  const rt = rtQueue(types, mutex, 'rtmutex')
  if (rt)
    return {
      id: 'mutex-rt',
      source: 'include/linux/mutex.h, kernel/locking/rtmutex_api.c (v6.1)',
      kind: 'mutex-rt',
      owner: mutex.member('rtmutex.owner')?.offset ?? null,
      ...rt,
    }
  const queue = plainQueue(mutex, types.struct('mutex_waiter', 'task'))
  return (
    queue && {
      id: queue.form.form === 'first' ? 'mutex-first-waiter' : 'mutex',
      source: 'kernel/locking/mutex.c, mutex.h (v4.4, v6.12, v7.2)',
      kind: 'mutex',
      owner: mutex.member('owner')?.offset ?? null,
      ...queue,
    }
  )
}
