import type { Seconds, VirtAddr } from '../base/units.ts'
import type { PendingCall } from '../kernel/csd.ts'
import type { Mutex, RwSemaphore } from '../kernel/locks.ts'
import type { CpuRegisters } from '../kernel/registers.ts'
import type { TaskStack } from '../kernel/stacks.ts'
import type { Task } from '../kernel/task-list.ts'
import type { Match } from './signatures.ts'
import type { WalkedNode } from './walked-node.ts'

/** How it is known that a task waits for a lock; several agree. */
export type Witness =
  /** It stands in the lock's queue. */
  | 'queue'
  /** Its stack is that of a waiter. */
  | 'stack'
  /** Its task_struct.blocker names the lock. */
  | 'blocker'

/** A lock that somebody holds or waits for. */
export interface LockFact {
  lock: RwSemaphore | Mutex
  /** The mm whose mmap_lock it is; null for other locks. */
  mm: VirtAddr | null
  use: 'mmap-lock' | 'ksm-thread-mutex' | 'anon-vma' | 'other'
}

/** The mmap_lock of an mm. */
export type MmapLockFact = LockFact & { lock: RwSemaphore; mm: VirtAddr }

/** The lock that a task waits for. */
export interface LockWait {
  fact: LockFact
  by: Witness[]
}

/** A task that runs, or waits in state D or R, with what its stack says. */
export interface StackFact {
  task: Task
  stack: TaskStack
  /** Plain names, innermost first; null for guesses. */
  names: (string | null)[]
  walks: Match | null
  waits: Match | null
  /** Addresses of mm_structs that stand in its stack's words. */
  mms: Set<VirtAddr>
  /** Pages that it waits for: that in whose queue it stands, else those under migration in its stack's words. */
  pages: Set<VirtAddr>
  /** The page in whose wait queue it stands; null when it stands in none. */
  queuedOnPage: VirtAddr | null
  /**
   * Tasks that have such a page in hand: its lru leads to a list on their stack, or it is the page that they walk, or it stands
   * on their stack too.
   */
  movers: Set<VirtAddr>
  /** The lock that it waits for; null when it waits for none, or for one that was not found. */
  lock: LockWait | null
}

/** A walker, and the list that it walks. */
export interface WalkerFact extends StackFact {
  walks: Match
  pass: 'unmap' | 'restore' | null
  node: WalkedNode | null
  /** Addresses of anon_vma locks that its words lead to: it holds one of them for reading, an rmap_item at a time. */
  anonVmaLocks: Set<VirtAddr>
  /** Calls that its CPU still waits for; null when they can't be read, or it waits for none. */
  calls: CallFact[] | null
}

/** A call that the walker's CPU waits for, and what the CPU that is to make it was doing. */
export interface CallFact extends PendingCall {
  registers: CpuRegisters | null
  /** Plain name of the function that the target was in; null when it was in user mode, or unknown. */
  doing: string | null
  /** The target was inside the handler of such calls. */
  inHandler: boolean
}

export interface HangFacts {
  stacks: StackFact[]
  walkers: WalkerFact[]
  locks: LockFact[]
  tasks: readonly Task[]
  /** The scheduler's clock at the dump; null where unknown. */
  now: Seconds | null
}
