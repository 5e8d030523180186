import type { StructType } from '../types.ts'

/** Members that have had several names or places, newest first: a kernel has one of them. */
export const RENAMED = {
  /** `__state` since 5.14, `state` before. @see include/linux/sched.h */
  state: ['__state', 'state'],
  /** `thread_info.cpu` since 5.16, `cpu` before, with CONFIG_THREAD_INFO_IN_TASK. @see include/linux/sched.h */
  cpu: ['thread_info.cpu', 'cpu'],
  /** `mmap_lock` since 5.8, `mmap_sem` before. @see include/linux/mm_types.h */
  mmap_lock: ['mmap_lock', 'mmap_sem'],
  /** Of a rt_mutex_waiter: a struct rt_waiter_node in newer kernels. @see kernel/locking/rtmutex_common.h */
  entry: ['tree.entry', 'tree_entry'],
} as const

/** Such a member in its present form; null where the struct has none of them. Offset and size in bytes. */
export function renamed(type: StructType | null, name: keyof typeof RENAMED): ReturnType<StructType['member']> {
  for (const path of RENAMED[name]) {
    const member = type?.member(path)
    if (member) return member
  }
  return null
}
