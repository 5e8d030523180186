import type { KsmLayout } from './eras.ts'
import type { Kernel } from '../kernel/types.ts'
import { numberVariable, type VariableType } from '../kernel/variables.ts'

/**
 * The kernel's own counters and knobs under their sysfs names, null where this kernel has none or it can't be read.
 * pages_shared counts nodes with items, pages_sharing the items beyond the first of each node.
 */
export type KsmCounters = Record<CounterName, number | null>

/** sysfs name, variable, type of those that are a variable of their own. @see mm/ksm.c (v6.12), Documentation/admin-guide/mm/ksm.rst */
export const COUNTER_VARIABLES = [
  ['pages_shared', 'ksm_pages_shared', 'ulong'],
  ['pages_sharing', 'ksm_pages_sharing', 'ulong'],
  ['pages_unshared', 'ksm_pages_unshared', 'ulong'],
  ['rmap_items', 'ksm_rmap_items', 'ulong'],
  ['stable_node_chains', 'ksm_stable_node_chains', 'ulong'],
  ['stable_node_dups', 'ksm_stable_node_dups', 'ulong'],
  ['max_page_sharing', 'ksm_max_page_sharing', 'int'],
  ['merge_across_nodes', 'ksm_merge_across_nodes', 'uint'],
  ['run', 'ksm_run', 'ulong'],
  ['use_zero_pages', 'ksm_use_zero_pages', 'bool'],
  ['ksm_zero_pages', 'ksm_zero_pages', 'ulong'],
  ['pages_scanned', 'ksm_pages_scanned', 'ulong'],
  ['pages_skipped', 'ksm_pages_skipped', 'ulong'],
  ['pages_to_scan', 'ksm_thread_pages_to_scan', 'uint'],
  ['sleep_millisecs', 'ksm_thread_sleep_millisecs', 'uint'],
  ['smart_scan', 'ksm_smart_scan', 'bool'],
  ['stable_node_chains_prune_millisecs', 'ksm_stable_node_chains_prune_millisecs', 'uint'],
  ['advisor_mode', 'ksm_advisor', 'uint'],
  ['advisor_max_cpu', 'ksm_advisor_max_cpu', 'uint'],
  ['advisor_min_pages_to_scan', 'ksm_advisor_min_pages_to_scan', 'ulong'],
  ['advisor_max_pages_to_scan', 'ksm_advisor_max_pages_to_scan', 'ulong'],
  ['advisor_target_scan_time', 'ksm_advisor_target_scan_time', 'ulong'],
] as const satisfies readonly (readonly [string, string, Exclude<VariableType, 'pointer'>])[]

export type CounterName = (typeof COUNTER_VARIABLES)[number][0] | 'full_scans' | 'pages_volatile' | 'general_profit'

/** Reads them all. */
export function readCounters(kernel: Kernel): KsmCounters {
  const counters = {} as KsmCounters
  for (const [name, variable, type] of COUNTER_VARIABLES) counters[name] = numberVariable(kernel, variable, type)
  counters.full_scans = fullScans(kernel)
  counters.pages_volatile = pagesVolatile(counters)
  counters.general_profit = generalProfit(counters)
  return counters
}

/** Whether this kernel has the symbol of max_page_sharing at all: the bound of LP: #1680513's fix. */
export function hasBound(kernel: Kernel, layout: KsmLayout): boolean {
  // two witnesses: a symbol may be lost in a damaged table, but a bounded kernel's nodes also count their items
  return kernel.symbols.addresses('ksm_max_page_sharing').length > 0 || layout.node.rmapHlistLen !== null
}

/** What sysfs computes: items in no tree, 0 where the sum would be below zero. @see mm/ksm.c (v6.12), pages_volatile_show */
function pagesVolatile({
  rmap_items: items,
  pages_shared: shared,
  pages_sharing: sharing,
  pages_unshared: unshared,
}: KsmCounters): number | null {
  if (items === null || shared === null || sharing === null || unshared === null) return null
  return Math.max(0, items - shared - sharing - unshared)
}

/** Bytes saved less bytes of rmap_items; kernels that count zero pages show it. @see mm/ksm.c (v7.2), general_profit_show */
function generalProfit({
  rmap_items: items,
  pages_sharing: sharing,
  ksm_zero_pages: zeros,
}: KsmCounters): number | null {
  return items === null || sharing === null || zeros === null ? null : (sharing + zeros) * 4096 - items * 64
}

/** ksm_scan.seqnr: completed scans. `ksm_scan` is a struct and a variable. */
function fullScans(kernel: Kernel): number | null {
  const member = kernel.types.struct('ksm_scan', 'seqnr')?.member('seqnr')
  const at = kernel.symbols.addresses('ksm_scan')
  if (!member || at.length !== 1) return null
  const value = kernel.memory.u64(at[0]! + BigInt(member.offset))
  return value !== null && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : null
}
