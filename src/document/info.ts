import { KsmDumpError } from '../base/errors.ts'
import { printable } from '../base/text.ts'
import type { HostReading } from '../kernel/host.ts'
import type { DumpImage } from '../image/types.ts'
import { type LogExtent, logProblems } from '../kernel/kernel-log.ts'
import type { KernelOpening } from '../kernel/open.ts'
import { orcTables } from '../kernel/orc-tables.ts'
import { ksmLayout } from '../ksm/eras.ts'
import { commonMembers, type Opened, UNKNOWN_HOST } from './common.ts'
import type { InfoReport } from './schema.ts'

type Answer = InfoReport['can']['ksm']

/**
 * Builds the document of `info`.
 * @param log - how much of the kernel's log can be read; null when it is not found
 */
export function infoDocument(
  opened: Opened,
  reading: HostReading | null,
  log: LogExtent | null,
  input: string,
): InfoReport {
  const { image, opening } = opened
  const uts = image?.uts
  const time = image?.timestamp ? new Date(image.timestamp * 1000).toISOString().replace('.000Z', 'Z') : null
  const host = reading?.host ?? {
    ...UNKNOWN_HOST,
    name: uts?.nodename ? printable(uts.nodename, 65) : null,
    time,
    cpus: image ? cpuCount(image.cpus) : null,
  }
  return {
    schema: 'ksm-dump/info/1',
    ...commonMembers(opened, null),
    host,
    notes: image?.notes.map(({ name, type, desc }) => ({ name: printable(name, 32), type, bytes: desc.length })) ?? [],
    can: {
      ksm: canKsm(opening, input),
      tasks: canTasks(opening),
      stacks: canStacks(opened),
      log: canLog(opening, log, input),
    },
    wants: wants(opened),
  }
}

const no = (why: string): Answer => ({ ok: false, why })
const YES: Answer = { ok: true, why: null }

function stopped(opening: KernelOpening | null): string | null {
  if (!opening) return 'the file could not be opened'
  return opening.stopped?.message ?? null
}

function canKsm(opening: KernelOpening | null, input: string): Answer {
  const why = stopped(opening)
  if (why !== null || !opening?.kernel) return no(why ?? 'the kernel was not found')
  try {
    ksmLayout(opening.kernel, input)
    return YES
  } catch (error) {
    if (error instanceof KsmDumpError) return no(error.message)
    throw error
  }
}

function canTasks(opening: KernelOpening | null): Answer {
  const why = stopped(opening)
  if (why !== null || !opening?.kernel) return no(why ?? 'the kernel was not found')
  const { types, symbols } = opening.kernel
  return types.struct('task_struct', 'tasks') && symbols.addresses('init_task').length === 1
    ? YES
    : no('init_task or struct task_struct is missing')
}

/** CPUs that left a note; a CPU may have one of each kind. */
function cpuCount(notes: DumpImage['cpus']): number | null {
  const of = (kind: 'prstatus' | 'qemu'): number => notes.filter((note) => note.kind === kind).length
  return Math.max(of('prstatus'), of('qemu')) || null
}

function canStacks({ opening, image }: Opened): Answer {
  const why = stopped(opening)
  if (why !== null || !opening?.kernel) return no(why ?? 'the kernel was not found')
  if (orcTables(opening.kernel, []) === null)
    return no('the kernel has no ORC tables of a known version: frames are found by frame pointers or guessed')
  return image?.cpus.length === 0
    ? { ok: true, why: 'only of tasks that sleep: the dump has no registers of CPUs' }
    : YES
}

/** As `log` has it, which needs neither symbols nor types. */
function canLog(opening: KernelOpening | null, log: LogExtent | null, input: string): Answer {
  if (!opening || !log) return no(stopped(opening) ?? 'the kernel log is of an unknown kind')
  if (log.records === 0) return no('the kernel log can not be read')
  return { ok: true, why: logProblems(opening, log.gaps, input)[0]?.message ?? null }
}

/** What would help, as names that can be typed. */
function wants({ image, opening }: Opened): string[] {
  if (!image || !opening?.stopped) return []
  const release = opening.vmcoreinfo?.get('OSRELEASE')
  switch (opening.stopped.code) {
    case 'no-symbols':
    case 'no-types':
      return release ? [debugPackage(release), `the unstripped vmlinux of ${release}`] : []
    case 'no-vmcoreinfo':
      return [
        'a dump with a VMCOREINFO note: by kdump, or by QEMU with -device vmcoreinfo and the guest module qemu_fw_cfg',
      ]
    default:
      return []
  }
}

/** Name of the package with debug symbols, by the shape of the release. */
function debugPackage(release: string): string {
  if (/\.el\d|\.fc\d/.test(release)) return `kernel-debuginfo-${release}`
  if (/-generic$|-lowlatency$|-(aws|azure|gcp|kvm|oracle)$/.test(release))
    return `linux-image-unsigned-${release}-dbgsym`
  if (/-default$/.test(release)) return `kernel-default-debuginfo (${release})`
  return `linux-image-${release}-dbg`
}
