import { describe, expect, test } from 'vitest'
import { matchStack, passOf, plainName, SIGNATURES } from '../../src/diagnosis/signatures.ts'
import { frames } from '../support/hang-facts.ts'

// Frames innermost first, as they stand in stacks of kernels from 4.4 to 7.2; a suffix or a left-over frame changes nothing.

const matched = (stack: string, kind: 'walker' | 'waiter'): string | null =>
  matchStack(frames(stack).map(plainName), kind)?.signature.id ?? null

const SYSCALL = 'kernel_migrate_pages __x64_sys_migrate_pages do_syscall_64 entry_SYSCALL_64_after_hwframe'
const UNMAP = 'try_to_migrate_one rmap_walk_ksm try_to_migrate migrate_pages_batch migrate_pages'

const WALKERS: [id: string, stack: string][] = [
  [
    'migrate-pages',
    'smp_call_function_single smp_call_function_many native_flush_tlb_others flush_tlb_page ptep_clear_flush try_to_unmap_one rmap_walk_ksm rmap_walk try_to_unmap migrate_pages do_migrate_pages sys_migrate_pages entry_SYSCALL_64_fastpath',
  ],
  [
    'migrate-pages',
    'smp_call_function_single kvm_unmap_rmapp smp_call_function_many native_flush_tlb_others flush_tlb_page ptep_clear_flush try_to_unmap_one rmap_walk_ksm rmap_walk try_to_unmap migrate_pages do_migrate_pages sys_migrate_pages',
  ],
  [
    'migrate-pages',
    `smp_call_function_single on_each_cpu_cond_mask flush_tlb_mm_range ptep_clear_flush try_to_unmap_one rmap_walk_ksm try_to_unmap migrate_pages migrate_to_node do_migrate_pages.part.0 ${SYSCALL}`,
  ],
  ['migrate-pages', `__cond_resched ${UNMAP} migrate_to_node do_migrate_pages ${SYSCALL}`],
  [
    'migrate-pages',
    `__anon_vma_interval_tree_subtree_search rmap_walk_ksm try_to_migrate migrate_pages_batch migrate_pages_sync migrate_pages migrate_to_node do_migrate_pages ${SYSCALL}`,
  ],
  [
    'migrate-pages',
    `remove_migration_pte rmap_walk_ksm migrate_folio_move migrate_pages_batch migrate_pages_sync migrate_pages migrate_to_node do_migrate_pages ${SYSCALL}`,
  ],
  [
    'cpuset-migrate',
    `${UNMAP} migrate_to_node do_migrate_pages cpuset_migrate_mm_workfn process_one_work worker_thread kthread`,
  ],
  ['move-pages', `${UNMAP} move_pages_and_store_status.isra.0 do_pages_move kernel_move_pages`],
  ['mbind', `${UNMAP} do_mbind kernel_mbind`],
  ['compaction', `${UNMAP} compact_zone kcompactd_do_work kcompactd kthread`],
  [
    'compaction',
    'try_to_unmap_one rmap_walk_ksm rmap_walk try_to_unmap unmap_and_move migrate_pages compact_zone compact_zone_order try_to_compact_pages __alloc_pages_direct_compact __alloc_pages_nodemask',
  ],
  ['contig-range', `${UNMAP} __alloc_contig_migrate_range alloc_contig_range_noprof`],
  ['longterm-pin', `${UNMAP} migrate_longterm_unpinnable_folios __gup_longterm_locked`],
  ['memory-offline', `${UNMAP} do_migrate_range.isra.0.cold offline_pages memory_subsys_offline`],
  [
    'soft-offline',
    'remove_migration_pte rmap_walk_ksm rmap_walk remove_migration_ptes migrate_pages soft_offline_page store_soft_offline_page',
  ],
  ['memory-failure', 'collect_procs_ksm memory_failure kill_me_maybe'],
  ['demotion', `${UNMAP} demote_folio_list shrink_folio_list`],
  ['damon', 'damon_folio_mkold_one rmap_walk_ksm damon_folio_mkold damon_pa_mkold kdamond_fn'],
  ['page-idle', 'page_idle_clear_pte_refs_one rmap_walk_ksm page_idle_clear_pte_refs page_idle_bitmap_write'],
  [
    'reclaim-references',
    'page_referenced_one rmap_walk_ksm rmap_walk page_referenced shrink_active_list shrink_node_memcg shrink_node kswapd',
  ],
  [
    'reclaim-unmap',
    'try_to_unmap_one rmap_walk_ksm try_to_unmap shrink_page_list shrink_inactive_list shrink_node_memcg shrink_node kswapd',
  ],
  ['migration', `${UNMAP} migrate_misplaced_page`],
  ['other', 'page_vma_mkclean_one rmap_walk_ksm folio_mkclean'],
  ['other', 'page_referenced_ksm page_referenced'],
]

