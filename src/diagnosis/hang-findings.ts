import { hex } from '../base/text.ts'
import type { VirtAddr } from '../base/units.ts'
import { counted, duration, grouped, plural } from '../base/words.ts'
import { isMutex, type Mutex, type RwSemaphore } from '../kernel/locks.ts'
import { walkSeconds } from '../ksm/cost.ts'
import { type Hang, type HangReading, isShort, type PileUp } from './hang.ts'
import type { HangFacts, LockFact, TaskFact, WalkedList, WalkerFact } from './hang-facts.ts'
import { DEFAULT_THRESHOLDS } from './lists.ts'
import type { Check, Confidence, Evidence, Finding } from './types.ts'

/** "numad (pid 101)"; what a text leaves out is left out. */
export function named({ comm, pid }: Pick<TaskFact, 'comm' | 'pid'>): string {
  if (comm === null) return pid === null ? 'a task' : `pid ${pid}`
  return pid === null ? comm : `${comm} (pid ${pid})`
}

/** The process of an mm, by its tasks: the group's leader, else any thread. */
export function ownerOf(facts: HangFacts, mm: VirtAddr): TaskFact | null {
  if (mm === 0n) return null
  return (
    facts.tasks.find((task) => task.mm === mm && task.pid === task.tgid) ??
    facts.tasks.find((task) => task.mm === mm) ??
    null
  )
}

/** Shows a task's stack in another tool; null where its pid is not known. */
export function checkOfTask({ pid }: Pick<TaskFact, 'pid'>): Check | null {
  return pid === null ? null : { crash: `bt ${pid}`, drgn: `prog.stack_trace(${pid})` }
}

/** Shows a lock in another tool. */
export function checkOfLock(lock: RwSemaphore | Mutex): Check {
  const type = isMutex(lock) ? 'struct mutex' : 'struct rw_semaphore'
  const address = hex(lock.address)
  return { crash: `${type} ${address}`, drgn: `Object(prog, "${type}", address=${address})` }
}

/** A statement about a task, with where it stands. */
export function taskEvidence(task: TaskFact, text: string): Evidence {
  return { ...task.where, text: `${named(task)} ${text}`, check: checkOfTask(task) }
}

/** "the mmap lock of qemu (pid 92)". */
export function lockName(facts: HangFacts, { lock, mm, use }: LockFact): string {
  switch (use) {
    case 'ksm-thread-mutex':
      return 'ksm_thread_mutex'
    case 'anon-vma':
      return `the anon_vma lock ${hex(lock.address)}`
    case 'other':
      return `the ${isMutex(lock) ? 'mutex' : 'rw_semaphore'} ${hex(lock.address)}`
    case 'mmap-lock': {
      const owner = mm === null ? null : ownerOf(facts, mm)
      return `the mmap lock of ${owner ? named(owner) : `mm ${mm === null ? 'unknown' : hex(mm)}`}`
    }
  }
}

/** What a lock says of itself, as one phrase. */
function lockWords(lock: RwSemaphore | Mutex): string {
  const owner = `owner word ${lock.ownerWord === null ? 'unreadable' : hex(lock.ownerWord)}`
  const queue = `${plural(lock.waiters.length, 'waiter')} in its queue${lock.broken === null ? '' : ', which is not whole'}`
  if (isMutex(lock)) return `${owner}, ${queue}`
  const held = { read: 'held for reading', write: 'held for writing', free: 'free', unknown: 'state unknown' }[
    lock.held
  ]
  return `count ${hex(lock.count)} (${held}), ${owner}, ${queue}`
}

/** What the wait graph says, as findings; the hang first. */
export function hangFindings(facts: HangFacts, reading: HangReading): Finding[] {
  const { hang, others, pileUps, cycle } = reading
  return [
    ...(hang ? [hangFinding(facts, hang)] : []),
    ...(cycle ? [deadlock(cycle)] : []),
    ...others.map((walker) => otherWalker(walker)),
    ...pileUps.map((each) => pileUp(facts, each)),
  ]
}

function deadlock({ tasks, confidence }: NonNullable<HangReading['cycle']>): Finding {
  return {
    code: 'deadlock',
    level: 'critical',
    confidence,
    summary: `${confidence === 'weak' ? 'Perhaps a deadlock' : 'A deadlock'}: ${tasks.map(named).join(' waits for ')} waits for the first again.`,
    evidence: tasks.map((task) => taskEvidence(task, 'stands in the ring')),
  }
}

