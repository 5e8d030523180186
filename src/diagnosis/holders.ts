import type { VirtAddr } from '../base/units.ts'
import { isMutex, type RwSemaphore } from '../kernel/locks.ts'
import type { HangFacts, LockFact, StackFact, TaskFact, WalkerFact } from './hang-facts.ts'
import { indexOf } from './host-index.ts'
import type { Confidence } from './types.ts'

/** Who holds a lock, how sure that is, and by what. */
export interface Holder {
  task: TaskFact
  confidence: Confidence
  by: string
}

/** gup and its callers, which hold the mmap_lock of the mm that they read until they return. @see mm/gup.c (v6.12) */
const READS_ANOTHER = ['__access_remote_vm', 'get_user_pages_remote', '__get_user_pages_remote', 'process_vm_rw_core']
const READS = [
  ...READS_ANOTHER,
  '__get_user_pages',
  'get_user_pages_unlocked',
  'fixup_user_fault',
  'hva_to_pfn',
  'faultin_page',
]
/** Functions that fault or allocate under their own mmap_lock. */
const FAULTS = ['do_user_addr_fault', '__do_page_fault', 'do_page_fault']

/**
 * Who holds a lock, out of the count word, the owner word, the queue and the stacks together. A mutex's owner word is true. That of
 * a rw_semaphore that is held by readers is only the last reader that took it, which may be a waiter by now; it is never believed
 * alone.
 */
export function holdersOf(facts: HangFacts, fact: LockFact): Holder[] {
  const { lock, mm } = fact
  if (isMutex(lock)) {
    const owner = indexOf(facts).tasks.get(lock.owner)
    return owner ? [{ task: owner, confidence: 'strong', by: "it is the owner in the mutex's owner word" }] : []
  }
  const waiting = waitingFor(facts, fact)
  if (lock.held === 'write') {
    const owner = waiting.has(lock.lastOwner) ? undefined : indexOf(facts).tasks.get(lock.lastOwner)
    return owner
      ? [
          {
            task: owner,
            confidence: 'strong',
            by: 'the lock is held for writing, its owner word names this task, and it does not wait for it',
          },
        ]
      : []
  }
  if (lock.held !== 'read' || lock.readers === null) return []
  if (mm === null) return anonVmaReaders(facts, lock.address)
  const outside = facts.stacks.filter(({ task }) => !waiting.has(task.id))
  return mmapReaders(facts, lock, mm, outside)
}

/** Tasks that wait for a lock, by its queue or by their stacks. */
function waitingFor(facts: HangFacts, { lock }: LockFact): Set<VirtAddr> {
  const waiting = new Set(lock.waiters.map((waiter) => waiter.task))
  for (const { task } of indexOf(facts).onLock.get(lock) ?? []) waiting.add(task.id)
  return waiting
}

/** Walkers hold the lock of the anon_vma that they are in. */
function anonVmaReaders({ walkers }: HangFacts, lock: VirtAddr): Holder[] {
  return walkers
    .filter((walker) => walker.anonVmaLocks.has(lock))
    .map(({ task }) => ({
      task,
      confidence: 'weak',
      by: 'its stack has an anon_vma of this lock, which the walk holds for reading while it is in it',
    }))
}

function mmapReaders(facts: HangFacts, lock: RwSemaphore, mm: VirtAddr, outside: readonly StackFact[]): Holder[] {
  const readers = outside.filter((fact) => !waitsForLock(fact) && mmsRead(fact).has(mm))
  const holders: Holder[] = readers.map((fact) => ({
    task: fact.task,
    confidence: mmsRead(fact).size === 1 ? 'strong' : 'weak',
    by: `it is inside ${inside(fact, READS)}, which holds the lock of the mm that it reads, and does not wait for it`,
  }))
  for (const fact of outside) {
    const sure = faulter(facts, fact, mm) ?? ksmd(fact, lock, mm)
    if (sure?.confidence === 'strong' && !holders.some((holder) => holder.task === fact.task)) holders.push(sure)
  }
  const count = lock.readers ?? 0
  const sure = holders.filter(({ confidence }) => confidence !== 'weak')
  const rest = outside.filter(({ task }) => !holders.some((holder) => holder.task === task))
  const walkers = facts.walkers.filter(
    (fact) => rest.some(({ task }) => task === fact.task) && mayHold(facts, fact, mm),
  )
  const possible = [
    ...rest.flatMap((fact) => ksmd(fact, lock, mm) ?? []),
    ...walkers.map(({ task }) => ({ task, by: 'it works on the mm, and does not wait for the lock' })),
  ]
  // more than the count allows: which of them is not known
  if (sure.length > count)
    return [
      ...holders.map((each): Holder => ({ ...each, confidence: 'weak' })),
      ...possible.map((each) => asWeak(each)),
    ]
  const left = count - sure.length
  if (left === 0) return holders
  // as many as the count still asks for, and every stack that could tell of another was seen: then it is them
  const seen = facts.complete && outside.every((fact) => fact.whole) && !rest.some((fact) => works(fact, mm, possible))
  const all = seen && possible.length === left
  const counted = `the count says ${count === 1 ? 'one reader' : `${count} readers`}, and ${all ? 'no other stack in the dump shows one' : 'others can be, too'}`
  return [
    ...holders,
    ...possible.map(({ task, by }): Holder => ({ task, confidence: all ? 'strong' : 'weak', by: `${by}; ${counted}` })),
  ]
}

