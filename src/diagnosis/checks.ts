import { hex } from '../base/text.ts'
import { plural } from '../base/words.ts'
import { isMutex } from '../kernel/locks.ts'
import type { EventKind, LogEvent } from '../parsers/klog-events.ts'
import type { CallFact, HangFacts, StackFact } from './hang-facts.ts'
import { named, taskEvidence } from './hang-findings.ts'
import { BRIEF, type HangReading } from './hang.ts'
import type { Check, CheckCode, Checked, Evidence, Finding } from './types.ts'

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

/** An event of a log, with its place where that is a line of a text. */
export type PlacedEvent = LogEvent & { where?: Pick<Evidence, 'input' | 'at'> }

/** What the checks look at. */
interface Seen {
  facts: HangFacts
  reading: HangReading
  /** What the log reports; null where it can't be read. */
  events: readonly PlacedEvent[] | null
  /** Why a stack or a task may be missing, null when all were seen: then what no stack shows is not there. */
  missing: string | null
  input: string
  noCsd: readonly Evidence[]
}

/**
 * Looks into the other explanations of a hang. Never more certain than the evidence: what the stacks and the log do not exclude
 * stays open.
 * @param events - null where the kernel's log can't be read
 * @param missing - why a task may not have been seen; null when all were
 * @param noCsd - where people say that a kernel which reports csd locks reported none
 */
export function checkOthers(
  facts: HangFacts,
  reading: HangReading,
  events: readonly PlacedEvent[] | null,
  missing: string | null,
  input: string,
  noCsd: readonly Evidence[] = [],
): Checked[] {
  const torn = facts.stacks.filter(({ whole }) => !whole).length
  const why =
    missing ?? (torn > 0 ? `${plural(torn, 'stack')} of tasks that run or wait could not be read whole` : null)
  const seen: Seen = { facts, reading, events, missing: why, input, noCsd }
  return [lostIpi(seen), memoryPressure(seen), deadlock(seen), ksmdScan(seen), lruDrain(seen)]
}

/** A hang that a lost IPI may explain as well as the length of a list: the finding says so, and is less sure. */
export function besideLostIpi(finding: Finding, checked: readonly Checked[]): Finding {
  const lost = checked.find(({ code, result }) => code === 'lost-ipi' && result === 'found')
  if (!lost || finding.code !== 'ksm-walk-hang') return finding
  return {
    ...finding,
    confidence: finding.confidence === 'proven' ? 'strong' : 'weak',
    summary: `${finding.summary} But ${lost.by}: a lost IPI may hold the walker, too, and not the length of the list alone.`,
    evidence: [...finding.evidence, ...lost.evidence.slice(0, 1)],
  }
}

/** A task that is inside one of these functions. */
function inside({ facts }: Seen, functions: readonly string[]): StackFact | undefined {
  return facts.stacks.find((fact) => fact.names.some((name) => name !== null && functions.includes(name)))
}

/** What the log reports of one kind, as evidence. */
function reports({ events, input }: Seen, kind: EventKind): Evidence[] {
  return (events ?? [])
    .filter((event) => event.kind === kind)
    .map(({ time, comm, pid, where }) => ({
      input,
      at: time === null ? 'kernel log' : `kernel log, [${time.toFixed(6)}]`,
      ...where,
      text: `the log reports ${kind}${comm === null ? '' : ` of ${comm}`}${pid === null ? '' : ` (pid ${pid})`}`,
      check: LOG_CHECK,
    }))
}

const LOG_CHECK: Check = { crash: 'log', drgn: 'print(get_dmesg().decode())' }
/** Shows the stacks of every task that waits. */
const WAITING_CHECK: Check = { crash: 'foreach UN bt', drgn: null }

/** That nothing of the kind stands in any stack, as evidence. */
function noStack({ facts, input }: Seen, functions: readonly string[]): Evidence[] {
  return [
    {
      input,
      at: null,
      text: `none of ${plural(facts.stacks.length, 'stack')} of tasks that run or wait has ${functions.slice(0, 3).join(', ')}${functions.length > 3 ? ' or the like' : ''}`,
      check: WAITING_CHECK,
    },
  ]
}

