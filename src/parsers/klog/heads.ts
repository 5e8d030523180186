/**
 * Lines that begin the dump of one task or CPU, and lines that end the one before: two tables.
 * @see kernel/sched/core.c, sched_show_task (v4.4, v4.9, v5.10, v6.12, v6.14); lib/dump_stack.c, dump_stack_print_info (v3.11, v6.12);
 * lib/nmi_backtrace.c (v4.9, v6.12); kernel/rcu/tree_stall.h, kernel/sched/debug.c
 */
import type { ToldState, ToldTask } from '../told.ts'
import { CLOSE, DETAIL, HEAD, type Needle, TRACE } from './bits.ts'
import { readFrame } from './frames.ts'

/** What the head of a dump says; what it doesn't is null. */
export interface TaskHead
  extends Pick<ToldTask, 'source' | 'pid' | 'tgid' | 'comm' | 'cpu' | 'state' | 'running' | 'kthread' | 'frames'> {
  /** The dump is this line: an idle CPU's. */
  whole: boolean
}

interface Form {
  /** First words; none: the gate tells the line by its form. */
  starts: string | null
  example: string
  pattern: RegExp
  head: (found: RegExpExecArray) => Partial<TaskHead>
}

const number = (text: string | undefined): number | null => (text === undefined ? null : Number(text))
const TOLD_STATES = 'RSDTtXZPI'
const state = (letter: string | undefined): ToldState =>
  letter === undefined ? null : letter === 'x' ? 'X' : TOLD_STATES.includes(letter) ? (letter as ToldState) : null

/** Parents of kernel threads: kthreadd, and for kthreadd itself nobody. */
const kthreadOf = (pid: number | null, ppid: number | null, flags: number | null): boolean | null =>
  flags !== null ? (flags & 0x200000) !== 0 : ppid === null ? null : ppid === 2 || pid === 2

const PID = /\spid:\s{0,10}(\d{1,10})/
const TGID = /\stgid:\s{0,10}(\d{1,10})/
const PPID = /\sppid:\s{0,10}(\d{1,10})/
const TASK_FLAGS = /\stask_flags:(0x[0-9a-f]{1,16})/

/** What follows the name of a task in the line of dump_stack. */
const AFTER_COMM = String.raw`(?= Not tainted| Tainted: | Kdump: |\s*$)`
/** Kernels of OpenVZ say whose container it is. */
const VEID = String.raw`(?: veid: \d{1,10})?`

export const TASK_HEADS: readonly Form[] = [
  {
    // "task_flags" (v6.14) are the task's own: PF_KTHREAD is 0x200000; "flags" are of its thread_info
    starts: 'task:',
    example: 'task:qemu-system-x86 state:D stack:0     pid:148   tgid:146   ppid:1      flags:0x00000002',
    pattern: /task:(.{1,64}?) {1,20}state:([A-Za-z])(.{0,512})/,
    head: ([, comm, letter, rest = '']) => {
      const pid = number(PID.exec(rest)?.[1])
      return {
        comm: comm ?? null,
        state: state(letter),
        pid,
        tgid: number(TGID.exec(rest)?.[1]),
        kthread: kthreadOf(pid, number(PPID.exec(rest)?.[1]), number(TASK_FLAGS.exec(rest)?.[1])),
      }
    },
  },
  {
    // without the address from v4.9 on; a free stack of five digits leaves no blank behind the letter
    starts: null,
    example: 'qemu-system-x86 D ffff88000b7a7da8     0    34      1 0x00000000',
    pattern:
      /^\s{0,8}(\S.{0,63}?) {1,20}([RSDTtZXxKWPI])(?: {1,20}(?:running(?: task)? {1,20})?(?:[0-9a-f]{8,16} {1,20})?\d{1,10}|\d{5}) {1,20}(\d{1,10}) {1,20}(-?\d{1,10}) {1,20}0x[0-9a-f]{4,16}\s*$/,
    head: ([, comm, letter, pid, ppid]) => ({
      comm: comm ?? null,
      state: state(letter),
      pid: number(pid),
      kthread: kthreadOf(number(pid), number(ppid), null),
    }),
  },
  {
    // "UID:" from v6.11 on
    starts: 'CPU: ',
    example: 'CPU: 3 UID: 0 PID: 2950 Comm: numad Tainted: G             L     6.12.0 #1',
    pattern: new RegExp(
      String.raw`CPU: {1,4}(\d{1,6}) (?:UID: {1,4}\d{1,10} )?PID: {1,8}(\d{1,10}) Comm: {1,20}(.{1,64}?)${AFTER_COMM}`,
    ),
    head: ([, cpu, pid, comm]) => ({ cpu: number(cpu), pid: number(pid), comm: comm ?? null, running: true }),
  },
  {
    // up to v3.10
    starts: 'Pid: ',
    example: 'Pid: 2950, comm: numad Not tainted 2.6.32-431.el6.x86_64 #1',
    pattern: new RegExp(String.raw`Pid: {1,8}(\d{1,10}), comm: {1,20}(.{1,64}?)${VEID}${AFTER_COMM}`),
    head: ([, pid, comm]) => ({ pid: number(pid), comm: comm ?? null, running: true }),
  },
  {
    starts: 'NMI backtrace for cpu ',
    example: 'NMI backtrace for cpu 0 skipped: idling at native_safe_halt+0xb/0x10',
    pattern: /NMI backtrace for cpu (\d{1,6})(?: skipped: idling at (?:pc )?(.{1,300}))?/,
    head: ([, cpu, idle]) => {
      const frame = idle === undefined ? null : readFrame(idle)
      return {
        source: 'NMI backtrace',
        cpu: number(cpu),
        running: true,
        frames: frame && frame !== 'guess' ? [frame] : [],
        whole: idle !== undefined,
      }
    },
  },
]

