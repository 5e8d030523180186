import type { Problem } from '../base/errors.ts'
import type { Abort, Steps } from '../base/steps.ts'
import { hex } from '../base/text.ts'
import type { Seconds, VirtAddr } from '../base/units.ts'
import { readJiffies } from '../kernel/jiffies.ts'
import { lockReader } from '../kernel/locks.ts'
import type { ListEnd } from '../kernel/list-heads.ts'
import { readPageWaits } from '../kernel/page-waits.ts'
import { schedulerClock } from '../kernel/sched-clock.ts'
import { type StackReader, type TaskStack, tornStacks } from '../kernel/stacks.ts'
import type { Task } from '../kernel/task-list.ts'
import type { Kernel } from '../kernel/types.ts'
import type { StackWord } from '../kernel/waited-lock.ts'
import { END_END } from '../ksm/hlist-walk.hot.ts'
import { listEnd } from '../ksm/list-end.ts'
import { isMoving, PAGE_STATE, readPage } from '../ksm/page-states.ts'
import type { KsmSurvey } from '../ksm/survey.ts'
import { LockFinder } from './find-locks.ts'
import { MoverFinder } from './find-movers.ts'
import type { HangFacts, StackFact, TaskFact, WalkedList, WalkerFact } from './hang-facts.ts'
import { checkOfList } from './lists.ts'
import { pendingFacts } from './pending-calls.ts'
import { holdsLockWhileMigrating } from './releases.ts'
import { matchStack, passOf } from './signatures.ts'
import { stackNames } from './stack-names.ts'
import { stackWords } from './stack-words.ts'
import { findWalkedNode, type WalkedNode } from './walked-node.ts'

/**
 * Gathers what explains a hang: stacks of the tasks that run or wait in the kernel (a task that sleeps in state S waits for no
 * lock), the locks in use, who waits for which page, the walkers and their lists.
 * @param complete - `tasks` are all of them
 * @param problems - takes what could not be read whole
 */
export function* gatherHang(
  kernel: Kernel,
  survey: KsmSurvey,
  tasks: readonly Task[],
  complete: boolean,
  reader: StackReader,
  input: string,
  problems: Problem[],
  abort: Abort,
): Steps<HangFacts> {
  const now = schedulerClock(kernel)
  const locks = new LockFinder(kernel, lockReader(kernel, readJiffies(kernel, now)), tasks, input)
  const factOf = new Map(tasks.map((task) => [task, taskFact(task, now, input)]))
  const facts: HangFacts = {
    stacks: [],
    walkers: [],
    locks: locks.found,
    tasks: [...factOf.values()],
    complete,
    holdsWhileMigrating: holdsLockWhileMigrating(kernel.release),
    perVmaLocks: kernel.symbols.addresses('lock_vma_under_rcu').length > 0,
    told: null,
    unsureWalks: [],
  }
  yield* locks.mmapLocks(abort)
  const pageWaits = readPageWaits(kernel)
  const onPage = new Map((pageWaits?.waits ?? []).map(({ task, page }) => [task, page]))
  problems.push(...(pageWaits?.torn ?? []).slice(0, 1).map((end) => tornPageQueue(end, input)))
  const read: { task: Task; stack: TaskStack }[] = []
  let done = 0
  for (const task of tasks) {
    if (abort.aborted) break
    if (++done % 32 === 0) yield { what: 'reading stacks', done, total: tasks.length, unit: 'items' }
    if (task.state !== 'D' && task.state !== 'R' && !task.running) continue
    const stack = reader.read(task)
    read.push({ task, stack })
    const words = stackWords(kernel, task, stack)
    const fact = stackFact(kernel, survey, factOf.get(task)!, stack, words, locks.mms, onPage.get(task.address) ?? null)
    fact.lock = locks.lockOf(task, fact.waits, fact.mms, words)
    facts.stacks.push(fact)
    const walker = walkerFact(kernel, survey, reader, fact, task, stack, words)
    if (!walker) continue
    facts.walkers.push(walker)
    settlePageState(survey, walker)
  }
  const movers = new MoverFinder(kernel, survey, facts.walkers, tasks)
  for (const fact of facts.stacks) if (fact.waits && fact.pages.size > 0) movers.find(fact)
  problems.push(...locks.problems(), ...tornStacks(read, input))
  return facts
}

function tornPageQueue({ why, at }: ListEnd, input: string): Problem {
  return {
    code: why === 'absent' ? 'pages-absent' : 'damaged-structure',
    message: 'A wait queue of pages is not whole: who waits for a page behind that place is told by stacks alone.',
    input,
    at: hex(at),
  }
}

