import type { Seconds } from '../base/units.ts'
import type { Kernel } from './types.ts'
import { addressOf, numberVariable } from './variables.ts'

const MOST_CPUS = 8192

/**
 * The scheduler's clock at the moment of the dump: the latest rq.clock of all CPUs, seconds since boot. What sched_info counts by.
 * @returns null when it can't be read
 * @see kernel/sched/sched.h (v6.12), struct rq
 */
export function schedulerClock(kernel: Kernel): Seconds | null {
  const clock = kernel.types.struct('rq', 'clock')?.member('clock')?.offset
  const runqueues = addressOf(kernel, 'runqueues')
  const offsets = addressOf(kernel, '__per_cpu_offset')
  const cpus = numberVariable(kernel, 'nr_cpu_ids', 'uint')
  if (clock === undefined || runqueues === null || offsets === null || cpus === null) return null
  let latest = 0n
  for (let cpu = 0; cpu < Math.min(cpus, MOST_CPUS); cpu++) {
    const base = kernel.memory.u64(offsets + BigInt(8 * cpu))
    const value = base === null ? null : kernel.memory.u64(BigInt.asUintN(64, base + runqueues) + BigInt(clock))
    if (value !== null && value > latest && value < 1n << 62n) latest = value
  }
  return latest === 0n ? null : Number(latest) / 1e9
}
