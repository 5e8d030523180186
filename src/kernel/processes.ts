import type { Problem } from '../base/errors.ts'
import { hex, printable } from '../base/text.ts'
import type { VirtAddr } from '../base/units.ts'
import { renamed } from './eras/renamed.ts'
import { eachLink, type ListEnd } from './list-heads.ts'
import type { Kernel, StructType } from './types.ts'
import { addressOf, numberVariable } from './variables.ts'

/** The process that an mm belongs to. */
export interface Process {
  /** Address of the group leader's task_struct. */
  task: VirtAddr
  /** Pid of the thread group. */
  pid: number
  /** Safe to print. */
  comm: string
  /** NUMA node of the CPU that the task last ran on; null where it can't be told. */
  nid: number | null
}

export interface Processes {
  /** By address of the mm_struct. */
  byMm: Map<VirtAddr, Process>
  /** False when the task list could not be followed to its end: an mm without a process proves nothing then. */
  complete: boolean
  problems: Problem[]
}

/** PID_MAX_LIMIT. @see include/linux/threads.h (v6.12) */
const MOST_TASKS = 4 * 1024 * 1024
/** Threads looked at for leaders without an mm: of one process, and of all. */
const MOST_THREADS = 65_536
const MOST_THREADS_OF_ALL = 262_144
const PF_KTHREAD = 0x00200000
const COMM_LENGTH = 16

/**
 * The processes of a kernel by mm, from the task list (init_task.tasks). A leader that has exited while threads of it live
 * has no mm: then the first thread that has one counts.
 * @see include/linux/sched/signal.h (v6.12), for_each_process
 */
export function listProcesses(kernel: Kernel, input: string): Processes {
  const result: Processes = { byMm: new Map(), complete: false, problems: [] }
  const type = kernel.types.struct('task_struct', 'tasks')
  const initTask = addressOf(kernel, 'init_task')
  const at = type && taskMembers(type)
  if (!type || !at || initTask === null) {
    result.problems.push({
      code: 'implausible-value',
      message: 'The task list can not be found (init_task or members of task_struct are missing): owners are unknown.',
      input,
      at: null,
    })
    return result
  }
  const fault = (message: string, where: VirtAddr, code: Problem['code'] = 'damaged-structure'): void => {
    // a damaged dump may have thousands: the first ones tell where to look
    if (result.problems.length < 50) result.problems.push({ code, message, input, at: hex(where) })
  }
  const nodeOf = cpuNodes(kernel)
  const threads = { left: MOST_THREADS_OF_ALL }
  const links = eachLink(kernel.memory, initTask + BigInt(at.tasks), MOST_TASKS, true)
  let step = links.next()
  for (; !step.done; step = links.next())
    note(kernel, at, step.value - BigInt(at.tasks), nodeOf, result, threads, fault)
  const broken = BROKEN[step.value.why]
  if (broken === null) result.complete = true
  else fault(broken, step.value.at, step.value.why === 'absent' ? 'pages-absent' : 'damaged-structure')
  return result
}

const BROKEN: Record<ListEnd['why'], string | null> = {
  whole: null,
  absent: 'The task list breaks off: a task_struct is not in the dump. Owners after it are unknown.',
  null: 'The task list breaks off: a link is null. Owners after it are unknown.',
  cycle: 'The task list is a cycle that does not come back to init_task: owners after it are unknown.',
  'back-link': 'The task list breaks off: a back link is wrong. Owners after it are unknown.',
}

interface TaskMembers {
  tasks: number
  mm: number
  pid: number
  tgid: number
  comm: number
  flags: number
  cpu: number | null
}

function taskMembers(type: StructType): TaskMembers | null {
  const at = (path: string): number | null => type.member(path)?.offset ?? null
  const [tasks, mm, pid, tgid, comm, flags] = [at('tasks'), at('mm'), at('pid'), at('tgid'), at('comm'), at('flags')]
  if (tasks === null || mm === null || pid === null || tgid === null || comm === null || flags === null) return null
  return { tasks, mm, pid, tgid, comm, flags, cpu: renamed(type, 'cpu')?.offset ?? null }
}

