import type { HangFacts, LockFact, StackFact, WalkerFact } from './gather-hang.ts'
import type { Confidence } from './types.ts'

/** Who holds a lock, how sure that is, and by what. */
export interface Holder {
  fact: StackFact
  confidence: Confidence
  by: string
}

/** Functions that hold the mmap_lock of the mm that they read until they return: gup and its callers. @see mm/gup.c (v6.12) */
const HOLDS_WHILE_FAULTING = [
  '__access_remote_vm',
  'get_user_pages_remote',
  '__get_user_pages_remote',
  '__get_user_pages',
  'get_user_pages_unlocked',
  'process_vm_rw_core',
  'fixup_user_fault',
  'hva_to_pfn',
  'faultin_page',
] as const
/** Functions that fault or allocate under their own mmap_lock. */
const FAULTS = ['do_user_addr_fault', '__do_page_fault', 'do_page_fault'] as const

/**
 * Who holds a mmap_lock, out of the count word, the owner word, the queue and the stacks together. The owner word of a lock that
 * is held by readers is only the last reader that took it, which may be a waiter by now; it is never believed alone.
 */
export function holdersOf(facts: HangFacts, { mm, lock }: LockFact): Holder[] {
  const queued = new Set(lock.waiters.map((waiter) => waiter.task))
  const outside = facts.stacks.filter((fact) => !queued.has(fact.task.address))
  if (lock.held === 'write') {
    const owner = outside.find((fact) => fact.task.address === lock.lastOwner)
    return owner
      ? [
          {
            fact: owner,
            confidence: 'strong',
            by: 'the lock is held for writing, its owner word names this task, and it does not wait for it',
          },
        ]
      : []
  }
  if (lock.held !== 'read' || lock.readers === null) return []
  const sure = outside.filter((fact) => holdsForSure(fact, mm))
  const holders: Holder[] = sure.map((fact) => ({
    fact,
    confidence: 'strong',
    by: `it is inside ${fact.names.find((name) => name !== null && HOLDS_WHILE_FAULTING.includes(name as (typeof HOLDS_WHILE_FAULTING)[number]))}, which holds the lock of the mm that it reads, and does not wait for it`,
  }))
  const left = lock.readers - sure.length
  if (left <= 0) return holders
  const walkers = facts.walkers.filter(
    (fact) => !queued.has(fact.task.address) && !sure.some((each) => each.task === fact.task) && mayHold(fact, mm),
  )
  for (const fact of walkers.slice(0, left)) {
    holders.push({
      fact,
      confidence: walkers.length === 1 && left === 1 ? 'strong' : 'weak',
      by: `the count says ${lock.readers === 1 ? 'one reader' : `${lock.readers} readers`}, ${holders.length === 0 ? 'nobody else' : 'of the others only some'} can be one, and this task works on the mm`,
    })
  }
  return holders
}

function holdsForSure(fact: StackFact, mm: bigint): boolean {
  const waits = fact.waits?.signature.waitsFor
  if (waits === 'read' || waits === 'write') return false
  const inside = fact.names.some(
    (name) => name !== null && HOLDS_WHILE_FAULTING.includes(name as (typeof HOLDS_WHILE_FAULTING)[number]),
  )
  return inside && (fact.mms.has(mm) || fact.task.mm === mm) && (fact.mms.size <= 1 || fact.mms.has(mm))
}

/** A walker that works on the mm: do_migrate_pages on its target, or a fault of the mm's own that reclaims or compacts. */
function mayHold(fact: WalkerFact, mm: bigint): boolean {
  const migrates = fact.names.includes('do_migrate_pages') && fact.mms.has(mm)
  const faults =
    fact.task.mm === mm && fact.names.some((name) => name !== null && FAULTS.includes(name as (typeof FAULTS)[number]))
  const reads =
    fact.names.some(
      (name) => name !== null && HOLDS_WHILE_FAULTING.includes(name as (typeof HOLDS_WHILE_FAULTING)[number]),
    ) && fact.mms.has(mm)
  return migrates || faults || reads
}
