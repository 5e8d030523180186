import { blankTask } from '../blank-told.ts'
import type { ToldFrame, ToldTask } from '../told.ts'
import { CLOSE, DETAIL, EVENT, FRAME, HEAD, TRACE } from './bits.ts'
import { readFrame, readInstruction } from './frames.ts'
import { isTraceHead, readCloser, readDetail, readHead, type TaskHead } from './heads.ts'
import { Interner } from './intern.ts'
import type { LogEvent, LogFrame } from './log-event.ts'
import { type FoundEvent, mayKillChild, readBlocker, readEvent, readOomSign } from './messages.ts'

/** Where what was read is told. */
export interface StreamOutput {
  /** Called where an event begins; may add to it where that is. */
  begin(event: LogEvent): LogEvent
  event(event: LogEvent): void
  /** Told when its head is read; its stack grows afterwards. */
  task(task: Omit<ToldTask, 'line'>): ToldTask
}

const LONGEST_STACK = 256
/** Hung tasks that a line of a lock may still speak of. */
const REMEMBERED = 512
/** A dump is printed at once: what comes later, in seconds or lines, is of something else. */
const LONGEST_PAUSE = 10
const MOST_LINES_BETWEEN = 1000

/** Frames in a row that are a stack though no line announces it: its head was cut off, or nobody quoted it. */
const HEADLESS = 3
/** Lines from one of them to the next; mail folds long ones. */
const NEXT = 2

const STALE = 'printed for a task in state R: the stack of a task that runs is an old one'

/**
 * The lines of one speaker in order: a CPU or task where the log has caller ids, else the whole log of a host. Puts reports and the
 * stacks that belong to them together.
 */
export class LogStream {
  private readonly out: StreamOutput
  private readonly interner: Interner
  /** The report whose stack may follow. */
  private event: LogEvent | null = null
  /** It has its dump: the next one is of something else. */
  private headed = false
  /** The dump whose stack may follow. */
  private task: ToldTask | null = null
  /** Frames came since the report or head. */
  private framed = false
  /** `Call Trace:` came; what follows is a stack even without a head. */
  private traced = false
  private framesSinceTrace = 0
  /** Frames of what may be a stack without a head. */
  private loose: ToldFrame[] = []
  private looseAt = 0
  /** The stack that is open has no head: it ends with its lines. */
  private headless = false
  /** What follows is told as the past of something, not as a stack of now. */
  private past = false
  /** The last frame, where it is that of an instruction. */
  private interrupted: ToldFrame | null = null
  private cpuOfNext: number | null = null
  private stalledCpus = 0
  private readonly hung = new Map<number, LogEvent>()
  /** An OOM kill of which only the lines around were seen so far. */
  private oom: LogEvent | null = null
  /** The victim of the last one that was told. */
  private killed: number | null = null
  /** That one, where a child may have been killed in its place. */
  private sacrifice: LogEvent | null = null
  private lastTime: number | null = null
  private lastAt = 0

  constructor(out: StreamOutput, interner = new Interner()) {
    this.out = out
    this.interner = interner
  }

  /** Frames would be taken. */
  get open(): boolean {
    return this.event !== null || this.task !== null || this.traced
  }

  /**
   * @param text - without its prefix
   * @param bits - what the gate saw in it
   * @param at - number of the line
   */
  line(text: string, bits: number, time: number | null, at: number): void {
    this.pause(time, at)
    if (this.headless && at - this.looseAt > NEXT) this.close()
    if ((bits & EVENT) !== 0 && this.report(text, time)) return
    if ((bits & HEAD) !== 0) {
      const head = readHead(text)
      if (head) {
        this.head(head)
        return
      }
    }
    if ((bits & DETAIL) !== 0) this.detail(text)
    if ((bits & TRACE) !== 0 && isTraceHead(text)) {
      this.trace()
      return
    }
    if ((bits & FRAME) !== 0 && this.open) {
      const frame = readFrame(text)
      const found = frame ?? readInstruction(text)
      if (found) {
        if (found !== 'guess') this.frame(found, frame === null)
        this.looseAt = at
        return
      }
    } else if ((bits & FRAME) !== 0 && !this.past && this.looseFrame(text, time, at)) return
    if ((bits & CLOSE) !== 0) {
      const closer = readCloser(text)
      if (closer === 'hard' || (closer === 'soft' && this.framed)) this.close()
      if (closer === 'hard') this.past = true
    }
  }

