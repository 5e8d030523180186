/**
 * Single values of /proc and /sys: files of /sys/kernel/mm/ksm, /proc/vmstat, /proc/meminfo, /proc/slabinfo, the boot command
 * line, the kernel's configuration, `sysctl -a`. What is not wanted by name is passed over, so that a file of any length tells
 * a bounded number of values.
 */
import type { TextParser } from './told.ts'
import { tellingParser } from './sos/telling.ts'

/**
 * Files of /sys/kernel/mm/ksm, each beside the kernel that brought it. That one of them is missing tells the kernel's age; that
 * all are tells nothing by itself: KSM is not built in, or the report is of sos before 3.3, or its memory plugin was off.
 * @see mm/ksm.c (v2.6.32, v3.9, v4.11, v4.13, v6.4, v6.6, v6.7, v6.8)
 */
const KSM_FILES: ReadonlySet<string> = new Set([
  // 2.6.32
  ...['run', 'sleep_millisecs', 'pages_to_scan', 'pages_shared', 'pages_sharing', 'pages_unshared', 'pages_volatile'],
  'full_scans',
  'merge_across_nodes', // 3.9
  'use_zero_pages', // 4.11
  ...['max_page_sharing', 'stable_node_chains', 'stable_node_chains_prune_millisecs', 'stable_node_dups'], // 4.13
  ...['general_profit', 'pages_scanned'], // 6.4, 6.6
  'ksm_zero_pages', // 6.6
  ...['pages_skipped', 'smart_scan'], // 6.7
  ...['advisor_mode', 'advisor_max_cpu', 'advisor_min_pages_to_scan', 'advisor_max_pages_to_scan'], // 6.8
  'advisor_target_scan_time',
])

/** Whether a bare word is the name of a file of /sys/kernel/mm/ksm. */
export const isKsmFile = (name: string): boolean => KSM_FILES.has(name)

const WHOLE = /^-?\d{1,20}$/
/** `[none] scan-time`: the chosen one of several. */
const CHOSEN = /\[([\w-]{1,40})\]/

/**
 * What a file of /sys/kernel/mm/ksm says.
 * @param name - its name
 * @param text - its text
 * @returns a decimal number, or the chosen word of advisor_mode; null when it says neither, as an error message does
 * @see mm/ksm.c advisor_mode_show (v6.8)
 */
export function ksmValue(name: string, text: string): string | null {
  const said = text.trim()
  if (name === 'advisor_mode') return CHOSEN.exec(said.slice(0, 200))?.[1] ?? null
  return WHOLE.test(said) ? said : null
}

/** A file of /sys/kernel/mm/ksm. @param name - the file's name, also of files that later kernels bring */
export function ksmFileText(name: string): TextParser {
  return oneValue(`ksm.${name}`, (text) => ksmValue(name, text))
}

/** A file with one decimal number. @param name - of value-names.ts */
export function numberFileText(name: string): TextParser {
  return oneValue(name, (text) => (WHOLE.test(text) ? text : null))
}

/** The first line that isn't empty is the value, or there is none. */
function oneValue(name: string, read: (text: string) => string | null): TextParser {
  let seen = false
  return tellingParser((tell) => ({
    line: (line, at) => {
      if (seen || line.length > 4096 || line.trim() === '') return
      seen = true
      const text = read(line.trim())
      if (text !== null) tell.value(name, text, at)
    },
  }))
}

/** Counters of /proc/vmstat that speak of KSM, of migration, of NUMA balancing or of memory pressure. @see mm/vmstat.c (v4.4, v6.12) */
const VMSTAT =
  /^(?:nr_free_pages|nr_anon_pages|nr_anon_transparent_hugepages|nr_isolated_anon|nr_mapped|ksm_swpin_copy|cow_ksm|oom_kill|numa_\w{1,40}|pgmigrate_\w{1,40}|thp_migration_\w{1,40}|compact_\w{1,40}|pgmigrate|allocstall\w{0,40}|pgscan_\w{1,40}|pgsteal_\w{1,40}|pswpin|pswpout|nr_tlb_remote_flush\w{0,20})$/

