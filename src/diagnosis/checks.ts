import { plural } from '../base/words.ts'
import type { Task } from '../kernel/task-list.ts'
import type { EventKind, LogEvent } from '../parsers/klog-events.ts'
import type { HangFacts, StackFact } from './gather-hang.ts'
import type { HangReading } from './hang.ts'
import type { Checked } from './types.ts'

const RECLAIM = [
  'shrink_node',
  'shrink_lruvec',
  'shrink_folio_list',
  'shrink_page_list',
  'try_to_free_pages',
  'try_to_free_mem_cgroup_pages',
  'balance_pgdat',
  'out_of_memory',
]
const LRU_DRAIN = ['lru_add_drain_all', '__lru_add_drain_all', 'lru_cache_disable', 'migrate_prep']
const KSMD_SCANS = [
  'cmp_and_merge_page',
  'stable_tree_search',
  'memcmp_pages',
  'try_to_merge_one_page',
  'try_to_merge_with_ksm_page',
  'scan_get_next_rmap_item',
  'ksm_do_scan',
]

/** Whether the walk's own progress shows that its IPIs come back. */
function moves(reading: HangReading): boolean {
  const fraction = reading.hang?.progress?.fraction ?? null
  return fraction !== null && fraction > 0 && fraction < 1
}

const who = ({ comm, pid }: Task): string => `${comm} (pid ${pid})`

/** What the checks look at. */
interface Seen {
  facts: HangFacts
  reading: HangReading
  /** What the log reports; null where it can't be read. */
  events: readonly LogEvent[] | null
  /** Why a stack or a task may be missing, null when all were seen: then what no stack shows is not there. */
  missing: string | null
}

/**
 * Looks into the other explanations of a hang. Never more certain than the evidence: what the stacks and the log do not exclude
 * stays open.
 * @param events - null where the kernel's log can't be read
 * @param complete - all tasks could be read
 */
export function checkOthers(
  facts: HangFacts,
  reading: HangReading,
  events: readonly LogEvent[] | null,
  complete: boolean,
): Checked[] {
  const torn = facts.stacks.filter(({ stack }) => !stack.whole).length
  const missing = !complete
    ? 'not every task could be read'
    : torn > 0
      ? `${plural(torn, 'stack')} of tasks that run or wait could not be read whole`
      : null
  const seen: Seen = { facts, reading, events, missing }
  return [lostIpi(seen), memoryPressure(seen), deadlock(seen), ksmdScan(seen), lruDrain(seen)]
}

/** A task that is inside one of these functions. */
function inside({ facts }: Seen, functions: readonly string[]): StackFact | undefined {
  return facts.stacks.find((fact) => fact.names.some((name) => name !== null && functions.includes(name)))
}

function reports({ events }: Seen, kind: EventKind): boolean {
  return events?.some((event) => event.kind === kind) ?? false
}

function lostIpi(seen: Seen): Checked {
  const code = 'lost-ipi'
  const { hang } = seen.reading
  if (reports(seen, 'csd-timeout'))
    return { code, result: 'found', by: 'the log reports a CSD lock that did not respond' }
  if (!hang)
    return {
      code,
      result: 'open',
      by: 'no walk was found that waits for an IPI; the log has no csd line, which proves nothing where the kernel has no csd debugging',
    }
  if (!hang.innermost.meaning.startsWith('csd-lock-wait'))
    return {
      code,
      result: 'ruled-out',
      by: `the walker is in ${hang.innermost.symbol ?? 'its walk'}, not waiting for another CPU`,
    }
  return {
    code,
    result: 'open',
    by: moves(seen.reading)
      ? 'the walker waits in csd_lock_wait just now; it has done a part of the list, so earlier IPIs came back, and waiting there is what it does for each item. Only the one of this moment is not proven'
      : 'the walker waits in csd_lock_wait, and how far it is can not be told',
  }
}

function memoryPressure(seen: Seen): Checked {
  const code = 'memory-pressure'
  const reclaim = inside(seen, RECLAIM)
  if (reports(seen, 'oom'))
    return { code, result: 'found', by: 'the log reports that a process was killed for want of memory' }
  if (reclaim) return { code, result: 'found', by: `${who(reclaim.task)} reclaims memory` }
  if (seen.missing !== null) return { code, result: 'open', by: seen.missing }
  if (seen.events === null) return { code, result: 'open', by: 'no task is in reclaim, but the log can not be read' }
  return { code, result: 'ruled-out', by: 'no task that runs or waits is in reclaim, and the log has no OOM' }
}

function deadlock(seen: Seen): Checked {
  const code = 'deadlock'
  const { facts, reading, missing } = seen
  const { hang, cycle, pileUps } = reading
  if (cycle) return { code, result: 'found', by: `a ring of waits: ${cycle.map(who).join(' -> ')}` }
  if (missing !== null) return { code, result: 'open', by: missing }
  if (pileUps.length > 0) return { code, result: 'open', by: 'no walk was found behind a lock with a queue' }
  const explained = new Set(hang?.waiters.map((waiter) => waiter.task))
  const other = facts.stacks.find(({ task, waits }) => waits !== null && !explained.has(task))
  if (other)
    return {
      code,
      result: 'open',
      by: `whom ${who(other.task)} waits for is not known (${other.waits!.signature.id})`,
    }
  if (!hang) return { code, result: 'ruled-out', by: 'no ring among the waits that were found' }
  const { task } = hang.walker
  if (!task.running && task.state !== 'R')
    return {
      code,
      result: 'open',
      by: `every known wait leads to ${who(task)}, which itself is in state ${task.state}`,
    }
  return {
    code,
    result: 'ruled-out',
    by: `every known wait leads to ${who(task)}, which ${task.running ? 'runs' : 'is ready to run'}`,
  }
}

function ksmdScan({ facts }: Seen): Checked {
  const code = 'ksmd-scan'
  const ksmd = facts.tasks.find((task) => task.kthread && task.comm === 'ksmd')
  if (!ksmd) return { code, result: 'open', by: 'ksmd was not found among the tasks' }
  const fact = facts.stacks.find(({ task }) => task === ksmd)
  if (fact?.names.some((name) => name !== null && KSMD_SCANS.includes(name)))
    return {
      code,
      result: 'found',
      by: 'ksmd is scanning: it holds locks only for moments, and blocks nobody for long',
    }
  // ksmd sleeps between its scans; a stack was looked for only where it doesn't
  if (fact && !fact.stack.whole)
    return { code, result: 'open', by: `ksmd is in state ${ksmd.state}, and its stack could not be read whole` }
  return { code, result: 'ruled-out', by: `ksmd is in state ${ksmd.state}, not scanning` }
}

function lruDrain(seen: Seen): Checked {
  const code = 'lru-drain'
  const drain = inside(seen, LRU_DRAIN)
  if (drain && drain.walks === null)
    return { code, result: 'found', by: `${who(drain.task)} waits until every CPU has emptied its LRU batches` }
  if (seen.missing !== null) return { code, result: 'open', by: seen.missing }
  return { code, result: 'ruled-out', by: 'no task waits in lru_add_drain_all' }
}
