import type { Seconds } from '../base/units.ts'
import type { Kernel } from './types.ts'
import { numberVariable, pointerVariable } from './variables.ts'

/** The tick counter at the moment of the dump. */
export interface Jiffies {
  now: bigint
  /** Ticks a second. */
  hz: number
}

/** @see kernel/Kconfig.hz (v6.12) */
const RATES = [100, 250, 300, 1000] as const
/** jiffies begins five minutes before it overflows 32 bits. @see include/linux/jiffies.h (v6.12), INITIAL_JIFFIES */
const BEFORE_OVERFLOW: Seconds = 300
/** How far uptime, in whole seconds, and the last tick may be apart; and by how much of it: the clocks are not the same. */
const SLACK: Seconds = 5
const DRIFT = 1e-3

/**
 * jiffies and HZ, which no dump names: by tick_nsec where the kernel has it, else by the rate at which the counter would have come
 * to where it is in this uptime.
 * @param uptime - seconds since boot; null when unknown
 * @returns null when two rates fit (an uptime of about five minutes), or none
 */
export function readJiffies(kernel: Kernel, uptime: Seconds | null): Jiffies | null {
  const now = pointerVariable(kernel, 'jiffies_64')
  if (now === null) return null
  const nsec = numberVariable(kernel, 'tick_nsec', 'ulong')
  const byTick = nsec ? RATES.filter((hz) => Math.abs(1e9 / hz - nsec) < 1e9 / hz / 100) : []
  if (byTick.length === 1) return { now, hz: byTick[0]! }
  if (uptime === null) return null
  const ticks = Number(BigInt.asIntN(64, now - (1n << 32n)))
  const fit = RATES.filter((hz) => Math.abs(ticks / hz + BEFORE_OVERFLOW - uptime) < SLACK + uptime * DRIFT)
  return fit.length === 1 ? { now, hz: fit[0]! } : null
}