const asWeak = ({ task, by }: { task: TaskFact; by: string }): Holder => ({ task, by, confidence: 'weak' })

/** On its way back to user mode, or into it, a task holds no lock. @see kernel/entry/common.c (v5.10, v6.12) */
const TO_USER = /exit_to_user_mode|prepare_exit_to_usermode|exit_to_usermode_loop|ret_from_fork/

/** Whether a task may be at work on an mm in the kernel in a way that nothing tells of: it runs there, and waits for nothing. */
function works(fact: StackFact, mm: VirtAddr, possible: readonly { task: TaskFact }[]): boolean {
  const { task, names, waits } = fact
  if (task.mm !== mm || waits !== null || names.length === 0) return false
  return !possible.some((each) => each.task === task) && !names.some((name) => name !== null && TO_USER.test(name))
}

/**
 * A fault that waits for a migration keeps the lock that it came with: without per-VMA locks the mmap_lock, else perhaps only
 * its VMA's. @see mm/memory.c (v5.10, v6.1, v6.12), do_swap_page
 */
function faulter({ perVmaLocks }: HangFacts, fact: StackFact, mm: VirtAddr): Holder | null {
  if (fact.task.mm !== mm || fact.waits?.signature.waitsFor !== 'migration-entry' || !inFault(fact)) return null
  if (perVmaLocks !== false) return null
  return {
    task: fact.task,
    confidence: 'strong',
    by: 'it faulted under this lock, and keeps it while it waits for a page to be migrated (this kernel has no per-VMA locks)',
  }
}

/** Functions in which ksmd, or who unmerges, holds ksm_thread_mutex, and at times the mmap_lock of the mm that it works on. @see mm/ksm.c (v4.4, v6.12) */
const KSM_READS = ['ksm_scan_thread', 'ksm_do_scan', 'unmerge_and_remove_all_rmap_items']

/** ksmd reads under the lock of the mm that it scans, for a part of its way: two witnesses are needed. */
function ksmd(fact: StackFact, lock: RwSemaphore, mm: VirtAddr): Holder | null {
  const within = fact.waits === null || waitsForLock(fact) ? undefined : insideScan(fact)
  const owner = lock.lastOwner === fact.task.id
  if (within === undefined || !(owner || fact.mms.has(mm))) return null
  return {
    task: fact.task,
    confidence: owner && fact.mms.has(mm) ? 'strong' : 'weak',
    by: `it is inside ${within}, which holds the lock of the mm that it scans, ${owner ? 'the owner word names it' : 'its stack names this mm'}, and it does not wait for it`,
  }
}

/** The function by which a task scans for KSM, or unmerges. */
export function insideScan(fact: StackFact): string | undefined {
  return inside(fact, KSM_READS)
}

export function waitsForLock({ waits }: StackFact): boolean {
  return waits?.signature.waitsFor === 'read' || waits?.signature.waitsFor === 'write'
}

/** The innermost of these functions that a task is inside of. */
function inside({ names }: StackFact, functions: readonly string[]): string | undefined {
  return names.find((name) => name !== null && functions.includes(name)) ?? undefined
}

/** Whether a task is inside gup, which holds the lock of the mm that it reads. */
export function insideGup(fact: StackFact): boolean {
  return inside(fact, READS) !== undefined
}

/** Whether a task handles a page fault, under its own mm's lock unless it waits for that. */
export function inFault(fact: StackFact): boolean {
  return inside(fact, FAULTS) !== undefined
}

/**
 * The mms that a task inside gup may be reading; more than one where its stack names several. A function that reads for another
 * process reads its caller's own mm only where the stack names no other.
 */
function mmsRead(fact: StackFact): ReadonlySet<VirtAddr> {
  const { mm } = fact.task
  const others = inside(fact, READS_ANOTHER) ? [...fact.mms].filter((each) => each !== mm) : []
  return new Set(others.length > 0 ? others : inside(fact, READS) && mm !== 0n ? [mm] : [])
}

/** A walker that works on the mm: do_migrate_pages on its target, or a fault of the mm's own that reclaims or compacts. */
function mayHold({ holdsWhileMigrating }: HangFacts, fact: WalkerFact, mm: VirtAddr): boolean {
  const migrates = holdsWhileMigrating !== false && fact.names.includes('do_migrate_pages') && fact.mms.has(mm)
  return migrates || (fact.task.mm === mm && inside(fact, FAULTS) !== undefined)
}
