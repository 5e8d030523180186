import type { VirtAddr } from '../../src/base/units.ts'
import type { HandKernel } from './hand-kernel.ts'
import type { HandStruct } from './hand-types.ts'

/** How waiters hang on a lock: a list with a head, a ring without one (v7.2), the rb tree of an rtmutex (PREEMPT_RT). */
export type LockForm = 'list' | 'first' | 'rt'
export const LOCK_FORMS = ['list', 'first', 'rt'] as const

/** Offsets unlike those of any kernel: no link stands at 0, and none where another struct has its own. */
const SEM = { owner: 0, count: 8 }
const SEM_WAITER = { task: 8, list: 16, type: 32, timeout: 40 }
const MUTEX = { owner: 8 }
const MUTEX_WAITER = { list: 8, task: 24 }
const RT_SEM = { 'rwbase.readers': 0, 'rwbase.rtmutex': 8, 'rwbase.rtmutex.owner': 32 }
const RT_MUTEX = { rtmutex: 8, 'rtmutex.owner': 32 }
const RT_WAITER = { task: 80, lock: 88 }
const [RB_RIGHT, RB_LEFT] = [8n, 16n]

/** Where the queue of a lock begins, and where a waiter has its task and its link. */
interface Places {
  queue: number
  task: number
  link: number
}
const SEM_AT: Places = { queue: 24, task: SEM_WAITER.task, link: SEM_WAITER.list }
const MUTEX_AT: Places = { queue: 16, task: MUTEX_WAITER.task, link: MUTEX_WAITER.list }
const RT_AT: Places = { queue: 16, task: RT_WAITER.task, link: 8 }

const BYTES = { lock: 56, waiter: 104 }

/** What stands in the words of a lock or a waiter that nobody should look at. */
const GARBAGE = 0x6b

/** A task in a queue. */
export interface WaiterRecipe {
  task: VirtAddr
  /** enum rwsem_waiter_type: 0 writer, 1 reader. */
  type?: number
  timeout?: bigint
  /** Where the structure stands; default: in a page of its own. */
  at?: VirtAddr
}

export interface LockRecipe {
  at?: VirtAddr
  /** Of a rw_semaphore; on PREEMPT_RT its readers. Default: free. */
  count?: bigint
  owner?: bigint
  waiters?: readonly WaiterRecipe[]
}

/** A lock in memory. */
export interface HandLock {
  address: VirtAddr
  /** Where its queue begins: list_head, first_waiter or rb_node. */
  queue: VirtAddr
  /** Addresses of the waiters' structures, in the order of the queue. */
  waiters: VirtAddr[]
  /** Addresses of their links: list_head, or rb_node. */
  links: VirtAddr[]
}

/** How one kernel's structs differ. */
export interface LockEra {
  /** Members that no struct has. */
  lacks?: readonly string[]
  /** rb_node of an rt_mutex_waiter: in `tree` since v6.3. */
  entry?: 'tree.entry' | 'tree_entry'
}

/** Writes locks of one form into a kernel by hand, with the structs that describe them. */
export class LockWriter {
  readonly form: LockForm
  private readonly kernel: HandKernel

  constructor(kernel: HandKernel, form: LockForm, { lacks = [], entry = 'tree.entry' }: LockEra = {}) {
    this.kernel = kernel
    this.form = form
    const queue = form === 'list' ? 'wait_list' : 'first_waiter'
    const structs: Record<string, Record<string, number>> = form === 'rt'
      ? {
          rw_semaphore: { ...RT_SEM, 'rwbase.rtmutex.waiters.rb_root.rb_node': RT_AT.queue },
          mutex: { ...RT_MUTEX, 'rtmutex.waiters.rb_root.rb_node': RT_AT.queue },
          rt_mutex_waiter: { ...RT_WAITER, [entry]: RT_AT.link },
        }
      : {
          rw_semaphore: { ...SEM, [queue]: SEM_AT.queue },
          rwsem_waiter: SEM_WAITER,
          mutex: { ...MUTEX, [queue]: MUTEX_AT.queue },
          mutex_waiter: MUTEX_WAITER,
        }
    for (const [name, members] of Object.entries(structs)) {
      const kept = Object.entries(members).filter(([member]) => !lacks.includes(member))
      const struct: HandStruct = { name, size: BYTES.lock, members: Object.fromEntries(kept) }
      kernel.types.push(struct)
    }
  }

