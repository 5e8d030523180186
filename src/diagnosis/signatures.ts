/**
 * Stack signatures: one declarative table for dumps and for text alike. Frames are named innermost first, without the
 * compiler's suffixes (.cold, .isra.0, .part.0, .constprop.0).
 */

/** What a signature says of the task that has it. */
export type SignatureKind = 'walker' | 'waiter'

export interface Signature {
  id: string
  kind: SignatureKind
  /** In words, after "it ": "migrates pages for migrate_pages(2)". */
  means: string
  /**
   * Groups of alternatives that must follow each other outwards, each at most GAP frames behind the one before: a compiler
   * inlines some frames, and a left-over may stand between two real ones.
   */
  frames: readonly (readonly string[])[]
  /** Functions that must not stand between the first and the last of them. */
  without?: readonly string[]
  /** Waiters: what they wait for. */
  waitsFor?: WaitsFor
  /** Waiters: it is a mmap_lock for sure, and whose: of the task's own mm, or of one that the stack does not tell. */
  mmapLock?: 'own' | 'any'
  /** Walkers: the page stays where it is or is given up; it is not migrated. */
  pageStays?: true
}

export type WaitsFor =
  | 'read'
  | 'write'
  | 'migration-entry'
  | 'page-lock'
  | 'vma-lock'
  | 'ksm-thread-mutex'
  | 'mutex'
  | 'anon-vma'

/** Frames that may stand between two groups. */
const GAP = 6

/** The walk itself; collect_procs_ksm and the two before 3.14 walk the same list in functions of their own. */
export const WALK: readonly string[] = ['rmap_walk_ksm', 'collect_procs_ksm', 'try_to_unmap_ksm', 'page_referenced_ksm']
const RESTORE = [
  'remove_migration_ptes',
  'remove_migration_pte',
  'migrate_folio_move',
  'move_to_new_folio',
  'move_to_new_page',
] as const
const MIGRATE = ['migrate_pages', 'migrate_pages_batch', 'migrate_pages_sync', 'unmap_and_move'] as const

/** Walkers, the outermost function that tells who it is; the first that matches is taken. @see mm/*.c (v4.4, v5.10, v6.1, v6.12, v7.2) */
const WALKERS: readonly Signature[] = [
  walker(
    'cpuset-migrate',
    'moves a process to the nodes of its cpuset (cpuset_migrate_mm)',
    ['do_migrate_pages'],
    ['cpuset_migrate_mm_workfn', 'cpuset_migrate_mm'],
  ),
  walker('migrate-pages', 'migrates the pages of a process for migrate_pages(2)', ['do_migrate_pages']),
  walker('move-pages', 'moves pages for move_pages(2)', [
    'move_pages_and_store_status',
    'do_pages_move',
    'kernel_move_pages',
    'do_move_page_to_node_array',
    'do_move_pages_to_node',
  ]),
  walker('mbind', 'moves pages for mbind(2)', ['do_mbind', 'kernel_mbind']),
  walker('compaction', 'compacts memory', ['compact_zone']),
  walker('contig-range', 'frees a contiguous range (CMA, gigantic pages, virtio-mem)', [
    'alloc_contig_range',
    'alloc_contig_range_noprof',
    '__alloc_contig_migrate_range',
    'alloc_contig_frozen_range_noprof',
  ]),
  walker('longterm-pin', 'moves pages away for a long-term pin', [
    'migrate_longterm_unpinnable_folios',
    '__gup_longterm_locked',
  ]),
  walker('memory-offline', 'takes memory offline', ['do_migrate_range', 'offline_pages']),
  walker('soft-offline', 'takes a page with errors out of use', [
    'soft_offline_page',
    '__soft_offline_page',
    'soft_offline_in_use_page',
    'soft_offline_folio',
  ]),
  staying(
    walker('memory-failure', 'handles a memory failure', [
      'memory_failure',
      'hwpoison_user_mappings',
      'unmap_poisoned_folio',
      'collect_procs',
    ]),
  ),
  walker('demotion', 'demotes pages to slower memory', ['demote_folio_list', 'demote_page_list']),
  staying(
    walker('damon', 'checks accesses for DAMON', [
      'damon_folio_young',
      'damon_folio_mkold',
      'damon_pa_young',
      'damon_pa_mkold',
    ]),
  ),
  staying(
    walker('page-idle', 'clears idle marks (page_idle)', [
      'page_idle_clear_pte_refs',
      'page_idle_bitmap_read',
      'page_idle_bitmap_write',
    ]),
  ),
  staying(
    walker(
      'reclaim-references',
      'looks for references to reclaim pages',
      ['folio_referenced', 'page_referenced'],
      [
        'shrink_active_list',
        'shrink_folio_list',
        'shrink_page_list',
        'shrink_inactive_list',
        'shrink_lruvec',
        'evict_folios',
        'shrink_node',
      ],
    ),
  ),
  staying(
    walker(
      'reclaim-unmap',
      'unmaps pages to reclaim them',
      ['try_to_unmap'],
      ['shrink_folio_list', 'shrink_page_list', 'shrink_inactive_list', 'evict_folios'],
    ),
  ),
  walker('migration', 'migrates pages', MIGRATE),
  { id: 'other-rmap-walk-ksm', kind: 'walker', means: 'walks the list', frames: [WALK] },
]

