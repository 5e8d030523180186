import { tasksDocument } from '../document/tasks.ts'
import type { TasksReport } from '../document/schema.ts'
import { stackReader, type TaskStack, tornStacks } from '../kernel/stacks.ts'
import { listTasks, type Task } from '../kernel/task-list.ts'
import type { Outcome } from './outcome.ts'
import { type Run, runSteps } from './run-steps.ts'
import { type CommonOptions, Session } from './session.ts'

export interface TasksOptions extends CommonOptions {
  /** Only tasks in one of these states, null for all. */
  states: readonly string[] | null
  /** Only this process and its threads, null for all. */
  pid: number | null
  /** Only tasks whose comm or a symbol of whose stack has this text, null for all. */
  match: string | null
  stacks: boolean
}

/** Every task and thread, with stacks where asked for. Never throws for what the input is. */
export async function tasks(files: readonly string[], options: TasksOptions, run: Run): Promise<Outcome<TasksReport>> {
  const session = new Session(files, options, run)
  const rows: { task: Task; stack: TaskStack | null }[] = []
  let leftOut = 0
  await session.attempt(async () => {
    rows.length = 0
    leftOut = 0
    const kernel = await session.openKernel()
    const list = await runSteps(listTasks(kernel, session.input, run.abort), run)
    session.problems.push(...list.problems)
    session.mark('tasks')
    // a pattern may be that of a symbol: then every stack is read
    const stacks = options.stacks || options.match !== null ? stackReader(kernel, session.image?.cpus ?? []) : null
    for (const task of list.tasks) {
      const wanted =
        (options.states === null || options.states.includes(task.state)) &&
        (options.pid === null || task.pid === options.pid || task.tgid === options.pid)
      const stack = wanted && stacks ? stacks.read(task) : null
      if (wanted && (options.match === null || matches(task, stack, options.match)))
        rows.push({ task, stack: options.stacks ? stack : null })
      else leftOut++
      if (rows.length % 64 === 0) {
        await new Promise((resolve) => setImmediate(resolve))
        if (run.abort.aborted) break
      }
    }
    if (options.stacks) session.problems.push(...tornStacks(rows, session.input))
    session.mark('stacks')
  })
  return session.outcome(tasksDocument(session.opened(), rows, leftOut))
}

function matches(task: Task, stack: TaskStack | null, pattern: string): boolean {
  const wanted = pattern.toLowerCase()
  return (
    task.comm.toLowerCase().includes(wanted) ||
    (stack?.frames.some((frame) => frame.place?.symbol.toLowerCase().includes(wanted)) ?? false)
  )
}
