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

/**
 * Looks into the other explanations of a hang. Never more certain than the evidence: what the stacks and the log do not exclude
 * stays open.
 * @param complete - all tasks could be read
 */
export function checkOthers(
  facts: HangFacts,
  reading: HangReading,
  events: readonly LogEvent[],
  complete: boolean,
): Checked[] {
  const inside = (names: readonly string[]): StackFact | undefined =>
    facts.stacks.find((fact) => fact.names.some((name) => name !== null && names.includes(name)))
  const has = (kind: EventKind): boolean => events.some((event) => event.kind === kind)
  const who = (fact: StackFact): string => `${fact.task.comm} (pid ${fact.task.pid})`
  const checks: Checked[] = []

  const csd = reading.hang?.innermost.meaning.startsWith('csd-lock-wait') ?? false
  if (has('csd-timeout'))
    checks.push({ code: 'lost-ipi', result: 'found', by: 'the log reports a CSD lock that did not respond' })
  else if (!reading.hang)
    checks.push({
      code: 'lost-ipi',
      result: 'open',
      by: 'no walk was found that waits for an IPI; the log has no csd line, which proves nothing where the kernel has no csd debugging',
    })
  else if (!csd)
    checks.push({
      code: 'lost-ipi',
      result: 'ruled-out',
      by: `the walker is in ${reading.hang.innermost.symbol ?? 'its walk'}, not waiting for another CPU`,
    })
  else if (moves(reading))
    checks.push({
      code: 'lost-ipi',
      result: 'open',
      by: 'the walker waits in csd_lock_wait just now; it has done a part of the list, so earlier IPIs came back, and waiting there is what it does for each item. Only the one of this moment is not proven',
    })
  else
    checks.push({
      code: 'lost-ipi',
      result: 'open',
      by: 'the walker waits in csd_lock_wait, and how far it is can not be told',
    })

  const reclaim = inside(RECLAIM)
  if (has('oom'))
    checks.push({
      code: 'memory-pressure',
      result: 'found',
      by: 'the log reports that a process was killed for want of memory',
    })
  else if (reclaim) checks.push({ code: 'memory-pressure', result: 'found', by: `${who(reclaim)} reclaims memory` })
  else
    checks.push({
      code: 'memory-pressure',
      result: complete ? 'ruled-out' : 'open',
      by: complete
        ? 'no task that runs or waits is in reclaim, and the log has no OOM'
        : 'not every task could be read',
    })

  if (reading.cycle)
    checks.push({
      code: 'deadlock',
      result: 'found',
      by: `a ring of waits: ${reading.cycle.map((task) => `${task.comm} (pid ${task.pid})`).join(' -> ')}`,
    })
  else if (reading.hang && complete)
    checks.push({
      code: 'deadlock',
      result: 'ruled-out',
      by: `every known wait leads to ${who(reading.hang.walker)}, which runs`,
    })
  else
    checks.push({
      code: 'deadlock',
      result: reading.pileUps.length > 0 || !complete ? 'open' : 'ruled-out',
      by:
        reading.pileUps.length > 0
          ? 'a lock with a queue has no known holder'
          : complete
            ? 'no ring among the waits that were found'
            : 'not every task could be read',
    })

  const ksmd = facts.tasks.find((task) => task.kthread && task.comm === 'ksmd')
  const scanning = facts.stacks.find(
    (fact) => fact.task === ksmd && fact.names.some((name) => name !== null && KSMD_SCANS.includes(name)),
  )
  if (scanning)
    checks.push({
      code: 'ksmd-scan',
      result: 'found',
      by: 'ksmd is scanning: it holds locks only for moments, and blocks nobody for long',
    })
  else if (ksmd)
    checks.push({ code: 'ksmd-scan', result: 'ruled-out', by: `ksmd is in state ${ksmd.state}, not scanning` })
  else checks.push({ code: 'ksmd-scan', result: 'open', by: 'ksmd was not found among the tasks' })

  const drain = inside(LRU_DRAIN)
  if (drain && drain.walks === null)
    checks.push({
      code: 'lru-drain',
      result: 'found',
      by: `${who(drain)} waits until every CPU has emptied its LRU batches`,
    })
  else
    checks.push({
      code: 'lru-drain',
      result: complete ? 'ruled-out' : 'open',
      by: complete ? 'no task waits in lru_add_drain_all' : 'not every task could be read',
    })
  return checks
}
