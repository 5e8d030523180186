import type { Seconds, VirtAddr } from '../base/units.ts'
import type { LockWaiter } from '../kernel/lock-queue.ts'
import type { LogEvent } from '../parsers/klog-events.ts'
import { walkSeconds } from '../ksm/cost.ts'
import type { HangFacts, LockFact, MmapLockFact, StackFact, TaskFact, WalkerFact, Witness } from './hang-facts.ts'
import { type Holder, holdersOf } from './holders.ts'
import { DEFAULT_THRESHOLDS } from './lists.ts'
import { type Innermost, innermostOf } from './innermost.ts'
import type { WaitsFor } from './signatures.ts'
import { indexOf } from './host-index.ts'
import { sameProcess } from './same-process.ts'
import type { Confidence } from './types.ts'

/** A task that waits for the walker, directly or through others. */
export interface HangWaiter {
  task: TaskFact
  waitsFor: WaitsFor
  /** Address of the lock that it waits for, null for other waits. */
  lock: VirtAddr | null
  /** How it is known that it waits there. */
  by: Witness[]
  /** Since it queued, where the lock records that; else since it was last put on a CPU; null where unknown. */
  blockedSeconds: Seconds | null
  /** The longest time for which the log says that it was blocked; null where it says nothing. */
  loggedSeconds: Seconds | null
  /** Id of its stack's signature; null where the queue alone tells. */
  pattern: string | null
  /** How sure this wait is. */
  confidence: Confidence
  /** Whom it waits for next, towards the walker. */
  behind: TaskFact
}

export interface HangProgress {
  /** 0 to 1; null where it can't be known (the second round of a restore). */
  fraction: number | null
  pass: 'unmap' | 'restore'
  confidence: Confidence
  /** Estimate of what is left of this pass, at 10 us an rmap_item. */
  secondsLeft: Seconds | null
}

/** A hang that the walk of a KSM list explains. */
export interface Hang {
  walker: WalkerFact
  innermost: Innermost
  /** The mmap_lock that most of the waiters wait for; null when none does. */
  lock: MmapLockFact | null
  heldBy: Holder[]
  waiters: HangWaiter[]
  progress: HangProgress | null
  longestWait: { task: TaskFact; seconds: Seconds } | null
}

/** A lock with a queue that no walk explains. */
export interface PileUp {
  fact: LockFact
  holders: Holder[]
  /** Ordinary contention: nobody has waited for BRIEF seconds. */
  brief: boolean
}

/** What the wait graph says. */
export interface HangReading {
  hang: Hang | null
  /** Other walkers, and walks of short lists. */
  others: WalkerFact[]
  /** Locks with a queue that no walk explains. */
  pileUps: PileUp[]
  /** Tasks that wait for each other in a ring; null when there is none. */
  cycle: { tasks: TaskFact[]; confidence: Confidence } | null
}

/** A list up to the default limit is no cause: a hang in the same stack is another bug (LP: #1680513 had both). */
export const SHORT = 256
/** A queue of so many is worth a finding of its own. */
export const PILE_UP = 3
/** A wait below this is ordinary contention, seconds. */
export const BRIEF = 1

/** Tasks that are seen to walk a KSM list, by whatever stack: whoever says that nobody does asks here. */
export function seenWalking({ hang, others }: HangReading): TaskFact[] {
  return [...(hang ? [hang.walker] : []), ...others].map(({ task }) => task)
}

interface Edge {
  to: VirtAddr
  waitsFor: WaitsFor
  lock: VirtAddr | null
  by: Witness[]
  /** Since it waits, by the lock's own record; null where it has none. */
  seconds: Seconds | null
  confidence: Confidence
}

/**
 * Finds the walker at the root of the most waits. Pure: facts in, reading out.
 * @param events - what the kernel's log reports
 */
