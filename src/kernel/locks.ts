import type { VirtAddr } from '../base/units.ts'
import { rwsemEra, type HeldState, type RwsemEra, type WaiterLayout, type WaiterType } from './eras/rwsem.ts'
import type { Kernel } from './types.ts'

/** A task in a lock's queue. */
export interface LockWaiter {
  /** Address of its task_struct. */
  task: VirtAddr
  type: WaiterType
}

/** A rw_semaphore as it stands in memory. */
export interface RwSemaphore extends HeldState {
  address: VirtAddr
  kind: RwsemEra['kind']
  era: string
  /** The count word; on PREEMPT_RT rwbase_rt.readers. */
  count: bigint
  /** The owner word with its flag bits; null where it can't be read. */
  ownerWord: bigint | null
  /**
   * The task that the owner word names, 0n for none. NOT the holder: of a read-held lock it is the last reader that took it, which
   * may wait by now; on PREEMPT_RT it may be the writer that waits for the readers to leave.
   */
  lastOwner: VirtAddr
  /** In the order of the queue. */
  waiters: LockWaiter[]
  /** Why the queue broke off, null when it is whole. */
  broken: string | null
}

const MOST_WAITERS = 1_000_000
/** Flag bits of the owner word (up to three, v5.10), and of an rtmutex's owner (one). */
const OWNER_FLAGS = 7n

/** Reads rw_semaphores of one kernel. */
export interface LockReader {
  era: string
  read(address: VirtAddr): RwSemaphore | null
}

/** @returns null when this kernel's rw_semaphore has a layout that nobody knows */
export function lockReader(kernel: Kernel): LockReader | null {
  const found = rwsemEra(kernel.types)
  if (!found) return null
  const { era, waiter } = found
  return { era: era.id, read: (address) => readRwsem(kernel, era, waiter, address) }
}

function readRwsem(kernel: Kernel, era: RwsemEra, layout: WaiterLayout, address: VirtAddr): RwSemaphore | null {
  const { memory } = kernel
  const countAt = address + BigInt(era.count.offset)
  const small = era.count.size === 4 ? memory.u32(countAt) : null
  const count = era.count.size === 4 ? (small === null ? null : BigInt(small)) : memory.u64(countAt)
  if (count === null) return null
  const ownerWord = era.owner === null ? null : memory.u64(address + BigInt(era.owner))
  const queue =
    era.waiters.form === 'rtmutex'
      ? treeWaiters(kernel, layout, address + BigInt(era.waiters.root))
      : listWaiters(kernel, era, layout, address)
  return {
    address,
    kind: era.kind,
    era: era.id,
    count,
    ownerWord,
    lastOwner: (ownerWord ?? 0n) & ~OWNER_FLAGS,
    ...era.held(count),
    ...queue,
  }
}

type Queue = Pick<RwSemaphore, 'waiters' | 'broken'>

/** A list with a head (wait_list), or a ring without one (first_waiter). */
function listWaiters(kernel: Kernel, era: RwsemEra, layout: WaiterLayout, address: VirtAddr): Queue {
  const { memory } = kernel
  const waiters: LockWaiter[] = []
  const visited = new Set<VirtAddr>()
  const ring = era.waiters.form === 'first'
  const start =
    address +
    BigInt(era.waiters.form === 'list' ? era.waiters.head : era.waiters.form === 'first' ? era.waiters.pointer : 0)
  let link = memory.u64(start)
  if (link === null) return { waiters, broken: 'the queue is not in the dump' }
  if (ring) {
    if (link === 0n) return { waiters, broken: null }
    link += BigInt(layout.link)
  }
  const stop = ring ? link : start
  for (let first = true; (first && ring) || link !== stop; first = false) {
    if (visited.has(link) || visited.size >= MOST_WAITERS)
      return { waiters, broken: `the queue is a cycle at 0x${link.toString(16)}` }
    visited.add(link)
    const waiter: VirtAddr = link - BigInt(layout.link)
    const task = memory.u64(waiter + BigInt(layout.task))
    const next = memory.u64(link)
    if (task === null || next === null)
      return { waiters, broken: `a waiter at 0x${waiter.toString(16)} is not in the dump` }
    const type = layout.type === null ? null : memory.u32(waiter + BigInt(layout.type))
    waiters.push({ task: task & ~OWNER_FLAGS, type: type === 0 ? 'write' : type === 1 ? 'read' : 'unknown' })
    link = next
  }
  return { waiters, broken: null }
}

/** The waiters of an rtmutex: an rb tree, by priority and then by time. */
function treeWaiters(kernel: Kernel, layout: WaiterLayout, rootAt: VirtAddr): Queue {
  const { memory } = kernel
  const waiters: LockWaiter[] = []
  const visited = new Set<VirtAddr>()
  const stack: VirtAddr[] = []
  let node = memory.u64(rootAt)
  if (node === null) return { waiters, broken: 'the queue is not in the dump' }
  // in order: rb_left 16, rb_right 8 (include/linux/rbtree_types.h)
  while (node !== 0n || stack.length > 0) {
    while (node !== 0n) {
      if (visited.has(node) || visited.size >= MOST_WAITERS)
        return { waiters, broken: `the queue is a cycle at 0x${node.toString(16)}` }
      visited.add(node)
      stack.push(node)
      const left: VirtAddr | null = memory.u64(node + 16n)
      if (left === null) return { waiters, broken: `a waiter at 0x${node.toString(16)} is not in the dump` }
      node = left
    }
    const here = stack.pop()!
    const task = memory.u64(here - BigInt(layout.link) + BigInt(layout.task))
    const right = memory.u64(here + 8n)
    if (task === null || right === null)
      return { waiters, broken: `a waiter at 0x${here.toString(16)} is not in the dump` }
    waiters.push({ task, type: 'unknown' })
    node = right
  }
  return { waiters, broken: null }
}

/** Address of an mm's mmap_lock (mmap_sem before 5.8); null where struct mm_struct has neither. */
export function mmapLock(kernel: Kernel, mm: VirtAddr): VirtAddr | null {
  const type = kernel.types.struct('mm_struct')
  const member = type?.member('mmap_lock') ?? type?.member('mmap_sem')
  return member ? mm + BigInt(member.offset) : null
}
