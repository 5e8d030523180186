import {
  HEADER,
  NO_TRACE,
  REGISTERS,
  SEARCHED,
  SOURCE_LINE,
  STACK_SWITCH,
  STALE_START,
  STALE_WORD,
  WORDS,
} from './bt.ts'
import { bareCommand, PROMPT, SHELL } from './command.ts'
import { ERROR_LINE, isError, isWarning, WARNING_LINE } from './errors.ts'
import { EXCEPTIONS } from './exceptions.ts'
import { parseFrame } from './frame.ts'
import { KMEM_CACHE, KMEM_CACHE_OLD, KMEM_MEMORY, KMEM_OBJECTS, KMEM_OTHER, KMEM_PAGE, KMEM_PAGE_HEAD } from './kmem.ts'
import { BARE_ADDRESS, ELISION } from './list.ts'
import { P_NAMED, P_NAMELESS } from './p.ts'
import { PS_AGO, PS_CLOCK, PS_HEAD, PS_ROW } from './ps.ts'
import { RD_LINE } from './rd.ts'
import { RUNQ_CLOCK, RUNQ_CLOCK_TASK, RUNQ_CPU, RUNQ_CURRENT, RUNQ_OTHER, RUNQ_QUEUED, RUNQ_SINCE } from './runq.ts'
import { SET_LINE, SET_PID } from './set.ts'
import { BRACE, LAYOUT, MEMBER, STRUCT_HEAD } from './struct.ts'
import type { Subjects } from './subjects.ts'
import { SYS_LINE } from './sys.ts'
import { WC_LONE, WC_ROW } from './wc.ts'

/** A kind of line: how it looks, and who reads it. */
export interface LineKind {
  name: string
  /** Characters that it may begin with, blanks aside; any when left out. */
  starts?: string
  pattern: RegExp
  /** @returns false when it only looks so: then the next kinds are tried */
  take(found: RegExpExecArray, s: Subjects, at: number): boolean
}

const DIGITS = '0123456789'
const HEX = `${DIGITS}abcdef`

/** Every line, for kinds that are told by more than one pattern. */
const ANY = /^.*$/

/**
 * What each line of a session is: the first kind that takes it. The order is part of the facts: a header before a register, a
 * frame before a stale word, an address before a count.
 */
