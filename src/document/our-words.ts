/** Words of our own sentences, codes and commands, in lower case. Written by scripts/our-words.mjs, in the build. */
export const OUR_WORDS: ReadonlySet<string> = new Set(
  `
aarch64 abort about above absent absolute absolute-percpu access access_process_vm access_remote_vm accesses across
actions active acts add addr address addresses advice advisor advisor_max_cpu advisor_max_pages_to_scan
advisor_min_pages_to_scan advisor_mode advisor_target_scan_time after again align all alloc
alloc_contig_frozen_range_noprof alloc_contig_migrate_range alloc_contig_range alloc_contig_range_noprof alone already
also alt always amd64 among an analyze and anon anon-vma anon-vma-reader anon-vma-wait anon-vma-writer anon_vma
anon_vma_clone anon_vma_fork anon_vma_prepare anon_vmas anonymous another another-walk answer any anything api append
apport ar arch arch.num_orcs arch.orc_unwind arch.orc_unwind_ip archive archives are arg arg_end arg_start arguments
arm arm64 array arrival arrived as ascend ask asked asm async async_pf_execute at away back back-link backed backport
bad bad-config bad-flag balance balance_pgdat base base-relative base64 bash bashdefault batch batches be because
become been before began begin beginning begins behavior behind being belong belongs below bends between beyond big
big-endian bit bit_nr bitmap bitmap-mismatch bitmapblocks bitmaps bits blk block blocked blocker blocks blocksize bnc
bool boot booted boots bound bounded bounds bp bp-indirect breaks brk broken bt btf buf buffer bug bugs
bugs.launchpad.net build build-id buildid built but by byte byte-buffer bytes bz bzh bzip2 c653d0ee2ae cache call
call_function_data call_rwsem_down_read_failed call_rwsem_down_write_failed call_single_data callback called caller
caller_id calls came can canonical carries case catch catch-walker cause census census-differs cfd cfd_data cfg cgroup
chain chains change changed changelog changes check check.crash check.py checked checks checksum children circle clean
cleaned clear clears clock clone cma cmdline cmp cmp_and_merge_page code collapse collapse_huge_page collect
collect_procs collect_procs_ksm come comes comm command commands commit common comms comp comp_cword comp_words
compact compact_zone compaction compaction_proactiveness compacts compare compared compdef compgen complete completion
compreply compressed cond cond_resched config config-schema.ts config_debug_info_btf config_ksm configuration
confirmed console consoles constants contents context context_switch contig contig-range contiguous convert copy core
core_layout.base core_layout.size core_size cores could count count.counter counted counter counters counters-differ
counting counts coverage cpu cpus cpuset cpuset-migrate cpuset.mems cpuset_migrate_mm cpuset_migrate_mm_workfn crash
crashtime critical csd csd-lock-wait csd-lock-wait-inlined csd-timeout csd_lock_wait current currentdmesg
currentdmesg.txt cursor cursorerror custom cut cve cve-2024-0564 cword cycle da da-f damaged damaged-header
damaged-structure damon damon_folio_mkold damon_folio_young damon_pa_mkold damon_pa_young data date datetext dbg
dbgsym dc dd dd-dd dd-ddt ddt deadlock debian debian.master debug debugging debuginfo decode default defrag demote
demote_folio_list demote_page_list demotes demotion desc describe describes description descriptor descriptors descs
detected device diagnose dict dict_len did differ differently differs dir direct directly directory disable disabled
disk diskdump distribution distrorelease dmesg dmesg.txt do do_brk do_brk_flags do_madvise do_mbind do_migrate_pages
do_migrate_range do_mmap do_mmap_pgoff do_move_page_to_node_array do_move_pages_to_node do_mprotect_pkey do_munmap
do_page_fault do_pages_move do_sys_brk do_sys_mremap do_user_addr_fault do_vmi_align_munmap do_vmi_munmap docs
document does done doubt down drain drgn dump dump-guest-memory dump-incomplete dump-level dumped dup duplicate dups
dwarf each earlier ebusy echo edit effect effective el7a elf elif else emptied empty enabled end ended endian ending
ends enough enter entry environ environ_read environment environment.md equal erased eraseinfo error errors esac
estimate etext events ever every everything evict evict_folios exc exc_page_fault exclude exclude-guest excluded
execute existing exists exit exit_mm exit_mmap exit_state exited exited-processes exits expand expected explain fail
failed failing failure fallocate false far fault faulted faultin faultin_page fbd59136e0 fbe20b4e2 ff9554bb578 fi
field fields file file-exists file-truncated files filtered find finding findings first first_waiter fish
fish_seen_subcommand_from fish_use_subcommand fit fix fixup fixup_user_fault flag flags flattened flattened-damaged
flattened-elf flattened-kdump flush flush_smp_call_function_queue folded folded-stacks folder folio folio_lock
folio_referenced folio_wait_bit_common folio_wait_table folios followed for foreach fork form format forms found frame
frame-pointer frames free free_pgtables freed frees from frozen full full_scans func funcstack function functions
further fw gave general general_profit generic get get_dmesg get_ksm_page get_mm_cmdline get_user_pages
get_user_pages_locked get_user_pages_remote get_user_pages_unlocked gets gib gigantic give given go goes gone grep
group groups gt guessed guest guest-console guest-log guests gup gup_longterm_locked gzip had handed handle
handle_mm_fault handles hang hangs hard hard-lockup hardlink has has-fix have hdf hdf5 hdrs head header headers
healthy held help here higher hlist hlist.address_of hlist.first hlist_dup hlist_for_each_entry hlist_head hlist_node
hlist_node.next hlists hold holder holds hole host host.name hosts how https huge hugepage hung hung-task
hung_task_warnings hva hva_to_pfn hwpoison hwpoison_user_mappings hypervisor i386 id identified idle ids idx if image
implausible implausible-value in inactive include incomplete index indexed indexing indirect inferred info infos init
init_task init_uts_ns inlined innermost input inputs inputs-differ inputs.name ins inside instead instruction int
inter inter-processor internal interrupt interrupted interrupts into invalid ip ipi ipis irq irqentry is
is-a-directory is-a-report is-a-vmlinux is-empty is-packed it item items its itself jiffies jiffies_64 join journald
jpeg json just kallsyms kallsyms-scan kallsyms_num_syms kallsyms_offsets kallsyms_relative_base kallsyms_token_index
kdump kdump-folder kdump-zlib keep keeps kern kern.w kernel kernel-alt kernel-debuginfo kernel-default-debuginfo
kernel-log kernel.spec kernel_mbind kernel_move_pages kerneloffset kernels key keys khugepaged khugepaged_exit
khugepaged_scan_mm_slot kib kill killable killed killer kills kind klog klog-events.ts kmem know known knows kpfn ksm
ksm-6.1 ksm-before-6.1 ksm-dump ksm-exit ksm-page-lock ksm-thread-mutex ksm-walk-hang ksm.c ksm.ksm_zero_pages
ksm_advisor ksm_advisor_max_cpu ksm_advisor_max_pages_to_scan ksm_advisor_min_pages_to_scan
ksm_advisor_target_scan_time ksm_do_scan ksm_dump_config ksm_exit ksm_get_folio ksm_max_page_sharing
ksm_memory_callback ksm_merge_across_nodes ksm_mm_head ksm_mm_slot ksm_nr_node_ids ksm_pages_scanned ksm_pages_shared
ksm_pages_sharing ksm_pages_skipped ksm_pages_unshared ksm_rmap_item ksm_rmap_items ksm_run ksm_scan ksm_scan_thread
ksm_smart_scan ksm_stable_node ksm_stable_node_chains ksm_stable_node_chains_prune_millisecs ksm_stable_node_dups
ksm_thread_mutex ksm_thread_pages_to_scan ksm_thread_sleep_millisecs ksm_use_zero_pages ksm_zero_pages ksmd ksmd-scan
ksmdumperror ksmtuned kthread ktime ktime_sec kworker l5 lack lacks lacks-fix large last latin1 launchpad laying
layout lead leader leads leap least leave leaves left legal len length less let level library libvirt libvirtqemudpart
libvirtqemudsave lies like limit limit-of-no-help limit-reached line linear linear_page_index lines link links linux
linux-image linux-image-unsigned linux-mm list list-bounds list-damaged list-over-limit list-unknown listed listing
lists little live lkcd load local lock lock-queue lock_page lock_vma_under_rcu locked locking lockless lockless-ring
locks lockup lockups log log-record.ts log_buf log_buf_len log_first_idx log_next_idx long long-term longer longest
longterm longterm-pin look looked looking looks loongarch64 lost lost-ipi low lower lp lp150 lp150.12.82.1 lp151
lp151.28.25.1 lpos lru lru-drain lru_add_drain_all lru_cache_disable lruvec lst lz4 lzo lzop mac machine machines made
madvise madvise_remove madvise_vma madvise_vma_behavior madvise_walk_vmas mail mainline make makedumpfile making many
map mapcount mapnr mapped mapping mappings marked marker marks mask master max max_mapnr max_mapnr_64 max_page_sharing
max_page_sharing_store maxmapnr may mbind md mdmp mean mem memavailable member members memcmp memcmp_pages meminfo
meminfo.memavailable memory memory-failure memory-offline memory-only memory-pressure memory_failure memorybacking
memorybytes mems merge merge_across_nodes merge_across_nodes_store merged merging message messages met mib middle
migrate migrate-pages migrate_folio_move migrate_longterm_unpinnable_folios migrate_nodes migrate_pages
migrate_pages_batch migrate_pages_sync migrate_prep migrate_to_node migrated migrates migrating migration
migration-entry migration-entry-wait migration_entry_wait migration_entry_wait_on_locked migrator milliseconds
millisecs min mine minidump mips misaligned mismatch missing mixed mkold mm mm.mmap_lock mm_list mm_slot mm_slot.list
mm_slot.rmap_list mm_slots mm_struct mm_struct.mm_users mm_struct.owner mm_users mmap mmap-lock mmap-lock-fault
mmap-lock-queue mmap-lock-reader mmap-lock-remote mmap-lock-scan mmap-lock-writer mmap_lock mmap_region mmap_sem mod
mod_kallsyms mode modify module module_core module_memory modules moment moments more most move move-pages move_pages
move_pages_and_store_status move_to_new_folio move_to_new_page move_vma moved moves mprotect mprotect_fixup mremap ms
multiples munmap mutex mutex-first-waiter mutex-rt mutex-waiter mutex.c mutex.first_waiter mutex.h mutex.wait_list
mutex.waiters mutex_lock mutex_lock_slowpath mutex_waiter mutex_waiter.list mutex_waiter.task name name.nodename
name.release name.version names namespace need needed needs neither net network never new newer next nid nmi no
no-inferred no-ksm no-limit no-oversized-list no-permission no-proof no-redact no-symbols no-translation no-types
no-vmcoreinfo nobody node node.u_flags nodename nodes none noprof nor noregisters nosharepages not not-a-dump
not-a-list not-a-report not-an-address not-found not-mine not-written note notes notes-damaged nothing nothing-found
nothing-merged notrace now nr nr_cpu_ids nr_node_ids ns nsec null num num_online_cpus num_syms num_symtab numa
numa_node numad number numbers obfuscated obfuscated-report object of off offline offline_pages offset offsets often
ok oldchecksum older on on_cpu once one one_stable_tree ones online only oom oops oopstext open opened opensuse
opensuse-2019-2503 or orc orcs order original osrelease other other-machine other-rmap-walk-ksm other-trouble others
out out_of_memory outgrow outgrown output outside outwards over oversized oversized-list own owner owner.counter
owner.pid owners pa package packed page page-backed page-idle page-lock page.mapping page_idle page_idle_bitmap_read
page_idle_bitmap_write page_idle_clear_pte_refs page_offset_base page_referenced page_referenced_ksm page_wait_table
pagedu64 pagedump pages pages-absent pages_scanned pages_sh pages_shared pages_sharing pages_skipped pages_to_scan
pages_unshared pages_volatile pagesize panic paravirtual parent parsers part partial partly parts pass passed past
path pattern pcpu pdf per per-vma per_cpu_offset percpu perf perhaps permission pernode pf pfn pg pg_locked pg_lru pgd
pgdat pgoff pgtable pgtable_l5_enabled pgtables phentsize phys phys_base physical pib picture pid pin pk pkey place
place-relative places png pointer pointers poisoned possible ppc ppc64 ppc64el pprev prb prb_data_blk_lpos.begin
prb_data_blk_lpos.next prb_data_ring.data prb_data_ring.size_bits prb_desc prb_desc.state_var prb_desc.text_blk_lpos
prb_desc_ring.count_bits prb_desc_ring.descs prb_desc_ring.head_id prb_desc_ring.infos prb_desc_ring.tail_id preempt
preempt_schedule preempt_schedule_common preempt_schedule_irq preempt_schedule_notrace prefix prep prepare present
pressed pressure prev prev-sp print printed printk printk_info printk_info.caller_id printk_info.seq
printk_info.text_len printk_info.ts_nsec printk_log printk_ringbuffer.desc_ring printk_ringbuffer.text_data_ring
prints private proactiveness problem problems proc proc-stack proc_pid_cmdline_read process process_vm_rw_core
processes processor procs procversionsignature profile profit prog prog.stack_trace prog.symbol program progress proof
properly protection proven proves prstatus prune ps pte ptes put put_and_wait_on_page_locked py qcow2 qemu qemu_fw_cfg
qevm qfi queue queues quiet quotes race raise raised ran range raw raw_irqentry_exit_cond_resched rb rb_left rb_node
rb_node.rb_left rb_node.rb_right rb_right rcu rcu-stall rcu_w reached read read-failed readable reader readers reading
reads ready realtime realtime_timestamp reason reasons reboot rebooted reboots reclaim reclaim-references
reclaim-unmap reclaims record records records-in-log-buf redact redact-map redacted redaction referenced references
refs region register registers regs regs-partial relative release released relied remerge remote remove
remove_migration_pte remove_migration_ptes remove_rmap_item_from_tree removed removes report reported reporting
reports resched respond rest restart restore restore-rmap-walk-ksm restoring rests ret ret_from_fork ret_from_fork_asm
return returns rhel rhel-alt right ring ringbuffer riscv32 riscv64 rise rmap rmap-walk-ksm rmap_hlist_len rmap_item
rmap_item.lst rmap_items rmap_list rmap_walk_anon rmap_walk_ksm root root_stable_tree rows rpm rq rq.clock rsyslog rt
rt_mutex_slowlock rt_mutex_waiter rt_waiter.entry rt_waiter.task rtmutex rtmutex.owner rtmutex.waiters.rb_root.rb_node
rtmutex_api.c ruled ruled-out run run_store running runqueues runs rw rw_semaphore rwbase rwbase.readers
rwbase.rtmutex rwbase.rtmutex.owner rwbase.rtmutex.waiters.rb_root.rb_node rwbase_read_lock rwbase_rt.c rwbase_rt.h
rwbase_write_lock rwsem rwsem-first-waiter rwsem-reader rwsem-rt rwsem-writer rwsem.c rwsem.count rwsem.first_waiter
rwsem.owner rwsem.wait_list rwsem.waiters rwsem_down_read_failed rwsem_down_read_slowpath rwsem_down_write_failed
rwsem_down_write_failed_killable rwsem_down_write_slowpath rwsem_waiter rwsem_waiter.list rwsem_waiter.task
rwsem_waiter.timeout s390 s390x sadump said said.csd-timeouts same samepage samples samples-of-walk save saved saves
say says scan scan_get_next_rmap_item scanned scanning scans sched sched_info.last_arrival schedule
schedule_preempt_disabled schema schema-rows.ts script search sec second section security security_mmap_file see seems
seen segments sem semaphore seq seqnr serial set settle settle-by-crash several sh shared sharer sharers shares
sharing shift short shorten shortened should show shows shrink shrink_active_list shrink_folio_list
shrink_inactive_list shrink_lruvec shrink_node shrink_page_list signal signal.thread_head signal_struct silenced since
single size skipped sleep sleep_millisecs sleepers sles slot slot.mm slot.mm_node slots slow slower slowlock slowpath
smart smart_scan sme sme_mask smp smp_call_function_many smp_call_function_many_cond smp_call_function_single snappy
snapshot so soft soft-lockup soft-offline soft_offline_folio soft_offline_in_use_page soft_offline_page softleaf
softleaf_entry_wait_on_locked some something sorting sos sos_commands sosreport source sp sp-indirect sp1 sp4 sp5
space speak spec split split-part-missing split-set split_vma stable stable_flag stable_node stable_node.hlist
stable_node_chains stable_node_chains_prune_millisecs stable_node_dups stable_nodes stable_tree_append
stable_tree_search stack stacks stacktrace stale stale-nodes stall stand stand-ins standard stands start start_btf
start_orc_header start_orc_unwind start_orc_unwind_ip state statement status stay stext still stop stop-ksmd
stop-migrator stop_btf stop_orc_header stop_orc_unwind_ip stopped stops store stored stream string strong strtab
struct structure structures su sub sub-header subcommand such sum supported sure suse suse-su-2019 suspend swapper
swapper_pg_dir switch switch_to switch_to_asm switched sym symbol symbols symlink syms symtab sync syncing sys sys_brk
sys_madvise sys_mprotect sys_mremap sysfs sysrq sysrq-l sysrq-trigger sysrq-w system system-map systemctl sysvec
sysvec_call_function sysvec_call_function_single table tables tail take takes tar target task task.comm task.cpu
task.exit_state task.last_arrival task.mm task.on_cpu task.pid task.signal task.stack task.state task.tasks task.tgid
task.thread_node task_struct tasks tell tells tenth term text text_len texts tgid than that the their them themselves
then there these they this thread thread.sp thread_head thread_info.cpu thread_node threads three threshold through
tib tick tick_nsec time timed timekeeper timekeeper_data timeout timeouts timestamp timings tk tk_core tk_data to
together token token_index token_table told too tool tool.name torn totalram totalram_pages trace translated
translation transparent transparent_hugepage tree tree.entry tree_entry trees trigger trouble true truncated
truncated-header try try_to_free_mem_cgroup_pages try_to_free_pages try_to_merge_one_page try_to_merge_with_ksm_page
try_to_migrate try_to_migrate_one try_to_unmap try_to_unmap_ksm try_to_unmap_one ts ts_nsec tt tuned twice two txt
type types ubuntu uid uint ulong un unable uname undefined under understood undo unexplained unfinished unknown unlink
unlink_anon_vmas unlocked unmap unmap_and_move unmap_poisoned_folio unmap_region unmap_vmas unmapping unmaps unmerge
unmerge_and_remove_all_rmap_items unmerge_ksm_pages unmerging unpack unpacking unpinnable unread unreadable
unrecognized unrecognized_keys unshared unsigned unstripped unsupported unsupported-format until unwind unzip up
update update-kernel uptime uptimeseconds us use use_zero_pages used user users ustar utf8 uts uts_namespace uuid v3
v3.5 v4 v4.13 v4.4 v5 v5.10 v6 v6.1 v6.12 v7 v7.2 value var variable variable-length variables version very vfs
vfs_fallocate virsh virtio virtio-mem virtual vm vm_mmap_pgoff vm_munmap vma vma-lock vma-lock-writer vma_enter_locked
vma_expand vma_merge vma_modify vma_start_exclude_readers vma_start_write vmas vmcore vmcoredmesg vmcoreinfo
vmcoreinfo_data vmcoreinfo_size vmemmap vmemmap_base vmi vmlinux vmlinuz vmware volatile wait wait-out wait.entry
wait.func wait.private wait_list wait_on_bit_lock wait_page_queue wait_queue_head waiter waiters
waiters.rb_root.rb_node waiting waits waits-unexplained wake wake_page_function walk walk-of-a-short-list walked
walker walkers walking walks want wanted warning warnings was watchdog way ways wc we weak went were what whatever
whatif when where whether which while who whoever whole whom whose why will windows with without word words wordsize
work workfn workqueue workqueue-lockup works worst would write writer writes writing written wrong wrote x2d x86
x86_64 xadd xf xtime xtime_sec xz yes yes-inferred yet you young youngest za za-z zero zero-pages zero_checksum zeros
zip zlib zone zsh zstd
`
    .trim()
    .split(/\s/),
)
