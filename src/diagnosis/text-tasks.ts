import { printable } from '../base/text.ts'
import type { ToldFrame, ToldTask, ToldWord } from '../parsers/told.ts'
import type { FrameFact, StackFact, TaskFact } from './hang-facts.ts'
import { matchStack, plainName } from './signatures.ts'
import { atLine, type TextEvent, type TextEvidence } from './text-evidence.ts'

/** A task with the stack that text shows of it. */
interface Statement {
  input: string
  told: ToldTask
}

/** Statements that are kept of one host; a sysrq-t of a large host has some 50,000 tasks. */
const MOST_STATEMENTS = 500_000
const COMM_LENGTH = 16
/** Events that say nothing of what a task does. */
const NO_TASK: readonly TextEvent['kind'][] = ['oom', 'rcu-stall', 'csd-timeout', 'workqueue-lockup']
/** A stack of a task that runs begins where it is, not in the scheduler: crash shows a stale one otherwise. */
const SWITCHES = ['__schedule', 'schedule', '__switch_to', '__switch_to_asm', 'context_switch']

/** The tasks of a host, by its texts. */
export interface TextTasks {
  tasks: TaskFact[]
  stacks: StackFact[]
  /** Words of stacks, by the task's id; only of tasks whose words are shown. */
  words: Map<bigint, readonly ToldWord[]>
  unsureWalks: { task: TaskFact; why: string }[]
}

/** Every task that texts speak of, and those with a stack; several statements about a task are joined. */
export function textTasks(texts: readonly TextEvidence[]): TextTasks {
  const groups = new Map<string, Statement[]>()
  let count = 0
  for (const { input, told, events } of texts) {
    const statements = [...told.filter((each): each is ToldTask => each.kind === 'task'), ...events.flatMap(ofEvent)]
    for (const each of statements) {
      if (++count > MOST_STATEMENTS) break
      const key = each.pid === null ? `line ${input} ${each.line}` : `${each.pid}`
      const group = groups.get(key)
      if (group) group.push({ input, told: each })
      else groups.set(key, [{ input, told: each }])
    }
  }
  const facts: TextTasks = { tasks: [], stacks: [], words: new Map(), unsureWalks: [] }
  let id = 0n
  for (const group of groups.values()) {
    for (const same of sameName(group)) {
      const best = bestStack(same)
      const task = taskOf(same, best, ++id)
      facts.tasks.push(task)
      const stack = best && stackOf(task, best.told.frames, doubtOf(best.told))
      if (stack) facts.stacks.push(stack)
      if (best?.told.words) facts.words.set(task.id, best.told.words)
      const unsure = stack?.walks ? undefined : same.find(({ told }) => doubtOf(told) !== null && walksIn(told))
      if (unsure) facts.unsureWalks.push({ task, why: doubtOf(unsure.told)! })
    }
  }
  return facts
}

/** A task that an event of the log is about. */
function ofEvent({ kind, line, pid, comm, cpu, seconds, stack }: TextEvent): ToldTask[] {
  if (pid === null && stack.length === 0) return []
  if (NO_TASK.includes(kind)) return []
  return [
    {
      kind: 'task',
      line,
      source: kind,
      pid,
      tgid: null,
      comm,
      address: null,
      cpu,
      state: kind === 'hung-task' ? 'D' : 'R',
      running: kind !== 'hung-task',
      kthread: null,
      idleSeconds: kind === 'hung-task' ? seconds : null,
      frames: stack.map(({ symbol, offset, module }) => ({ symbol, offset, module, address: null, sp: null })),
      wchan: null,
      doubt: null,
    },
  ]
}

/** Statements of one pid by name: a pid is given again, and another host's has another name. */
function sameName(group: readonly Statement[]): Statement[][] {
  const byName = new Map<string, Statement[]>()
  const nameless: Statement[] = []
  for (const each of group) {
    // comm is cut at 15 bytes in some places, in others not
    const name = each.told.comm?.slice(0, COMM_LENGTH - 1)
    if (name === undefined) nameless.push(each)
    else {
      const same = byName.get(name)
      if (same) same.push(each)
      else byName.set(name, [each])
    }
  }
  const [first, ...rest] = [...byName.values()]
  return first ? [[...first, ...nameless], ...rest] : [nameless]
}

