import { printable } from '../base/text.ts'
import type { Seconds } from '../base/units.ts'
import { EventParser, type LogEvent } from '../parsers/klog-events.ts'
import { kernelLog } from './kernel-log.ts'
import type { Kernel } from './types.ts'
import { addressOf, numberVariable } from './variables.ts'

/** Identity of the host and of the moment; each null when unknown. */
export interface Host {
  name: string | null
  /** When the dump was taken, ISO 8601 in UTC, by the kernel's own clock. */
  time: string | null
  uptimeSeconds: Seconds | null
  /** CPUs online. */
  cpus: number | null
  /** Memory that the kernel manages, bytes. */
  memoryBytes: number | null
  /** First line of the panic message, safe to print; null when the log has none. */
  panic: string | null
}

/** Log records read, null when the kernel's log can't be read. */
export interface HostReading {
  host: Host
  logRecords: number | null
  /** What the log reports of tasks and CPUs that do not get on. */
  events: LogEvent[]
}

/** @see kernel/panic.c, arch/x86/kernel/dumpstack.c, drivers/tty/sysrq.c (v6.12): texts of the lines that begin an end */
const PANIC_LINES = [
  'Kernel panic - not syncing',
  'sysrq: Trigger a crash',
  'BUG: unable to handle',
  'kernel BUG at ',
  'Oops: ',
  'general protection fault',
  'watchdog: BUG: soft lockup',
  'NMI watchdog: Watchdog detected hard LOCKUP',
]

/** Reads them all; whatever is missing is null. */
export function readHost(kernel: Kernel): HostReading {
  const clock = readClock(kernel)
  const crashTime = kernel.vmcoreinfo.get('CRASHTIME')
  const seconds = crashTime !== null && /^\d{1,11}$/.test(crashTime) ? Number(crashTime) : (clock?.realtime ?? null)
  const log = readLog(kernel)
  return {
    host: {
      name: nodeName(kernel),
      time:
        seconds !== null && seconds > 0 && seconds < 8e12 / 1000
          ? new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
          : null,
      uptimeSeconds: clock?.uptime ?? null,
      cpus: onlineCpus(kernel),
      memoryBytes: managedMemory(kernel),
      panic: log.panic,
    },
    logRecords: log.records,
    events: log.events,
  }
}

function nodeName(kernel: Kernel): string | null {
  const member = kernel.types.struct('uts_namespace')?.member('name.nodename')
  const at = kernel.vmcoreinfo.symbol('init_uts_ns')
  const name = member && at !== null ? kernel.memory.cstring(at + BigInt(member.offset), 65) : null
  return name ? printable(name, 65) : null
}

function onlineCpus(kernel: Kernel): number | null {
  const count = numberVariable(kernel, '__num_online_cpus', 'int')
  return count !== null && count > 0 && count <= 8192 ? count : null
}

function managedMemory(kernel: Kernel): number | null {
  const pages = numberVariable(kernel, '_totalram_pages', 'ulong')
  return pages !== null && pages <= kernel.physical.maxPfn ? pages * kernel.physical.pageSize : null
}

/** The log's own moment, kernel time: seconds since 1970 and since boot. */
interface Clock {
  realtime: Seconds
  uptime: Seconds
}

/** 2005 to 2200: what a clock of a running host can say. */
const EARLIEST = 1_104_537_600
const LATEST = 7_258_118_400
const LONGEST_UPTIME = 3_155_760_000

/**
 * The timekeeper: xtime_sec and ktime_sec. It is a member of `tk_core` (behind a seqcount, or in struct tk_data), or of
 * `timekeeper_data[0]`.
 * @see kernel/time/timekeeping.c (v6.1, v6.12, v7.2)
 */
function readClock(kernel: Kernel): Clock | null {
  const timekeeper = kernel.types.struct('timekeeper', 'xtime_sec')
  const realtimeAt = timekeeper?.member('xtime_sec')?.offset
  const uptimeAt = timekeeper?.member('ktime_sec')?.offset
  const core = addressOf(kernel, 'tk_core') ?? addressOf(kernel, 'timekeeper_data')
  if (realtimeAt === undefined || uptimeAt === undefined || core === null) return null
  const inData = kernel.types.struct('tk_data', 'timekeeper')?.member('timekeeper')?.offset
  for (const offset of inData === undefined ? [8] : [inData, 8]) {
    const realtime = kernel.memory.u64(core + BigInt(offset + realtimeAt))
    const uptime = kernel.memory.u64(core + BigInt(offset + uptimeAt))
    if (realtime === null || uptime === null) continue
    if (realtime >= EARLIEST && realtime <= LATEST && uptime <= LONGEST_UPTIME)
      return { realtime: Number(realtime), uptime: Number(uptime) }
  }
  return null
}

function readLog(kernel: Kernel): { panic: string | null; records: number | null; events: LogEvent[] } {
  let records = 0
  let panic: string | null = null
  const parser = new EventParser()
  for (const record of kernelLog(kernel) ?? []) {
    records++
    parser.push(record.text, record.time)
    if (panic?.includes('Kernel panic')) continue
    const line = record.text.split('\n').find((each) => PANIC_LINES.some((start) => each.includes(start)))
    if (line !== undefined && (panic === null || line.includes('Kernel panic'))) panic = printable(line, 200)
  }
  return { panic, records: records > 0 ? records : null, events: parser.events }
}