/** Whether a bare word is a counter of /proc/vmstat that is wanted. */
export const isVmstatName = (name: string): boolean => name.length <= 60 && VMSTAT.test(name)

/** /proc/vmstat: `pgmigrate_success 41120332`. Each counter once. */
export function vmstatText(): TextParser {
  return rows('vmstat', /^([a-z]\w{0,60}) (\d{1,20})$/, isVmstatName)
}

const MEMINFO_NAME = /^[A-Z][\w()]{1,40}$/
/** /proc/meminfo: `MemTotal:       541065216 kB`. Gives the memory of the host besides. @see fs/proc/meminfo.c (v4.4, v6.12) */
export function meminfoText(): TextParser {
  return tellingParser((tell) => {
    const once = new Once(256)
    return {
      line: (line, at) => {
        const found = line.length <= 200 ? /^([A-Z][\w()]{1,40}):[ \t]{0,40}(\d{1,20}(?: kB)?)\s*$/.exec(line) : null
        const [, name, text] = found ?? []
        if (!name || !text || !once.first(name)) return
        tell.value(`meminfo.${name}`, text, at)
        // a number beyond 2^53 is no size of memory
        const bytes = Number.parseInt(text, 10) * 1024
        if (name === 'MemTotal' && bytes <= Number.MAX_SAFE_INTEGER) tell.host('meminfo', at, { memoryBytes: bytes })
      },
    }
  })
}

/** Whether a bare word looks like a line's name of /proc/meminfo. */
export const isMeminfoName = (name: string): boolean => MEMINFO_NAME.test(name)

/**
 * Slab caches of KSM, and those of maps that a walk needs. The names did not change from 2.6.32 to 7.2.
 * @see mm/ksm.c KSM_KMEM_CACHE; a merged cache (SLUB) has no row
 */
const SLABS = /^(?:ksm_rmap_item|ksm_stable_node|ksm_mm_slot|anon_vma|anon_vma_chain|vm_area_struct|mm_struct)$/
/** `ksm_rmap_item  22226302 22226400  64  64  1 : tunables ...` */
const SLAB_ROW = /^(\w{1,64}) {1,40}(\d{1,18}) {1,40}(\d{1,18}) {1,40}(\d{1,9}) {1,40}\d{1,9} {1,40}\d{1,9} :/

/** /proc/slabinfo: objects in use, objects at all and their size. @see mm/slab_common.c cache_show (v4.4, v6.12) */
export function slabinfoText(): TextParser {
  return tellingParser((tell) => {
    const once = new Once(16)
    return {
      line: (line, at) => {
        const [, name, active, objects, bytes] = SLAB_ROW.exec(line) ?? []
        if (!name || !SLABS.test(name) || !once.first(name)) return
        tell.value(`slab.${name}.active`, active!, at)
        tell.value(`slab.${name}.objects`, objects!, at)
        tell.value(`slab.${name}.bytes`, bytes!, at)
      },
    }
  })
}

/** Settings that bear on walks, on migration or on what the log can say. */
const SYSCTL =
  /^(?:kernel\.(?:numa_balancing\w{0,60}|hung_task_\w{1,60}|softlockup_\w{1,60}|hardlockup_\w{1,60}|watchdog\w{0,60}|nmi_watchdog|panic_on_\w{1,60}|sysrq|sched_\w{1,60})|vm\.(?:zone_reclaim_mode|compaction_proactiveness|nr_hugepages|swappiness|max_map_count|overcommit_memory))$/

/** Whether it is the name of a wanted setting, "kernel.numa_balancing". */
export const isSysctlName = (name: string): boolean => name.length <= 100 && SYSCTL.test(name)

