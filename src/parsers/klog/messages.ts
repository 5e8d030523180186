/**
 * What the kernel reports of tasks and CPUs that do not get on: one table of messages. A pattern is tried only where its first words
 * stand, and every length in it is bounded, so that a line of nothing but beginnings costs no more than others.
 * @see kernel/hung_task.c, kernel/watchdog.c, kernel/workqueue.c, kernel/rcu/tree_stall.h, kernel/smp.c, mm/oom_kill.c (v4.4, v5.10, v6.12, v7.2);
 * arch/powerpc/kernel/watchdog.c (v4.13, v5.0)
 */
import { EVENT, type Needle } from './bits.ts'
import type { LogEvent } from './log-event.ts'

export type FoundEvent = Pick<LogEvent, 'kind'> & Partial<LogEvent>

interface Message {
  /** First words: where the pattern is tried. */
  starts: string
  /** The line as it is printed. */
  example: string
  /** Sticky. */
  pattern: RegExp
  event: (found: RegExpExecArray) => FoundEvent
}

/** Places of one line at which a pattern is tried. */
const TRIES = 64

const number = (text: string | undefined): number | null => (text === undefined ? null : Number(text))
/** One CPU, null for a list of several ("3-5,7"). */
const single = (text: string | undefined): number | null =>
  text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : null

const victim = ([, pid, comm]: RegExpExecArray): FoundEvent => ({ kind: 'oom', pid: number(pid), comm: comm ?? null })
/** A name may have brackets: the last one before what the kernel says next. */
const VICTIM = String.raw`(\d{1,10})(?:, UID \d{1,10},)? \((.{1,64})\)(?=,| score| total-vm| vm|\.?\s*$)`

