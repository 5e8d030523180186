import type { HangFacts, LockFact, StackFact, TaskFact } from './hang-facts.ts'

/** Tasks and stacks of a host by what is asked of them: a large one has tens of thousands, and as many locks. */
export interface HostIndex {
  tasks: Map<bigint, TaskFact>
  byTask: Map<bigint, StackFact>
  /** Those that wait for a lock, by their stacks. */
  onLock: Map<LockFact['lock'], StackFact[]>
  /** Those that wait until a page has been migrated. */
  onEntry: StackFact[]
}

const INDICES = new WeakMap<HangFacts, HostIndex>()

/** Made once for each host. */
export function indexOf(facts: HangFacts): HostIndex {
  const known = INDICES.get(facts)
  if (known) return known
  const index: HostIndex = {
    tasks: new Map(facts.tasks.map((task) => [task.id, task])),
    byTask: new Map(),
    onLock: new Map(),
    onEntry: [],
  }
  for (const fact of facts.stacks) {
    index.byTask.set(fact.task.id, fact)
    if (fact.waits?.signature.waitsFor === 'migration-entry') index.onEntry.push(fact)
    const lock = fact.lock?.fact.lock
    if (lock === undefined) continue
    const waiting = index.onLock.get(lock)
    if (waiting) waiting.push(fact)
    else index.onLock.set(lock, [fact])
  }
  INDICES.set(facts, index)
  return index
}