function lostIpi(seen: Seen): Checked {
  const code = 'lost-ipi'
  const { hang } = seen.reading
  const logged = reports(seen, 'csd-timeout')
  if (logged.length > 0)
    return { code, result: 'found', by: 'the log reports a CSD lock that did not respond', evidence: logged }
  if (seen.noCsd.length > 0)
    return {
      code,
      result: 'ruled-out',
      by: 'a kernel that reports a csd lock which does not respond reported none, by these texts',
      evidence: [...seen.noCsd],
    }
  if (!hang)
    return {
      code,
      result: 'open',
      by: 'no walk was found that waits for an IPI; the log has no csd line, which proves nothing where the kernel has no csd debugging',
      evidence: [],
    }
  const { walker, innermost } = hang
  const stack = taskEvidence(walker.task, `is in ${innermost.symbol ?? 'its walk'}`)
  if (!innermost.meaning.startsWith('csd-lock-wait'))
    return {
      code,
      result: 'ruled-out',
      by: `the walker is in ${innermost.symbol ?? 'its walk'}, not waiting for another CPU`,
      evidence: [stack],
    }
  const evidence = [stack, ...(walker.calls ?? []).map((call) => callEvidence(call, seen.input))]
  const { calls } = walker
  if (calls !== null && calls.length === 0)
    return {
      code,
      result: 'ruled-out',
      by: 'the walker is about to leave csd_lock_wait: every call that its CPU asked for has been made (no csd is locked)',
      evidence,
    }
  if (calls?.every((call) => call.inHandler))
    return {
      code,
      result: 'ruled-out',
      by: `the walker waits in csd_lock_wait for CPU ${calls.map((call) => call.target).join(', ')}, which was making such calls at that moment: the IPI had arrived`,
      evidence,
    }
  const earlier = moves(seen.reading)
    ? 'it has done a part of the list, so earlier IPIs came back, and waiting there is what it does for each item; only the one of this moment is not proven'
    : 'how far it is can not be told'
  return {
    code,
    result: 'open',
    by: `the walker waits in csd_lock_wait just now; ${targets(calls)}${earlier}`,
    evidence,
  }
}

/** What the CPUs that a walker waits for were doing. */
function targets(calls: readonly CallFact[] | null): string {
  return (calls ?? [])
    .map(({ target, registers, doing }) => {
      if (registers === null) return `for CPU ${target}, whose registers are not in the dump; `
      const where = registers.user ? 'in user mode' : `in ${doing ?? 'the kernel'}`
      return `for CPU ${target}, which was ${where} with interrupts ${registers.flags & INTERRUPTS_ON ? 'on' : 'OFF'}; `
    })
    .join('')
}

/** X86_EFLAGS_IF. @see arch/x86/include/uapi/asm/processor-flags.h */
const INTERRUPTS_ON = 0x200n

function callEvidence({ csd, target, flags, func }: CallFact, input: string): Evidence {
  return {
    input,
    at: hex(csd),
    text: `call_single_data for CPU ${target}: flags ${hex(flags)} (locked), function ${hex(func)}`,
    check: {
      crash: `struct __call_single_data ${hex(csd)}`,
      drgn: `Object(prog, "struct __call_single_data", address=${hex(csd)})`,
    },
  }
}

function memoryPressure(seen: Seen): Checked {
  const code = 'memory-pressure'
  const reclaim = inside(seen, RECLAIM)
  const killed = reports(seen, 'oom')
  if (killed.length > 0)
    return {
      code,
      result: 'found',
      by: 'the log reports that a process was killed for want of memory',
      evidence: killed,
    }
  if (reclaim)
    return {
      code,
      result: 'found',
      by: `${named(reclaim.task)} reclaims memory`,
      evidence: [taskEvidence(reclaim.task, 'is in reclaim')],
    }
  if (seen.missing !== null) return open(code, seen.missing)
  if (seen.events === null) return open(code, 'no task is in reclaim, but the log can not be read')
  return {
    code,
    result: 'ruled-out',
    by: 'no task that runs or waits is in reclaim, and the log has no OOM',
    evidence: noStack(seen, RECLAIM),
  }
}

const open = (code: CheckCode, by: string): Checked => ({ code, result: 'open', by, evidence: [] })

