import { hex } from '../base/text.ts'
import type { FrameFact, HangFacts } from '../diagnosis/hang-facts.ts'
import { type Hang, type HangReading, readHang } from '../diagnosis/hang.ts'
import { hangFindings, ownerOf } from '../diagnosis/hang-findings.ts'
import type { Finding } from '../diagnosis/types.ts'
import type { LogEvent } from '../kernel/printk-ring.ts'
import type { AnalyzeReport } from './schema.ts'
import type { StackGroups } from './stack-groups.ts'

type HeldFrame = NonNullable<NonNullable<AnalyzeReport['hang']>['holder']>['stack'][number]

/** The reading of a dump's waits, and its findings. */
export interface HangAnswer {
  reading: HangReading
  findings: Finding[]
  member: AnalyzeReport['hang']
}

export function hangAnswer(facts: HangFacts, events: readonly LogEvent[], stacks: StackGroups): HangAnswer {
  const reading = readHang(facts, events)
  return {
    reading,
    findings: hangFindings(facts, reading),
    member: reading.hang && hangMember(facts, reading.hang, stacks),
  }
}

/** The member `hang` of `analyze`. */
export function hangMember(facts: HangFacts, hang: Hang, stacks: StackGroups): NonNullable<AnalyzeReport['hang']> {
  const { walker, innermost, lock, heldBy, waiters, progress, longestWait } = hang
  const { task, frames, walks, node } = walker
  const owner = lock ? ownerOf(facts, lock.mm) : null
  const holders = heldBy.map(({ task: { pid, comm }, confidence, by }) => ({ pid, comm, confidence, by }))
  return {
    holder: {
      task: orNull(task.address),
      pid: task.pid,
      comm: task.comm,
      cpu: task.cpu,
      state: task.state,
      stack: frames.map(heldFrame),
    },
    lock: lock && {
      address: hex(lock.lock.address),
      mm: hex(lock.mm),
      owner: owner && { pid: owner.tgid, comm: owner.comm },
      kind: lock.lock.kind,
      count: hex(lock.lock.count),
      ownerWord: lock.lock.ownerWord === null ? null : hex(lock.lock.ownerWord),
      held: lock.lock.held,
      queue: lock.lock.waiters.map(({ task }) => facts.tasks.find(({ id }) => id === task)?.pid ?? null),
      heldBy: holders.filter((holder) => holder.confidence !== 'weak'),
      candidates: holders.filter((holder) => holder.confidence === 'weak'),
    },
    innermost,
    pattern: patternOf(walks.signature.id, walker.pass),
    node: node && {
      address: orNull(node.address),
      kpfn: orNull(node.kpfn),
      length: node.length,
      atLeast: node.open !== null,
      validatedBy: node.validatedBy,
    },
    progress,
    waiters: waiters.map((waiter) => ({
      pid: waiter.task.pid,
      comm: waiter.task.comm,
      state: waiter.task.state,
      waitsFor: waiter.waitsFor,
      lock: waiter.lock === null ? null : hex(waiter.lock),
      blockedSeconds: waiter.blockedSeconds === null ? null : Math.round(waiter.blockedSeconds * 1000) / 1000,
      pattern: waiter.pattern,
      by: waiter.by,
      confidence: waiter.confidence,
      loggedSeconds: waiter.loggedSeconds,
      behind: { pid: waiter.behind.pid, comm: waiter.behind.comm },
      stack: stacks.indexOf(waiter.task.id),
    })),
    longestWait: longestWait && {
      pid: longestWait.task.pid,
      comm: longestWait.task.comm,
      seconds: Math.round(longestWait.seconds * 1000) / 1000,
    },
    past: null,
  }
}

const orNull = (value: bigint | number | null): string | null => (value === null ? null : hex(value))

/** A frame of the walker; a text may leave out addresses. */
function heldFrame({ address, sp, place, how }: FrameFact): HeldFrame {
  return {
    address: orNull(address),
    sp: orNull(sp),
    symbol: place?.symbol ?? null,
    offset: place?.offset ?? null,
    module: place?.module ?? null,
    how,
    inlined: false,
  }
}

/** A restore pass has an id of its own: "migrate-pages-restore-rmap-walk-ksm". */
function patternOf(id: string, pass: 'unmap' | 'restore' | null): string {
  return pass === 'restore' ? id.replace(/-rmap-walk-ksm$/, '-restore-rmap-walk-ksm') : id
}
