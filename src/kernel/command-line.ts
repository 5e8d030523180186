import type { VirtAddr } from '../base/units.ts'
import { peeking } from '../image/types.ts'
import type { Kernel } from './types.ts'
import { virtualMemory } from './virtual-memory.ts'

/** Bytes of a command line that are read: a qemu's has some 5 KiB. */
const MOST = 16_384

/** What of a command line could be read. */
export interface CommandLine {
  /** Those that are there to their ends. */
  args: string[]
  /** None is missing. */
  whole: boolean
}

/**
 * Arguments of a process, from its own memory (arg_start to arg_end of its mm, by its page tables). User pages are mostly not in
 * a dump, so nothing that is missing counts as needed for an answer.
 * @param mm - address of the mm_struct
 * @returns null where none can be read
 * @see fs/proc/base.c (v6.12), get_mm_cmdline
 */
export function commandLine(kernel: Kernel, mm: VirtAddr): CommandLine | null {
  const type = kernel.types.struct('mm_struct', 'arg_start')
  const word = (path: string): VirtAddr | null => {
    const member = type?.member(path)
    return member ? kernel.probe.u64(mm + BigInt(member.offset)) : null
  }
  const [start, end, tables] = [word('arg_start'), word('arg_end'), word('pgd')]
  if (!start || !end || !tables || end <= start) return null
  const pageTable = kernel.probe.translate(tables)
  if (typeof pageTable !== 'number') return null
  const user = virtualMemory(peeking(kernel.physical), { ...kernel.space, pageTable })
  const length = Number(end - start > BigInt(MOST) ? BigInt(MOST) : end - start)
  const into = new Uint8Array(length)
  const { bytes } = user.read(start, into)
  const args = new TextDecoder().decode(into.subarray(0, bytes)).split('\0')
  const whole = bytes === length && BigInt(length) === end - start
  // behind the last NUL stands the begin of one that is cut
  if (!whole) args.pop()
  return args.length === 0 ? null : { args, whole }
}