/** Notes the process of a group leader under its mm. */
function note(
  kernel: Kernel,
  at: TaskMembers,
  task: VirtAddr,
  nodeOf: (cpu: number) => number | null,
  result: Processes,
  threads: { left: number },
  fault: (message: string, where: VirtAddr, code?: Problem['code']) => void,
): void {
  const { memory } = kernel
  const flags = memory.u32(task + BigInt(at.flags))
  const pid = memory.s32(task + BigInt(at.tgid))
  const comm = memory.cstring(task + BigInt(at.comm), COMM_LENGTH)
  let mm: bigint | null = memory.u64(task + BigInt(at.mm))
  if (flags === null || pid === null || comm === null || mm === null) {
    fault('A task_struct is not whole in the dump: its process is unknown.', task, 'pages-absent')
    return
  }
  if (pid < 1 || pid > MOST_TASKS) {
    fault(`A task_struct has the pid ${pid}: it is damaged.`, task)
    return
  }
  const leader = memory.s32(task + BigInt(at.pid))
  if (leader !== null && leader !== pid)
    fault(`The leader of a thread group has the pid ${leader} but the tgid ${pid}.`, task)
  if (mm === 0n && !(flags & PF_KTHREAD)) mm = threadMm(kernel, task, threads)
  if (mm === null) {
    fault(`The threads of process ${pid} can not be followed: its memory has no owner then.`, task)
    return
  }
  if (mm === 0n || result.byMm.has(mm)) return
  const cpu = at.cpu === null ? null : memory.u32(task + BigInt(at.cpu))
  result.byMm.set(mm, { task, pid, comm: printable(comm, COMM_LENGTH), nid: cpu === null ? null : nodeOf(cpu) })
}

/** mm of the first living thread of a group whose leader has none, 0n when there is none; null when the list is not whole. */
function threadMm(kernel: Kernel, leader: VirtAddr, threads: { left: number }): bigint | null {
  const { memory, types } = kernel
  const task = types.struct('task_struct', 'tasks')
  const signalAt = task?.member('signal')?.offset
  const nodeAt = task?.member('thread_node')?.offset
  const mmAt = task?.member('mm')?.offset
  const headAt = types.struct('signal_struct', 'thread_head')?.member('thread_head')?.offset
  if (signalAt === undefined || nodeAt === undefined || mmAt === undefined || headAt === undefined) return 0n
  const signal = memory.u64(leader + BigInt(signalAt))
  if (!signal) return 0n
  const links = eachLink(memory, signal + BigInt(headAt), Math.min(MOST_THREADS, threads.left), false)
  let step = links.next()
  for (; !step.done; step = links.next()) {
    threads.left--
    const mm = memory.u64(step.value - BigInt(nodeAt) + BigInt(mmAt))
    if (mm) return mm
  }
  return step.value.why === 'whole' ? 0n : null
}

/**
 * NUMA node by CPU: the per-cpu variable numa_node; 0 for all on kernels without NUMA.
 * @see include/linux/topology.h (v6.12), CONFIG_USE_PERCPU_NUMA_NODE_ID
 */
function cpuNodes(kernel: Kernel): (cpu: number) => number | null {
  const variable = addressOf(kernel, 'numa_node')
  const offsets = addressOf(kernel, '__per_cpu_offset')
  const possible = numberVariable(kernel, 'nr_cpu_ids', 'uint') ?? 8192
  const known = new Map<number, number | null>()
  if (variable === null || offsets === null) return () => (addressOf(kernel, 'nr_node_ids') === null ? 0 : null)
  return (cpu) => {
    if (cpu >= possible) return null
    if (!known.has(cpu)) {
      const base = kernel.memory.u64(offsets + BigInt(8 * cpu))
      const nid = base === null ? null : kernel.memory.s32(BigInt.asUintN(64, base + variable))
      known.set(cpu, nid !== null && nid >= 0 && nid < 1024 ? nid : null)
    }
    return known.get(cpu) ?? null
  }
}

/**
 * Users of an mm_struct: 0 for that of an exited process, which KSM only pins. A task list that lacks the owner of an mm in use
 * is damaged, or somebody else uses it.
 * @returns null when it can't be read
 * @see include/linux/mm_types.h (v6.12), mm_users
 */
export function mmUsers(kernel: Kernel, mm: VirtAddr): number | null {
  const member = kernel.types.struct('mm_struct', 'mm_users')?.member('mm_users')
  return member ? kernel.probe.s32(mm + BigInt(member.offset)) : null
}