const FAULT = 'do_user_addr_fault exc_page_fault asm_exc_page_fault'

const WAITERS: [id: string, stack: string][] = [
  [
    'mmap-lock-fault',
    '__schedule schedule rwsem_down_read_failed call_rwsem_down_read_failed down_read __do_page_fault do_page_fault page_fault',
  ],
  ['mmap-lock-fault', `__schedule schedule rwsem_down_read_slowpath ${FAULT}`],
  [
    'mmap-lock-fault',
    `__schedule schedule schedule_preempt_disabled rwsem_down_read_slowpath down_read_killable lock_mm_and_find_vma ${FAULT}`,
  ],
  ['ksm-exit', '__schedule schedule rwsem_down_write_failed down_write __ksm_exit mmput do_exit'],
  ['mmap-lock-writer', '__schedule schedule rwsem_down_write_slowpath down_write_killable vm_mmap_pgoff do_syscall_64'],
  ['mmap-lock-writer', '__schedule schedule rwbase_write_lock down_write do_madvise.part.0 __x64_sys_madvise'],
  [
    'mmap-lock-remote',
    '__schedule schedule rwsem_down_read_slowpath down_read_killable __access_remote_vm proc_pid_cmdline_read vfs_read',
  ],
  ['rwsem-reader', '__schedule schedule rwsem_down_read_slowpath down_read_killable m_start seq_read_iter seq_read'],
  ['mmap-lock-writer', 'schedule rwsem_down_write_slowpath down_write_killable exit_mmap mmput exit_mm do_exit'],
  ['mmap-lock-reader', 'schedule rwsem_down_read_failed down_read sys_madvise system_call_fastpath'],
  ['mmap-lock-remote', 'schedule rwsem_down_read_slowpath down_read hva_to_pfn kvm_faultin_pfn direct_page_fault'],
  ['mmap-lock-scan', '__schedule schedule rwsem_down_read_slowpath ksm_scan_thread kthread'],
  // inside of what has the mmap_lock it is another one that is waited for
  [
    'rwsem-writer',
    'schedule rwsem_down_write_slowpath down_write vma_prepare __split_vma mprotect_fixup do_mprotect_pkey',
  ],
  ['rwsem-reader', `schedule rwsem_down_read_slowpath down_read xfs_filemap_fault __do_fault handle_mm_fault ${FAULT}`],
  [
    'rwsem-writer',
    'schedule rwsem_down_write_slowpath down_write ext4_fallocate vfs_fallocate madvise_remove do_madvise',
  ],
  [
    'migration-entry-wait',
    `io_schedule migration_entry_wait_on_locked migration_entry_wait do_swap_page __handle_mm_fault ${FAULT}`,
  ],
  [
    'migration-entry-wait',
    'io_schedule put_and_wait_on_page_locked __migration_entry_wait migration_entry_wait do_swap_page',
  ],
  ['ksm-page-lock', 'schedule bit_wait_io __wait_on_bit_lock __lock_page ksm_scan_thread kthread'],
  ['ksm-page-lock', '__schedule schedule io_schedule folio_wait_bit_common __folio_lock ksm_get_folio ksm_scan_thread'],
  ['ksm-thread-mutex', 'schedule __mutex_lock_slowpath mutex_lock ksm_scan_thread kthread'],
  ['ksm-thread-mutex', 'schedule __mutex_lock.isra.0 mutex_lock run_store kernfs_fop_write_iter'],
  ['mutex-waiter', 'schedule __mutex_lock.isra.0 mutex_lock cgroup_kn_lock_live kernfs_fop_write_iter'],
  ['vma-lock-writer', 'schedule __vma_enter_locked __vma_start_write vma_start_write mprotect_fixup'],
  ['anon-vma-writer', 'schedule rwsem_down_write_slowpath down_write anon_vma_fork dup_mmap copy_process'],
  ['anon-vma-reader', 'schedule rwsem_down_read_slowpath down_read rmap_walk_anon try_to_migrate migrate_pages'],
]

