import type { VirtAddr } from '../base/units.ts'
import type { CpuNote } from '../image/types.ts'

/** Registers of one CPU at the moment of the dump. */
export interface CpuRegisters {
  ip: VirtAddr
  sp: VirtAddr
  bp: VirtAddr
  flags: bigint
  /** It was in user mode: its kernel stack is empty. */
  user: boolean
  /** NT_PRSTATUS's pr_pid; null in QEMU's notes. */
  pid: number | null
  from: 'prstatus' | 'qemu'
  /** The other general registers: what a function kept in them. */
  general: VirtAddr[]
}

/** Offsets in NT_PRSTATUS of x86_64. @see arch/x86/include/uapi/asm/ptrace-abi.h; registers begin at 112 */
const PRSTATUS = {
  pid: 32,
  bp: 144,
  ip: 240,
  cs: 248,
  flags: 256,
  sp: 264,
  size: 272,
  general: [112, 120, 128, 136, 144, 152, 160, 168, 176, 184, 192, 200, 208, 216, 224],
} as const
/** Offsets in QEMUCPUState. @see QEMU target/i386/arch_dump.c (7.2) */
const QEMU = {
  sp: 56,
  bp: 64,
  ip: 136,
  flags: 144,
  cs: 152,
  size: 432,
  general: [8, 16, 24, 32, 40, 48, 64, 72, 80, 88, 96, 104, 112, 120, 128],
} as const

/** Decodes a CPU's note; null when it is too short or empty (a CPU that never saved its registers). */
export function cpuRegisters(note: CpuNote): CpuRegisters | null {
  const { desc, kind } = note
  const view = new DataView(desc.buffer, desc.byteOffset, desc.byteLength)
  const u64 = (at: number): bigint => view.getBigUint64(at, true)
  if (kind === 'qemu') {
    if (desc.length < QEMU.size || (u64(QEMU.ip) === 0n && u64(QEMU.sp) === 0n)) return null
    return {
      ip: u64(QEMU.ip),
      sp: u64(QEMU.sp),
      bp: u64(QEMU.bp),
      flags: u64(QEMU.flags),
      user: (view.getUint32(QEMU.cs, true) & 3) !== 0,
      pid: null,
      from: 'qemu',
      general: QEMU.general.map(u64),
    }
  }
  if (desc.length < PRSTATUS.size || (u64(PRSTATUS.ip) === 0n && u64(PRSTATUS.sp) === 0n)) return null
  return {
    ip: u64(PRSTATUS.ip),
    sp: u64(PRSTATUS.sp),
    bp: u64(PRSTATUS.bp),
    flags: u64(PRSTATUS.flags),
    user: (u64(PRSTATUS.cs) & 3n) !== 0n,
    pid: view.getInt32(PRSTATUS.pid, true),
    from: 'prstatus',
    general: PRSTATUS.general.map(u64),
  }
}