/** @param now - the scheduler's clock at the dump, null where unknown */
function taskFact(task: Task, now: Seconds | null, input: string): TaskFact {
  const { address, pid, tgid, comm, state, cpu, running, kthread, mm, lastArrival } = task
  const idleSeconds = now === null || lastArrival === null ? null : Math.max(0, now - lastArrival)
  return {
    id: address,
    address,
    pid,
    tgid,
    comm,
    state,
    cpu,
    running,
    kthread,
    mm,
    space: null,
    idleSeconds,
    where: { input, at: hex(address) },
  }
}

function stackFact(
  kernel: Kernel,
  survey: KsmSurvey,
  task: TaskFact,
  stack: TaskStack,
  words: readonly StackWord[],
  mms: ReadonlySet<VirtAddr>,
  queuedOnPage: VirtAddr | null,
): StackFact {
  const names = stackNames(stack.frames)
  const pages = queuedOnPage === null ? movingPages(kernel, survey, words) : new Set([queuedOnPage])
  return {
    task,
    frames: stack.frames,
    whole: stack.whole,
    doubt: null,
    names,
    walks: matchStack(names, 'walker'),
    waits: matchStack(names, 'waiter'),
    mms: new Set(words.map(({ word }) => word).filter((word) => mms.has(word))),
    pages,
    queuedOnPage,
    movers: new Set(),
    lock: null,
  }
}

/** Pages under migration that stand in a stack's words. */
function movingPages(kernel: Kernel, survey: KsmSurvey, words: readonly StackWord[]): Set<VirtAddr> {
  const found = new Set<VirtAddr>()
  const { vmemmap } = kernel.space
  const size = BigInt(survey.layout.page.size)
  const end = vmemmap + BigInt(kernel.physical.maxPfn) * size
  for (const { word } of words) {
    if (word < vmemmap || word >= end || (word - vmemmap) % size !== 0n) continue
    const page = readPage(kernel, survey.layout, word)
    if (page && page.mapping !== 0n && isMoving(page, survey.layout)) found.add(word)
  }
  return found
}

/** The walker that a task is; null when it walks no KSM list. */
function walkerFact(
  kernel: Kernel,
  survey: KsmSurvey,
  reader: StackReader,
  fact: StackFact,
  task: Task,
  stack: TaskStack,
  words: readonly StackWord[],
): WalkerFact | null {
  const { walks, names } = fact
  if (!walks) return null
  const at = walks.at[0]!
  const registers = reader.registers(task)
  return {
    ...fact,
    walks,
    pass: passOf(names, at),
    node: walkedList(survey, findWalkedNode(kernel, survey.layout, survey.nodes, stack.frames, at, registers), fact),
    anonVmaLocks: anonVmaLocks(kernel, [...registers, ...words.map(({ word }) => word)]),
    calls: pendingFacts(kernel, reader, task, names),
  }
}

/**
 * Writes into the survey what state the page of a walked node is in: a page under any walk is locked and off the LRU, so only the
 * walker tells whether it is being migrated.
 */
function settlePageState({ nodes }: KsmSurvey, { walks, node }: WalkerFact): void {
  const row = node?.row ?? null
  if (row !== null && walks.signature.pageStays && nodes.pageState[row] === PAGE_STATE.migrating)
    nodes.pageState[row] = PAGE_STATE.live
}

/** The list of a walked node, out of the survey. */
function walkedList(survey: KsmSurvey, node: WalkedNode | null, { task }: StackFact): WalkedList | null {
  if (node === null) return null
  const { nodes } = survey
  const { row, address, validatedBy } = node
  return {
    row,
    address,
    kpfn: nodes.pfn(row),
    nid: nodes.nid[row]!,
    length: nodes.length[row]!,
    open: nodes.end[row] === END_END ? null : `the walk of it did not come to its end (${listEnd(nodes.end[row]!)})`,
    mapcount: nodes.mapcount[row]! < 0 ? null : nodes.mapcount[row]!,
    validatedBy,
    where: { input: task.where.input, at: hex(address) },
    check: checkOfList(survey, row),
  }
}

/** Locks of the anon_vmas that words lead to; an anon_vma is known by its root, which is its own root. @see include/linux/rmap.h (v6.12) */
function anonVmaLocks(kernel: Kernel, words: readonly VirtAddr[]): Set<VirtAddr> {
  const type = kernel.types.struct('anon_vma')
  const [root, rwsem] = [type?.member('root')?.offset, type?.member('rwsem')?.offset]
  const found = new Set<VirtAddr>()
  if (root === undefined || rwsem === undefined) return found
  for (const word of new Set(words)) {
    const of = word % 8n === 0n && word !== 0n ? kernel.probe.u64(word + BigInt(root)) : null
    if (of && kernel.probe.u64(of + BigInt(root)) === of) found.add(of + BigInt(rwsem))
  }
  return found
}