function pileUp(facts: HangFacts, { fact, holders, brief }: PileUp): Finding {
  const { lock } = fact
  const free = !isMutex(lock) && lock.held === 'free'
  const sure = holders.filter(({ confidence }) => confidence !== 'weak')
  const by = free
    ? 'nobody holds it at this moment: it is being handed over'
    : sure.length > 0
      ? `held by ${sure.map(({ task }) => named(task)).join(', ')}`
      : 'its holder is not known'
  return {
    code: fact.use === 'mmap-lock' ? 'mmap-lock-queue' : 'lock-queue',
    level: free || brief ? 'ok' : 'warning',
    confidence: 'strong',
    summary: `${plural(fact.lock.waiters.length, 'task')} wait for ${lockName(facts, fact)}; ${by}. No walk of a KSM list was found behind it.`,
    evidence: [{ ...fact.where, text: lockWords(lock), check: checkOfLock(lock) }],
  }
}

/** The function that tells who the walker is. */
function within(walker: WalkerFact): string {
  const outer = walker.walks.at.at(-1) ?? 0
  return walker.frames[outer]?.place?.symbol ?? 'rmap_walk_ksm'
}

const are = (count: number, one: string, many: string): string => (count === 1 ? one : many)

/** Who waits for what, and who holds it, as sentences. */
function waitSentences(facts: HangFacts, { walker, lock, heldBy, waiters }: Hang): string[] {
  const { task } = walker
  const cpu = task.cpu === null ? '' : `, CPU ${task.cpu}`
  const who = named(task).replace(/\)$/, `${cpu})`)
  const short = task.comm ?? named(task)
  const doing = `which is inside ${within(walker)}`
  const onLock = lock === null ? 0 : waiters.filter((waiter) => waiter.lock === lock.lock.address).length
  const rest = waiters.length - onLock
  if (!lock && rest === 0)
    return [`${who} is seen ${doing.replace('which is ', '')}; who waits for it, these inputs do not show.`]
  const onMmap = waiters.filter(({ waitsFor }) => waitsFor === 'read' || waitsFor === 'write').length
  const unsure = waiters.filter(({ confidence }) => confidence === 'weak').length
  if (!lock && onMmap === rest && unsure === rest)
    return [
      `${plural(rest, 'task')} ${are(rest, 'waits', 'wait')}, perhaps for a mmap lock that ${who} holds, ${doing}; the stacks do not tell for sure.`,
    ]
  if (!lock && onMmap === rest) {
    const some = unsure === 0 ? '' : ` (${grouped(unsure)} of them perhaps for another)`
    return [
      `${plural(rest, 'task')} ${are(rest, 'waits', 'wait')} for a mmap lock${some}; by the stacks it is held by ${who}, ${doing}.`,
    ]
  }
  if (!lock) return [`${plural(rest, 'task')} ${are(rest, 'waits', 'wait')} for ${who}, ${doing}.`]
  const first = `${plural(onLock, 'task')} ${are(onLock, 'waits', 'wait')} for ${lockName(facts, lock)};`
  const moved = waiters.every((waiter) => waiter.lock === lock.lock.address || waiter.waitsFor === 'migration-entry')
  const forWhat = moved ? `for pages that ${short} moves` : `for ${short} in other ways`
  const more = rest > 0 ? [`${plural(rest, 'more task')} ${are(rest, 'waits', 'wait')} ${forWhat}.`] : []
  if (heldBy.some((holder) => holder.task === task && holder.confidence !== 'weak'))
    return [`${first} it is held by ${who}, ${doing}.`, ...more]
  const sure = heldBy.filter((holder) => holder.confidence !== 'weak')
  if (sure.length === 0) return [`${first} behind it is ${who}, ${doing}.`, ...more]
  const holders = sure.map((holder) => named(holder.task)).join(' and ')
  const wait = sure.length === 1 ? 'which itself waits' : 'which themselves wait'
  return [`${first} it is held by ${holders}, ${wait} for ${who}, ${doing}.`, ...more]
}

/** What it walks, and how far it is, as sentences. */
function walkSentences({ walker, progress }: Hang): string[] {
  const { node, task } = walker
  const who = task.comm ?? named(task)
  if (!node) return [`${who} walks a KSM list that could not be identified.`]
  const many = node.length === null ? 'not known' : `${counted(node.length, node.open !== null)} rmap_items`
  const sentences = [
    `${who} walks ${listName(node)}, whose list has ${many}, one for each place that shares this page by KSM (samepage merging).`,
  ]
  if (node.open !== null) sentences.push(`That is a lower bound: ${node.open}.`)
  if (progress && progress.fraction !== null)
    sentences.push(
      `The ${progress.pass === 'unmap' ? 'unmapping' : 'restoring'} walk is ${Math.round(progress.fraction * 100)} % through.`,
    )
  return sentences
}