function walker(name: string, means: string, ...who: readonly (readonly string[])[]): Signature {
  return { id: `${name}-rmap-walk-ksm`, kind: 'walker', means, frames: [WALK, ...who] }
}

/** A walker that does not migrate the page. */
function staying(signature: Signature): Signature {
  return { ...signature, pageStays: true }
}

export const READ_SLOW = [
  'rwsem_down_read_slowpath',
  'rwsem_down_read_failed',
  'call_rwsem_down_read_failed',
  '__rwbase_read_lock',
  'rwbase_read_lock',
] as const
export const WRITE_SLOW = [
  'rwsem_down_write_slowpath',
  'rwsem_down_write_failed',
  'rwsem_down_write_failed_killable',
  'call_rwsem_down_write_failed',
  'rwbase_write_lock',
  '__rwbase_write_lock',
] as const
const MIGRATION_WAIT = [
  'migration_entry_wait_on_locked',
  'softleaf_entry_wait_on_locked',
  'put_and_wait_on_page_locked',
  '__migration_entry_wait',
  'migration_entry_wait',
] as const
const PAGE_LOCK = ['__folio_lock', '__lock_page', 'folio_wait_bit_common', '__wait_on_bit_lock'] as const
const KSM_CODE = [
  'ksm_scan_thread',
  'ksm_do_scan',
  'ksm_get_folio',
  'get_ksm_page',
  'stable_tree_search',
  'stable_tree_append',
  'remove_rmap_item_from_tree',
  'unmerge_ksm_pages',
  'run_store',
] as const
const FAULT = ['do_user_addr_fault', '__do_page_fault', 'do_page_fault', 'exc_page_fault'] as const
/** System calls that change or look at the mappings of their own mm. @see mm/mmap.c, mm/util.c, mm/mprotect.c, mm/madvise.c (v4.4, v6.12) */
const OWN_CALLS = [
  'vm_mmap_pgoff',
  'vm_munmap',
  '__vm_munmap',
  'do_mprotect_pkey',
  'sys_mprotect',
  'SyS_mprotect',
  'do_madvise',
  'sys_madvise',
  'SyS_madvise',
  '__do_sys_brk',
  'sys_brk',
  'SyS_brk',
  '__do_sys_mremap',
  'sys_mremap',
  'SyS_mremap',
] as const
/** Functions of a task that exits. @see kernel/exit.c, mm/mmap.c, mm/khugepaged.c (v4.4, v6.12) */
const EXITS = ['exit_mm', 'exit_mmap', '__khugepaged_exit'] as const
/** Functions that look into another process, or into that of a virtual machine. @see fs/proc/base.c, mm/memory.c, mm/gup.c, virt/kvm (v4.4, v6.12) */
const REMOTE = [
  'proc_pid_cmdline_read',
  'get_mm_cmdline',
  'environ_read',
  'access_remote_vm',
  '__access_remote_vm',
  'access_process_vm',
  'get_user_pages_remote',
  '__get_user_pages_remote',
  'process_vm_rw_core',
  'get_user_pages_unlocked',
  '__get_user_pages_locked',
  'fixup_user_fault',
  'hva_to_pfn',
  'async_pf_execute',
  'do_migrate_pages',
  'collapse_huge_page',
  'khugepaged_scan_mm_slot',
] as const
/** Functions of ksmd, and of who unmerges, that take the lock of the mm that they work on. @see mm/ksm.c (v4.4, v6.12) */
const SCANS = [
  'ksm_scan_thread',
  'ksm_do_scan',
  'try_to_merge_with_ksm_page',
  'unmerge_and_remove_all_rmap_items',
] as const
/** Inside these the mmap_lock is held already: what is waited for there is another lock, a VMA's (6.4) or a file's. */
export const UNDER_MMAP_LOCK: readonly string[] = [
  'handle_mm_fault',
  '__handle_mm_fault',
  'do_mmap',
  'do_mmap_pgoff',
  'mmap_region',
  '__mmap_region',
  'do_munmap',
  '__do_munmap',
  'do_vmi_munmap',
  'do_vmi_align_munmap',
  'mprotect_fixup',
  'madvise_walk_vmas',
  'madvise_vma',
  'madvise_vma_behavior',
  'madvise_remove',
  'move_vma',
  'do_brk',
  'do_brk_flags',
  'split_vma',
  '__split_vma',
  'vma_merge',
  'vma_modify',
  'vma_expand',
  'unmap_region',
  'unmap_vmas',
  'free_pgtables',
  'migrate_pages',
  'migrate_to_node',
  'security_mmap_file',
  'vfs_fallocate',
]
const ANON_VMA = [
  ...WALK,
  'anon_vma_fork',
  'anon_vma_clone',
  'unlink_anon_vmas',
  '__anon_vma_prepare',
  'rmap_walk_anon',
]
const MUTEX = ['__mutex_lock', '__mutex_lock_slowpath', 'mutex_lock', 'rt_mutex_slowlock'] as const
const VMA_LOCK = ['__vma_start_exclude_readers', '__vma_start_write', '__vma_enter_locked', 'vma_start_write'] as const