/** The head of a dump that a line is, null when it is none. */
export function readHead(line: string): TaskHead | null {
  for (const form of TASK_HEADS) {
    if (form.starts !== null && !line.includes(form.starts)) continue
    const found = form.pattern.exec(line)
    if (!found) continue
    return {
      source: 'task dump',
      pid: null,
      tgid: null,
      comm: null,
      cpu: null,
      state: null,
      running: null,
      kthread: null,
      frames: [],
      whole: false,
      ...form.head(found),
    }
  }
  return null
}

/** A line that ends the dump before it; `hard`: even one whose stack has not begun. */
interface Closer {
  starts: string
  hard: boolean
}

const closer = (starts: string, hard: boolean): Closer => ({ starts, hard })

/** Soft ones also stand between the head of a report and its stack. */
export const CLOSERS: readonly Closer[] = [
  closer('INFO: ', false),
  closer('BUG: ', false),
  closer('watchdog: ', false),
  closer('NMI backtrace', false),
  closer('NMI watchdog', false),
  closer('rcu: ', false),
  closer('Kernel panic', false),
  closer('Sending NMI ', false),
  closer('Future hung task', false),
  closer('Out of memory', false),
  closer('Oops: ', false),
  closer('general protection fault', false),
  closer('Unable to handle kernel', false),
  closer('WARNING: ', true),
  closer('---[ end trace', true),
  closer('---[ cut here', true),
  closer('sysrq: Show', true),
  closer('SysRq : Show', true),
  closer('Showing all locks', true),
  closer('Showing busy workqueues', true),
  closer('Sched Debug Version', true),
  closer('Mem-Info:', true),
  closer('Task dump for CPU ', false),
  // stacks of former moments (KASAN, lockdep), or of no stack at all (s390x)
  closer('Allocated by task', true),
  closer('Freed by task', true),
  closer('Last potentially related work', true),
  closer('the existing dependency chain', true),
  closer('state was registered at:', true),
  closer('Last Breaking-Event-Address', true),
  closer('kthread stack dump', true),
  closer('page last allocated', true),
  closer('page last free', true),
  closer('Uninit was ', true),
]

/** Whether a line ends the dump before it: null for no, else whether even one whose stack has not begun. */
export function readCloser(line: string): 'hard' | 'soft' | null {
  let found: 'soft' | null = null
  for (const { starts, hard } of CLOSERS) {
    if (!line.includes(starts)) continue
    if (hard) return 'hard'
    found = 'soft'
  }
  return found
}

const TRACE_HEADS = ['Call Trace:', 'Call trace:', 'Backtrace:']

/** `Call Trace:` and the like: frames follow. */
export function isTraceHead(line: string): boolean {
  return TRACE_HEADS.some((each) => line.includes(each))
}

/** What a line within a dump adds to what its head said. */
export interface Detail {
  /**
   * The task_struct: `task: ffff885f8e4b2640 ti: ffff885f8fb4c000 task.ti: ...` (v3.9 to v4.10),
   * `Process numad (pid: 2950, threadinfo ffff885f8fb4c000, task ffff885f8e4b2640)` (up to v3.8).
   */
  address: bigint | null
  /** `rcu: \t40-....: (14997 ticks this GP) idle=...`, `0-...0: (1 GPs behind) idle=...`: a CPU that stalls. */
  stalledCpu: number | null
  /** `Task dump for CPU 3:`: the CPU of the head that follows. */
  cpuOfNext: number | null
}

/** @returns null when the line is no such line */
export function readDetail(line: string): Detail | null {
  const none: Detail = { address: null, stalledCpu: null, cpuOfNext: null }
  const task =
    /^\s{0,8}task: ([0-9a-f]{16}) (?:ti|task\.stack): /.exec(line) ??
    /Process .{1,64} \(pid: \d{1,10},(?: veid: \d{1,10},)? threadinfo [0-9a-f]{16}, task ([0-9a-f]{16})\)/.exec(line)
  if (task) return { ...none, address: BigInt(`0x${task[1]}`) }
  const stalled = /(?:^|\s)(\d{1,6})(?:-[^:\s]{1,8})?: \(\d{1,12} (?:ticks this GP|GPs behind)\)/.exec(line)
  if (stalled) return { ...none, stalledCpu: Number(stalled[1]) }
  const next = /Task dump for CPU (\d{1,6}):/.exec(line)
  return next ? { ...none, cpuOfNext: Number(next[1]) } : null
}

export const HEAD_NEEDLES: readonly Needle[] = [
  ...TASK_HEADS.flatMap(({ starts }) => (starts === null ? [] : [{ starts, bits: HEAD }])),
  ...CLOSERS.map(({ starts }) => ({ starts, bits: CLOSE })),
  ...TRACE_HEADS.map((starts) => ({ starts, bits: TRACE })),
  ...['task: ', 'Process ', 'ticks this GP', 'GPs behind', 'Task dump for CPU '].map((starts) => ({
    starts,
    bits: DETAIL,
  })),
]
