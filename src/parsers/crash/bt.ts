import type { Told, ToldFrame, ToldTask } from '../told.ts'
import { type Command, has } from './command.ts'
import { type ExceptionForm, NO_FUNCTION } from './exceptions.ts'
import { type FrameLine, place } from './frame.ts'
import { Continuity } from './frame-order.ts'
import type { Session, Subject } from './session.ts'
import { blankTask } from '../blank-told.ts'
import { address, stateOf } from './told-task.ts'

/** PID: 2950   TASK: ffff885f97745280  CPU: 49  COMMAND: "numad" */
export const HEADER =
  /^ *PID: +(\d{1,10}) +TASK: +(?:0x)?([0-9a-f]{8,16}) +(?:\(\d{1,6} of \d{1,6}\) +)?CPU: +(\d{1,5}|-)(?: *\[OFFLINE\])? *COMMAND: *"(.*)$/
/** --- <IRQ stack> ---   and what a browser leaves of it, "---  ---" */
export const STACK_SWITCH = /^ *-{2,4}(?: {0,3}<[^<>]{1,60}> {0,3}| {1,3})-{2,4}$/
/** Words that look like text addresses, without a number: `bt -t`. */
export const STALE_WORD = /^ *\[[0-9a-f]{8,16}\] \S{1,512} at [0-9a-f]{6,16}(?: \[\w{1,64}\])?$/
/** Where `bt -t` began. */
export const STALE_START = /^ *START: \S{1,512} at [0-9a-f]{4,16}/
/** `bt -e` and a trace that cannot be resolved look for frames in the whole stack. */
export const SEARCHED = /^ *(?:KERNEL|USER)-MODE EXCEPTION FRAME AT:? [0-9a-f]{8,16}/
/** Words of `bt -f`, `-F` and `-r`: "    ffff8800003b3bc0: 01ffffff00000001 ffffffff00000000 ". */
export const WORDS = /^ *[0-9a-f]{8,16}: {1,2}\S/
/** "    /build/linux/mm/ksm.c: 1960" of `bt -l`. */
export const SOURCE_LINE = /^ {2,}[\w./+-]{1,512}\.[chSs]: ?\d{1,7}$/
/** Its words; those of `-F` are names. A kernel address begins with ff. */
const TWO_WORDS = /^ *([0-9a-f]{16}): {1,2}([0-9a-f]{16})(?: ([0-9a-f]{16}))? *$/
const KERNEL = /^ff/
/** Words of one stack that are kept: frames of a walk are a few hundred bytes each. */
const MOST_WORDS = 512