/** Waiters, most telling first. Which rw_semaphore those named so wait for only its queue tells. */
const WAITERS: readonly Signature[] = [
  waiter('migration-entry-wait', 'migration-entry', 'waits until a page has been migrated', MIGRATION_WAIT),
  waiter('ksm-page-lock', 'page-lock', 'waits for the lock of a KSM page', PAGE_LOCK, KSM_CODE),
  waiter('ksm-thread-mutex', 'ksm-thread-mutex', 'waits for ksm_thread_mutex', MUTEX, [
    ...KSM_CODE,
    'merge_across_nodes_store',
    'max_page_sharing_store',
    'ksm_memory_callback',
  ]),
  waiter('vma-lock-writer', 'vma-lock', 'waits until nobody reads a VMA', VMA_LOCK),
  waiter('anon-vma-writer', 'anon-vma', 'waits for the lock of an anon_vma', WRITE_SLOW, ANON_VMA),
  waiter('anon-vma-reader', 'anon-vma', 'waits for the lock of an anon_vma', READ_SLOW, ANON_VMA),
  ofMmapLock(
    'own',
    waiter('mmap-lock-fault', 'read', 'handles a page fault and waits for mmap_lock', READ_SLOW, FAULT),
  ),
  ofMmapLock(
    'own',
    waiter('ksm-exit', 'write', 'exits, and waits for its mmap_lock until ksmd has let go of it', WRITE_SLOW, [
      '__ksm_exit',
    ]),
  ),
  ofMmapLock(
    'own',
    waiter('mmap-lock-writer', 'write', 'changes its mappings and waits for its mmap_lock', WRITE_SLOW, [
      ...OWN_CALLS,
      ...EXITS,
    ]),
  ),
  ofMmapLock(
    'own',
    waiter('mmap-lock-reader', 'read', 'looks at its mappings and waits for its mmap_lock', READ_SLOW, [
      ...OWN_CALLS,
      ...EXITS,
    ]),
  ),
  ofMmapLock(
    'any',
    waiter('mmap-lock-remote', 'read', 'looks into a process and waits for its mmap_lock', READ_SLOW, REMOTE),
  ),
  ofMmapLock(
    'any',
    waiter('mmap-lock-scan', 'read', 'scans a process for KSM and waits for its mmap_lock', READ_SLOW, SCANS),
  ),
  waiter('rwsem-reader', 'read', 'waits for a rw_semaphore as a reader', READ_SLOW),
  waiter('rwsem-writer', 'write', 'waits for a rw_semaphore as a writer', WRITE_SLOW),
  waiter('mutex-waiter', 'mutex', 'waits for a mutex', MUTEX),
]

