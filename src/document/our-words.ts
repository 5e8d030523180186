/** Words of our own sentences, codes and commands, in lower case. Written by scripts/our-words.mjs, in the build. */
export const OUR_WORDS: ReadonlySet<string> = new Set(
  `
aa aapp aarch64 abbr abcdef abcdhpst abort about above abrt abrt.name absent absolute absolute-percpu access
access_remote_vm accesses account acct acpi acronym across actions activating active acts add addr address addresses
adj admin advice advised advisor advisor_max_cpu advisor_max_pages_to_scan advisor_min_pages_to_scan advisor_mode
advisor_target_scan_time after ag again ahv alert alias alibaba all alloc alloc_contig_frozen_range_noprof
alloc_contig_migrate_range alloc_contig_range alloc_contig_range_noprof allocated alone already also alt always amazon
amd64 among an analyze and anon anon-rss anon-vma anon-vma-reader anon-vma-wait anon-vma-writer anon_vma
anon_vma_clone anon_vma_fork anon_vma_prepare anon_vmas anonymous another another-walk answer any anything api append
apport apr ar arch arch.num_orcs arch.orc_unwind arch.orc_unwind_ip architecture archive archives are areas arg
arg_end arg_start arguments arm arm64 arm64.c arm64_print_exception_frame armv7l armv8l array arrival arrived article
as ascend ascii aside ask asked asm async at atrotation audit aug auid auxwwwm average away ax back back-link backed
backport backtrace bad bad-config bad-flag balance balance_pgdat balancing banner base base-relative base64 bash
bashdefault batch batches bdomain be because become been before began begin beginning begins behind being belong
belongs below bends between beyond bguest bhyve big big-endian bin bios bit bit_nr bitmap bitmap-mismatch
bitmap_blocks bitmapblocks bitmaps bits blank blibvirt blinux blk blob block block_size blocked blocker blockquote
blocks blocksize bnc bnfs4 bochs body bomb bool boot boot_id booted booting boots border both bound bounded bounds bp
bp-indirect bpf bqemu br brace bracket breaking breaking-event-address breaks brk broken bsosreport bsudo bt btf
btferror btop buf buf_error buffer bug bugs bugs.launchpad.net build build-id buildid buildversion built bunzip2
bunzip2.ts buser busy but button bx by byte byte-buffer bytes bz bz2 bzh bzip2 c0000000003b9c34 c000001fe2b3b9d0
c0012345 c00180000000 c0456789 c36ad7627c4dd55932176bb0ecdbd5041fc82 c653d0ee2ae cache call call_function_data
call_rwsem_down_read_failed call_rwsem_down_write_failed call_single_data callback callbacks called caller caller_id
calling calls came can canonical carries case cat catch catch-walker cause cc census census-differs center cfd
cfd_data cfg cgroup cgroups chain chains change changed changelog check check.crash check.py checked checks checksum
checksums child children chosen chs ci circle cite class clean cleaned cleaner clear clears clock clocksource clone
closed cloud cloudstack cma cmdline cmdline.name cmp cmp_and_merge_page code col colgroup collect collect_procs
collect_procs_ksm collector color come comes comm command commands commit common comms comp comp_cword comp_words
compact compact_zone compaction compaction_proactiveness compacts compare compared compdef compgen complete completion
compreply compressed compute cond cond_resched conf config config-schema.ts config.json config.name
config_debug_info_btf config_ksm configuration confirmed console consoles constants constraint constraint_none
contained contains contents context context_switch contig contig-range contiguous convert copy core core_layout.base
core_layout.size core_size cores could count count.counter counted counter counters counters-differ counting counts
coverage cpu cpu0 cpu3 cpus cpuset cpuset-migrate cpuset.c cpuset.memory_migrate cpuset.mems cpuset_migrate_mm
cpuset_migrate_mm_workfn crash crashed crashtime crit critical csd csd-lock-wait csd-lock-wait-inlined csd-timeout
csd_lock_wait csp cts current currentdmesg currentdmesg.txt cursor cursorerror custom cut cve cve-2024-0564 cw cword
cycle da da-f daemon damaged damaged-header damaged-structure damon damon_folio_mkold damon_folio_young damon_pa_mkold
damon_pa_young data date datetext db84aed4103b31dd51e017f8f79783ca985c2c51 dbg dbgsym dbus dc dd dd-dd dd-ddt dd-ddtdd
ddt ddtdd de deactivating dead deadlock debian debian.master debug debugging debuginfo dec decimals declared decode
decoder decompress deep default defrag del demote demote_folio_list demote_page_list demotes demotion dependency desc
describe describes description descriptor descriptors descs desktop detected dev device devices dgm di diagnose
diagnosis dict dict_len dictionary did differ differently differs dir direct directly directory dis disable disabled
discriminator disk diskdump distance distances distribution distributor distrorelease div dl dmesg dmesg.txt dmesg_now
dmi do do_madvise do_mbind do_migrate_pages do_migrate_range do_move_page_to_node_array do_move_pages_to_node
do_mprotect_pkey do_page_fault do_pages_move do_raw_spin_lock do_sys_brk do_sys_mremap do_user_addr_fault docs
document does domain domainname domu done down down_write drain drgn drivers droplet dropped ds dt due dumb dump
dump-guest-memory dump-incomplete dump-level dump_stack dumped dumplevel dumps dup dups dwarf dx dying eacces each
eagain earlier early ebusy ec2 echo ed edit edquot eexist effect effective ehsize ei ei_class ei_data eip el6
el6.x86_64 el7a elements elf elfl elif eloop else elsewhere em emerg emory emptied empty en en-us enabled enametoolong
end ended endian ending endpfn endpfn64 ends engine enoent enospc enotdir enough enter entries entry environment
environment.md eoi epc eperm epipe equal erased eraseinfo erial err err_buffer_too_large err_invalid_arg_value error
errors ervice esac estimate etc etext eui eval event events ever every everything evict evict_folios example exc
exc_page_fault exception exclude exclude-guest excluded executed existing exists exit exit_dead exit_state exit_zombie
exited exited-processes exits expected explain extend f0c2ab1d4e64b0f8f0d5d1b4b1e7a10 fa fa-f fail failed failing
failure false far fault faulted faultin faultin_page fb51f5 fbd59136e0 fbe20b4e2
fe5d32bf581bd63b2ca9a5c65ba5a625eab3fe24 feb ff9554bb578 ffff88000b7a7da8 ffffffff80123456 ffffffff811b8deb
ffffffff8121fa58 fi field fields fieldset fifo figcaption figure file file-exists file-rss file-truncated files filter
filtered find finding first first_waiter fish fish_seen_subcommand_from fish_use_subcommand fit fix fixup
fixup_user_fault flag flags flat flattened flattened-damaged flattened-elf flattened-kdump flush
flush_smp_call_function_queue flush_tlb_func folded folded-stacks folder folders folio folio_lock folio_referenced
folio_wait_bit_common folio_wait_table folios followed following follows font footer for force foreach fork form
format formatdomain formatdomain.rst found foxglove frame frame-pointer frames free freed freemb frees freq from
frozen fs full full_scans func funcstack function functions further fuser future fw gcc gdb general general_profit
generic get get_dmesg get_ksm_page get_user_pages get_user_pages_remote get_user_pages_unlocked gets gfp
gfp_highuser_movable gfp_mask gib gigantic give given gleader gnu gnu.sparse gnu.sparse.name go goes gone google got
gp gps grep group groups gt guess guessed guest guest-console guest-log guest.name.hugepages guest.name.id
guest.name.locked guest.name.memmerge guest.name.memorykib guest.name.nosharepages guest.name.pid guest.name.state
guest.name.uuid guest.name.vcpupids guest.name.vcpus guests guests.listed gup gup_longterm_locked gz gzip h1 h2 h3 h4
h5 h6 had halt handed handle handles handling hang hangs hard hard-lockup hardlink hardlockup hardware harvest has
has-fix hassis hat have hdf hdf5 hdr hdrs head header headers healthy held help here hex higher highuser hlist
hlist.address_of hlist.first hlist_dup hlist_for_each_entry hlist_head hlist_node hlist_node.next hlists hold holder
holds hole home host host.name hostname hosts how hr html https hugepage hugepages hugetlb hung hung-task
hung_task_warnings hv hv_vmbus hva hva_to_pfn hvm hwpoison hwpoison_user_mappings hx hyper hyper-v hypervisor hysnappy
i386 i440fx i486 i586 i686 ia64 id identified identifier idle idling ids idx if iframe ill illegal image images img
imjournal implausible implausible-value imuxsock in inactive inc include incomplete index indexed indexing indirect
inferred inflate inflate.ts info infos init init_task init_uts_ns inline inlined innermost innotek input inputs
inputs.name ins inside instead instruction int intel inter inter-processor interactive internal interrupt interrupted
interruptible interrupts interval into invalid invoked ip ipcs ipi ipis iqn irq irqentry is is-a-directory is-a-report
is-a-vmlinux is-empty is-packed iso it item items its itself jan jiffies jiffies_64 join journal journalctl journald
jpeg json jul jun just kallsyms kallsyms-scan kallsyms_num_syms kallsyms_offsets kallsyms_relative_base
kallsyms_token_index kauditd kauditd_printk_skb kb kbd kdsmcultnrvp kdump kdump-folder kdump-tools kdump-tools.service
kdump-utils kdump-zlib kdump.service keep keeps kern kern.w kernel kernel-alt kernel-debuginfo
kernel-default-debuginfo kernel-log kernel.hardlockup_count kernel.hostname kernel.hung_task_warnings kernel.osrelease
kernel.signature kernel.softlockup_count kernel.spec kernel_mbind kernel_move_pages kerneloffset kernels key keyboard
keyboard-interactive keys kib kibnwwrji kill killable killed killer kills kind kk klog klog-events.ts kmem kmem.cache
kmsg know known knows kpfn krnl ksm ksm-6.1 ksm-before-6.1 ksm-dump ksm-dump.early-interrupt ksm-exit ksm-page-lock
ksm-thread-mutex ksm-walk-hang ksm.c ksm.file ksm.ksm_zero_pages ksm.service ksm_advisor ksm_advisor_max_cpu
ksm_advisor_max_pages_to_scan ksm_advisor_min_pages_to_scan ksm_advisor_target_scan_time ksm_do_scan ksm_dump_config
ksm_exit ksm_get_folio ksm_max_page_sharing ksm_memory_callback ksm_merge_across_nodes ksm_merging_pages ksm_mm_head
ksm_mm_slot ksm_nr_node_ids ksm_pages_scanned ksm_pages_shared ksm_pages_sharing ksm_pages_skipped ksm_pages_unshared
ksm_rmap_item ksm_rmap_items ksm_run ksm_scan ksm_scan_thread ksm_smart_scan ksm_stable_node ksm_stable_node_chains
ksm_stable_node_chains_prune_millisecs ksm_stable_node_dups ksm_thread_mutex ksm_thread_pages_to_scan
ksm_thread_sleep_millisecs ksm_use_zero_pages ksm_zero_pages ksmd ksmd-scan ksmdumperror ksmtuned ksmtuned.active
ksmtuned.service kthread ktime ktime_sec ku kvm kvm-clock kvm-guest kworker l5 label labelled lack lacks lacks-fix
large larger last later latin1 launchpad laying layout lc lead leader leads leap least leave leaves left legal legend
len length less let level li lib lib64 library libvirt libvirt-bin.service libvirt-qemu libvirtd libvirtd.service
libvirtqemudpart libvirtqemudsave lies like limit limit-of-no-help limit-reached limiting line linear
linear_page_index lines link linkpath links linux linux-image linux-image-unsigned linux-mm linux_banner list
list-bounds list-damaged list-over-limit list-unit-files list-units list-unknown listed listing lists lists.ts little
live lkcd lkxgx load loaded local localdomain localhost localhost.localdomain lock lock-queue lock_page
lock_vma_under_rcu lockdep locked locking lockless lockless-ring locks lockup lockups log log-event.ts log-record.ts
log_buf log_buf_len log_first_idx log_next_idx logged login loginuid logname logs long long-term longer longest
longestmoveseconds longterm longterm-pin look looked looking looks loongarch64 lost lost-ipi low lowcore lower lp
lp150 lp150.12.82.1 lp151 lp151.28.25.1 lpos lr lru lru-drain lru_add_drain_all lru_cache_disable lruvec lscpu lst lts
lz4 lzo lzo1x lzop mac mach machine machine-qemu machines made madvise magic mail main mainline make makedumpfile
making manage many map mapcount mapmax mapnr mapped mapping mappings maps mar marked marker marks mask master match
max max_mapnr max_mapnr_64 max_page_sharing max_page_sharing_store maxmapnr maxmapnr64 may maybe mb mbind md mdmp mean
media mem mem-info mem-merge memavailable member members memcg memcmp memcmp_pages meminfo meminfo.c meminfo.name
memmerge memory memory-failure memory-offline memory-only memory-pressure memory_failure memorybacking memorybytes
memorykib mems memtotal merge merge_across_nodes merge_across_nodes_store merged merging message messagebus messages
meta metal mhz mib micros microseconds middle migrate migrate-pages migrate_folio_move
migrate_longterm_unpinnable_folios migrate_nodes migrate_pages migrate_pages_batch migrate_pages_sync migrate_prep
migrated migrates migrating migration migration-entry migration-entry-wait migration_entry_wait
migration_entry_wait_on_locked migrator milliseconds millisecs min mine minidump mips mips64 misaligned mismatch
missed missing mixed mkold mm mm.mmap_lock mm_list mm_slot mm_slot.list mm_slot.rmap_list mm_slots mm_struct
mm_struct.mm_users mm_struct.owner mm_users mmap mmap-lock mmap-lock-fault mmap-lock-queue mmap_lock mmap_sem mmu mnt
mod mod_kallsyms mode module module_core module_memory modules moment moments mon monitor monotonic more most mount
movable move move-pages move_pages move_pages_and_store_status move_to_new_folio move_to_new_page moved moves moving
movingatrotation movingsince movingto mprotect mremap ms multiples munmap mutex mutex-first-waiter mutex-rt
mutex-waiter mutex.c mutex.first_waiter mutex.h mutex.wait_list mutex.waiters mutex_lock mutex_lock_slowpath
mutex_waiter mutex_waiter.list mutex_waiter.task naa name name.nodename name.release name.version name.xml named names
namespace native native_safe_halt nav ne needed needs neither net netconsole network networks never new newer next
nice nid nip nmi nn no no-inferred no-ksm no-limit no-oversized-list no-permission no-proof no-symbols no-translation
no-types no-vmcoreinfo no_color nobody nobr node node.c node.u_flags node_ksmd nodemask nodename nodes non
non-responsive none noprof nor noregisters nosharepages not not-a-dump not-a-list not-a-report not-an-address
not-found not-mine not-written note notes notes-damaged nothing nothing-found nothing-merged notice notifications
notrace nov nov23 now nr nr_cpu_ids nr_node_ids ns nsec nts null num num_online_cpus num_syms num_symtab numa
numa.n.cpus numa.n.distance numa.n.freemb numa.n.sizemb numa.nodes numa_maps numa_maps.pid.mapmax numa_node numactl
numad numad.c numad.conf numad.interval numad.longestmoveseconds numad.moves numad.moving numad.movingatrotation
numad.movingsince numad.movingto numad.running numad.runningatrotation numad.service numad.version number numbers
obfuscated obfuscated-report obfuscation object objects oct of off offline offline_pages offset offsets often ok ol
old oldchecksum older on on_cpu once one one_stable_tree ones online only oom oom-kill oom-killer oom_reaper
oom_score_adj oops oopstext open opened openstack opensuse opensuse-2019-2503 opt option options or ora orc orcs order
original os os-release os_info os_release osrelease other other-machine other-rmap-walk-ksm other-trouble others out
out_of_memory outgrow output outputclosed outputfailed outside outwards over overflow oversized oversized-list
overwrites ovirt own owner owner.counter owner.pid owners pa package package.json packed padded page page-backed
page-idle page-lock page.mapping page_idle page_idle_bitmap_read page_idle_bitmap_write page_idle_clear_pte_refs
page_offset_base page_referenced page_referenced_ksm page_wait_table pagedu64 pagedump pages pages-absent
pages_scanned pages_sh pages_shared pages_sharing pages_skipped pages_to_scan pages_unshared pages_volatile pagesize
pam panic parallels parameter paravirtual paravirtualized parent parked parsers part part1 partial partly parts pass
passed password past path pattern paused pc pcpu pcs pdf per per-vma per_cpu_offset percpu perf perhaps permission
permissions pernode pf pfn pg pg_locked pg_lru pgd pgdat pgoff pgtable pgtable_l5_enabled phentsize phnum phoff phones
phys phys_base physbase physical pi pib picture pid piix pin pk pkey place place-relative places platform please
pmsuspended png pointer pointers poisoned pool possible potentially ppc ppc64 ppc64.c ppc64_print_nip_lr ppc64el
ppc64le ppid pprev prb prb_data_blk_lpos.begin prb_data_blk_lpos.next prb_data_ring.data prb_data_ring.size_bits
prb_desc prb_desc.state_var prb_desc.text_blk_lpos prb_desc_ring.count_bits prb_desc_ring.descs prb_desc_ring.head_id
prb_desc_ring.infos prb_desc_ring.tail_id pre preempt preempt_schedule preempt_schedule_common preempt_schedule_irq
preempt_schedule_notrace prefix prep prepare present pressed pressure prev prev-sp previous print printable printed
printk printk_info printk_info.caller_id printk_info.seq printk_info.text_len printk_info.ts_nsec printk_log
printk_ringbuffer.desc_ring printk_ringbuffer.text_data_ring prints prior private proactiveness problem problems proc
proc-stack process process_vm_rw_core processes processor procs procversionsignature profile profit prog
prog.stack_trace prog.symbol program progress prompt proof properly prose protection proven proves prstatus prune ps
pstore psw pt pte ptes ptob ptov publickey put put_and_wait_on_page_locked puts pv py qcow2 qemu qemu-kvm
qemu-kvm.service qemu-options.hx qemu-system qemu-system-x86 qemu_fw_cfg qevm qfi queue queued queues quiet quit quote
quoted quoted-printable quotes r10 r13 race raise raised ran range rate rate-limiting raw
raw_irqentry_exit_cond_resched rb rb_left rb_node rb_node.rb_left rb_node.rb_right rb_right rcdt rcu rcu-stall
rcu_sched rcu_w rd re re-sending re-sent reach reached reaches read read-failed readable reader readers reading reads
ready realtime realtime_timestamp reaped reaper reason reasons reboot rebooted reboots recdfgsoxplnm reclaim
reclaim-references reclaim-unmap reclaims record records records-in-log-buf red red-hat refcount referenced references
refs register registered registers regs regs-partial regular related relative release released reloading remerge
remote remove remove_migration_pte remove_migration_ptes remove_rmap_item_from_tree removed removes repeat report
reported reporting reports request resched respond responding responsive rest restart restore restore-rmap-walk-ksm
restoring rests results ret ret_from_fork ret_from_fork_asm retrace retrace-server return returns rfc rhel rhel-alt
rhev right ring ringbuffer rip riscv32 riscv64 rise rmap rmap-walk-ksm rmap_hlist_len rmap_item rmap_item.lst
rmap_items rmap_list rmap_walk_anon rmap_walk_ksm room root root_stable_tree rotated row rows rpm rq rsdp rsdttxzpi
rsdttzxxkwpi rss rst rsyslog rt rt_mutex_slowlock rt_mutex_waiter rt_waiter.entry rt_waiter.task rtmutex rtmutex.owner
rtmutex.waiters.rb_root.rb_node rtmutex_api.c ru ruled ruled-out run run_store running runningatrotation runq
runqueues runs ruser rw rw_semaphore rwbase rwbase.readers rwbase.rtmutex rwbase.rtmutex.owner
rwbase.rtmutex.waiters.rb_root.rb_node rwbase_read_lock rwbase_rt.c rwbase_rt.h rwbase_write_lock rwsem
rwsem-first-waiter rwsem-reader rwsem-rt rwsem-writer rwsem.c rwsem.count rwsem.first_waiter rwsem.owner
rwsem.wait_list rwsem.waiters rwsem_down_read_failed rwsem_down_read_slowpath rwsem_down_write_failed
rwsem_down_write_failed_killable rwsem_down_write_slowpath rwsem_waiter rwsem_waiter.list rwsem_waiter.task s390 s390x
s390x.c s390x_print_lowcore s390x_print_pt_regs sacrifice sadump safe said said.csd-timeouts same samepage samp
samples samples-of-walk save saved saves say says sbin sbitmapq scan scan_get_next_rmap_item scanned scanning scans
scc sched sched_info.last_arrival schedule schedule_preempt_disabled schema scope score screen script search searched
sec second seconds secs section sections see seems seen segments select self self-detected sem semaphore sending sent
sep seq seqnr serial server service session set setting settings settle settle-by-crash setup sh shared sharer sharers
shares sharing shell shentsize shift shmem shmem-rss shnum shoff short short-monotonic shorten shortened should show
show_numa_map showing shows shrink shrink_active_list shrink_folio_list shrink_inactive_list shrink_lruvec shrink_node
shrink_page_list shut shutdown sig sighup sigint signal signal.thread_head signal_struct signature sigterm silenced
since single size sizemb skb skip skipped slab slab.name.active slab.name.bytes slab.name.objects slab_common.c sleep
sleep_millisecs sleepers sleeping sles slice slot slot.mm slot.mm_node slots slow slower slowlock slowpath small smart
smart_scan sme sme_mask smp smp.c smp_call_function_many smp_call_function_many_cond smp_call_function_single smpboot
sn snap snappy snapshot so sock socket soft soft-lockup soft-offline soft_offline_folio soft_offline_in_use_page
soft_offline_page softleaf softleaf_entry_wait_on_locked softlockup some something sorting sos sos-collector sos.log
sos.obfuscated sos.timeout sos.version sos_commands sos_logs sos_reports sos_strings soscleaner sosreport source
source_monotonic_timestamp sp sp-indirect sp1 sp4 sp5 space span sparc64 sparse speak spec spin spinlocks split
split-part-missing split-set spool srv ss sset sshd ssloeo st stable stable_flag stable_node stable_node.hlist
stable_node_chains stable_node_chains_prune_millisecs stable_node_dups stable_nodes stable_tree_append
stable_tree_search stack stacks stacktrace stale stale-nodes stall stamp stamps stand stand-in stand-ins standard
stands start start_btf start_orc_header start_orc_unwind start_orc_unwind_ip startpfn startpfn64 starts state
statement static status stay stext still stop stop-ksmd stop-migrator stop_btf stop_orc_header stop_orc_unwind_ip
stopped stops store stored stream streamended streams strike string strings strong strtab struct structure structures
stuck style su sub sub-header sub_hdr_size subcommand subhdrsize such sum summary sup supported suppressed sure suse
suse-su-2019 suspend svg sw swap swapper swapper_pg_dir switch switch_to switch_to_asm switched sym symbol symbolic
symbols symlink syms symtab sync syncing sys sys_brk sys_madvise sys_mprotect sys_mremap sysctl
sysctl.kernel.numa_balancing sysctl.name sysenter sysfs syslog syslog_identifier sysname sysrq sysrq-l sysrq-trigger
sysrq-w system system-map systemctl systemd sysvec sysvec_call_function sysvec_call_function_single t0 t15 t38 table
tables tag tail taint tainted take taken takes tar target task task.comm task.cpu task.exit_state task.mm task.on_cpu
task.pid task.signal task.state task.tasks task.tgid task.thread_node task_dead task_idle task_interruptible
task_killable task_memcg task_mmu.c task_parked task_running task_stopped task_struct task_traced task_tracing_stopped
task_uninterruptible task_zombie tasks tbody tc td tell tells template tenth term terminals test text text_len
textarea texts tfoot tfusbch tgid tgz th than that the thead their them themselves then there these they this those
thread thread.sp thread_head thread_info.cpu thread_node threads three threshold through tib tick tick_nsec ticks tid
time time-format timed timekeeper timekeeper_data timeout timeouts timer times timestamp timings title tk tk_core
tk_data tlb tmp to together token token_index token_table told too tool tool.name tools torn total total-vm totalram
totalram_pages tr trace traced tracing translated translation transparent transparent_hugepage transport tree
tree.entry tree_entry trees trigger trossln trouble true truncated truncated-header try try_to_free_mem_cgroup_pages
try_to_free_pages try_to_merge_one_page try_to_merge_with_ksm_page try_to_migrate try_to_migrate_one try_to_unmap
try_to_unmap_ksm try_to_unmap_one ts ts_nsec tsc tt tuned twice two txt txz type types ubuntu uid uint ul ulong um
umber un unable uname uncaughtexception undefined under understood undo unexplained unfinished unhandledrejection
uninit uninterruptible union unit unit.kdump-tools.service unit.kdump.service unit.ksm.service
unit.libvirt-bin.service unit.libvirtd.service unit.name unit.numad.service unit.qemu-kvm.service
unit.virtqemud.service unitfile unitfile.name units unknown unlink unlink_anon_vmas unlocked unmap unmap_and_move
unmap_poisoned_folio unmapping unmaps unmerge unmerge_and_remove_all_rmap_items unmerge_ksm_pages unmerging unpack
unpacked unpacking unpacks unpinnable unread unreadable unrecognized unrecognized_keys unreliable unresponsive
unshared unsigned unstripped unstuck unsupported unsupported-format unsure until unwind unxz unxz.ts unzip unzstd
unzstd.ts up update update-kernel uptime uptimeseconds us use use_zero_pages used user username users userspace usr
ustar usually utc utf utf-16be utf-16le utf8 utils uts uts_namespace uuid v00 v3 v3.5 v4 v4.13 v4.4 v5 v5.10 v6 v6.1
v6.12 v6.16 v7 v7.2 value var variable variable-length variables vcpu vcpupids vcpus veid vendor version version.txt
version_signature very victim virsh virtio virtio-mem virtqemud virtqemud.service virtual virtualbox virtualization vm
vm_mmap_pgoff vm_munmap vma vma-lock vma-lock-writer vma_enter_locked vma_start_exclude_readers vma_start_write vmas
vmbus vmcore vmcore-dmesg vmcore-incomplete vmcoredmesg vmcoreinfo vmcoreinfo_data vmcoreinfo_size vmemmap
vmemmap_base vmlinux vmlinuz vmstat vmstat.c vmstat.name vmware volatile volume vsprintf vsprintf.c vtop wa wait
wait-out wait.entry wait.func wait.private wait_list wait_on_bit_lock wait_page_queue wait_queue_head waiter waiters
waiters.rb_root.rb_node waiting waitq waits waits-unexplained wake wake_page_function walk walk-of-a-short-list walked
walker walking walks want wanted wants warn warning warnings was wasm wasm-bz2 wasm-zstd watchdog watchdog.c way ways
wbr wc wchan we weak went were what whatever whatif whatis when where whether which while who whoever whole whom whose
why wide will windows with without word words words.ts wordsize work worker workfn workqueue workqueue-lockup
workqueues works worst would wr write writer writes writing written wrong wrote wwid wwn wwnn wwpn wx x0 x00000000
x00000000000f59d0 x00000002 x10 x12 x124 x14 x140 x140dca x14a x18 x1a0 x1c x1d8 x202 x230 x260 x27 x28 x2a0 x2d x40
x60 x86 x86_64 x86_64.c x86_64_exception_frame xadd xb xb0 xdg xdg_config_home xf xffff8e0b3e2afbe8 xml xtime
xtime_sec xz xz-decompress yes yes-inferred yet you young youngest z0 za za-z za-z0-9 zd zero zero-pages zero_checksum
zeros zip zlib zo zombie zone zsh zst zstd zstddec
`
    .trim()
    .split(/\s/),
)
