import type { VirtAddr } from '../base/units.ts'
import { peeking } from '../image/types.ts'
import type { Kernel } from './types.ts'
import { virtualMemory } from './virtual-memory.ts'

/** Bytes of a command line that are read: a qemu's has some 5 KiB. */
const MOST = 16_384

/**
 * Arguments of a process, from its own memory (arg_start to arg_end of its mm, by its page tables). User pages are mostly not in
 * a dump, so nothing that is missing counts as needed for an answer.
 * @param mm - address of the mm_struct
 * @returns null where they can't be read
 * @see fs/proc/base.c (v6.12), get_mm_cmdline
 */
export function commandLine(kernel: Kernel, mm: VirtAddr): string[] | null {
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
  const bytes = user.bytes(start, Number(end - start > BigInt(MOST) ? BigInt(MOST) : end - start))
  return bytes === null ? null : new TextDecoder().decode(bytes).split('\0')
}