export function readHang(facts: HangFacts, events: readonly LogEvent[] = []): HangReading {
  const holders = new Map<LockFact, Holder[]>(facts.locks.map((fact) => [fact, holdersOf(facts, fact)]))
  const edges = waitEdges(facts, holders)
  const taskOf = new Map(facts.tasks.map((task) => [task.id, task]))
  const candidates = facts.walkers.map((walker) => ({ walker, behind: waitersOf(walker.task.id, edges) }))
  const long = candidates.filter(({ walker, behind }) => isHang(facts, walker, behind.size))
  long.sort(
    (a, b) =>
      doubtful(a.walker) - doubtful(b.walker) ||
      b.behind.size - a.behind.size ||
      lengthOf(b.walker) - lengthOf(a.walker),
  )
  const [root] = long
  const hang = root ? hangOf(root.walker, root.behind, facts, holders, taskOf, events) : null
  return {
    hang,
    others: facts.walkers.filter((walker) => walker !== root?.walker),
    pileUps: facts.locks
      .filter(
        (fact) =>
          fact.lock.waiters.length >= PILE_UP && !fact.lock.waiters.some((waiter) => root?.behind.has(waiter.task)),
      )
      .map((fact) => ({ fact, holders: holders.get(fact) ?? [], brief: isBrief(fact.lock.waiters) })),
    cycle: cycleOf(strongOf(edges), taskOf) ?? cycleOf(edges, taskOf),
  }
}

function isBrief(waiters: readonly LockWaiter[]): boolean {
  return waiters.length > 0 && waiters.every(({ seconds }) => seconds !== null && seconds < BRIEF)
}

/**
 * Whether a walk is a hang: others wait for it, and its list is not short. A text shows only some tasks: there the walk of a list
 * that is long in itself is enough.
 */
function isHang({ told }: HangFacts, walker: WalkerFact, waiters: number): boolean {
  if (waiters > 0) return !isShort(walker)
  const length = walker.node?.length ?? null
  return told !== null && length !== null && length >= DEFAULT_THRESHOLDS.warning
}

/** A list that is short in itself: its walk explains no hang. */
export function isShort({ node }: WalkerFact): boolean {
  return node !== null && node.length !== null && node.open === null && node.length <= SHORT
}

const doubtful = ({ doubt }: WalkerFact): number => (doubt === null ? 0 : 1)

function lengthOf({ node }: WalkerFact): number {
  return node?.length ?? 0
}

/** Who waits for whom. */
function waitEdges(facts: HangFacts, holders: ReadonlyMap<LockFact, Holder[]>): Map<VirtAddr, Edge[]> {
  const edges = new Map<VirtAddr, Edge[]>()
  const add = (from: VirtAddr, edge: Edge): void => {
    if (from === edge.to) return
    const own = edges.get(from)
    if (own) own.push(edge)
    else edges.set(from, [edge])
  }
  for (const [fact, held] of holders) {
    for (const { task, waitsFor, by, seconds } of waitersFor(facts, fact)) {
      for (const holder of held)
        add(task, {
          to: holder.task.id,
          waitsFor,
          lock: fact.lock.address,
          by,
          seconds,
          confidence: holder.confidence,
        })
    }
  }
  for (const fact of facts.stacks) {
    const waitsFor = fact.waits?.signature.waitsFor
    if (waitsFor === undefined || fact.lock !== null) continue
    const by: Witness[] = fact.queuedOnPage === null ? ['stack'] : ['queue', 'stack']
    const other = { waitsFor, lock: null, by, seconds: null, confidence: 'strong' } as const
    for (const { id, confidence } of facts.told?.get(fact.task.id) ?? [])
      add(fact.task.id, { ...other, to: id, confidence })
    if (waitsFor === 'migration-entry' || waitsFor === 'page-lock')
      for (const mover of fact.movers)
        add(fact.task.id, { ...other, to: mover, confidence: fact.movers.size === 1 ? 'strong' : 'weak' })
    else if (waitsFor === 'vma-lock')
      for (const reader of vmaReaders(facts, fact)) add(fact.task.id, { ...other, to: reader.id, confidence: 'weak' })
  }
  return edges
}

interface LockWaiting {
  task: VirtAddr
  waitsFor: WaitsFor
  by: Witness[]
  seconds: Seconds | null
}

