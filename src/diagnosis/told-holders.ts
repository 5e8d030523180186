import type { VirtAddr } from '../base/units.ts'
import type { HangFacts, StackFact, TaskFact, ToldHolder, WalkerFact } from './hang-facts.ts'
import { inFault, insideGup, insideScan, waitsForLock } from './holders.ts'
import { holdsLockWhileMigrating, perVmaLocksByRelease } from './releases.ts'
import { sameProcess } from './same-process.ts'
import { UNDER_MMAP_LOCK, waitsWithin } from './signatures.ts'

/** Functions around other rw_semaphores: of inodes, superblocks, mounts, cgroups and network devices. */
const OTHER_LOCKS =
  /^(?:xfs|ext4|btrfs|f2fs|ocfs2|gfs2|nfs4?|ceph|fuse|zfs|cgroup|cpuset_css)_|^(?:iterate_supers|grab_super|super_lock|lock_mount|do_lock_mount|namespace_lock|lookup_slow|walk_component|open_last_lookups|do_unlinkat|generic_file_write_iter|(?:un)?register_netdevice_notifier|threadgroup_change_begin)/

/**
 * Whether a task waits for a mmap_lock: null where its stack does not tell which rw_semaphore it is.
 */
function isOnMmapLock({ names, waits }: StackFact): boolean | null {
  if (!waits || waits.signature.mmapLock !== undefined) return waits !== null
  if (waitsWithin(names, waits, UNDER_MMAP_LOCK)) return false
  return names.some((name) => name !== null && OTHER_LOCKS.test(name)) ? false : null
}

/**
 * Who holds what texts show tasks to wait for, by stacks alone. Which mm a mmap_lock belongs to is seldom in a text: where one task
 * alone can be the holder, it is taken for all of them.
 * @param release - of the kernel, null where unknown
 * @param owners - tasks that the owner words of queued rw_semaphores name
 * @returns by the waiter's id
 */
export function toldHolders(
  stacks: readonly StackFact[],
  walkers: readonly WalkerFact[],
  release: string | null,
  owners: ReadonlySet<VirtAddr>,
): NonNullable<HangFacts['told']> {
  const holds = holdsLockWhileMigrating(release)
  const perVmaLocks = perVmaLocksByRelease(release)
  const sound = walkers.filter(({ doubt }) => doubt === null)
  const doubted = new Set(walkers.filter(({ doubt }) => doubt !== null).map(({ task }) => task.id))
  const trusted = sound.length > 0 ? sound : walkers
  const migrators = trusted.filter((walker) => walker.names.includes('do_migrate_pages')).map(({ task }) => task)
  const faulting = trusted.filter((walker) => inFault(walker)).map(({ task }) => task)
  const waitingFor = (waitsFor: string): StackFact[] =>
    stacks.filter((fact) => fact.waits?.signature.waitsFor === waitsFor)
  const readers = waitingFor('migration-entry').filter((fact) => insideGup(fact))
  const scanners = stacks
    .filter((fact) => (fact.waits !== null || fact.task.running) && insideScan(fact) !== undefined)
    .filter(({ waits }) => waits?.signature.waitsFor !== 'ksm-thread-mutex')
  // a scan holds the mmap_lock for a part of its way, and its frames look the same in the other part
  const owning = scanners
    .filter((scanner) => !waitsForLock(scanner) && scanner.task.address !== null && owners.has(scanner.task.address))
    .map(({ task }) => task)

  const ofMmapLock = (fact: StackFact): ToldHolder[] => {
    const own = faulting.filter((task) => mayShare(fact, task) !== false)
    // from 6.4 on a fault may hold no more than the lock of its VMA
    const surelyOwn = perVmaLocks === false ? own.filter((task) => mayShare(fact, task) === true) : []
    const sure = [...(holds === false ? [] : migrators), ...surelyOwn]
    if (sure.length > 0) return sharing([...new Set(sure)])
    const rest = own.map((task) => ({ id: task.id, confidence: 'weak' as const }))
    if (readers.length > 0 && rest.length === 0) return sharing(readers.map(({ task }) => task))
    if (owning.length > 0 && rest.length === 0) return sharing(owning, owners.size === 1)
    const others = readers.length > 0 ? readers.map(({ task }) => task) : [...migrators, ...owning]
    return [...rest, ...others.map(({ id }) => ({ id, confidence: 'weak' as const }))]
  }

  return new Map([
    ...waitingFor('ksm-thread-mutex').map(({ task }): [bigint, ToldHolder[]] => [
      task.id,
      sharing(scanners.map((scanner) => scanner.task)),
    ]),
    ...stacks
      .filter((fact) => waitsForLock(fact) && isOnMmapLock(fact) !== false)
      .map((fact): [bigint, ToldHolder[]] => {
        // neither a lock that may be another nor a stack that is in doubt makes anything sure
        const sure = ({ id }: ToldHolder): boolean => isOnMmapLock(fact) === true && !doubted.has(id)
        return [
          fact.task.id,
          ofMmapLock(fact).map((holder) => (sure(holder) ? holder : { ...holder, confidence: 'weak' })),
        ]
      }),
  ])
}

/** One can only be it; of several, any. */
function sharing(tasks: readonly TaskFact[], sure = true): ToldHolder[] {
  return tasks.map(({ id }) => ({ id, confidence: sure && tasks.length === 1 ? 'strong' : 'weak' }))
}

/**
 * Whether a task waits for the mmap_lock of another one's mm: not where it waits for its own, and that is another; null where
 * the texts don't tell whose it waits for, or whether the two are threads of one process.
 */
function mayShare({ task, waits }: StackFact, other: TaskFact): boolean | null {
  return waits?.signature.mmapLock === 'own' ? sameProcess(task, other) : null
}
