import type { Problem } from '../base/errors.ts'
import type { Abort, Steps } from '../base/steps.ts'
import { hex, printable } from '../base/text.ts'
import type { Seconds, VirtAddr } from '../base/units.ts'
import { stateLetter, type TaskLayout, taskLayout, type TaskState } from './eras/task.ts'
import { eachLink, type ListEnd } from './list-heads.ts'
import type { Kernel } from './types.ts'
import { addressOf } from './variables.ts'

/** A task or thread. */
export interface Task {
  /** Address of its task_struct. */
  address: VirtAddr
  pid: number
  /** Pid of its thread group. */
  tgid: number
  /** Safe to print. */
  comm: string
  state: TaskState
  cpu: number | null
  /** On a CPU right now: its registers are there, its saved stack pointer is stale. */
  running: boolean
  kthread: boolean
  /** 0n for a kernel thread or an exited process. */
  mm: VirtAddr
  /** Low end of its kernel stack. */
  stack: VirtAddr
  /** thread.sp: the stack pointer that it was switched out with. */
  sp: VirtAddr
  /** When it was last put on a CPU, seconds of the scheduler's clock since boot; null where the kernel doesn't say. */
  lastArrival: Seconds | null
  /** What the kernel notes of the lock that it waits for; null where it notes nothing, which proves nothing. */
  blocker: Blocker | null
}

/** task_struct.blocker: set only while a task waits uninterruptibly. @see include/linux/hung_task.h (v6.16) */
export interface Blocker {
  lock: VirtAddr
  kind: 'mutex' | 'semaphore' | 'rwsem-reader' | 'rwsem-writer'
}

const BLOCKER_KINDS: readonly Blocker['kind'][] = ['mutex', 'semaphore', 'rwsem-reader', 'rwsem-writer']

export interface TaskList {
  tasks: Task[]
  layout: TaskLayout | null
  /** False when the list broke off or a task could not be read. */
  complete: boolean
  problems: Problem[]
}

const MOST_TASKS = 4 * 1024 * 1024
const PF_KTHREAD = 0x00200000
const COMM_LENGTH = 16
const MOST_PROBLEMS = 50

/**
 * Every task and thread: the processes of init_task.tasks, and each one's threads.
 * @see include/linux/sched/signal.h (v6.12), for_each_process_thread
 */
export function* listTasks(kernel: Kernel, input: string, abort: Abort): Steps<TaskList> {
  const layout = taskLayout(
    kernel.types.struct('task_struct', 'tasks'),
    kernel.types.struct('signal_struct', 'thread_head'),
  )
  const list: TaskList = { tasks: [], layout, complete: false, problems: [] }
  const init = addressOf(kernel, 'init_task')
  const fault = (code: Problem['code'], message: string, at: VirtAddr | null): void => {
    list.complete = false
    if (list.problems.length < MOST_PROBLEMS)
      list.problems.push({ code, message, input, at: at === null ? null : hex(at) })
  }
  if (!layout || init === null) {
    fault('implausible-value', 'The task list can not be found: init_task or members of task_struct are missing.', null)
    return list
  }
  list.complete = true
  const seen = new Set<VirtAddr>()
  const links = eachLink(kernel.memory, init + BigInt(layout.tasks), MOST_TASKS, true)
  let step = links.next()
  for (let done = 0; !step.done && !abort.aborted; step = links.next()) {
    if (done++ % 64 === 0) yield { what: 'listing tasks', done: list.tasks.length, total: null, unit: 'items' }
    const leader: VirtAddr = step.value - BigInt(layout.tasks)
    const task = readTask(kernel, layout, leader)
    if (task) list.tasks.push(task)
    else fault('pages-absent', 'A task_struct is not whole in the dump, or holds no task.', leader)
    threads(kernel, layout, leader, seen, list, fault)
  }
  const broken = step.done ? BROKEN[step.value.why] : null
  if (step.done && broken !== null)
    fault(step.value.why === 'absent' ? 'pages-absent' : 'damaged-structure', broken, step.value.at)
  if (abort.aborted) list.complete = false
  return list
}