function deadlock(seen: Seen): Checked {
  const code = 'deadlock'
  const { facts, reading, missing } = seen
  const { hang, cycle, pileUps } = reading
  if (cycle)
    return {
      code,
      result: cycle.confidence === 'weak' ? 'open' : 'found',
      by: `a ring of waits: ${cycle.tasks.map(named).join(' -> ')}`,
      evidence: cycle.tasks.map((task) => taskEvidence(task, 'stands in the ring')),
    }
  if (missing !== null) return open(code, missing)
  if (pileUps.some(({ fact, brief }) => !brief && (isMutex(fact.lock) || fact.lock.held !== 'free')))
    return open(code, 'no walk was found behind a lock with a queue')
  const explained = new Set(hang?.waiters.map((waiter) => waiter.task))
  const others = facts.stacks.filter(({ task, waits }) => waits !== null && !explained.has(task))
  const other = others.find(({ task }) => task.idleSeconds === null || task.idleSeconds >= BRIEF)
  const known = others.length > 0 ? `every wait of ${BRIEF} s and longer` : 'every known wait'
  if (other)
    return {
      code,
      result: 'open',
      by: `whom ${named(other.task)} waits for is not known (${other.waits!.signature.id})`,
      evidence: [taskEvidence(other.task, other.waits!.signature.means)],
    }
  if (!hang)
    return { code, result: 'ruled-out', by: 'no ring among the waits that were found', evidence: noStack(seen, SLOW) }
  const { task } = hang.walker
  if (!task.running && task.state !== 'R')
    return open(code, `${known} leads to ${named(task)}, which itself is in state ${task.state}`)
  return {
    code,
    result: 'ruled-out',
    by: `${known} leads to ${named(task)}, which ${task.running ? 'runs' : 'is ready to run'}`,
    evidence: [taskEvidence(task, `is in state ${task.state} and waits for nobody`)],
  }
}

const SLOW = ['rwsem_down_read_slowpath', 'rwsem_down_write_slowpath', '__mutex_lock', 'rwbase_read_lock']

function ksmdScan({ facts, reading, events }: Seen): Checked {
  const code = 'ksmd-scan'
  const ksmd = facts.tasks.find((task) => task.kthread && task.comm === 'ksmd')
  if (!ksmd) return open(code, 'ksmd was not found among the tasks')
  const fact = facts.stacks.find(({ task }) => task === ksmd)
  const victim = reading.hang?.waiters.find((waiter) => waiter.task === ksmd)
  if (victim)
    return {
      code,
      result: 'ruled-out',
      by: `ksmd waits itself, for ${named(victim.behind)}`,
      evidence: [taskEvidence(ksmd, `is in state ${ksmd.state}`)],
    }
  const scans = fact?.names.some((name) => name !== null && [...KSMD_SCANS, 'ksm_scan_thread'].includes(name))
  if (fact && scans && ksmd.state === 'D') return open(code, 'ksmd waits in the middle of a scan, and not for the walk')
  if (fact && scans && (events ?? []).some(({ kind, comm }) => kind.endsWith('lockup') && comm === ksmd.comm))
    return open(code, 'ksmd does not get on in the middle of a scan, by the log')
  if (fact && scans)
    return {
      code,
      result: 'found',
      by: 'ksmd is scanning: it holds locks only for moments, and blocks nobody for long',
      evidence: [taskEvidence(ksmd, 'is scanning')],
    }
  // ksmd sleeps between its scans; a stack was looked for only where it doesn't
  if (fact && !fact.whole) return open(code, `ksmd is in state ${ksmd.state}, and its stack could not be read whole`)
  return {
    code,
    result: 'ruled-out',
    by: `ksmd is in state ${ksmd.state}, not scanning`,
    evidence: [taskEvidence(ksmd, `is in state ${ksmd.state}`)],
  }
}

function lruDrain(seen: Seen): Checked {
  const code = 'lru-drain'
  const drain = inside(seen, LRU_DRAIN)
  if (drain && drain.walks === null)
    return {
      code,
      result: 'found',
      by: `${named(drain.task)} waits until every CPU has emptied its LRU batches`,
      evidence: [taskEvidence(drain.task, 'is in lru_add_drain_all')],
    }
  if (seen.missing !== null) return open(code, seen.missing)
  return {
    code,
    result: 'ruled-out',
    by: 'no task waits in lru_add_drain_all',
    evidence: noStack(seen, LRU_DRAIN),
  }
}
