import type { Problem } from '../base/errors.ts'
import { hex } from '../base/text.ts'
import { plural } from '../base/words.ts'
import type { VmcoreInfo } from '../parsers/vmcoreinfo.ts'
import { readLogBuf } from './log-buf.ts'
import type { LogGaps, LogReading, LogSource } from './log-record.ts'
import type { KernelOpening } from './open.ts'
import { readPrintkRing } from './printk-ring.ts'

/** A form in which kernels keep their log; told by a symbol of VMCOREINFO, never by version. */
interface LogForm {
  id: string
  source: string
  holds: (info: VmcoreInfo) => boolean
  read: (source: LogSource) => LogReading
}

/** Newest first; the first that holds is read. */
export const LOG_FORMS: readonly LogForm[] = [
  {
    id: 'lockless-ring',
    source: '896fbe20b4e2 ("printk: use the lockless ringbuffer", in v5.10)',
    holds: (info) => info.symbol('prb') !== null,
    read: readPrintkRing,
  },
  {
    id: 'records-in-log-buf',
    source: '7ff9554bb578 ("printk: convert byte-buffer to variable-length record buffer", in v3.5)',
    holds: (info) => info.symbol('log_first_idx') !== null,
    read: readLogBuf,
  },
]

/**
 * The kernel's log, oldest record first.
 * @returns null when VMCOREINFO names no log of a known form
 */
export function kernelLog(source: LogSource): LogReading | null {
  return LOG_FORMS.find((form) => form.holds(source.vmcoreinfo))?.read(source) ?? null
}

/** The log of a kernel that was found at least as far as its address space; null as above, or when it was not. */
export function openLog({ vmcoreinfo, memory }: Pick<KernelOpening, 'vmcoreinfo' | 'memory'>): LogReading | null {
  return vmcoreinfo && memory ? kernelLog({ vmcoreinfo, memory }) : null
}

/** How much of a log can be read. */
export interface LogExtent {
  records: number
  gaps: LogGaps
}

/** Reads the log to its end without keeping it; null where there is none to open. */
export function logExtent(opening: Pick<KernelOpening, 'vmcoreinfo' | 'memory'>): LogExtent | null {
  const reading = openLog(opening)
  if (!reading) return null
  let records = 0
  let step = reading.next()
  for (; !step.done; step = reading.next()) records++
  return { records, gaps: step.value }
}

/**
 * What leaves a log open that was read: what is missing of it, and addresses that may have been translated wrongly. Symbols and types
 * that are not known are none of it.
 * @param input - name of the dump for messages
 */
export function logProblems({ stopped }: Pick<KernelOpening, 'stopped'>, gaps: LogGaps, input: string): Problem[] {
  const problems: Problem[] = []
  if (stopped?.code === 'no-translation') problems.push({ ...stopped.toProblem(), code: 'damaged-structure' })
  const what = [
    gaps.absent > 0 && `${plural(gaps.absent, 'record')} can not be read because pages are not in the dump`,
    gaps.torn > 0 && `${plural(gaps.torn, 'record')} can not be what the kernel wrote`,
    gaps.brokenAt !== null && `it breaks off at ${hex(gaps.brokenAt)}, before its youngest record`,
  ].filter(Boolean)
  if (what.length > 0)
    problems.push({
      code: gaps.absent > 0 ? 'pages-absent' : 'damaged-structure',
      message: `The kernel log is not whole: ${what.join('; ')}.`,
      input,
      at: gaps.brokenAt === null ? null : hex(gaps.brokenAt),
    })
  return problems
}