export const LINE_KINDS: readonly LineKind[] = [
  {
    name: 'prompt and command',
    starts: 'c',
    pattern: PROMPT,
    take: ([, indent, text], s, at) => done(s.typed(text!, at, indent!.length)),
  },
  {
    name: 'header of a task',
    starts: 'P',
    pattern: HEADER,
    take: (found, s, at) => {
      s.stacks.header(found, at)
      s.structs.headed(BigInt(`0x${found[2]}`))
      return true
    },
  },
  {
    name: 'frame',
    starts: `#${DIGITS}`,
    pattern: /^ *(?:#|\d{1,3} +\[).*$/,
    take: ([line], s, at) => {
      const frame = parseFrame(line)
      if (frame) s.stacks.frame(frame, at)
      return frame !== null
    },
  },
  ...EXCEPTIONS.map(
    (form): LineKind => ({
      name: `exception (${form.machine})`,
      starts: '[P-',
      pattern: form.pattern,
      take: (found, s, at) => done(s.stacks.exception(found, form, at)),
    }),
  ),
  { name: 'registers', starts: 'RECDFGSOXPLNM', pattern: REGISTERS, take: ({ input }, s) => s.stacks.registers(input) },
  { name: 'other stack', starts: '-', pattern: STACK_SWITCH, take: (_, s) => s.stacks.stackSwitch() },
  { name: 'start of stale words', starts: 'S', pattern: STALE_START, take: (_, s) => s.stacks.stale() },
  { name: 'stale word', starts: '[', pattern: STALE_WORD, take: (_, s) => s.stacks.stale() },
  { name: 'searched exception', starts: 'KU', pattern: SEARCHED, take: (_, s) => s.stacks.searches() },
  { name: 'source line', pattern: SOURCE_LINE, take: (_, s) => s.stacks.isOpen },
  { name: 'no trace', starts: '([C#', pattern: NO_TRACE, take: ([, what], s) => s.stacks.noTrace(what) },
  { name: 'head of ps', starts: 'P', pattern: PS_HEAD, take: (_, s) => done(s.session.turn(null)) },
  {
    name: 'row of ps',
    starts: `>-${DIGITS}`,
    pattern: PS_ROW,
    take: (found, s, at) => {
      s.session.turn(null)
      s.rows.row(found, at)
      return true
    },
  },
  {
    name: 'row of ps -m',
    starts: '[',
    pattern: PS_AGO,
    take: (found, s, at) => {
      s.session.turn(null)
      s.rows.ago(found, at)
      return true
    },
  },
  {
    name: 'row of ps -l',
    starts: '[',
    pattern: PS_CLOCK,
    take: (found, s, at) => {
      s.session.turn(null)
      s.rows.clock(found, at)
      return true
    },
  },
  { name: 'run queue', starts: 'C', pattern: RUNQ_CPU, take: ([, cpu], s) => done(s.queues.queueOf(cpu!)) },
  {
    name: 'current of a run queue',
    starts: 'C',
    pattern: RUNQ_CURRENT,
    take: ([, pid, task, name], s, at) => done(s.queues.current(pid!, task!, name!, at)),
  },
  {
    name: 'queued',
    starts: '[',
    pattern: RUNQ_QUEUED,
    take: ([, pid, task, name], s, at) => done(s.queues.queued(pid!, task!, name!, at)),
  },
  {
    name: 'row of runq -m',
    starts: 'C',
    pattern: RUNQ_SINCE,
    take: ([, cpu, pid, task, name], s, at) => {
      s.queues.queueOf(cpu!)
      s.queues.current(pid!, task!, name!, at)
      return true
    },
  },
  { name: 'clock of runq -t', starts: 'C', pattern: RUNQ_CLOCK, take: ([, cpu], s) => done(s.queues.queueOf(cpu!)) },
  {
    name: 'task of runq -t',
    starts: DIGITS,
    pattern: RUNQ_CLOCK_TASK,
    take: ([, pid, task, name], s, at) => done(s.queues.current(pid!, task!, name!, at)),
  },
  { name: 'rest of runq', starts: 'RCDT[', pattern: RUNQ_OTHER, take: (_, s) => done(s.queues.other()) },
  { name: 'current task', starts: 'P', pattern: SET_PID, take: ([, pid], s, at) => done(s.current.begin(pid!, at)) },
  {
    name: 'line of the current task',
    starts: 'CTS',
    pattern: SET_LINE,
    take: ([, key, value], s) => s.current.line(key!, value!),
  },
  {
    name: 'line of the system screen',
    starts: 'KDSMCULTNRVP',
    pattern: SYS_LINE,
    take: ([, key, value], s, at) => done(s.screen.take(key!, value!, at)),
  },
  {
    name: 'row of kmem -i',
    starts: 'TFUSBCH',
    pattern: KMEM_MEMORY,
    take: ([, name, pages], s, at) => done(s.kmem.memory(name!, pages!, at)),
  },
  {
    name: 'row of kmem -s',
    starts: HEX,
    pattern: KMEM_CACHE,
    take: ([, allocated, name], s, at) => done(s.kmem.cache(name!, allocated!, at)),
  },
  {
    name: 'row of kmem -s, old',
    starts: HEX,
    pattern: KMEM_CACHE_OLD,
    take: ([, name, allocated], s, at) => done(s.kmem.cache(name!, allocated!, at)),
  },
  { name: 'head of pages', starts: 'P', pattern: KMEM_PAGE_HEAD, take: (_, s) => done(s.kmem.heads('pages')) },
  { name: 'head of objects', starts: 'F', pattern: KMEM_OBJECTS, take: (_, s) => done(s.kmem.heads('objects')) },
  { name: 'other head of kmem', starts: 'CSP', pattern: KMEM_OTHER, take: (_, s) => done(s.kmem.heads('other')) },
  { name: 'page', starts: HEX, pattern: KMEM_PAGE, take: (found, s, at) => s.kmem.page(found, at) },
  {
    // the log's own parser reads them: [ 44.317072] , <3>[ 44.3.. , Mar 30 12:00:01 host kernel: , 2018-05-02T09:14:22
    name: 'line of the log',
    pattern:
      /^ *(?:(?:<\d{1,3}>)?\[ {0,6}\d{1,9}\.\d{1,6}\]|\[[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d |[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d |\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d|<\d{1,3}>)/,
    take: (_, s) => done(s.session.turn(null)),
  },
  {
    name: 'struct',
    starts: 'su',
    pattern: STRUCT_HEAD,
    take: ([, type], s, at) => s.list.brace('{') || s.structs.head(type!, at),
  },
  {
    name: 'brace',
    starts: '{}',
    pattern: BRACE,
    take: ([, brace], s) => s.list.brace(brace!) || s.structs.brace(brace!),
  },
  { name: 'layout', starts: '[su}S', pattern: LAYOUT, take: ([line], s) => s.structs.laidOut(line) },
  {
    name: 'member',
    pattern: MEMBER,
    take: ([, indent, name, value], s, at) =>
      s.list.member(name!, value!, at) || s.structs.member(indent!, name!, value!, at),
  },
  {
    name: 'variable',
    pattern: P_NAMED,
    take: ([, name, value], s, at) => done(s.variables.named(name!, value!, at)),
  },
  {
    name: 'variable without a name',
    starts: '$',
    pattern: P_NAMELESS,
    take: ([, value], s, at) => done(s.variables.nameless(value!, at)),
  },
  { name: 'words of a stack', starts: HEX, pattern: WORDS, take: ({ input }, s) => s.stacks.words(input) },
  {
    name: 'words of memory',
    starts: HEX,
    pattern: RD_LINE,
    take: ([, start, words], s, at) => done(s.raw.line(start!, words!, at)),
  },
  {
    // sym: ffffffffba2b1722 (t) __schedule+642 file: 3800
    name: 'symbol',
    starts: HEX,
    pattern: /^ *([0-9a-f]{8,16}) \([A-Za-z?]\) (\S{1,512})(?: .*)?$/,
    take: ([, value, symbol], s, at) => {
      s.session.turn(null)
      const { own } = s.session
      return done(s.session.tell({ kind: 'value', line: at, name: own.name(`sym.${symbol}`), text: own.text(value!) }))
    },
  },
  {
    name: 'number of lines',
    starts: `$${DIGITS}`,
    pattern: WC_LONE,
    take: ([, count], s, at) => s.counts.number(count!, at),
  },
  {
    name: 'address',
    starts: HEX,
    pattern: BARE_ADDRESS,
    take: ([line], s, at) => s.kmem.objects || s.list.address(line, at),
  },
  {
    // of tree -p, within a list
    name: 'place in a tree',
    starts: 'pi',
    pattern: /^ *(?:index: \d{1,20} {1,4})?position: \S{1,200}$/,
    take: (_, s) => s.list.isOpen,
  },
  { name: 'lines left out', starts: '.[<-', pattern: ELISION, take: (_, s) => s.list.elision() },
  {
    name: 'lines of a file',
    starts: `$${DIGITS}`,
    pattern: WC_ROW,
    take: ([, n, file], s, at) => s.counts.row(n!, file!, at),
  },
  {
    name: 'error',
    pattern: ERROR_LINE,
    take: ([, command, text], s, at) => {
      const { session } = s
      if (!isError(command!, text!, session.command?.name ?? null)) return false
      session.tell({ kind: 'error', line: at, command: session.own.name(command!), text: session.own.text(text!) })
      const stays = command === 'bt' || command === 'foreach' ? s.stacks.failed(text!) : s.list.failed(text!)
      if (!stays) session.turn(null)
      return true
    },
  },
  {
    name: 'warning',
    starts: 'cW',
    pattern: WARNING_LINE,
    take: ([, text], s, at) => {
      if (!isWarning(text!)) return false
      const { session } = s
      return done(
        session.tell({ kind: 'error', line: at, command: 'crash', text: session.own.text(`WARNING: ${text}`) }),
      )
    },
  },
  { name: 'shell command', pattern: SHELL, take: ([, text], s, at) => done(s.shell(text!, at)) },
  {
    name: 'command without its prompt',
    starts: 'lts$#',
    pattern: /^ *(?:[$#] )?((?:list|tree|struct) .*)$/,
    take: ([, text], s, at) => {
      if (!bareCommand(text!)) return false
      s.typed(text!, at)
      return true
    },
  },
  {
    name: 'prose',
    pattern: ANY,
    take: ([line], s, at) => {
      if (s.list.rowLine(line)) return true
      s.counts.passes()
      // remarks may stand between the frames of a stack
      if (!s.stacks.passes() && !s.screen.passes() && !s.structs.passes()) s.session.turn(null)
      s.prose.line(line, at)
      return true
    },
  },
]

/** What is done is taken. */
function done(_: unknown): true {
  return true
}

/** The kinds that a line may be, in their order, by the code of its first character; the last list is for all other codes. */
export const KINDS_BY_FIRST: readonly (readonly LineKind[])[] = Array.from({ length: 129 }, (_, code) =>
  LINE_KINDS.filter(({ starts }) => starts === undefined || (code < 128 && starts.includes(String.fromCharCode(code)))),
)