/** "stable_node 0x... (pfn 0x6aeb, NUMA node 0)". */
function listName({ address, kpfn, nid }: WalkedList): string {
  if (address === null) return 'a stable_node'
  const of = [kpfn === null ? '' : `pfn ${hex(kpfn)}`, nid === null ? '' : `NUMA node ${nid}`].filter(Boolean)
  return `stable_node ${hex(address)}${of.length > 0 ? ` (${of.join(', ')})` : ''}`
}

/** A walk that takes less of the longest wait than this does not explain it by its length. */
const EXPLAINS = 0.1

/** What to say where the list is short in itself: then something else makes its walk long. */
function shortForWait({ walker, longestWait }: Hang): string | null {
  const length = walker.node?.length ?? null
  if (length === null || walker.node?.open !== null || longestWait === null || length >= DEFAULT_THRESHOLDS.warning)
    return null
  const cost = walkSeconds(length)
  if (cost >= EXPLAINS * longestWait.seconds) return null
  return `This walk alone does not explain that wait: so short a list takes about ${duration(cost)}. Earlier pages of the same call, slow IPIs, or anon_vmas with very many VMAs may; the length of this list is not the cause.`
}

/** How sure it is that the waits lead to the walker: a chain is as sure as its links. */
function chainConfidence({ waiters, lock, heldBy }: Hang): Confidence {
  const weak = waiters.filter(({ confidence }) => confidence === 'weak').length
  const held = lock === null || heldBy.some(({ confidence }) => confidence !== 'weak')
  if (waiters.length > 0 && (!held || weak === waiters.length)) return 'weak'
  return weak > 0 ? 'strong' : 'proven'
}

function hangFinding(facts: HangFacts, hang: Hang): Finding {
  const { walker, lock, heldBy, longestWait } = hang
  const { node } = walker
  const tooShort = shortForWait(hang)
  const sentences = [...waitSentences(facts, hang), ...walkSentences(hang)]
  if (longestWait)
    sentences.push(
      `The longest waiter, ${named(longestWait.task)}, has been blocked for ${duration(longestWait.seconds)}.`,
    )
  if (tooShort !== null) sentences.push(tooShort)
  if (walker.doubt !== null) sentences.push(`Its stack is in doubt: ${walker.doubt}.`)
  // a text's walker with waiters is strong without its list, and never more
  const told = facts.told !== null && hang.waiters.length > 0
  const chain = chainConfidence(hang)
  const sure: Confidence =
    tooShort !== null || walker.doubt !== null || (node === null && !told)
      ? 'weak'
      : chain === 'weak'
        ? 'weak'
        : chain === 'proven' && node !== null && node.validatedBy.length > 1
          ? 'proven'
          : 'strong'
  const evidence: Evidence[] = [taskEvidence(walker.task, `has rmap_walk_ksm on its stack, under ${within(walker)}`)]
  if (lock) evidence.push({ ...lock.where, text: `mmap lock: ${lockWords(lock.lock)}`, check: checkOfLock(lock.lock) })
  for (const { task, confidence, by } of heldBy)
    evidence.push(taskEvidence(task, `${confidence === 'weak' ? 'may hold' : 'holds'} the lock: ${by}`))
  if (node) for (const text of node.validatedBy) evidence.push({ ...node.where, text, check: node.check })
  return { code: 'ksm-walk-hang', level: 'critical', confidence: sure, summary: sentences.join(' '), evidence }
}

function otherWalker(walker: WalkerFact): Finding {
  const { node } = walker
  const length = node?.length ?? null
  const short = isShort(walker)
  const list =
    length === null
      ? 'a KSM list that could not be identified'
      : `${node?.address == null ? 'a stable_node' : `stable_node ${hex(node.address)}`} with ${node?.open == null ? '' : 'at least '}${plural(length, 'rmap_item')}`
  return {
    code: short ? 'walk-of-a-short-list' : 'another-walk',
    level: short ? 'ok' : 'warning',
    confidence: node === null || walker.doubt !== null ? 'weak' : 'strong',
    summary: `${named(walker.task)} ${walker.walks.signature.means}: it walks ${list}${short ? ', too short to explain a hang' : ''}.${walker.doubt === null ? '' : ` Its stack is in doubt: ${walker.doubt}.`}`,
    evidence: [taskEvidence(walker.task, `has the stack of ${walker.walks.signature.id}`)],
  }
}
