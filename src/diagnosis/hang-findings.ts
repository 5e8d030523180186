import { hex } from '../base/text.ts'
import { duration, grouped, plural } from '../base/words.ts'
import type { Task } from '../kernel/task-list.ts'
import type { KsmSurvey } from '../ksm/survey.ts'
import type { HangFacts, WalkerFact } from './gather-hang.ts'
import type { Hang, HangReading } from './hang.ts'
import { checkOfList } from './lists.ts'
import type { Confidence, Evidence, Finding } from './types.ts'

export const named = (task: Task): string => `${task.comm} (pid ${task.pid})`

/** The process of an mm, by its tasks: the group's leader, else any thread. */
export function ownerOf(facts: HangFacts, mm: bigint): Task | null {
  return (
    facts.tasks.find((task) => task.mm === mm && task.pid === task.tgid) ??
    facts.tasks.find((task) => task.mm === mm) ??
    null
  )
}

/** What the wait graph says, as findings; the hang first. */
export function hangFindings(survey: KsmSurvey, facts: HangFacts, reading: HangReading, input: string): Finding[] {
  const findings: Finding[] = []
  const { hang, others, pileUps, cycle } = reading
  if (hang) findings.push(hangFinding(survey, facts, hang, input))
  if (cycle) {
    findings.push({
      code: 'deadlock',
      level: 'critical',
      confidence: 'strong',
      summary: `A deadlock: ${cycle.map(named).join(' waits for ')} waits for the first again.`,
      evidence: cycle.map((task) => stackEvidence(task, 'stands in the ring', input)),
    })
  }
  for (const walker of others) findings.push(otherWalker(survey, walker, input))
  for (const { fact, holders } of pileUps) {
    const owner = ownerOf(facts, fact.mm)
    const by =
      holders.length > 0
        ? `held by ${holders.map((holder) => named(holder.fact.task)).join(', ')}`
        : 'its holder is not known'
    findings.push({
      code: 'mmap-lock-queue',
      level: 'warning',
      confidence: 'strong',
      summary: `${plural(fact.lock.waiters.length, 'task')} wait for the mmap lock of ${owner ? named(owner) : `mm ${hex(fact.mm)}`}; ${by}. No walk of a KSM list was found behind it.`,
      evidence: [
        {
          input,
          at: hex(fact.lock.address),
          text: `count ${hex(fact.lock.count)}, owner word ${fact.lock.ownerWord === null ? 'unreadable' : hex(fact.lock.ownerWord)}`,
          check: {
            crash: `struct rw_semaphore ${hex(fact.lock.address)}`,
            drgn: `Object(prog, "struct rw_semaphore", address=${hex(fact.lock.address)})`,
          },
        },
      ],
    })
  }
  return findings
}

function stackEvidence(task: Task, text: string, input: string): Evidence {
  return {
    input,
    at: hex(task.address),
    text: `${named(task)} ${text}`,
    check: { crash: `bt ${task.pid}`, drgn: `prog.stack_trace(${task.pid})` },
  }
}

/** The function that tells who the walker is. */
function within(walker: WalkerFact): string {
  const outer = walker.walks.at.at(-1) ?? 0
  return walker.stack.frames[outer]?.place?.symbol ?? 'rmap_walk_ksm'
}

