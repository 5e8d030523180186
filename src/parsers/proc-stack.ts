/**
 * /proc/PID/stack: the kernel stack of a task that sleeps; one file, or many after each other. The file has no head of its own: whose
 * it is stands in its path, in front of each line (grep), or in a line before it (tail, a loop of the shell).
 * @see fs/proc/base.c, proc_pid_stack (v4.4, v4.15, v6.12)
 */
import { readFrame } from './klog/frames.ts'
import { isTraceHead, readHead } from './klog/heads.ts'
import { Interner } from './klog/intern.ts'
import { Kept } from './klog/kept.ts'
import type { TextParser, Told, ToldTask } from './told.ts'

type Owner = Pick<ToldTask, 'pid' | 'tgid' | 'comm'>
const NOBODY: Owner = { pid: null, tgid: null, comm: null }

const LONGEST_STACK = 256
const LONGEST_LINE = 1024

/** Lines that say whose stack follows; `sure`: even where none follows. The first that matches is taken. */
const HEADS: readonly { example: string; sure: boolean; pattern: RegExp }[] = [
  {
    example: '==> /proc/2950/task/2951/stack <==; # cat /proc/2950/stack',
    sure: true,
    pattern: /\bproc\/(?<pid>\d{1,10})(?:\/task\/(?<tid>\d{1,10}))?\/stack\b/,
  },
  {
    example: 'PID: 2950 (numad); PID = 2950',
    sure: false,
    pattern:
      /^[\s=#*-]{0,16}(?:PID|pid|Pid)(?: {0,4}[:=]| )\s{0,8}(?<pid>\d{1,10})(?:[ ,]{1,8}\(?(?<comm>[A-Za-z][^\s()]{0,63})\)?)?[\s:=#*-]{0,16}$/,
  },
  {
    example: '=== 2950 numad ===',
    sure: false,
    pattern: /^[\s=#*-]{0,16}(?<pid>\d{1,10})(?:[ ,]{1,8}\(?(?<comm>[A-Za-z][^\s()]{0,63})\)?)?[\s:=#*-]{0,16}$/,
  },
]
/** `/proc/2950/stack:[<0>] ...`: the path, then the line of the file. */
const PATH_BEFORE = /^(?:\S{0,255}\/)?proc\/(?:\d{1,10})(?:\/task\/\d{1,10})?\/stack:/
/** Each line begins so; a kernel log's frames of today don't. */
const LINE = /^\s{0,8}\[</
/** Ends a stack before v5.3; alone it is that of a task that runs. */
const END = /^\s{0,8}\[<[0-9a-f]{1,16}>\] 0xf{8,16}\s*$/

/** What stands before frames that are no stack of now: where a lock was taken, as lockdep tells it. */
const HISTORY = /^\s{0,16}-> #\d{1,4} \(|\bat:\s*$/
/** Lines before a stack without an owner that may say that it is another parser's. */
const LOOK_BACK = 6

/** Reads one such file, or many. A task without frames is told where its path is known: it runs, or its stack is hidden. */
export class ProcStackParser implements TextParser {
  private readonly kept = new Kept<Told>(40_000, 300_000, (told) => (told.kind === 'task' ? told.frames.length : 0))
  readonly told: Told[] = this.kept.items
  private readonly interner = new Interner()
  private owner: Owner
  /** The one whose frames follow, told when there is one. */
  private task: ToldTask | null = null
  private sure: boolean
  /** Behind a kernel log's `Call Trace:`: those frames are another parser's. */
  private trace = false
  /** The last lines since the last blank one. */
  private before: string[] = []
  private last = 1

  /** @param path - where the file was found, "proc/741/stack"; null where nothing says it */
  constructor(path: string | null = null) {
    this.owner = (path === null ? null : headOf(path)?.owner) ?? NOBODY
    this.sure = this.owner.pid !== null
  }

  push(line: string, at: number): void {
    this.last = at
    if (line.length > LONGEST_LINE) return
    const path = PATH_BEFORE.exec(line)?.[0]
    if (path !== undefined) {
      const { owner } = headOf(path)!
      if (owner.pid !== this.owner.pid) this.begin(owner, true, at)
      this.stackLine(line.slice(path.length), at)
      return
    }
    if (this.stackLine(line, at)) return
    if (isTraceHead(line)) {
      this.begin(NOBODY, false, at)
      this.trace = true
      return
    }
    const head = headOf(line)
    if (head) this.begin(head.owner, head.sure, at)
    else if (line.trim() === '') this.begin(NOBODY, false, at)
    else if (this.before.push(line) > LOOK_BACK) this.before.shift()
  }

  end(): void {
    this.finish(this.last)
  }

  /** @returns whether the line is one of a stack */
  private stackLine(line: string, at: number): boolean {
    if (this.trace || !LINE.test(line)) return false
    if (END.test(line)) {
      this.task ??= this.tell(at)
      return true
    }
    const frame = readFrame(line)
    if (!frame) return false
    if (!this.task && this.owner === NOBODY && this.before.some((each) => HISTORY.test(each) || readHead(each))) {
      this.trace = true
      return false
    }
    this.task ??= this.tell(at)
    if (frame !== 'guess' && this.task.frames.length < LONGEST_STACK) {
      const { symbol, module } = frame
      const own = { symbol: this.interner.copy(symbol), module: module === null ? null : this.interner.copy(module) }
      this.task.frames.push({ ...frame, ...own })
    }
    return true
  }

  private begin(owner: Owner, sure: boolean, at: number): void {
    this.finish(at)
    this.owner = owner
    this.sure = sure
    this.trace = false
    this.before = []
  }

  private finish(at: number): void {
    if (!this.task && this.sure) this.tell(at)
    this.task = null
    this.sure = false
  }

  private tell(line: number): ToldTask {
    const task: ToldTask = {
      ...{ kind: 'task', line, source: '/proc/PID/stack' },
      ...this.owner,
      ...{ address: null, cpu: null, state: null, running: null, kthread: null, idleSeconds: null },
      ...{ frames: [], wchan: null, doubt: null },
    }
    this.kept.push(task)
    return task
  }
}

function headOf(line: string): { owner: Owner; sure: boolean } | null {
  for (const { pattern, sure } of HEADS) {
    const found = pattern.exec(line)?.groups
    if (!found) continue
    const pid = Number(found['pid'])
    const tid = found['tid']
    const owner = tid === undefined ? { pid, tgid: null } : { pid: Number(tid), tgid: pid }
    return { owner: { ...owner, comm: found['comm'] ?? null }, sure }
  }
  return null
}
