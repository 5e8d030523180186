import type { Abort, Steps } from '../base/steps.ts'
import type { Seconds, VirtAddr } from '../base/units.ts'
import { type LockReader, lockReader, mmapLock, type RwSemaphore } from '../kernel/locks.ts'
import { schedulerClock } from '../kernel/sched-clock.ts'
import type { StackReader, TaskStack } from '../kernel/stacks.ts'
import type { Task } from '../kernel/task-list.ts'
import type { Kernel } from '../kernel/types.ts'
import { THREAD_SIZE } from '../kernel/unwind.ts'
import { isMoving, pageAddress, readPage } from '../ksm/page-states.ts'
import type { KsmSurvey } from '../ksm/survey.ts'
import { type Match, matchStack, passOf } from './signatures.ts'
import { stackNames } from './stack-names.ts'
import { findWalkedNode, type WalkedNode } from './walked-node.ts'

/** A task that runs, or waits in state D or R, with what its stack says. */
export interface StackFact {
  task: Task
  stack: TaskStack
  /** Plain names, innermost first; null for guesses. */
  names: (string | null)[]
  walks: Match | null
  waits: Match | null
  /** Addresses of mm_structs that stand in its stack's words. */
  mms: Set<VirtAddr>
  /** Locked pages off the LRU (under migration) that stand in its stack's words. */
  pages: Set<VirtAddr>
  /**
   * Tasks that have such a page in hand: its lru leads to a list on their stack, or it is the page that they walk, or it stands
   * on their stack too.
   */
  movers: Set<VirtAddr>
}

/** A walker, and the list that it walks. */
export interface WalkerFact extends StackFact {
  walks: Match
  pass: 'unmap' | 'restore' | null
  node: WalkedNode | null
}

/** The mmap_lock of an mm that somebody holds or waits for. */
export interface LockFact {
  mm: VirtAddr
  lock: RwSemaphore
}

export interface HangFacts {
  stacks: StackFact[]
  walkers: WalkerFact[]
  locks: LockFact[]
  tasks: readonly Task[]
  /** The scheduler's clock at the dump; null where unknown. */
  now: Seconds | null
}

/** Words of a stack that are looked at. */
const MOST_WORDS = 2048n

/**
 * Gathers what explains a hang: stacks of the tasks that run or wait in the kernel (a task that sleeps in state S waits for no
 * lock), the mmap_locks in use, the walkers and their lists.
 */
export function* gatherHang(
  kernel: Kernel,
  survey: KsmSurvey,
  tasks: readonly Task[],
  reader: StackReader,
  abort: Abort,
): Steps<HangFacts> {
  const facts: HangFacts = { stacks: [], walkers: [], locks: [], tasks, now: schedulerClock(kernel) }
  const locks = lockReader(kernel)
  const mms = new Set(tasks.map((task) => task.mm).filter((mm) => mm !== 0n))
  if (locks) yield* gatherLocks(kernel, locks, mms, facts, abort)
  let done = 0
  for (const task of tasks) {
    if (abort.aborted) break
    if (++done % 32 === 0) yield { what: 'reading stacks', done, total: tasks.length, unit: 'items' }
    if (task.state !== 'D' && task.state !== 'R' && !task.running) continue
    const stack = reader.read(task)
    const names = stackNames(stack.frames)
    const walks = matchStack(names, 'walker')
    const waits = matchStack(names, 'waiter')
    const fact: StackFact = {
      task,
      stack,
      names,
      walks,
      waits,
      ...wordsOf(kernel, survey, task, stack, mms),
      movers: new Set(),
    }
    facts.stacks.push(fact)
    if (!walks) continue
    const at = walks.at[0]!
    const node = findWalkedNode(kernel, survey.layout, survey.nodes, stack.frames, at, reader.registers(task))
    facts.walkers.push({ ...fact, walks, pass: passOf(names, at), node })
  }
  for (const fact of facts.stacks) if (fact.waits && fact.pages.size > 0) findMovers(kernel, survey, facts, fact)
  return facts
}

function* gatherLocks(
  kernel: Kernel,
  locks: LockReader,
  mms: ReadonlySet<VirtAddr>,
  facts: HangFacts,
  abort: Abort,
): Steps<void> {
  let done = 0
  for (const mm of mms) {
    if (abort.aborted) return
    if (++done % 256 === 0) yield { what: 'reading locks', done, total: mms.size, unit: 'items' }
    const address = mmapLock(kernel, mm)
    const lock = address === null ? null : locks.read(address)
    if (lock && (lock.held !== 'free' || lock.waiters.length > 0)) facts.locks.push({ mm, lock })
  }
}

/** mm_structs and pages under migration that stand in a stack's words, from its first frame to its last. */
function wordsOf(
  kernel: Kernel,
  survey: KsmSurvey,
  task: Task,
  stack: TaskStack,
  mms: ReadonlySet<VirtAddr>,
): Pick<StackFact, 'mms' | 'pages'> {
  const found = { mms: new Set<VirtAddr>(), pages: new Set<VirtAddr>() }
  const first = stack.frames.find((frame) => frame.sp >= task.stack && frame.sp < task.stack + THREAD_SIZE)
  const last = stack.frames.at(-1)
  if (!first || !last) return found
  const { vmemmap } = kernel.space
  const size = BigInt(survey.layout.page.size)
  const vmemmapEnd = vmemmap + BigInt(kernel.physical.maxPfn) * size
  for (let at = first.sp & ~7n; at <= last.sp && at - first.sp < 8n * MOST_WORDS; at += 8n) {
    const word = kernel.memory.u64(at)
    if (word === null) continue
    if (mms.has(word)) found.mms.add(word)
    else if (word >= vmemmap && word < vmemmapEnd && (word - vmemmap) % size === 0n) {
      const page = readPage(kernel, survey.layout, word)
      if (page && page.mapping !== 0n && isMoving(page, survey.layout)) found.pages.add(word)
    }
  }
  return found
}

/** Pages of a batch; migrate_pages takes 512 at a time. @see mm/migrate.c (v6.12), NR_MAX_BATCHED_MIGRATION */
const MOST_BATCH = 4096

/** Who moves the pages that a task waits for: pages in hand are linked by their lru to a list_head on the mover's stack. */
function findMovers(kernel: Kernel, survey: KsmSurvey, facts: HangFacts, fact: StackFact): void {
  const lru = kernel.types.struct('page', '_mapcount')?.member('lru')?.offset
  for (const page of fact.pages) {
    for (const walker of facts.walkers) {
      const pfn = walker.node === null ? null : survey.nodes.pfn(walker.node.row)
      const walked = pfn !== null && page === pageAddress(kernel, survey.layout, pfn)
      if (walked || (walker.pass !== null && walker.pages.has(page))) fact.movers.add(walker.task.address)
    }
    if (lru === undefined) continue
    let link = kernel.probe.u64(page + BigInt(lru))
    for (let n = 0; link !== null && n < MOST_BATCH && link !== page + BigInt(lru); n++) {
      const here: VirtAddr = link
      const mover = facts.stacks.find(({ task }) => here >= task.stack && here < task.stack + THREAD_SIZE)
      if (mover) {
        fact.movers.add(mover.task.address)
        break
      }
      link = kernel.probe.u64(here)
    }
  }
}