function hangFinding(survey: KsmSurvey, facts: HangFacts, hang: Hang, input: string): Finding {
  const { walker, lock, heldBy, waiters, progress, longestWait } = hang
  const { nodes } = survey
  const walkerHolds = heldBy.some((holder) => holder.fact.task === walker.task)
  const cpu = walker.task.cpu === null ? '' : `, CPU ${walker.task.cpu}`
  const onLock = waiters.filter((waiter) => waiter.lock !== null && waiter.lock === lock?.lock.address)
  const owner = lock ? ownerOf(facts, lock.mm) : null
  const parts: string[] = []
  if (lock) {
    const many = onLock.length === 1 ? 'waits' : 'wait'
    const holder = walkerHolds
      ? `it is held by ${walker.task.comm} (pid ${walker.task.pid}${cpu}), which is inside ${within(walker)}`
      : heldBy.length > 0
        ? `it is held by ${heldBy.map((each) => named(each.fact.task)).join(', ')}, which itself waits for ${walker.task.comm} (pid ${walker.task.pid}${cpu}), which is inside ${within(walker)}`
        : `behind it is ${walker.task.comm} (pid ${walker.task.pid}${cpu}), which is inside ${within(walker)}`
    parts.push(
      `${plural(onLock.length, 'task')} ${many} for the mmap lock of ${owner ? named(owner) : `mm ${hex(lock.mm)}`}; ${holder}`,
    )
    const rest = waiters.length - onLock.length
    if (rest > 0)
      parts.push(
        `${plural(rest, 'more task')} ${rest === 1 ? 'waits' : 'wait'} for pages that ${walker.task.comm} has under migration`,
      )
  } else
    parts.push(
      `${plural(waiters.length, 'task')} ${waiters.length === 1 ? 'waits' : 'wait'} for pages that ${walker.task.comm} (pid ${walker.task.pid}${cpu}) has under migration, inside ${within(walker)}`,
    )
  const { node } = walker
  if (node) {
    const pfn = nodes.pfn(node.row)
    parts.push(
      `${walker.task.comm} walks stable_node ${hex(node.address)} (pfn ${pfn === null ? 'unknown' : hex(pfn)}, NUMA node ${nodes.nid[node.row]}), whose list has ${grouped(nodes.length[node.row]!)} rmap_items`,
    )
  } else parts.push(`${walker.task.comm} walks a KSM list that could not be identified`)
  if (progress && progress.fraction !== null) {
    const left =
      progress.secondsLeft === null
        ? ''
        : `, about ${duration(progress.secondsLeft)} left of this pass at 10 us an item (estimate)`
    parts.push(
      `the ${progress.pass === 'unmap' ? 'unmapping' : 'restoring'} walk is ${Math.round(progress.fraction * 100)} % through${left}`,
    )
  }
  if (longestWait)
    parts.push(`the longest waiter, ${named(longestWait.task)}, has been blocked for ${duration(longestWait.seconds)}`)
  const confidence: Confidence = node && node.validatedBy.length > 1 ? 'proven' : node ? 'strong' : 'weak'
  const evidence: Evidence[] = [
    stackEvidence(walker.task, `has rmap_walk_ksm on its stack, under ${within(walker)}`, input),
  ]
  if (lock) {
    evidence.push({
      input,
      at: hex(lock.lock.address),
      text: `mmap lock: count ${hex(lock.lock.count)} (held for ${lock.lock.held === 'read' ? 'reading' : lock.lock.held === 'write' ? 'writing' : lock.lock.held}), owner word ${lock.lock.ownerWord === null ? 'unreadable' : hex(lock.lock.ownerWord)}, ${plural(lock.lock.waiters.length, 'waiter')} in its queue`,
      check: {
        crash: `struct rw_semaphore ${hex(lock.lock.address)}`,
        drgn: `Object(prog, "struct rw_semaphore", address=${hex(lock.lock.address)})`,
      },
    })
  }
  for (const holder of heldBy) evidence.push(stackEvidence(holder.fact.task, `holds the lock: ${holder.by}`, input))
  if (node) {
    for (const text of node.validatedBy)
      evidence.push({ input, at: hex(node.address), text, check: checkOfList(survey, node.row) })
  }
  return { code: 'ksm-walk-hang', level: 'critical', confidence, summary: `${sentence(parts)}.`, evidence }
}

/** Joins parts into one sentence that can be read aloud. */
function sentence(parts: readonly string[]): string {
  return parts.join('; ')
}

function otherWalker(survey: KsmSurvey, walker: WalkerFact, input: string): Finding {
  const { node } = walker
  const length = node === null ? null : survey.nodes.length[node.row]!
  const short = length !== null && length <= 256
  const list =
    length === null
      ? 'a KSM list that could not be identified'
      : `stable_node ${hex(node!.address)} with ${plural(length, 'rmap_item')}`
  return {
    code: short ? 'walk-of-a-short-list' : 'another-walk',
    level: short ? 'ok' : 'warning',
    confidence: node === null ? 'weak' : 'strong',
    summary: `${named(walker.task)} ${walker.walks.signature.means}: it walks ${list}${short ? ', too short to explain a hang' : ''}.`,
    evidence: [stackEvidence(walker.task, `has the stack of ${walker.walks.signature.id}`, input)],
  }
}
