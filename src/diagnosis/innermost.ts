import type { FrameFact, WalkerFact } from './hang-facts.ts'
import { READ_SLOW, WRITE_SLOW } from './signatures.ts'

/** What the walker was doing at the moment of the dump. */
export interface Innermost {
  symbol: string | null
  /**
   * csd-lock-wait-inlined: waits until another CPU has run its TLB flush (csd_lock_wait has no frame of its own). csd-lock-wait:
   * the same, with a frame. resched: gave the CPU away, or asks whether it should. interrupted: by an interrupt,
   * elsewhere in the walk. anon-vma-wait: sleeps until it gets the lock of an anon_vma. `symbol` is then the function that was interrupted. walking: none of these.
   */
  meaning: 'csd-lock-wait-inlined' | 'csd-lock-wait' | 'anon-vma-wait' | 'resched' | 'interrupted' | 'walking'
  how: FrameFact['how'] | null
}

const CALLS = ['smp_call_function_single', 'smp_call_function_many', 'smp_call_function_many_cond']
const FLUSHES = /^(native_)?flush_tlb|^on_each_cpu|^ptep_clear_flush|^arch_tlbbatch_flush|^try_to_unmap_flush/
const SCHEDULES = [
  '__schedule',
  'schedule',
  '__cond_resched',
  '_cond_resched',
  'preempt_schedule',
  'preempt_schedule_irq',
  'preempt_schedule_common',
  'preempt_schedule_notrace',
  'schedule_preempt_disabled',
  'raw_irqentry_exit_cond_resched',
]

/** Slow paths of a rw_semaphore: between the scheduler and the walk they are the wait for an anon_vma. */
const LOCK_WAITS: readonly string[] = [...READ_SLOW, ...WRITE_SLOW]

/** The innermost frame of the walk itself, and what it means. */
export function innermostOf({ frames, names, walks }: WalkerFact): Innermost {
  const walkAt = walks.at[0]!
  const frame = (i: number): Pick<Innermost, 'symbol' | 'how'> => ({
    symbol: frames[i]?.place?.symbol ?? null,
    how: frames[i]?.how ?? null,
  })
  // the last interrupt's entry before the walk: what was interrupted stands behind it
  let entry = -1
  for (let i = 0; i < walkAt; i++) if (names[i]?.startsWith('asm_')) entry = i
  const slow = names.slice(0, walkAt).findIndex((name) => name !== null && LOCK_WAITS.includes(name))
  if (slow >= 0) return { ...frame(slow), meaning: 'anon-vma-wait' }
  const first = names[0]
  if (first && SCHEDULES.includes(first)) {
    // the function that the walk called to give the CPU away, or the one that was interrupted
    const own = names.slice(0, walkAt + 1).findIndex((name) => name !== null && !SCHEDULES.includes(name))
    return { ...frame(entry >= 0 ? entry + 1 : own - 1), meaning: 'resched' }
  }
  // an interrupt on top of it changes nothing: it waits for the other CPU all the same
  const own = entry + 1
  const at = names[own]
  if (at === 'csd_lock_wait') return { ...frame(own), meaning: 'csd-lock-wait' }
  const flushes = names.slice(own, walkAt).some((name) => name !== null && FLUSHES.test(name))
  if (at && CALLS.includes(at) && flushes) return { ...frame(own), meaning: 'csd-lock-wait-inlined' }
  return { ...frame(own), meaning: entry >= 0 ? 'interrupted' : 'walking' }
}