  rwsem({ count, owner = 0n, ...rest }: LockRecipe = {}): HandLock {
    const { form, kernel } = this
    const lock = this.lock(rest, form === 'rt' ? RT_AT : SEM_AT)
    if (form === 'rt') kernel.set32(lock.address, Number(count ?? 0x8000_0000n))
    else kernel.set(lock.address + BigInt(SEM.count), count ?? 0n)
    kernel.set(lock.address + BigInt(form === 'rt' ? RT_SEM['rwbase.rtmutex.owner'] : SEM.owner), owner)
    if (form === 'rt') return lock
    rest.waiters?.forEach(({ type = 1, timeout = 0n }, i) => {
      kernel.set32(lock.waiters[i]! + BigInt(SEM_WAITER.type), type)
      kernel.set(lock.waiters[i]! + BigInt(SEM_WAITER.timeout), timeout)
    })
    return lock
  }

  mutex({ owner = 0n, ...rest }: LockRecipe = {}): HandLock {
    const rt = this.form === 'rt'
    const lock = this.lock(rest, rt ? RT_AT : MUTEX_AT)
    this.kernel.set(lock.address + BigInt(rt ? RT_MUTEX['rtmutex.owner'] : MUTEX.owner), owner)
    return lock
  }

  /** The word that leads from a waiter to the next one. */
  next({ links }: HandLock, i: number): VirtAddr {
    return links[i]! + (this.form === 'rt' ? RB_RIGHT : 0n)
  }

  private lock({ at, waiters = [] }: LockRecipe, places: Places): HandLock {
    const { form, kernel } = this
    const address = at ?? kernel.object(BYTES.lock, 4096)
    kernel.bytes(address, new Uint8Array(BYTES.lock).fill(GARBAGE))
    const structs = waiters.map((waiter) => {
      const struct = waiter.at ?? kernel.object(BYTES.waiter, 4096)
      kernel.bytes(struct, new Uint8Array(form === 'rt' ? BYTES.waiter : BYTES.lock).fill(GARBAGE))
      kernel.set(struct + BigInt(places.task), waiter.task)
      if (form === 'rt') kernel.set(struct + BigInt(RT_WAITER.lock), address + BigInt(RT_MUTEX.rtmutex))
      return struct
    })
    const queue = address + BigInt(places.queue)
    const links = structs.map((struct) => struct + BigInt(places.link))
    if (form === 'rt') kernel.set(queue, this.subtree(links))
    else this.ring(form === 'list' ? [queue, ...links] : links)
    if (form === 'first') kernel.set(queue, structs[0] ?? 0n)
    return { address, queue, waiters: structs, links }
  }

  private ring(links: readonly VirtAddr[]): void {
    links.forEach((link, i) => {
      const next = links[(i + 1) % links.length]!
      this.kernel.set(link, next).set(next + 8n, link)
    })
  }

  /** A tree in which each node's left subtree stands before it. @returns its root, 0n for none */
  private subtree(nodes: readonly VirtAddr[]): VirtAddr {
    if (nodes.length === 0) return 0n
    const middle = nodes.length >> 1
    const root = nodes[middle]!
    this.kernel.set(root + RB_LEFT, this.subtree(nodes.slice(0, middle)))
    this.kernel.set(root + RB_RIGHT, this.subtree(nodes.slice(middle + 1)))
    return root
  }
}

/** Addresses of task_structs: zeroed, aligned to their size, nothing else near them. */
export function handTasks(kernel: HandKernel, count: number): VirtAddr[] {
  return Array.from({ length: count }, () => kernel.object(256, 256))
}
