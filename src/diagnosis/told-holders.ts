import type { VirtAddr } from '../base/units.ts'
import type { HangFacts, StackFact, TaskFact, ToldHolder, WalkerFact } from './hang-facts.ts'
import { inFault, insideGup, insideScan, waitsForLock } from './holders.ts'
import { holdsLockWhileMigrating } from './releases.ts'

/** Functions that take the mmap_lock of the task's own mm. @see mm/mmap.c, mm/util.c, mm/madvise.c (v4.4, v6.12) */
const OWN_MM = [
  'vm_mmap_pgoff',
  'vm_munmap',
  '__vm_munmap',
  'do_mprotect_pkey',
  'sys_mprotect',
  'do_madvise',
  'sys_madvise',
  '__do_sys_brk',
  'sys_brk',
  '__do_sys_mremap',
  'sys_mremap',
]

/** Functions around other rw_semaphores: of inodes, superblocks, mounts, cgroups and network devices. */
const OTHER_LOCKS =
  /^(?:xfs|ext4|btrfs|f2fs|ocfs2|gfs2|nfs4?|ceph|fuse|zfs|cgroup|cpuset_css)_|^(?:iterate_supers|grab_super|super_lock|lock_mount|do_lock_mount|namespace_lock|lookup_slow|walk_component|open_last_lookups|do_unlinkat|generic_file_write_iter|(?:un)?register_netdevice_notifier|threadgroup_change_begin)/

/** Whether a wait for a rw_semaphore may be for a mmap_lock, by the functions around it. */
function mayBeMmapLock(fact: StackFact): boolean {
  if (inFault(fact) || insideGup(fact)) return true
  return !fact.names.some((name) => name !== null && OTHER_LOCKS.test(name) && !OWN_MM.includes(name))
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
    const surelyOwn = own.filter((task) => mayShare(fact, task) === true)
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
      .filter((fact) => waitsForLock(fact) && mayBeMmapLock(fact))
      .map((fact): [bigint, ToldHolder[]] => [
        fact.task.id,
        // a stack that is in doubt makes nothing sure
        ofMmapLock(fact).map((holder) => (doubted.has(holder.id) ? { ...holder, confidence: 'weak' } : holder)),
      ]),
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
function mayShare(fact: StackFact, { tgid, spaceKiB }: TaskFact): boolean | null {
  const forOwn = inFault(fact) || fact.names.some((name) => name !== null && OWN_MM.includes(name))
  if (!forOwn || insideGup(fact)) return null
  if (tgid !== null && fact.task.tgid !== null) return tgid === fact.task.tgid
  return spaceKiB !== null && fact.task.spaceKiB !== null ? spaceKiB === fact.task.spaceKiB : null
}