const SYSCTL_ROW = /^([a-z][\w.-]{1,100}) ?= ?(\S.{0,200})?$/
/** `sysctl -a`: `kernel.numa_balancing = 0`; the host's name and release besides. */
export function sysctlText(): TextParser {
  return tellingParser((tell) => {
    const once = new Once(256)
    return {
      line: (line, at) => {
        const [, name, text = ''] = line.length <= 400 ? (SYSCTL_ROW.exec(line.trimEnd()) ?? []) : []
        if (!name || !once.room) return
        if (name === 'kernel.hostname' && once.first(name)) tell.host('sysctl', at, { nodename: text })
        if (name === 'kernel.osrelease' && once.first(name)) tell.host('sysctl', at, { release: text })
        if (isSysctlName(name) && once.first(name)) tell.value(`sysctl.${name}`, text, at)
      },
    }
  })
}

/** Boot parameters that bear on what the log can say, or on migration. @see Documentation/admin-guide/kernel-parameters.txt (v6.12) */
const PARAMETERS =
  /^(?:csdlock_debug|numa_balancing|numa|nmi_watchdog|nowatchdog|nosoftlockup|softlockup_panic|hung_task_panic|transparent_hugepage|isolcpus|nohz_full|crashkernel|movable_node|movablecore|log_buf_len)$/

/** /proc/cmdline. */
export function cmdlineText(): TextParser {
  return tellingParser((tell) => {
    const once = new Once(64)
    return {
      line: (line, at) => {
        for (const word of line.slice(0, 8192).split(/[ \t]+/)) {
          const equals = word.indexOf('=')
          const name = equals < 0 ? word : word.slice(0, equals)
          if (PARAMETERS.test(name) && once.first(name)) {
            tell.value(`cmdline.${name}`, equals < 0 ? '' : word.slice(equals + 1), at)
          }
        }
      },
    }
  })
}

const CONFIG =
  /^CONFIG_(?:KSM|UKSM|NUMA|NUMA_BALANCING|MIGRATION|COMPACTION|CSD_LOCK_WAIT_DEBUG\w{0,20}|PREEMPT\w{0,20}|DETECT_HUNG_TASK\w{0,20}|DEFAULT_HUNG_TASK_TIMEOUT|SOFTLOCKUP_DETECTOR|HARDLOCKUP_DETECTOR|BOOTPARAM_\w{1,40}|LOCKDEP|PROVE_LOCKING|NR_CPUS|NODES_SHIFT|SLAB|SLUB|SLAB_MERGE_DEFAULT|DEBUG_INFO_BTF|KEXEC|CRASH_DUMP)$/
const CONFIG_ROW = /^(?:(CONFIG_\w{1,60})=(.{0,200})|# (CONFIG_\w{1,60}) is not set)$/
/** /boot/config-*: `CONFIG_KSM=y`; what "is not set" is n. */
export function configText(): TextParser {
  return tellingParser((tell) => {
    const once = new Once(256)
    return {
      line: (line, at) => {
        const [, name, text, unset] = line.length <= 300 ? (CONFIG_ROW.exec(line.trimEnd()) ?? []) : []
        const known = name ?? unset
        if (known && CONFIG.test(known) && once.first(known)) tell.value(`config.${known}`, text ?? 'n', at)
      },
    }
  })
}

function rows(group: string, row: RegExp, wanted: (name: string) => boolean): TextParser {
  return tellingParser((tell) => {
    const once = new Once(512)
    return {
      line: (line, at) => {
        const [, name, text] = line.length <= 200 ? (row.exec(line.trimEnd()) ?? []) : []
        if (name && text && wanted(name) && once.first(name)) tell.value(`${group}.${name}`, text, at)
      },
    }
  })
}

/** Names that were told: a file that repeats itself tells each once. */
class Once {
  private readonly names = new Set<string>()
  private readonly most: number
  constructor(most: number) {
    this.most = most
  }
  get room(): boolean {
    return this.names.size < this.most
  }
  first(name: string): boolean {
    if (this.names.has(name) || !this.room) return false
    this.names.add(name)
    return true
  }
}