const BROKEN: Record<ListEnd['why'], string | null> = {
  whole: null,
  absent: 'The task list breaks off: a task_struct is not in the dump.',
  null: 'The task list breaks off: a link is null.',
  cycle: 'The task list is a cycle that does not come back to init_task.',
  'back-link': 'The task list breaks off: a back link is wrong.',
}

/** Adds the threads of a group beside its leader. */
function threads(
  kernel: Kernel,
  layout: TaskLayout,
  leader: VirtAddr,
  seen: Set<VirtAddr>,
  list: TaskList,
  fault: (code: Problem['code'], message: string, at: VirtAddr) => void,
): void {
  const { memory } = kernel
  const signal = memory.u64(leader + BigInt(layout.signal))
  if (signal === null) fault('pages-absent', 'A task_struct is not whole in the dump: its threads are unknown.', leader)
  if (!signal) return
  const links = eachLink(memory, signal + BigInt(layout.threadHead), MOST_TASKS, true)
  let step = links.next()
  for (; !step.done; step = links.next()) {
    const thread = step.value - BigInt(layout.threadNode)
    if (thread === leader) continue
    // a list that runs into another group's would be read again for each
    if (seen.has(thread) || seen.size >= MOST_TASKS) {
      fault('damaged-structure', 'A thread list leads to a thread that was listed before.', step.value)
      return
    }
    seen.add(thread)
    const task = readTask(kernel, layout, thread)
    if (!task) {
      fault('pages-absent', 'A task_struct of a thread is not whole in the dump, or holds no task.', thread)
      continue
    }
    list.tasks.push(task)
  }
  if (step.value.why === 'absent')
    fault('pages-absent', 'A thread list breaks off: a task_struct is not in the dump.', leader)
  else if (step.value.why !== 'whole')
    fault(
      'damaged-structure',
      step.value.why === 'cycle'
        ? 'A thread list is a cycle that does not come back to its head.'
        : 'A thread list breaks off: a back link is wrong.',
      step.value.at,
    )
}

/** Reads one task_struct; null when it is absent or can't be one. */
export function readTask(kernel: Kernel, layout: TaskLayout, address: VirtAddr): Task | null {
  const { memory } = kernel
  const u32 = (offset: number): number | null => memory.u32(address + BigInt(offset))
  const u64 = (offset: number): bigint | null => memory.u64(address + BigInt(offset))
  const [pid, tgid, flags, state] = [u32(layout.pid), u32(layout.tgid), u32(layout.flags), u32(layout.state)]
  const [mm, stack, sp] = [u64(layout.mm), u64(layout.stack), u64(layout.threadSp)]
  const comm = memory.cstring(address + BigInt(layout.comm), COMM_LENGTH)
  if (
    pid === null ||
    tgid === null ||
    flags === null ||
    state === null ||
    mm === null ||
    stack === null ||
    sp === null ||
    comm === null
  )
    return null
  if (pid > MOST_TASKS || tgid > MOST_TASKS) return null
  const onCpu = layout.onCpu
  const running =
    onCpu === null
      ? false
      : onCpu.size === 1
        ? memory.bytes(address + BigInt(onCpu.offset), 1)?.[0] === 1
        : u32(onCpu.offset) === 1
  const cpu = layout.cpu === null ? null : u32(layout.cpu)
  const arrival = layout.lastArrival === null ? null : u64(layout.lastArrival)
  const blocker = layout.blocker === null ? null : u64(layout.blocker)
  return {
    address,
    pid,
    tgid,
    comm: printable(comm, COMM_LENGTH),
    state: stateLetter(state, layout.exitState === null ? 0 : (u32(layout.exitState) ?? 0)),
    cpu: cpu !== null && cpu < 8192 ? cpu : null,
    running,
    kthread: mm === 0n && (flags & PF_KTHREAD) !== 0,
    mm,
    stack,
    sp,
    lastArrival: arrival === null || arrival === 0n ? null : Number(arrival) / 1e9,
    blocker: blocker ? { lock: blocker & ~3n, kind: BLOCKER_KINDS[Number(blocker & 3n)]! } : null,
  }
}
