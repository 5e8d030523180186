import type { Abort, Steps } from '../base/steps.ts'
import type { StackReader } from '../kernel/stacks.ts'
import type { Task } from '../kernel/task-list.ts'
import type { StackFact, TaskFact } from './hang-facts.ts'

/** A task that waits for nothing of the kernel's, with its stack. */
export type Sleeper = Pick<StackFact, 'task' | 'frames'>

/** Stacks that are read: they are shown, and nothing is concluded from them. */
const MOST = 2000

/**
 * Stacks of tasks that neither run nor wait in state D, for the picture of all stacks.
 * @param reader - on memory that does not count as needed: what is missing here makes no answer partial
 * @param factOf - the tasks as facts, by address
 */
export function* readSleepers(
  tasks: readonly Task[],
  factOf: ReadonlyMap<bigint, TaskFact>,
  reader: StackReader,
  abort: Abort,
): Steps<Sleeper[]> {
  const asleep = tasks.filter(({ state, running }) => !running && state !== 'D' && state !== 'R')
  const sleepers: Sleeper[] = []
  for (const task of asleep.slice(0, MOST)) {
    if (abort.aborted) break
    if (sleepers.length % 32 === 31)
      yield { what: 'reading stacks of sleepers', done: sleepers.length, total: asleep.length, unit: 'items' }
    const fact = factOf.get(task.address)
    if (fact) sleepers.push({ task: fact, frames: reader.read(task).frames })
  }
  return sleepers
}
