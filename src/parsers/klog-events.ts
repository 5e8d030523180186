/**
 * What the kernel's log reports about tasks and CPUs that do not get on: one parser for the ring of a dump and for text.
 * It takes records (or lines without their prefix) in order. @see kernel/hung_task.c, kernel/watchdog.c, kernel/rcu/tree_stall.h,
 * kernel/smp.c, mm/oom_kill.c (v4.4, v5.10, v6.12, v7.2)
 */
export type EventKind = 'hung-task' | 'soft-lockup' | 'hard-lockup' | 'rcu-stall' | 'csd-timeout' | 'oom'

/** A frame as the log prints it; what the unwinder marks with "?" is left out. */
export interface LogFrame {
  symbol: string
  offset: number
  module: string | null
}

export interface LogEvent {
  kind: EventKind
  /** Seconds since boot, null where the line has no stamp. */
  time: number | null
  pid: number | null
  comm: string | null
  /** How long it has lasted by the kernel's word. */
  seconds: number | null
  /** The CPU that it is about, null where the line names none. */
  cpu: number | null
  /** What a hung task waits for and who has it, where the kernel says so (7.x). */
  blockedOn: string | null
  stack: LogFrame[]
}

type Found = Pick<LogEvent, 'kind'> & Partial<LogEvent>

const number = (text: string | undefined): number | null => (text === undefined ? null : Number(text))

/** One entry a message; the first that matches is taken. The line itself is quoted above each. */
const MESSAGES: readonly { pattern: RegExp; event: (found: RegExpExecArray) => Found }[] = [
  // INFO: task qemu-system-x86:148 blocked for more than 122 seconds.
  {
    pattern: /INFO: task (.+):(\d+) (?:is )?blocked(?: in I\/O wait)? for more than (\d+) seconds\./,
    event: ([, comm, pid, seconds]) => ({
      kind: 'hung-task',
      comm: comm ?? null,
      pid: number(pid),
      seconds: number(seconds),
    }),
  },
  // watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [numad:2950]
  {
    pattern: /BUG: soft lockup - CPU#(\d+) stuck for (\d+)s! \[(.+):(\d+)\]/,
    event: ([, cpu, seconds, comm, pid]) => ({
      kind: 'soft-lockup',
      cpu: number(cpu),
      seconds: number(seconds),
      comm: comm ?? null,
      pid: number(pid),
    }),
  },
  // watchdog: CPU3: Watchdog detected hard LOCKUP on cpu 3
  {
    pattern: /Watchdog detected hard LOCKUP on cpu (\d+)/,
    event: ([, cpu]) => ({ kind: 'hard-lockup', cpu: number(cpu) }),
  },
  // rcu: INFO: rcu_sched self-detected stall on CPU
  {
    pattern: /INFO: rcu\w* (?:self-detected stall on CPU|detected (?:expedited )?stalls on CPUs\/tasks)/,
    event: () => ({ kind: 'rcu-stall' }),
  },
  // smp: csd: Detected non-responsive CSD lock (#1) on CPU#3, waiting 5000000042 ns for CPU#55 flush_tlb_func+0x0/0xb0(...).
  {
    pattern: /csd: (?:Detected|Continued) non-responsive CSD lock \(#\d+\) on CPU#\d+, waiting (\d+) ns for CPU#(\d+)/,
    event: ([, ns, cpu]) => ({
      kind: 'csd-timeout',
      seconds: ns === undefined ? null : Number(ns) / 1e9,
      cpu: number(cpu),
    }),
  },
  // csd: Detected non-responsive CSD lock (#1) on CPU#03, waiting 5.000 secs for CPU#55   (the hotfix of LP: #1680513)
  {
    pattern: /csd: Detected non-responsive CSD lock \(#\d+\) on CPU#\d+, waiting (\d+\.\d+) secs for CPU#(\d+)/,
    event: ([, seconds, cpu]) => ({ kind: 'csd-timeout', seconds: number(seconds), cpu: number(cpu) }),
  },
  // Out of memory: Killed process 1234 (qemu-system-x86) total-vm:...
  {
    pattern: /Out of memory: Kill(?:ed)? process (\d+) \((.+?)\)/,
    event: ([, pid, comm]) => ({ kind: 'oom', pid: number(pid), comm: comm ?? null }),
  },
]

/** INFO: task X:PID <reader> blocked on an rw-semaphore likely owned by task Y:PID <writer> */
const BLOCKED_ON = /INFO: task .+:(\d+) (?:<(?:reader|writer)> )?(?:is )?blocked on an? (.+)$/
/** ` rmap_walk_ksm+0x143/0x220 [kvm]`, older ` [<ffffffff812202bf>] rmap_walk_ksm+0x143/0x220`; "?" marks a guess. */
const FRAME = /^\s*(?:\[<[0-9a-f]+>\]\s+)?(\? )?([A-Za-z_][\w.]*)\+0x([0-9a-f]+)\/0x[0-9a-f]+(?: \[(\w+)\])?\s*$/
/** Lines that begin another report: what follows is no longer the open event's stack. */
const OTHER_HEAD = /^(?:INFO: |BUG: |watchdog: |NMI backtrace|rcu: |Kernel panic|task:)/
const RIP = /^RIP: \d+:(?:\[<[0-9a-f]+>\]\s+\[<[0-9a-f]+>\]\s+)?([A-Za-z_][\w.]*)\+0x([0-9a-f]+)\//

const LONGEST_STACK = 256

/** Collects events out of a log, line by line. */
export class EventParser {
  readonly events: LogEvent[] = []
  private open: LogEvent | null = null

  /** @param text - one record; may hold several lines */
  push(text: string, time: number | null): void {
    for (const line of text.split('\n')) this.line(line, time)
  }

  private line(line: string, time: number | null): void {
    for (const { pattern, event } of MESSAGES) {
      const found = pattern.exec(line)
      if (!found) continue
      this.open = { time, pid: null, comm: null, seconds: null, cpu: null, blockedOn: null, stack: [], ...event(found) }
      this.events.push(this.open)
      return
    }
    const blocked = BLOCKED_ON.exec(line)
    if (blocked) {
      const last = this.events.findLast((each) => each.kind === 'hung-task' && each.pid === Number(blocked[1]))
      if (last) last.blockedOn = blocked[2] ?? null
      // the stack that follows is the owner's
      this.open = null
      return
    }
    if (!this.open) return
    const frame = FRAME.exec(line) ?? rip(line)
    if (frame) {
      if (!frame[1] && this.open.stack.length < LONGEST_STACK) {
        this.open.stack.push({ symbol: frame[2]!, offset: Number.parseInt(frame[3]!, 16), module: frame[4] ?? null })
      }
    } else if (OTHER_HEAD.test(line.trimStart()) && this.open.stack.length > 0) this.open = null
  }
}

/** A RIP line as a frame: the innermost one of a lockup. */
function rip(line: string): (string | undefined)[] | null {
  const found = RIP.exec(line.trimStart())
  return found ? [found[0], undefined, found[1], found[2], undefined] : null
}
