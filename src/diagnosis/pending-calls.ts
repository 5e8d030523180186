import { pendingCalls } from '../kernel/csd.ts'
import type { StackReader } from '../kernel/stacks.ts'
import type { Task } from '../kernel/task-list.ts'
import type { Kernel } from '../kernel/types.ts'
import type { CallFact } from './hang-facts.ts'
import { stackNames } from './stack-names.ts'

/** Functions in which a CPU makes the calls that others asked it for. @see kernel/smp.c, arch/x86/mm/tlb.c (v5.10, v7.2) */
const HANDLERS = [
  '__flush_smp_call_function_queue',
  'flush_smp_call_function_queue',
  'generic_smp_call_function_single_interrupt',
  '__sysvec_call_function',
  'sysvec_call_function',
  '__sysvec_call_function_single',
  'sysvec_call_function_single',
]

/** The calls that the CPU of a task waits for, with what their targets were doing; null when they can't be read. */
export function pendingFacts(
  kernel: Kernel,
  reader: StackReader,
  task: Task,
  names: readonly (string | null)[],
): CallFact[] | null {
  // a call to one CPU alone has its csd on the caller's stack (before 5.12): the others tell nothing of it
  if (names.includes('smp_call_function_single')) return null
  const calls = task.running && task.cpu !== null ? pendingCalls(kernel, task.cpu) : null
  if (calls === null) return null
  return calls.map((call) => {
    const names = stackNames(reader.ofCpu(call.target)?.frames ?? [])
    return {
      ...call,
      registers: reader.cpu(call.target),
      doing: names[0] ?? null,
      inHandler: names.some((name) => name !== null && HANDLERS.includes(name)),
    }
  })
}