/** Who waits for a lock: those in its queue, and those whose stacks say so. */
function waitersFor(facts: HangFacts, { lock }: LockFact): LockWaiting[] {
  const waiting: LockWaiting[] = lock.waiters.map(({ task, type, seconds }) => ({
    task,
    waitsFor: type === 'unknown' ? (waitOf(facts, task) ?? 'read') : type,
    by: stackOf(facts, task)?.lock?.by ?? ['queue'],
    seconds,
  }))
  const queued = new Set(waiting.map(({ task }) => task))
  for (const { task, waits, lock: wait } of indexOf(facts).onLock.get(lock) ?? []) {
    if (queued.has(task.id)) continue
    waiting.push({ task: task.id, waitsFor: waits?.signature.waitsFor ?? 'read', by: wait?.by ?? [], seconds: null })
  }
  // PREEMPT_RT: the writer that waits for the readers to leave owns the rtmutex and stands in no queue
  if (lock.kind === 'rwsem-rt' && lock.held === 'read') {
    const waitsFor = waitOf(facts, lock.lastOwner)
    if (waitsFor === 'write' || waitsFor === 'anon-vma')
      waiting.push({ task: lock.lastOwner, waitsFor, by: ['stack'], seconds: null })
  }
  return waiting
}

/** Readers of a VMA: faulting threads of the same mm, if they wait for a migration themselves. */
function vmaReaders(facts: HangFacts, { task, mms }: StackFact): TaskFact[] {
  return indexOf(facts)
    .onEntry.filter((other) => {
      const same = sameProcess(other.task, task)
      // a text may not tell whose threads they are
      return same === true || (same === null && facts.told !== null) || mms.has(other.task.mm)
    })
    .map((other) => other.task)
}

/** The stack of a task. */
function stackOf(facts: HangFacts, task: bigint): StackFact | undefined {
  return indexOf(facts).byTask.get(task)
}

function waitOf(facts: HangFacts, task: VirtAddr): WaitsFor | undefined {
  return stackOf(facts, task)?.waits?.signature.waitsFor
}

/** Everybody from whom a way leads to `root`, with the edge that begins it. */
function waitersOf(root: VirtAddr, edges: ReadonlyMap<VirtAddr, Edge[]>): Map<VirtAddr, Edge> {
  const behind = new Map<VirtAddr, Edge>()
  for (let front = new Set([root]); front.size > 0; ) {
    const next = new Set<VirtAddr>()
    for (const [from, all] of edges) {
      if (behind.has(from) || from === root) continue
      const here = all.filter((each) => front.has(each.to))
      const edge = here.find((each) => each.confidence !== 'weak') ?? here[0]
      if (!edge) continue
      behind.set(from, edge)
      next.add(from)
    }
    front = next
  }
  return behind
}

function hangOf(
  walker: WalkerFact,
  behind: ReadonlyMap<VirtAddr, Edge>,
  facts: HangFacts,
  holders: ReadonlyMap<LockFact, Holder[]>,
  taskOf: ReadonlyMap<VirtAddr, TaskFact>,
  events: readonly LogEvent[],
): Hang {
  const waiters: HangWaiter[] = []
  for (const [address, edge] of behind) {
    const task = taskOf.get(address)
    const next = taskOf.get(edge.to)
    if (!task || !next) continue
    const fact = stackOf(facts, task.id)
    waiters.push({
      task,
      waitsFor: edge.waitsFor,
      lock: edge.lock,
      by: edge.by,
      blockedSeconds: edge.seconds ?? task.idleSeconds,
      loggedSeconds: loggedFor(events, task),
      pattern: fact?.waits?.signature.id ?? null,
      confidence: edge.confidence,
      behind: next,
    })
  }
  waiters.sort((a, b) => (b.blockedSeconds ?? 0) - (a.blockedSeconds ?? 0) || (a.task.pid ?? 0) - (b.task.pid ?? 0))
  const queues = facts.locks
    .filter((fact): fact is MmapLockFact => fact.mm !== null)
    .map((fact) => ({ fact, count: waiters.filter((waiter) => waiter.lock === fact.lock.address).length }))
    .filter(({ count }) => count > 0)
  queues.sort((a, b) => b.count - a.count)
  const lock = queues[0]?.fact ?? null
  const longest = waiters.find((waiter) => waiter.blockedSeconds !== null)
  return {
    walker,
    innermost: innermostOf(walker),
    lock,
    heldBy: lock ? (holders.get(lock) ?? []) : [],
    waiters,
    progress: progressOf(walker, longest?.blockedSeconds ?? null),
    longestWait: longest ? { task: longest.task, seconds: longest.blockedSeconds! } : null,
  }
}

