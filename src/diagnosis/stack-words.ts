import type { VirtAddr } from '../base/units.ts'
import type { TaskStack } from '../kernel/stacks.ts'
import type { Task } from '../kernel/task-list.ts'
import type { Kernel } from '../kernel/types.ts'
import { THREAD_SIZE } from '../kernel/unwind.ts'
import type { StackWord } from '../kernel/waited-lock.ts'

/** struct inactive_task_frame, below the first return address: registers that a task that was switched out keeps. */
const SAVED_REGISTERS = 48n

/** Words of a task's stack, from its innermost frame on it to its outermost; those that are not in the dump are left out. */
export function stackWords(kernel: Kernel, task: Task, stack: TaskStack): StackWord[] {
  const top = task.stack + THREAD_SIZE
  const on = stack.frames.filter((frame) => frame.sp >= task.stack && frame.sp < top)
  const [first, last] = [on[0], on.at(-1)]
  if (!first || !last) return []
  const from: VirtAddr =
    (task.running || first.sp < task.stack + SAVED_REGISTERS ? first.sp : first.sp - SAVED_REGISTERS) & ~7n
  const words: StackWord[] = []
  for (let place = from; place <= last.sp; place += 8n) {
    const word = kernel.memory.u64(place)
    if (word !== null && word !== 0n) words.push({ place, word })
  }
  return words
}