/** One entry a message; the first that matches is taken. */
export const MESSAGES: readonly Message[] = [
  {
    starts: 'INFO: task ',
    example: 'INFO: task qemu-system-x86:148 blocked for more than 122 seconds.',
    pattern: /INFO: task (.{1,64}):(\d{1,10}) (?:is )?blocked(?: in I\/O wait)? for more than (\d{1,10}) seconds\b/y,
    event: ([, comm, pid, seconds]) => ({
      kind: 'hung-task',
      comm: comm ?? null,
      pid: number(pid),
      seconds: number(seconds),
    }),
  },
  {
    starts: 'BUG: soft lockup - CPU#',
    example: 'watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [numad:2950]',
    pattern: /BUG: soft lockup - CPU#(\d{1,6}) stuck for (\d{1,10})s! \[(.{1,64}):(\d{1,10})\]/y,
    event: ([, cpu, seconds, comm, pid]) => ({
      kind: 'soft-lockup',
      cpu: number(cpu),
      seconds: number(seconds),
      comm: comm ?? null,
      pid: number(pid),
    }),
  },
  {
    starts: 'BUG: soft lockup detected',
    example: 'BUG: soft lockup detected on CPU#3!',
    pattern: /BUG: soft lockup detected on CPU#(\d{1,6})!/y,
    event: ([, cpu]) => ({ kind: 'soft-lockup', cpu: number(cpu) }),
  },
  {
    starts: 'Watchdog detected hard LOCKUP',
    example: 'watchdog: CPU3: Watchdog detected hard LOCKUP on cpu 3',
    pattern: /Watchdog detected hard LOCKUP on cpu (\d{1,6})/y,
    event: ([, cpu]) => ({ kind: 'hard-lockup', cpu: number(cpu) }),
  },
  {
    starts: 'Watchdog CPU:',
    example: 'Watchdog CPU:5 detected Hard LOCKUP other CPUS:3',
    pattern: /Watchdog CPU:\d{1,6} detected Hard LOCKUP other CPUS:([\d,-]{1,64})/y,
    event: ([, cpus]) => ({ kind: 'hard-lockup', cpu: single(cpus) }),
  },
  {
    starts: 'Watchdog CPU:',
    example: 'Watchdog CPU:3 Hard LOCKUP',
    pattern: /Watchdog CPU:(\d{1,6}) Hard LOCKUP/y,
    event: ([, cpu]) => ({ kind: 'hard-lockup', cpu: number(cpu) }),
  },
  {
    starts: 'watchdog: CPU ',
    example: 'watchdog: CPU 5 detected hard LOCKUP on other CPUs 3',
    pattern: /watchdog: CPU \d{1,6} detected hard LOCKUP on other CPUs ([\d,-]{1,64})/y,
    event: ([, cpus]) => ({ kind: 'hard-lockup', cpu: single(cpus) }),
  },
  {
    starts: 'watchdog: CPU ',
    example: 'watchdog: CPU 3 Hard LOCKUP',
    pattern: /watchdog: CPU (\d{1,6}) Hard LOCKUP/y,
    event: ([, cpu]) => ({ kind: 'hard-lockup', cpu: number(cpu) }),
  },
  {
    starts: 'watchdog: CPU ',
    example: 'watchdog: CPU 3 self-detected hard LOCKUP @ do_raw_spin_lock+0x140/0x230',
    pattern: /watchdog: CPU (\d{1,6}) self-detected hard LOCKUP/y,
    event: ([, cpu]) => ({ kind: 'hard-lockup', cpu: number(cpu) }),
  },
  {
    // a worker pool, not a CPU, where several are named
    starts: 'BUG: workqueue lockup',
    example: 'BUG: workqueue lockup - pool cpus=14 node=0 flags=0x0 nice=0 stuck for 360s!',
    pattern: /BUG: workqueue lockup - pool (?:\d{1,6}:? ?)?cpus=([\d,-]{1,256}) .{0,80}?stuck for (\d{1,10})s!/y,
    event: ([, cpus, seconds]) => ({ kind: 'workqueue-lockup', cpu: single(cpus), seconds: number(seconds) }),
  },
  {
    starts: 'INFO: rcu',
    example: 'rcu: INFO: rcu_sched self-detected stall on CPU { 3}  (t=5250 jiffies g=46 c=45 q=43)',
    pattern:
      /INFO: rcu\w{0,32} (?:self-detected stall on CPU|detected (?:expedited )?stalls on (?:CPUs\/)?tasks|detected stall on CPU)[: ]{0,3}(?:\{ {0,4}(\d{1,6})[^}\d]{0,64}\}|(\d{1,6})(?= ))?/y,
    event: ([, listed, named]) => ({ kind: 'rcu-stall', cpu: number(listed ?? named) }),
  },
  {
    starts: 'csd: ',
    example:
      'smp: csd: Detected non-responsive CSD lock (#1) on CPU#3, waiting 5000000042 ns for CPU#55 flush_tlb_func+0x0/0xb0(0x..).',
    pattern:
      /csd: (?:Detected|Continued) non-responsive CSD lock \(#\d{1,10}\) on CPU#\d{1,6}, waiting (\d{1,20}) ns for CPU#(\d{1,6})/y,
    event: ([, ns, cpu]) => ({
      kind: 'csd-timeout',
      seconds: ns === undefined ? null : Number(ns) / 1e9,
      cpu: number(cpu),
    }),
  },
  {
    // the hotfix of LP: #1680513
    starts: 'csd: ',
    example: 'csd: Detected non-responsive CSD lock (#1) on CPU#03, waiting 5.000 secs for CPU#55',
    pattern:
      /csd: Detected non-responsive CSD lock \(#\d{1,10}\) on CPU#\d{1,6}, waiting (\d{1,10}\.\d{1,9}) secs for CPU#(\d{1,6})/y,
    event: ([, seconds, cpu]) => ({ kind: 'csd-timeout', seconds: number(seconds), cpu: number(cpu) }),
  },
  {
    starts: 'Out of ',
    example: 'Out of memory: Kill process 1234 (qemu-system-x86) score 905 or sacrifice child',
    pattern: new RegExp(`Out of [Mm]emory: [Kk]ill(?:ed)? process ${VICTIM}`, 'y'),
    event: victim,
  },
  {
    starts: 'Memory cgroup out of memory: ',
    example: 'Memory cgroup out of memory: Killed process 1234 (qemu-system-x86) total-vm:8124kB, anon-rss:1024kB',
    pattern: new RegExp(`Memory cgroup out of memory: Kill(?:ed)? process ${VICTIM}`, 'y'),
    event: victim,
  },
  {
    starts: 'Out of memory',
    example: 'Kernel panic - not syncing: Out of memory and no killable processes...',
    pattern: /Out of memory(?: and no killable processes|: (?:compulsory|system-wide) panic_on_oom)/y,
    event: () => ({ kind: 'oom' }),
  },
]

/** `Kill process N (A) score S or sacrifice child` (up to 4.18): which one it was, the line `Killed process N (B)` says. */
export function mayKillChild(line: string): boolean {
  return line.includes('or sacrifice child')
}

/**
 * Lines around an OOM kill. Each is of the same kill as the message above; where that one is missing (lost, or of a level that was not
 * kept) they are all that tells of it.
 */
const OOM_SIGNS: readonly Omit<Message, 'event'>[] = [
  {
    starts: 'Killed process ',
    example: 'Killed process 1234 (qemu-system-x86) total-vm:8124kB, anon-rss:1024kB, file-rss:0kB',
    pattern: new RegExp(`Killed process ${VICTIM}`, 'y'),
  },
  {
    starts: 'oom_reaper: reaped process ',
    example: 'oom_reaper: reaped process 1234 (qemu-system-x86), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB',
    pattern: new RegExp(`oom_reaper: reaped process ${VICTIM}`, 'y'),
  },
  {
    starts: 'oom-kill:constraint=',
    example: 'oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),task_memcg=/,task=qemu-system-x86,pid=1234,uid=0',
    pattern: /oom-kill:constraint=.{0,1024}?,task=(?<comm>.{1,64}),pid=(?<pid>\d{1,10})/y,
  },
  {
    starts: 'invoked oom-killer',
    example: 'numad invoked oom-killer: gfp_mask=0x140dca(GFP_HIGHUSER_MOVABLE), order=0, oom_score_adj=0',
    pattern: /invoked oom-killer: /y,
  },
]

export const MESSAGE_NEEDLES: readonly Needle[] = [...MESSAGES, ...OOM_SIGNS].map(({ starts }) => ({
  starts,
  bits: EVENT,
}))

/** The event that a line reports, null when it reports none. Format strings have no numbers where events have them. */
export function readEvent(line: string): FoundEvent | null {
  for (const message of MESSAGES) {
    const found = tryAt(message, line)
    if (found) return message.event(found)
  }
  return null
}

/** An OOM kill by a line that is not its message; of `invoked oom-killer` nobody knows yet who is killed. */
export function readOomSign(line: string): Pick<LogEvent, 'pid' | 'comm'> | null {
  for (const sign of OOM_SIGNS) {
    const found = tryAt(sign, line)
    if (found)
      return { pid: number(found.groups?.['pid'] ?? found[1]), comm: found.groups?.['comm'] ?? found[2] ?? null }
  }
  return null
}

/**
 * What a reported task waits for and who has it.
 * `INFO: task X:PID <reader> blocked on an rw-semaphore likely owned by task Y:PID <writer>`, also `is blocked on a mutex, but the
 * owner is not found.` and `blocked on a semaphore likely last held by task Y:PID`.
 * @see kernel/hung_task.c, debug_show_blocker (v6.15, v7.2)
 */
export function readBlocker(line: string): { pid: number; on: string } | null {
  const found = tryAt(BLOCKER, line)
  return found ? { pid: Number(found[1]), on: found[2]!.trimEnd() } : null
}

const BLOCKER = {
  starts: 'INFO: task ',
  pattern: /INFO: task .{1,64}:(\d{1,10}) (?:<(?:reader|writer)> )?(?:is )?blocked on an? (\S.{0,199})/y,
}

function tryAt({ starts, pattern }: Pick<Message, 'starts' | 'pattern'>, line: string): RegExpExecArray | null {
  let at = line.indexOf(starts)
  for (let tries = 0; at >= 0 && tries < TRIES; tries++) {
    pattern.lastIndex = at
    const found = pattern.exec(line)
    if (found) return found
    at = line.indexOf(starts, at + 1)
  }
  return null
}
