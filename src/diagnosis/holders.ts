import type { VirtAddr } from '../base/units.ts'
import type { HangFacts, LockFact, StackFact, WalkerFact } from './gather-hang.ts'
import type { Confidence } from './types.ts'

/** Who holds a lock, how sure that is, and by what. */
export interface Holder {
  fact: StackFact
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
  const readers = outside.filter((fact) => !waitsForLock(fact) && mmsRead(fact).has(mm))
  const holders: Holder[] = readers.map((fact) => ({
    fact,
    confidence: mmsRead(fact).size === 1 ? 'strong' : 'weak',
    by: `it is inside ${inside(fact, READS)}, which holds the lock of the mm that it reads, and does not wait for it`,
  }))
  const left = lock.readers - readers.length
  if (left <= 0) return holders
  const walkers = facts.walkers.filter(
    (fact) => !queued.has(fact.task.address) && !readers.some((each) => each.task === fact.task) && mayHold(fact, mm),
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

function waitsForLock({ waits }: StackFact): boolean {
  return waits?.signature.waitsFor === 'read' || waits?.signature.waitsFor === 'write'
}

/** The innermost of these functions that a task is inside of. */
function inside({ names }: StackFact, functions: readonly string[]): string | undefined {
  return names.find((name) => name !== null && functions.includes(name)) ?? undefined
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
function mayHold(fact: WalkerFact, mm: VirtAddr): boolean {
  const migrates = fact.names.includes('do_migrate_pages') && fact.mms.has(mm)
  return migrates || (fact.task.mm === mm && inside(fact, FAULTS) !== undefined)
}
