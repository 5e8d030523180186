import { hex } from '../base/text.ts'
import type { Seconds, VirtAddr } from '../base/units.ts'
import type { LockQueue, WaiterLayout } from './eras/lock-queue.ts'
import type { WaiterType } from './eras/rwsem.ts'
import { eachLink } from './list-heads.ts'
import type { VirtualMemory } from './types.ts'

/** A task in a lock's queue. */
export interface LockWaiter {
  /** Address of its task_struct. */
  task: VirtAddr
  type: WaiterType
  /** Since it queued; null where the kernel doesn't record it. */
  seconds: Seconds | null
}

/** The waiters of a lock. */
export interface Queue {
  waiters: LockWaiter[]
  /** Why it broke off, null when it is whole. */
  broken: Broken | null
}

export interface Broken {
  why: string
  /** It is only not in the dump; false: it is damaged. */
  absent: boolean
}

const MOST_WAITERS = 1_000_000

/**
 * Reads the queue of a lock, in its order.
 * @param lock - virtual address of the lock
 * @param since - seconds since a waiter's timeout was set; null where unknown
 */
export function readQueue(
  memory: VirtualMemory,
  { form, waiter }: LockQueue,
  lock: VirtAddr,
  since: (timeout: bigint) => Seconds | null,
): Queue {
  switch (form.form) {
    case 'rtmutex':
      return tree(memory, waiter, lock + BigInt(form.root))
    case 'list':
      return list(memory, waiter, lock + BigInt(form.head), since)
    case 'first': {
      const first = memory.u64(lock + BigInt(form.pointer))
      if (first === null) return { waiters: [], broken: ABSENT }
      return first === 0n ? { waiters: [], broken: null } : ring(memory, waiter, first, since)
    }
  }
}

const ABSENT: Broken = { why: 'the queue is not in the dump', absent: true }

type Since = (timeout: bigint) => Seconds | null

/** A list that has a head in the lock. */
function list(memory: VirtualMemory, layout: WaiterLayout, head: VirtAddr, since: Since): Queue {
  const waiters: LockWaiter[] = []
  const links = eachLink(memory, head, MOST_WAITERS, true)
  let step = links.next()
  for (; !step.done; step = links.next()) {
    const waiter = readWaiter(memory, layout, step.value, since)
    if (waiter === null) return { waiters, broken: absent(step.value, layout) }
    waiters.push(waiter)
  }
  const { why, at } = step.value
  return { waiters, broken: why === 'whole' ? null : { why: `${BROKEN[why]} at ${hex(at)}`, absent: why === 'absent' } }
}

const BROKEN = {
  absent: 'the queue is not whole in the dump: it breaks off',
  null: 'the queue breaks off with a null link',
  cycle: 'the queue is a cycle',
  'back-link': "the queue's back link is wrong",
}

const absent = (link: VirtAddr, layout: WaiterLayout): Broken => ({
  why: `a waiter at ${hex(link - BigInt(layout.link))} is not in the dump`,
  absent: true,
})

/** A ring without a head, from its first waiter on. */
function ring(memory: VirtualMemory, layout: WaiterLayout, first: VirtAddr, since: Since): Queue {
  const link = first + BigInt(layout.link)
  const one = readWaiter(memory, layout, link, since)
  if (one === null) return { waiters: [], broken: absent(link, layout) }
  const rest = list(memory, layout, link, since)
  return { waiters: [one, ...rest.waiters], broken: rest.broken }
}

/** Low bits of a task pointer carry flags in some queues; task_structs are aligned to 64 bytes. */
const TASK_FLAGS = 7n

function readWaiter(memory: VirtualMemory, layout: WaiterLayout, link: VirtAddr, since: Since): LockWaiter | null {
  const waiter: VirtAddr = link - BigInt(layout.link)
  const task = memory.u64(waiter + BigInt(layout.task))
  if (task === null) return null
  const type = layout.type === null ? null : memory.u32(waiter + BigInt(layout.type))
  const timeout = layout.timeout === null ? null : memory.u64(waiter + BigInt(layout.timeout))
  return {
    task: task & ~TASK_FLAGS,
    type: type === 0 ? 'write' : type === 1 ? 'read' : 'unknown',
    seconds: timeout === null ? null : since(timeout),
  }
}

/** The waiters of an rtmutex: an rb tree, by priority and then by time. */
function tree(memory: VirtualMemory, layout: WaiterLayout, rootAt: VirtAddr): Queue {
  const waiters: LockWaiter[] = []
  const visited = new Set<VirtAddr>()
  const path: VirtAddr[] = []
  let node = memory.u64(rootAt)
  if (node === null) return { waiters, broken: ABSENT }
  // in order: rb_left 16, rb_right 8 (include/linux/rbtree_types.h)
  while (node !== 0n || path.length > 0) {
    while (node !== 0n) {
      if (visited.has(node) || visited.size >= MOST_WAITERS)
        return { waiters, broken: { why: `${BROKEN.cycle} at ${hex(node)}`, absent: false } }
      visited.add(node)
      path.push(node)
      const left: VirtAddr | null = memory.u64(node + 16n)
      if (left === null) return { waiters, broken: absent(node, layout) }
      node = left
    }
    const here = path.pop()!
    const waiter = readWaiter(memory, layout, here, () => null)
    const right = memory.u64(here + 8n)
    if (waiter === null || right === null) return { waiters, broken: absent(here, layout) }
    waiters.push(waiter)
    node = right
  }
  return { waiters, broken: null }
}