test.each(WALKERS)('walker %s: %s', (id, stack) => {
  expect(matched(stack, 'walker')).toBe(`${id}-rmap-walk-ksm`)
})

test.each(WAITERS)('waiter %s: %s', (id, stack) => {
  expect([matched(stack, 'waiter'), matched(stack, 'walker')]).toEqual([id, null])
})

test('every signature has a stack here', () => {
  const proven = new Set([...WALKERS.map(([id]) => `${id}-rmap-walk-ksm`), ...WAITERS.map(([id]) => id)])
  expect(SIGNATURES.map(({ id }) => id).filter((id) => !proven.has(id))).toEqual([])
})

describe('near misses: nobody walks a KSM list', () => {
  test.each([
    [
      'a migration of anonymous memory',
      'smp_call_function_many native_flush_tlb_others flush_tlb_page ptep_clear_flush try_to_unmap_one rmap_walk_anon rmap_walk try_to_unmap migrate_pages do_migrate_pages',
      null,
    ],
    [
      'compaction for a huge page',
      'isolate_migratepages_block compact_zone try_to_compact_pages do_huge_pmd_anonymous_page',
      null,
    ],
    ['NUMA balancing', `migrate_misplaced_page do_numa_page handle_mm_fault ${FAULT}`, null],
    ['an LRU drain', 'schedule wait_for_completion flush_work lru_add_drain_all ksm_do_scan ksm_scan_thread', null],
    ['ksmd at work', 'memcmp_pages stable_tree_search cmp_and_merge_page ksm_scan_thread kthread', null],
    ['ksmd asleep', '__schedule schedule schedule_timeout ksm_scan_thread kthread', null],
    ['a fork', 'anon_vma_interval_tree_insert anon_vma_clone anon_vma_fork dup_mmap copy_process', null],
    ['NFS', '__schedule schedule rpc_wait_bit_killable __wait_on_bit nfs_wait_on_request', null],
    [
      'a page of a file',
      `__schedule io_schedule folio_wait_bit_common filemap_update_page filemap_fault ${FAULT}`,
      null,
    ],
    ['reclaim of files', 'page_vma_mapped_walk rmap_walk_file folio_referenced shrink_active_list shrink_node', null],
    [
      'do_migrate_pages that itself waits',
      'schedule rwsem_down_read_failed call_rwsem_down_read_failed down_read do_migrate_pages sys_migrate_pages',
      'mmap-lock-remote',
    ],
    [
      'a migration entry alone',
      'io_schedule migration_entry_wait_on_locked migration_entry_wait do_swap_page',
      'migration-entry-wait',
    ],
  ])('%s', (_what, stack, waits) => {
    expect([matched(stack, 'walker'), matched(stack, 'waiter')]).toEqual([null, waits])
  })

  test('a guessed frame is none', () => {
    const names = frames(`__cond_resched ${UNMAP} do_migrate_pages`).map((name) =>
      name === 'rmap_walk_ksm' ? null : name,
    )
    expect(matchStack(names, 'walker')).toBeNull()
  })

  test('frames in the wrong order, or too far apart', () => {
    expect(matched('do_migrate_pages migrate_pages try_to_migrate rmap_walk_ksm', 'walker')).toBe('other-rmap-walk-ksm')
    const far = Array.from({ length: 7 }, (_, i) => `f${i}`).join(' ')
    expect(matched(`rmap_walk_ksm ${far} compact_zone`, 'walker')).toBe('other-rmap-walk-ksm')
  })
})

test.each([
  ['unmap', UNMAP],
  ['unmap', 'try_to_unmap_one rmap_walk_ksm rmap_walk try_to_unmap migrate_pages'],
  ['restore', 'remove_migration_pte rmap_walk_ksm migrate_folio_move migrate_pages_batch'],
  ['restore', 'rmap_walk_ksm rmap_walk remove_migration_ptes migrate_pages'],
  ['restore', 'page_vma_mapped_walk rmap_walk_ksm migrate_pages_batch migrate_pages'],
  [null, 'folio_referenced_one rmap_walk_ksm folio_referenced shrink_active_list'],
] as const)('pass %s: %s', (pass, stack) => {
  const names = frames(stack)
  expect(passOf(names, names.indexOf('rmap_walk_ksm'))).toBe(pass)
})
