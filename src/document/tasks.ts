import { hex } from '../base/text.ts'
import type { TaskStack } from '../kernel/stacks.ts'
import type { Task } from '../kernel/task-list.ts'
import type { Frame } from '../kernel/unwind.ts'
import { commonMembers, type Opened } from './common.ts'
import type { TaskRow, TasksReport } from './schema.ts'

type FrameRow = TaskRow['stack'][number]

export function frameRow(frame: Frame): FrameRow {
  const { address, sp, place, how } = frame
  return {
    address: hex(address),
    sp: hex(sp),
    symbol: place?.symbol ?? null,
    offset: place?.offset ?? null,
    module: place?.module ?? null,
    how,
    inlined: false,
  }
}

/** A task as the documents show it; `stack` is null when stacks were not asked for. */
export function taskRow(task: Task, stack: TaskStack | null): TaskRow {
  const { address, pid, tgid, comm, state, cpu, running, kthread, mm, lastArrival } = task
  return {
    address: hex(address),
    pid,
    tgid,
    comm,
    state,
    cpu,
    running,
    kthread,
    mm: mm === 0n ? null : hex(mm),
    lastArrival,
    stack: stack?.frames.map(frameRow) ?? [],
    stackFrom: stack?.from ?? null,
    stackEnd: stack?.end ?? null,
  }
}

/** Builds the document of `tasks`. */
export function tasksDocument(
  opened: Opened,
  tasks: readonly { task: Task; stack: TaskStack | null }[],
  leftOut: number,
): TasksReport {
  return {
    schema: 'ksm-dump/tasks/1',
    ...commonMembers(opened, null),
    tasks: tasks.map(({ task, stack }) => taskRow(task, stack)),
    leftOut,
  }
}
