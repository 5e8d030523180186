import type { VirtAddr } from '../base/units.ts'
import type { Kernel } from './types.ts'
import { addressOf, numberVariable } from './variables.ts'

/** A call that one CPU has asked another to make, and that was not yet made at the moment of the dump. */
export interface PendingCall {
  /** Address of the call_single_data. */
  csd: VirtAddr
  /** The CPU that is to make it. */
  target: number
  flags: number
  /** Address of the function. */
  func: VirtAddr
}

/** The csd is in use: csd_lock_wait spins on this bit. @see include/linux/smp_types.h (v5.10, v7.2) */
const CSD_FLAG_LOCK = 1
const MOST_CPUS = 8192

/**
 * Calls of smp_call_function_many that a CPU still waits for: its cfd_data has one csd for each target.
 * @returns null when the kernel's structures are unknown or not in the dump
 * @see kernel/smp.c (v5.10, v6.1, v7.2), struct call_function_data
 */
export function pendingCalls(kernel: Kernel, cpu: number): PendingCall[] | null {
  const data = kernel.types.struct('call_function_data')
  const each = kernel.types.struct('__call_single_data')
  // v6.1: pcpu, a cfd_percpu that begins with the csd
  const pointer = (data?.member('csd') ?? data?.member('pcpu'))?.offset
  const [flagsAt, funcAt] = [each?.member('node.u_flags')?.offset, each?.member('func')?.offset]
  const areas = addressOf(kernel, '__per_cpu_offset')
  const cfd = addressOf(kernel, 'cfd_data')
  const cpus = numberVariable(kernel, 'nr_cpu_ids', 'uint')
  if (pointer === undefined || flagsAt === undefined || funcAt === undefined) return null
  if (areas === null || cfd === null || cpus === null || cpu >= cpus) return null
  const { memory } = kernel
  const ofCpu = (variable: VirtAddr, of: number): VirtAddr | null => {
    const area = memory.u64(areas + BigInt(8 * of))
    return area === null ? null : BigInt.asUintN(64, area + variable)
  }
  const own = ofCpu(cfd, cpu)
  const csds = own === null ? null : memory.u64(own + BigInt(pointer))
  if (csds === null) return null
  const pending: PendingCall[] = []
  for (let target = 0; target < Math.min(cpus, MOST_CPUS); target++) {
    const csd = ofCpu(csds, target)
    const flags = csd === null ? null : memory.u32(csd + BigInt(flagsAt))
    const func = csd === null ? null : memory.u64(csd + BigInt(funcAt))
    if (csd === null || flags === null || func === null) return null
    if (flags & CSD_FLAG_LOCK) pending.push({ csd, target, flags, func })
  }
  return pending
}
