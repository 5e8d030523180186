import type { StructType } from '../types.ts'
import { renamed } from './renamed.ts'

/** Letters of /proc/PID/stat. @see fs/proc/array.c, include/linux/sched.h (v6.12), task_state_index */
export type TaskState = 'R' | 'S' | 'D' | 'T' | 't' | 'X' | 'Z' | 'P' | 'I'

const LETTERS: readonly TaskState[] = ['R', 'S', 'D', 'T', 't', 'X', 'Z', 'P']
const TASK_REPORT = 0x7f
const TASK_IDLE = 0x402
/** TASK_RTLOCK_WAIT (5.15+) and TASK_FROZEN (6.1+) are shown as uninterruptible. */
const SHOWN_AS_D = 0x1000 | 0x8000

/** The letter for a task's state words. */
export function stateLetter(state: number, exitState: number): TaskState {
  if (state & SHOWN_AS_D) return 'D'
  if ((state & TASK_IDLE) === TASK_IDLE) return 'I'
  const shown = (state | exitState) & TASK_REPORT
  return LETTERS[32 - Math.clz32(shown)] ?? 'R'
}

/** Where the members of task_struct are, in one kernel; null where it has none. */
export interface TaskLayout {
  size: number
  tasks: number
  pid: number
  tgid: number
  comm: number
  flags: number
  mm: number
  state: number
  exitState: number | null
  /** Offset and size: u8 in 7.2, int before. */
  onCpu: { offset: number; size: number } | null
  cpu: number | null
  stack: number
  threadSp: number
  signal: number
  threadNode: number
  threadHead: number
  lastArrival: number | null
  /** The lock that it waits for, with its kind in the two low bits (CONFIG_DETECT_HUNG_TASK_BLOCKER, v6.16). */
  blocker: number | null
}

/**
 * The layout by members.
 * @returns null when a member that is needed is missing
 */
export function taskLayout(task: StructType | null, signal: StructType | null): TaskLayout | null {
  if (!task || !signal) return null
  const at = (path: string): number | null => task.member(path)?.offset ?? null
  const onCpu = task.member('on_cpu')
  const needed = {
    tasks: at('tasks'),
    pid: at('pid'),
    tgid: at('tgid'),
    comm: at('comm'),
    flags: at('flags'),
    mm: at('mm'),
    state: renamed(task, 'state')?.offset ?? null,
    stack: at('stack'),
    threadSp: at('thread.sp'),
    signal: at('signal'),
    threadNode: at('thread_node'),
    threadHead: signal.member('thread_head')?.offset ?? null,
  }
  if (Object.values(needed).some((offset) => offset === null)) return null
  return {
    ...(needed as { [K in keyof typeof needed]: number }),
    size: task.size,
    exitState: at('exit_state'),
    onCpu: onCpu && { offset: onCpu.offset, size: onCpu.size },
    cpu: renamed(task, 'cpu')?.offset ?? null,
    lastArrival: at('sched_info.last_arrival'),
    blocker: at('blocker'),
  }
}
