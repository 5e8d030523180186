import type { CpuNote } from '../../src/image/types.ts'

/** General registers, by name. */
export type Register =
  | 'rax'
  | 'rbx'
  | 'rcx'
  | 'rdx'
  | 'rsi'
  | 'rdi'
  | 'rbp'
  | 'rsp'
  | 'r8'
  | 'r9'
  | 'r10'
  | 'r11'
  | 'r12'
  | 'r13'
  | 'r14'
  | 'r15'

/** Registers of a CPU; what is left out is 0, cs is the kernel's. */
export interface CpuRecipe extends Partial<Record<Register, bigint>> {
  rip?: bigint
  cs?: bigint
  flags?: bigint
  /** pr_pid of NT_PRSTATUS: in kdump's notes of the task on the CPU; left out it is QEMU's, the index and 1. */
  pid?: number
}

const KERNEL_CS = 0x10n

/** pr_reg of NT_PRSTATUS from offset 112 on, one word each. @see arch/x86/include/asm/user_64.h (v6.12) */
const PRSTATUS_ORDER = [
  'r15',
  'r14',
  'r13',
  'r12',
  'rbp',
  'rbx',
  'r11',
  'r10',
  'r9',
  'r8',
  'rax',
  'rcx',
  'rdx',
  'rsi',
  'rdi',
  'orig_rax',
  'rip',
  'cs',
  'flags',
  'rsp',
  'ss',
]
/** QEMUCPUState from offset 8 on, one word each; then segments of 24 bytes, cs first. @see QEMU target/i386/arch_dump.c (7.2) */
const QEMU_ORDER = [
  'rax',
  'rbx',
  'rcx',
  'rdx',
  'rsi',
  'rdi',
  'rsp',
  'rbp',
  'r8',
  'r9',
  'r10',
  'r11',
  'r12',
  'r13',
  'r14',
  'r15',
  'rip',
  'flags',
  'cs',
]

function words(size: number, first: number, order: readonly string[], recipe: CpuRecipe): DataView {
  // behind other bytes, as a view into a file's notes is
  const view = new DataView(new ArrayBuffer(size + 24), 24)
  const values = new Map<string, bigint | number | undefined>(Object.entries({ cs: KERNEL_CS, ...recipe }))
  order.forEach((name, i) => {
    view.setBigUint64(first + 8 * i, BigInt(values.get(name) ?? 0), true)
  })
  return view
}

const note = (index: number, kind: CpuNote['kind'], view: DataView): CpuNote => ({
  index,
  kind,
  desc: new Uint8Array(view.buffer, view.byteOffset, view.byteLength),
})

/** NT_PRSTATUS, 336 bytes. @param index - its place among the notes of that kind */
export function prstatusNote(index: number, recipe: CpuRecipe): CpuNote {
  const view = words(336, 112, PRSTATUS_ORDER, recipe)
  view.setInt32(32, recipe.pid ?? index + 1, true)
  return note(index, 'prstatus', view)
}

/** QEMU's note of a CPU, 440 bytes. */
export function qemuNote(index: number, recipe: CpuRecipe): CpuNote {
  const view = words(440, 8, QEMU_ORDER, recipe)
  view.setUint32(0, 1, true)
  view.setUint32(4, 440, true)
  // the selector is 32 bits wide: its neighbour is the limit
  view.setUint32(156, 0xffff_ffff, true)
  return note(index, 'qemu', view)
}