  /** A frame that nothing announces. Without any prefix and with an address it is one of /proc/PID/stack, which has its own parser. */
  private looseFrame(text: string, time: number | null, at: number): boolean {
    const frame = readFrame(text)
    if (frame === null || (time === null && /^\s{0,8}\[</.test(text))) return false
    if (at - this.looseAt > NEXT) this.loose = []
    this.looseAt = at
    if (frame === 'guess' || frame.offset === null) return true
    this.loose.push(frame)
    if (this.loose.length < HEADLESS) return true
    const frames = this.loose
    this.trace()
    this.headless = true
    for (const each of frames) this.frame(each, false)
    return true
  }

  /** What follows belongs to none of what came before: lines were lost, or the log goes on elsewhere. */
  close(): void {
    this.event = null
    this.task = null
    this.headed = false
    this.framed = false
    this.traced = false
    this.framesSinceTrace = 0
    this.interrupted = null
    this.stalledCpus = 0
    this.loose = []
    this.headless = false
    this.past = false
  }

  /** No more lines come, or they are of another boot. */
  end(): void {
    this.close()
    this.cpuOfNext = null
    this.hung.clear()
    this.killed = null
    this.sacrifice = null
    this.lastTime = null
    if (this.oom) this.out.event(this.oom)
    this.oom = null
  }

  private pause(time: number | null, at: number): void {
    const late = time !== null && this.lastTime !== null && Math.abs(time - this.lastTime) > LONGEST_PAUSE
    if (late || at - this.lastAt > MOST_LINES_BETWEEN) this.close()
    if (time !== null) this.lastTime = time
    this.lastAt = at
  }

  private report(text: string, time: number | null): boolean {
    const blocker = readBlocker(text)
    if (blocker) {
      const event = this.hung.get(blocker.pid)
      if (event) event.blockedOn = this.interner.copy(blocker.on)
      // the stack that follows is the owner's
      this.close()
      return true
    }
    const found = readEvent(text)
    if (!found) return this.oomSign(text, time)
    this.close()
    const event = this.begin(found, time)
    if (event.comm !== null) event.comm = this.interner.copy(event.comm)
    if (event.kind === 'oom') {
      this.oom = null
      this.killed = event.pid
      this.sacrifice = mayKillChild(text) ? event : null
    } else this.event = event
    if (event.kind === 'hung-task' && event.pid !== null) this.remember(event.pid, event)
    this.out.event(event)
    return true
  }

  private begin(found: FoundEvent, time: number | null): LogEvent {
    return this.out.begin({
      ...{ time, pid: null, comm: null, seconds: null, cpu: null, blockedOn: null, stack: [] },
      ...found,
    })
  }

  private remember(pid: number, event: LogEvent): void {
    this.hung.delete(pid)
    this.hung.set(pid, event)
    if (this.hung.size > REMEMBERED) this.hung.delete(this.hung.keys().next().value!)
  }

  private oomSign(text: string, time: number | null): boolean {
    const sign = readOomSign(text)
    if (!sign) return false
    if (sign.pid === null) {
      // another kill begins
      if (this.oom) this.out.event(this.oom)
      this.oom = this.begin({ kind: 'oom' }, time)
      this.killed = null
      this.sacrifice = null
    } else if (sign.pid !== this.killed) {
      const comm = sign.comm === null ? null : this.interner.copy(sign.comm)
      const event = this.sacrifice ?? this.oom ?? this.begin({ kind: 'oom' }, time)
      Object.assign(event, { pid: sign.pid, comm })
      if (this.sacrifice) this.killed = sign.pid
      else this.oom = event
      this.sacrifice = null
    }
    return true
  }

  private head(head: TaskHead): void {
    const { task } = this
    if (task && !head.whole && this.sameDump(task, head)) {
      task.pid = head.pid
      task.comm = head.comm === null ? null : this.interner.copy(head.comm)
      this.fill(head)
      return
    }
    if (this.event && (this.framed || !(head.whole || (belongs(this.event, head) && !this.headed)))) this.event = null
    this.framed = false
    this.traced = false
    this.framesSinceTrace = 0
    this.headless = false
    this.past = false
    const { whole, comm, ...said } = head
    const told = this.out.task({
      kind: 'task',
      address: null,
      idleSeconds: null,
      wchan: null,
      doubt: null,
      ...said,
      comm: comm === null ? null : this.interner.copy(comm),
      cpu: head.cpu ?? this.cpuOfNext,
      running: head.running ?? (this.cpuOfNext === null ? null : true),
      frames: head.frames.map((frame) => this.own(frame)),
    })
    this.cpuOfNext = null
    this.task = whole ? null : told
    if (whole) return
    this.headed = true
    this.fill(head)
  }

  /** The line of a CPU's task follows that of its NMI; on arm it comes again before the trace. */
  private sameDump(task: ToldTask, head: TaskHead): boolean {
    if (head.source === 'NMI backtrace' || head.cpu === null || head.cpu !== task.cpu) return false
    if (task.pid === null) return task.source === 'NMI backtrace' && !this.framed
    return task.pid === head.pid && this.framesSinceTrace === 0
  }

  /** What the dump says of the CPU or task that the report is about, where the report itself doesn't. */
  private fill({ pid, comm, cpu }: TaskHead): void {
    const { event } = this
    if (event?.kind !== 'hard-lockup' && event?.kind !== 'soft-lockup' && event?.kind !== 'rcu-stall') return
    event.cpu ??= this.stalledCpus > 1 ? null : cpu
    if (event.pid !== null || pid === null) return
    event.pid = pid
    event.comm = comm === null ? null : this.interner.copy(comm)
  }

  private detail(text: string): void {
    const detail = readDetail(text)
    if (!detail) return
    if (detail.address !== null && this.task) this.task.address = detail.address
    if (detail.cpuOfNext !== null) {
      this.task = null
      this.cpuOfNext = detail.cpuOfNext
    }
    if (detail.stalledCpu !== null && this.event?.kind === 'rcu-stall' && !this.framed) {
      this.stalledCpus++
      this.event.cpu = this.stalledCpus === 1 ? detail.stalledCpu : null
    }
  }

  private trace(): void {
    // a second one within a dump: the head of the other is missing
    if (this.framesSinceTrace > 0) this.close()
    this.traced = true
    this.framesSinceTrace = 0
    this.loose = []
    this.headless = false
    this.past = false
  }

  private frame(frame: ToldFrame, instruction: boolean): void {
    if (!this.event && !this.task) this.task = this.out.task(blankTask(0, 'task dump'))
    this.framed = true
    if (this.traced) this.framesSinceTrace++
    const { interrupted } = this
    this.interrupted = instruction ? frame : null
    // where a CPU was interrupted is the first frame of some stacks, too
    if (interrupted && interrupted.symbol === frame.symbol && interrupted.offset === frame.offset) return
    const own = this.own(frame)
    if (this.task && this.task.frames.length < LONGEST_STACK) {
      this.task.frames.push(own)
      if (this.task.state === 'R') this.task.doubt = STALE
    }
    // the names of a decoded stack have no offsets
    const logged: LogFrame = { symbol: own.symbol, offset: own.offset ?? 0, module: own.module }
    if (this.event && this.event.stack.length < LONGEST_STACK) this.event.stack.push(logged)
  }

  private own(frame: ToldFrame): ToldFrame {
    frame.symbol = this.interner.copy(frame.symbol)
    if (frame.module !== null) frame.module = this.interner.copy(frame.module)
    return frame
  }
}

/** Whether a dump can be that of a report. */
function belongs(event: LogEvent, head: TaskHead): boolean {
  if (event.kind === 'hung-task') return head.source === 'task dump' && head.pid === event.pid
  if (event.kind === 'csd-timeout') return true
  if (event.pid !== null && head.pid !== null) return event.pid === head.pid
  return event.cpu === null || head.cpu === null || event.cpu === head.cpu
}
