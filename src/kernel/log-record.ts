import type { VirtAddr } from '../base/units.ts'
import type { VmcoreInfo } from '../parsers/vmcoreinfo.ts'
import type { VirtualMemory } from './types.ts'

/** One record of the kernel's log. */
export interface LogRecord {
  /** The kernel's own number of it; where the ring keeps none (before 5.10), counted from 0 at the oldest one that is left. */
  seq: number
  /** Seconds since boot. */
  time: number
  level: number
  facility: number
  /** Who logged it, "T123" (task) or "C4" (CPU); null where the kernel doesn't say (without CONFIG_PRINTK_CALLER). */
  caller: string | null
  /** As the kernel wrote it: not yet safe to print. */
  text: string
}

/** All that reading the log takes: VMCOREINFO places every part of it, so it needs neither symbols nor types. */
export interface LogSource {
  vmcoreinfo: VmcoreInfo
  memory: VirtualMemory
}

/** What is missing of a log that was read; a log that is whole has 0, 0 and null. */
export interface LogGaps {
  /** Records that were left out because a part of them is not in the dump. */
  absent: number
  /** Records that were left out because they contradict themselves or the ring. */
  torn: number
  /** Where it breaks off: the records behind can not be found. Null where it was read to its youngest record. */
  brokenAt: VirtAddr | null
}

/** Gives the records, oldest first, and tells in the end what is missing. */
export type LogReading = Generator<LogRecord, LogGaps, void>

/** Largest ring that is looked at, bytes of text: log_buf_len is at most 2 GiB, real ones are at most 64 MiB. */
export const MOST_TEXT = 64 * 1024 * 1024

/** "T123" or "C4": bit 31 of a caller_id tells a CPU from a task. @see kernel/printk/printk.c (v5.9, v6.12), printk_caller_id */
export function callerName(id: number): string {
  return id & 0x80000000 ? `C${id & 0x7fffffff}` : `T${id}`
}