/**
 * The stack to go by: one that walks a KSM list before one that waits, before any other. A doubtful one is taken for a walk alone: a
 * walker runs, and of a task that runs texts seldom have a better one.
 */
function bestStack(statements: readonly Statement[]): Statement | null {
  let best: Statement | null = null
  let rank = 0
  for (const each of statements) {
    const own = rankOf(each.told)
    if (own > rank || (own === rank && best && tellsMore(each.told, best.told))) {
      best = each
      rank = own
    }
  }
  return best
}

/** 0: no stack, or none to go by. */
function rankOf(told: ToldTask): number {
  if (told.frames.length === 0 || told.searched) return 0
  const names = namesOf(told)
  const walks = matchStack(names, 'walker') !== null
  if (doubtOf(told) !== null) return walks ? 2 : 0
  return walks ? 4 : matchStack(names, 'waiter') ? 3 : 1
}

const namesOf = ({ frames }: ToldTask): string[] => frames.map(({ symbol }) => plainName(symbol))

function walksIn(told: ToldTask): boolean {
  return matchStack(namesOf(told), 'walker') !== null
}

/** Why a stack may not be of the moment; null where nothing speaks against it. */
function doubtOf({ doubt, running, frames }: ToldTask): string | null {
  const inner = frames[0]?.symbol
  const stale = running === true && inner !== undefined && SWITCHES.includes(plainName(inner))
  return doubt ?? (stale ? 'it runs, and this is the stack with which it gave its CPU away last' : null)
}

/** More frames, or their words too. */
function tellsMore(one: ToldTask, than: ToldTask): boolean {
  const more = one.frames.length - than.frames.length
  return more > 0 || (more === 0 && one.words !== undefined && than.words === undefined)
}

function taskOf(statements: readonly Statement[], stack: Statement | null, id: bigint): TaskFact {
  const first = <T>(of: (told: ToldTask) => T | null): T | null => {
    for (const { told } of statements) {
      const value = of(told)
      if (value !== null) return value
    }
    return null
  }
  const comm = first((told) => told.comm)
  const address = first((told) => told.address)
  const place = stack ?? statements[0]!
  const states = statements.map(({ told }) => told.state)
  const seconds = statements.flatMap(({ told }) => told.idleSeconds ?? [])
  return {
    id: address ?? id,
    address,
    pid: first((told) => told.pid),
    tgid: first((told) => told.tgid),
    comm: comm === null ? null : printable(comm, COMM_LENGTH),
    state: stack?.told.state ?? states.find((state) => state !== null) ?? null,
    cpu: first((told) => told.cpu),
    running: statements.some(({ told }) => told.running === true),
    kthread: first((told) => told.kthread) ?? (stack?.told.frames ?? []).some(({ symbol }) => symbol === 'kthread'),
    mm: 0n,
    space: first((told) => told.space ?? null),
    idleSeconds: seconds.length > 0 ? Math.max(...seconds) : null,
    where: { input: place.input, at: atLine(place.told.line) },
  }
}

/** Kernels' symbols: there is nothing in them to make safe. */
const PLAIN = /^[\w.$]{1,200}$/

/** The same string where it can be printed as it is: a large host's stacks name a few functions a million times. */
function safe(symbol: string): string {
  return PLAIN.test(symbol) ? symbol : printable(symbol, 200)
}

/** A text tells of no mm and no page. */
const NONE: Set<bigint> = new Set()

function frameOf({ symbol, offset, module, address, sp }: ToldFrame): FrameFact {
  return { address, sp, place: { symbol: safe(symbol), offset, module }, how: 'told' }
}

function stackOf(task: TaskFact, told: readonly ToldFrame[], doubt: string | null): StackFact {
  const names = told.map((frame) => plainName(frame.symbol))
  return {
    task,
    // only those of a walker are asked for: a sysrq-t has hundreds of thousands
    get frames() {
      return told.map(frameOf)
    },
    whole: true,
    doubt,
    names,
    walks: matchStack(names, 'walker'),
    waits: matchStack(names, 'waiter'),
    mms: NONE,
    pages: NONE,
    queuedOnPage: null,
    movers: new Set(),
    lock: null,
  }
}