/** For how long the log says that a task was hung. */
function loggedFor(events: readonly LogEvent[], { pid, comm }: TaskFact): Seconds | null {
  const seconds = events.flatMap((event) =>
    event.kind === 'hung-task' && event.pid === pid && event.comm === comm ? (event.seconds ?? []) : [],
  )
  return seconds.length > 0 ? Math.max(...seconds) : null
}

/** How far a migration's walk is, by the PTEs that map the page: it loses one an item while it is unmapped, and gets it back. */
function progressOf({ pass, node }: WalkerFact, waited: Seconds | null): HangProgress | null {
  if (pass === null || node === null) return null
  const { length, open, mapcount } = node
  if (open !== null || mapcount === null || length === null || length === 0 || mapcount > length)
    return { fraction: null, pass, confidence: 'weak', secondsLeft: null }
  // in a restore's second round (search_new_forks) all PTEs are back: where it is can't be told
  if (pass === 'restore' && mapcount === length)
    return { fraction: null, pass, confidence: 'strong', secondsLeft: null }
  const fraction = pass === 'unmap' ? 1 - mapcount / length : mapcount / length
  return {
    fraction: Math.round(fraction * 1000) / 1000,
    pass,
    confidence: 'strong',
    // a walk that is far slower than the estimate says nothing of its end
    secondsLeft: isSlow(waited, length * fraction) ? null : walkSeconds(length * (1 - fraction)),
  }
}

/** A walk that took so many times the estimate for what it has done: flushes are slow here, or anon_vmas are large. */
const SLOW = 10

function isSlow(waited: Seconds | null, done: number): boolean {
  return waited !== null && done > 0 && waited > SLOW * walkSeconds(done)
}

/** The waits that are sure. */
function strongOf(edges: ReadonlyMap<VirtAddr, Edge[]>): Map<VirtAddr, Edge[]> {
  return new Map([...edges].map(([from, all]) => [from, all.filter((edge) => edge.confidence !== 'weak')]))
}

/** A ring of waits, if there is one. */
function cycleOf(edges: ReadonlyMap<VirtAddr, Edge[]>, taskOf: ReadonlyMap<VirtAddr, TaskFact>): HangReading['cycle'] {
  const done = new Set<VirtAddr>()
  for (const start of edges.keys()) {
    if (done.has(start)) continue
    const path: VirtAddr[] = []
    const onPath = new Set<VirtAddr>()
    const stack: { at: VirtAddr; next: number }[] = [{ at: start, next: 0 }]
    while (stack.length > 0) {
      const top = stack.at(-1)!
      if (top.next === 0) {
        path.push(top.at)
        onPath.add(top.at)
        done.add(top.at)
      }
      const edge = edges.get(top.at)?.[top.next++]
      if (!edge) {
        stack.pop()
        path.pop()
        onPath.delete(top.at)
        continue
      }
      if (onPath.has(edge.to)) return ringOf(path.slice(path.indexOf(edge.to)), edges, taskOf)
      if (!done.has(edge.to)) stack.push({ at: edge.to, next: 0 })
    }
  }
  return null
}

/** A ring is as sure as its least sure wait. */
function ringOf(
  ring: readonly VirtAddr[],
  edges: ReadonlyMap<VirtAddr, Edge[]>,
  taskOf: ReadonlyMap<VirtAddr, TaskFact>,
): HangReading['cycle'] {
  const sure = ring.every((from, i) =>
    edges.get(from)?.some((edge) => edge.to === ring[(i + 1) % ring.length] && edge.confidence !== 'weak'),
  )
  return { tasks: ring.flatMap((address) => taskOf.get(address) ?? []), confidence: sure ? 'strong' : 'weak' }
}