function waiter(id: string, waitsFor: WaitsFor, means: string, ...frames: readonly (readonly string[])[]): Signature {
  return { id, kind: 'waiter', means, frames, waitsFor }
}

/** A waiter whose lock is a mmap_lock for sure, unless it is inside of something that has it already. */
function ofMmapLock(mmapLock: 'own' | 'any', signature: Signature): Signature {
  return { ...signature, mmapLock, without: UNDER_MMAP_LOCK }
}

export const SIGNATURES: readonly Signature[] = [...WALKERS, ...WAITERS]

/** A function's name without what the compiler appended. */
export function plainName(symbol: string): string {
  return symbol.replace(/\.(cold|isra|part|constprop|llvm|lto_priv)(\.\d+)?/g, '')
}

/** A signature that a stack has. */
export interface Match {
  signature: Signature
  /** Indexes of the frames that matched, one a group. */
  at: number[]
}

/**
 * The first signature of a kind that a stack has.
 * @param names - plain names, innermost first; null where a frame has none. Guessed frames must be left out
 */
export function matchStack(names: readonly (string | null)[], kind: SignatureKind): Match | null {
  for (const signature of SIGNATURES) {
    if (signature.kind !== kind) continue
    const at = matchFrames(names, signature.frames)
    if (at && !between(names, at, signature.without)) return { signature, at }
  }
  return null
}

/** Whether one of the functions stands between the first and the last frame that matched. */
function between(names: readonly (string | null)[], at: readonly number[], functions: Signature['without']): boolean {
  if (functions === undefined) return false
  return names.slice(at[0]! + 1, at.at(-1)).some((name) => name !== null && functions.includes(name))
}

/** Whether a wait stands inside of one of the functions, near enough to be for a lock that is taken there. */
export function waitsWithin(names: readonly (string | null)[], { at }: Match, functions: readonly string[]): boolean {
  return names.slice(at[0]!, at[0]! + GAP).some((name) => name !== null && functions.includes(name))
}

function matchFrames(names: readonly (string | null)[], groups: readonly (readonly string[])[]): number[] | null {
  const starts = names.flatMap((name, i) => (name !== null && groups[0]!.includes(name) ? [i] : []))
  for (const start of starts) {
    const at = [start]
    for (const group of groups.slice(1)) {
      const last = at.at(-1)!
      const next = names.findIndex((name, i) => i > last && i <= last + GAP && name !== null && group.includes(name))
      if (next < 0) break
      at.push(next)
    }
    if (at.length === groups.length) return at
  }
  return null
}

/** Which pass of a migration a walk is in, by the frames around rmap_walk_ksm; null for other walks. */
export function passOf(names: readonly (string | null)[], at: number): 'unmap' | 'restore' | null {
  const near = names.slice(Math.max(0, at - 8), at + 3)
  const has = (wanted: readonly string[]): boolean => near.some((name) => name !== null && wanted.includes(name))
  if (has(RESTORE)) return 'restore'
  if (has(['try_to_migrate', 'try_to_migrate_one', 'try_to_unmap', 'try_to_unmap_one'])) return 'unmap'
  // remove_migration_ptes is inlined into the function that moves the batch
  return has(MIGRATE) ? 'restore' : null
}
