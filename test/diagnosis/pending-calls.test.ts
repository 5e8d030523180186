import { describe, expect, test } from 'vitest'
import type { CallFact } from '../../src/diagnosis/hang-facts.ts'
import type { CpuRegisters } from '../../src/kernel/registers.ts'
import { CsdWriter, FLUSH } from '../support/csd-writer.ts'
import { HangMemory, type TaskRecipe } from '../support/hang-memory.ts'

const WALK = 'ptep_clear_flush try_to_migrate_one rmap_walk_ksm try_to_migrate migrate_pages do_migrate_pages'
const MANY = `smp_call_function_many_cond on_each_cpu_cond_mask native_flush_tlb_multi flush_tlb_mm_range ${WALK}`
const SINGLE = `smp_call_function_single smp_call_function_many_cond on_each_cpu_cond_mask flush_tlb_mm_range ${WALK}`
const ON_CPU_2 = { state: 'R', running: true, cpu: 2 } as const

/** A walker on CPU 2 of four. */
function host(rest: TaskRecipe = ON_CPU_2, text = MANY): { memory: HangMemory; csds: CsdWriter } {
  const memory = new HangMemory()
  memory.add(101, 'numad', text, { words: [memory.at('n0')], ...rest })
  return { memory, csds: new CsdWriter(memory) }
}

const calls = (memory: HangMemory): CallFact[] | null => memory.gather().facts.walkers[0]!.calls

function registers(ip: bigint): CpuRegisters {
  return { ip, sp: 0n, bp: 0n, flags: 0n, user: false, pid: null, from: 'prstatus', general: [] }
}

describe('calls that the CPU of a walker waits for', () => {
  test('are those that it asked for, with what each target does', () => {
    const { memory, csds } = host()
    csds.call(2, 0).call(2, 1).call(2, 3).call(1, 2)
    memory.cpu(0, registers(1n), 'flush_tlb_func __flush_smp_call_function_queue __sysvec_call_function')
    memory.cpu(1, registers(2n), 'native_queued_spin_lock_slowpath.part.0 _raw_spin_lock do_something')
    expect(calls(memory)).toMatchObject([
      { target: 0, func: FLUSH, doing: 'flush_tlb_func', inHandler: true, registers: { ip: 1n } },
      { target: 1, func: FLUSH, doing: 'native_queued_spin_lock_slowpath', inHandler: false, registers: { ip: 2n } },
      { target: 3, func: FLUSH, doing: null, inHandler: false, registers: null },
    ])
  })

  test('none, where every call has been made', () => {
    expect(calls(host().memory)).toEqual([])
  })

  test.each<[string, TaskRecipe]>([
    ['is not on a CPU', { state: 'R', running: false, cpu: 2 }],
    ['is on nobody knows which', { state: 'R', running: true, cpu: null }],
    ['is on one that has no csds', { state: 'R', running: true, cpu: 9 }],
  ])('are unknown of a walker that %s', (_what, rest) => {
    const { memory, csds } = host(rest)
    csds.call(2, 0)
    expect(calls(memory)).toBeNull()
  })

  test('a call to one CPU alone (before 5.12) stands on the caller’s stack: that none of the others is locked proves nothing', () => {
    expect(calls(host(ON_CPU_2, SINGLE).memory)).toBeNull()
  })
})