/** What stands in place of a trace. */
export const NO_TRACE =
  /^ *(?:\((active|no stack|swapped out|none found|void)\)|(?:#0 )?\[user space\]|CPU offline|CPU \d{1,5} IRQ STACK:)$/
/** What comes before a trace that was not unwound. */
export const SEARCH_BEGINS = /^(?:text symbols on stack|possible exception frames)/

/** Registers of an exception or of the entry from user space. */
export const REGISTERS =
  /^ *(?:R(?:[0-9]{1,2}|[A-D]X|[SD]I|[SBI]P)|ORIG_RAX|ORIG_X0|E(?:[A-D]X|[SD]I|[SBI]P)|[CDEFGS]S|X\d{1,2}|PC|LR|SP|NIP|MSR|PSW|GPRS): +[0-9a-f]{4,16}\b/
const POINTERS = /\bRIP: ([0-9a-f]{16}) +RSP: ([0-9a-f]{16})/
const USER_SEGMENT = /\bCS: 0*33\b/

/** Innermost functions of tasks that are not on a CPU. */
const SLEEPS = /^(?:__schedule|schedule|__switch_to|__switch_to_asm|context_switch|schedule_idle)(?:\.|$)/
/** Functions by which a dump stops a CPU that runs. @see arch/x86/kernel/crash.c, reboot.c (v4.4, v6.12) */
const STOPS =
  /^(?:crash_nmi_callback|machine_kexec|__crash_kexec|crash_kexec|crash_save_cpu|crash_ipi_callback|machine_crash_nonpanic_core|crash_save_cpu_regs)(?:\.|$)/

/** Entries of an NMI, by which a CPU that runs is stopped or asked. @see arch/x86/entry/entry_64.S (v4.4, v6.12) */
const NMI_ENTRIES = /^(?:end_repeat_nmi|nmi|asm_exc_nmi|nmi_restore|first_nmi|repeat_nmi)$/

const MOST_FRAMES = 256
/** Lines of other kinds that may stand within a stack: remarks of whoever pasted it. */
const MOST_STRANGE = 4

/** Traces of `bt` and `foreach bt`, with their headers or without. */
export class Stacks implements Subject {
  private task: ToldTask | null = null
  private command: Command | null = null
  private order = new Continuity()
  /** The exception's own function, as long as its registers may follow. */
  private stopped: ToldFrame | null = null
  private frames = 0
  private searched = false
  /** The first error since the header. */
  private error: string | null = null
  private strange = 0
  /** The command named one task, and no header of it came. */
  private named = false
  private readonly session: Session
  /** A name that prose gives to a stack without a header. */
  nameOf: ((line: number) => string | null) | null = null

  constructor(session: Session) {
    this.session = session
  }

  get isOpen(): boolean {
    return this.task !== null
  }

  header(found: RegExpExecArray, at: number): void {
    this.close()
    this.session.turn(this)
    const comm = found[4]!
    const end = comm.lastIndexOf('"')
    const task = this.begin(at)
    task.pid = Number(found[1])
    task.address = address(found[2]!)
    task.cpu = found[3] === '-' ? null : Number(found[3])
    task.comm = this.session.own.name(end >= 0 ? comm.slice(0, end) : comm)
  }

  frame(line: FrameLine, at: number): void {
    this.session.turn(this)
    this.strange = 0
    if (this.task && this.frames > 0) {
      if (this.order.doubles(line)) return
      if (this.order.beginsAnother(line)) this.close()
    }
    const task = this.task ?? this.anonymous(at)
    this.order.takes(line, task.pid !== null)
    this.doubt(this.order.doubt)
    const { symbol, offset, module, address, sp } = line
    const same = this.stopped
    this.stopped = null
    this.frames++
    if (same && isSame(same, line)) {
      // the interrupted function's own frame follows its exception
      same.sp = sp ?? same.sp
      same.module ??= this.moduleOf(module)
      return
    }
    this.add(
      task,
      {
        symbol: this.session.own.name(symbol),
        offset,
        module: this.moduleOf(module),
        address,
        sp,
      },
      at,
    )
  }

  exception(found: RegExpExecArray, form: ExceptionForm, at: number): void {
    this.session.turn(this)
    const task = this.task ?? this.anonymous(at)
    const text = found[form.place]!
    const { symbol, offset } = place(text)
    const before = this.stopped
    // the line is there twice
    if (before && before.symbol === symbol && before.offset === offset) return
    this.stopped = null
    if (this.searched) {
      this.found('exception frames found by a search of the stack (bt -e)')
      return
    }
    // a task that sleeps has no exception on top
    if (this.frames === 0) task.running = true
    const above = task.frames[task.frames.length - 1]
    if (above && NMI_ENTRIES.test(above.symbol)) {
      // what the NMI itself called belongs to whoever took the dump
      task.running = true
      task.frames.length = 0
      if (task.words) task.words.length = 0
    }
    this.order.switches()
    if (NO_FUNCTION.test(text)) return
    this.stopped = {
      symbol: this.session.own.name(symbol),
      offset,
      module: null,
      address: form.address === null ? null : address(found[form.address]!),
      sp: null,
    }
    this.add(task, this.stopped, at)
  }

  /** @returns false when no stack is open: the line is somebody else's */
  registers(line: string): boolean {
    if (!this.task) return false
    const pointers = POINTERS.exec(line)
    if (pointers && this.stopped && this.stopped.address === null) {
      this.stopped.address = address(pointers[1]!)
      this.stopped.sp = address(pointers[2]!)
      this.order.resumes(this.stopped.sp)
    }
    if (USER_SEGMENT.test(line)) this.order.ends()
    return true
  }

  stackSwitch(): boolean {
    if (!this.task) return false
    this.order.switches()
    this.task.running = true
    return true
  }

  /** Words that were found on the stack, not unwound: never frames. */
  stale(): boolean {
    this.found('stale words of the stack, no trace (bt -t)')
    return this.task !== null
  }

  /** What follows was found by a search. */
  searches(): boolean {
    this.searched = true
    return this.task !== null
  }

  /** Words of `bt -f` belong to a frame; without one they are `bt -r`. */
  words(line: string): boolean {
    const { task } = this
    if (!task) return false
    if (task.frames.length === 0) {
      if (this.frames === 0) this.found('raw words of the stack, no trace (bt -r)')
      return true
    }
    const found = TWO_WORDS.exec(line)
    if (!found) return true
    const place = address(found[1]!)
    task.words ??= []
    const { words } = task
    found.slice(2).forEach((word, i) => {
      if (word === undefined || !KERNEL.test(word) || words.length >= MOST_WORDS || !this.session.mayWord()) return
      words.push({ place: place + 8n * BigInt(i), word: address(word), frame: task.frames.length - 1 })
    })
    return true
  }

  noTrace(what: string | undefined): boolean {
    if (this.task && what === 'active') this.task.running = true
    return this.task !== null
  }

  /** An error line of bt: why no trace follows, or why it ends early; frames that are shown stay good. */
  failed(text: string): boolean {
    if (/^invalid task or pid value/.test(text)) return false
    if (SEARCH_BEGINS.test(text)) {
      this.searched = true
      this.found(this.session.own.text(`bt: ${text}`))
    }
    this.error ??= this.session.own.text(`bt: ${text}`.slice(0, 200))
    return this.task !== null
  }

  /** A line that is nothing of a stack. @returns true while the stack may go on behind it */
  passes(): boolean {
    if (!this.task || ++this.strange > MOST_STRANGE) return false
    return true
  }

  /** A command was typed: a trace without a header may be of the task that it names. */
  typed(): void {
    this.named = false
  }

  close(): void {
    const task = this.task
    this.task = null
    if (!task) return
    if (task.frames.length === 0 && this.error !== null) task.doubt ??= this.error
    if (task.frames.some(({ symbol }) => STOPS.test(symbol))) task.running = true
  }

  private begin(at: number): ToldTask {
    const { command } = this.session
    this.command = command
    this.named = true
    const inner = innerName(command)
    const task = blankTask(at, inner ?? 'bt')
    if (command?.name === 'bt' && (has(command, 'a') || has(command, 'c'))) task.running = true
    if (command?.name === 'foreach') fromForeach(task, command)
    this.task = task
    this.order = new Continuity()
    this.stopped = null
    this.frames = 0
    this.strange = 0
    this.error = null
    this.searched = inner === 'bt' && (has(command, 'e') || has(command, 'E'))
    this.session.tell(task)
    return task
  }

  /** Frames without a header: of the one task that `bt PID` names, or of nobody. */
  private anonymous(at: number): ToldTask {
    const first = !this.named
    const task = this.begin(at)
    const words = this.command?.name === 'bt' ? this.command.words.filter((word) => !word.startsWith('-')) : []
    if (first && words.length === 1) {
      if (/^\d{1,8}$/.test(words[0]!)) task.pid = Number(words[0])
      else if (/^(?:0x)?[0-9a-f]{16}$/.test(words[0]!)) task.address = address(words[0]!)
    } else {
      const name = this.nameOf?.(at) ?? null
      if (name !== null) task.comm = this.session.own.name(name)
    }
    return task
  }

  private add(task: ToldTask, frame: ToldFrame, at: number): void {
    if (task.frames.length >= MOST_FRAMES || !this.session.mayFrame(at)) {
      task.doubt ??= 'frames are left out: too many'
      return
    }
    task.frames.push(frame)
  }

  private moduleOf(name: string | null): string | null {
    return name === null ? null : this.session.own.name(name)
  }

  private doubt(why: string | null): void {
    if (this.task && why !== null) this.task.doubt ??= why
  }

  /** What is shown was found by a search, which gives no trace. */
  private found(why: string): void {
    this.doubt(why)
    if (this.task) this.task.searched = true
  }
}

/**
 * Marks stacks that contradict what the whole session says: crash may show a running task with the stack that it slept with
 * before. Whether it runs is often told elsewhere: by `ps`, `runq`, `set`.
 */
export function settleStacks(told: readonly Told[]): void {
  const running = new Set<bigint>()
  for (const each of told) if (each.kind === 'task' && each.running && each.address !== null) running.add(each.address)
  for (const task of told) {
    if (task.kind !== 'task' || task.frames.length === 0) continue
    if (!task.running && (task.address === null || !running.has(task.address))) continue
    if (SLEEPS.test(task.frames[0]!.symbol)) task.doubt ??= 'a running task with the stack of a sleeping one'
  }
}

/** The command that prints within `foreach`. */
const INNER = ['bt', 'vm', 'task', 'files', 'sig', 'set', 'net', 'ps', 'gleader', 'test']
/** Commands other than bt that print the same header. */
const HEADERS = new Set(['vm', 'task', 'files', 'sig', 'net', 'ps', 'waitq', 'fuser', 'set', 'gleader'])

function innerName(command: Command | null): string | null {
  const name = command?.name === 'foreach' ? command.words.find((word) => INNER.includes(word)) : command?.name
  return name !== undefined && HEADERS.has(name) ? name : name === 'bt' ? 'bt' : null
}

/** `foreach UN bt`: what chooses the tasks is true for all of them. */
function fromForeach(task: ToldTask, command: Command): void {
  const words = command.words.slice(0, command.words.findIndex((word) => INNER.includes(word)) + 1)
  const states = words.filter((word) => /^[A-Z]{2}$/.test(word) && stateOf(word) !== null)
  if (states.length === 1) task.state = stateOf(states[0]!)
  if (words.includes('active')) task.running = true
  if (words.includes('kernel')) task.kthread = true
  else if (words.includes('user')) task.kthread = false
}

/** A frame that repeats the function whose exception stands before it: arm64 prints the branch, four bytes before. */
function isSame(stopped: ToldFrame, frame: FrameLine): boolean {
  if (stopped.symbol !== frame.symbol) return false
  if (stopped.address === null || frame.address === null) return true
  const apart = stopped.address - frame.address
  return apart >= 0n && apart <= 4n
}
