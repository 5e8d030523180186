import type { StackFact } from '../diagnosis/hang-facts.ts'
import type { AnalyzeReport } from './schema.ts'

type Stacks = NonNullable<AnalyzeReport['stacks']>
type Group = Stacks['groups'][number]

/** Groups, names of tasks in one, and frames of a stack that are shown. */
const GROUPS = 200
const COMMS = 5
const FRAMES = 60

/** Equal stacks together: first those of tasks that run or wait in the kernel, then those of sleepers; of each most tasks first. */
export class StackGroups {
  readonly member: AnalyzeReport['stacks']
  /** By group; undefined for stacks that were left out. */
  private readonly indices = new Map<string, number>()
  private readonly keys = new Map<bigint, string>()

  constructor(stacks: readonly Pick<StackFact, 'task' | 'frames'>[]) {
    const groups = new Map<string, Group>()
    for (const fact of stacks) {
      // once: a text's stack makes them when it is asked
      const { task, frames: all } = fact
      if (all.length === 0) continue
      const frames = all
        .slice(0, FRAMES)
        .map(({ place }) => ({ symbol: place?.symbol ?? null, module: place?.module ?? null }))
      const key = `${task.state} ${task.running} ${frames.map(({ symbol }) => symbol).join(' ')}`
      this.keys.set(task.id, key)
      const group = groups.get(key) ?? { state: task.state, running: task.running, tasks: 0, comms: [], frames }
      group.tasks++
      if (task.comm !== null && group.comms.length < COMMS && !group.comms.includes(task.comm))
        group.comms.push(task.comm)
      groups.set(key, group)
    }
    const sorted = [...groups].sort(
      ([a, one], [b, two]) => asleep(one) - asleep(two) || two.tasks - one.tasks || (a < b ? -1 : 1),
    )
    for (const [i, [key]] of sorted.slice(0, GROUPS).entries()) this.indices.set(key, i)
    this.member =
      sorted.length === 0
        ? null
        : {
            groups: sorted.slice(0, GROUPS).map(([, group]) => group),
            leftOut: sorted.slice(GROUPS).reduce((sum, [, { tasks }]) => sum + tasks, 0),
          }
  }

  /** Index of a task's stack; null where it is not shown. @param id - TaskFact.id */
  indexOf(id: bigint): number | null {
    return this.indices.get(this.keys.get(id) ?? '') ?? null
  }
}

function asleep({ state, running }: Group): number {
  return running || state === 'D' || state === 'R' ? 0 : 1
}
