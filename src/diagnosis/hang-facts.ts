import type { Seconds, VirtAddr } from '../base/units.ts'
import type { PendingCall } from '../kernel/csd.ts'
import type { TaskState } from '../kernel/eras/task.ts'
import type { Mutex, RwSemaphore } from '../kernel/locks.ts'
import type { CpuRegisters } from '../kernel/registers.ts'
import type { FrameHow } from '../kernel/unwind.ts'
import type { ToldSpace } from '../parsers/told.ts'
import type { Match } from './signatures.ts'
import type { Check, Confidence } from './types.ts'

/** Where a fact stands. */
export interface Where {
  /** Name of the input. */
  input: string
  /** Address, or line. */
  at: string | null
}

/** A task, as a dump or a text shows it; null where a text does not say. */
export interface TaskFact {
  /** What tells it from others: the address of its task_struct, else a number that no address can be. */
  id: bigint
  address: VirtAddr | null
  pid: number | null
  tgid: number | null
  /** Safe to print. */
  comm: string | null
  state: TaskState | null
  cpu: number | null
  /** On a CPU; false where unknown. */
  running: boolean
  kthread: boolean
  /** 0n for a kernel thread, an exited process, and where unknown. */
  mm: VirtAddr
  /** Texts only: its parent and address space; null where none tells. */
  space: ToldSpace | null
  /** Since it was last put on a CPU; null where unknown. */
  idleSeconds: Seconds | null
  where: Where
}

/** A frame, as a dump or a text shows it. */
export interface FrameFact {
  address: VirtAddr | null
  sp: VirtAddr | null
  place: { symbol: string; offset: number | null; module: string | null } | null
  /** `told`: a text says so. */
  how: FrameHow | 'told'
}

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
  where: Where
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
  task: TaskFact
  /** Innermost first. */
  frames: FrameFact[]
  /** Nothing of the stack is missing: it came to its end, or the task is in user mode. */
  whole: boolean
  /** Why a text's stack may not be of the moment, or not of this task, a phrase; null where nothing speaks against it. */
  doubt: string | null
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

/** The list under a walk. */
export interface WalkedList {
  /** Its row in the survey of a dump; null for a text. */
  row: number | null
  /** Of the stable_node; null where a text gives the list without it. */
  address: VirtAddr | null
  /** Page frame of its page; null where unknown. */
  kpfn: number | null
  nid: number | null
  /** rmap_items; null where unknown. */
  length: number | null
  /** Why the length is a lower bound only, a phrase; null where the list was followed to its end. */
  open: string | null
  /** PTEs that map the page now; null where unknown. */
  mapcount: number | null
  /** What led to it, as sentences; `told` for a list that a text gives beside the one walker. */
  validatedBy: string[]
  where: Where
  check: Check | null
}

/** A walker, and the list that it walks. */
export interface WalkerFact extends StackFact {
  walks: Match
  pass: 'unmap' | 'restore' | null
  node: WalkedList | null
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
  tasks: readonly TaskFact[]
  /** Every task was read. */
  complete: boolean
  /** do_migrate_pages holds the mmap_lock while it migrates (until 6.7); null where unknown. */
  holdsWhileMigrating: boolean | null
  /** User faults take a lock of their VMA only, where they can (6.4); null where unknown. */
  perVmaLocks: boolean | null
  /** Texts only: who holds what a task waits for, by stacks, by the waiter's id; null for a dump, where the locks tell. */
  told: ReadonlyMap<bigint, ToldHolder[]> | null
  /** Texts only: tasks of which a stack that was not taken has a walk in it, and why it was not. */
  unsureWalks: readonly { task: TaskFact; why: string }[]
}

/** A task that holds a lock by its stack alone. */
export interface ToldHolder {
  /** TaskFact.id */
  id: bigint
  confidence: Confidence
}
