import { hex } from '../base/text.ts'
import type { HangFacts } from '../diagnosis/hang-facts.ts'
import { type Hang, type HangReading, readHang } from '../diagnosis/hang.ts'
import { hangFindings, ownerOf } from '../diagnosis/hang-findings.ts'
import type { Finding } from '../diagnosis/types.ts'
import type { LogEvent } from '../kernel/printk-ring.ts'
import type { KsmSurvey } from '../ksm/survey.ts'
import type { AnalyzeReport } from './schema.ts'
import { frameRow } from './tasks.ts'

/** The reading of a dump's waits, and its findings. */
export interface HangAnswer {
  reading: HangReading
  findings: Finding[]
  member: AnalyzeReport['hang']
}

export function hangAnswer(
  survey: KsmSurvey,
  facts: HangFacts,
  events: readonly LogEvent[],
  input: string,
): HangAnswer {
  const reading = readHang(facts, survey.nodes, events)
  return {
    reading,
    findings: hangFindings(survey, facts, reading, input),
    member: reading.hang && hangMember(survey, facts, reading.hang),
  }
}

/** The member `hang` of `analyze`. */
function hangMember(survey: KsmSurvey, facts: HangFacts, hang: Hang): AnalyzeReport['hang'] {
  const { walker, innermost, lock, heldBy, waiters, progress, longestWait } = hang
  const { task, stack, walks, node } = walker
  const owner = lock ? ownerOf(facts, lock.mm) : null
  const holders = heldBy.map(({ task: { pid, comm }, confidence, by }) => ({ pid, comm, confidence, by }))
  const pfn = node === null ? null : survey.nodes.pfn(node.row)
  return {
    holder: {
      task: hex(task.address),
      pid: task.pid,
      comm: task.comm,
      cpu: task.cpu,
      state: task.state,
      stack: stack.frames.map(frameRow),
    },
    lock: lock && {
      address: hex(lock.lock.address),
      mm: hex(lock.mm),
      owner: owner && { pid: owner.tgid, comm: owner.comm },
      kind: lock.lock.kind,
      count: hex(lock.lock.count),
      ownerWord: lock.lock.ownerWord === null ? null : hex(lock.lock.ownerWord),
      held: lock.lock.held,
      heldBy: holders.filter((holder) => holder.confidence !== 'weak'),
      candidates: holders.filter((holder) => holder.confidence === 'weak'),
    },
    innermost,
    pattern: patternOf(walks.signature.id, walker.pass),
    node: node && {
      address: hex(node.address),
      kpfn: pfn === null ? null : hex(pfn),
      length: survey.nodes.length[node.row]!,
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
      loggedSeconds: waiter.loggedSeconds,
      behind: { pid: waiter.behind.pid, comm: waiter.behind.comm },
    })),
    longestWait: longestWait && {
      pid: longestWait.task.pid,
      comm: longestWait.task.comm,
      seconds: Math.round(longestWait.seconds * 1000) / 1000,
    },
  }
}

/** A restore pass has an id of its own: "migrate-pages-restore-rmap-walk-ksm". */
function patternOf(id: string, pass: 'unmap' | 'restore' | null): string {
  return pass === 'restore' ? id.replace(/-rmap-walk-ksm$/, '-restore-rmap-walk-ksm') : id
}
