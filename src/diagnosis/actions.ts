import { duration, grouped, size } from '../base/words.ts'
import { KIND_CHAIN } from '../ksm/node-columns.ts'
import type { KsmSurvey } from '../ksm/survey.ts'
import { ZERO_PAGES } from '../ksm/zero-page.ts'
import { named } from './hang-findings.ts'
import type { Hang } from './hang.ts'

/** What to do, with what it costs; commands are for a root shell on the host. */
export interface Action {
  code: string
  title: string
  commands: string[]
  cost: string
  risk: string
  /** Why it is offered for this host. */
  applies: string
}

/** What the actions depend on; null where it is not known. */
export interface KsmState {
  /** Under their sysfs names. */
  counters: Partial<Record<string, number | null>>
  /** The kernel has max_page_sharing. */
  bounded: boolean | null
  /** What the page of the longest list holds. */
  zeroPage: (typeof ZERO_PAGES)[number]
  pageSize: number
}

interface Host extends KsmState {
  hang: Hang | null
  /** A task named numad is there. */
  numad: boolean
}

type Entry = (host: Host) => Action | null

const SYSFS = '/sys/kernel/mm/ksm'
/** Estimate for unmerging one page on real hardware: a fault with a 4 KiB copy and the MMU notifier. */
const UNMERGE_SECONDS = 3e-6
/** max_page_sharing's default, which bounds a walk to some milliseconds. */
const DEFAULT_LIMIT = 256
/** A limit from which on it helps little. */
const RAISED = 10_000

/**
 * What to do about long lists, in the order to try.
 * @see mm/ksm.c (v5.10, v6.12, v7.2), run_store, max_page_sharing_store, use_zero_pages_store
 */
export function actionsFor(state: KsmState, hang: Hang | null, comms: ReadonlySet<string>): Action[] {
  const host: Host = { ...state, hang, numad: comms.has('numad') }
  return ENTRIES.flatMap((entry) => entry(host) ?? [])
}

/** The state of KSM by a dump; null when it has no list. */
export function ksmState(survey: KsmSurvey, pageSize: number): KsmState | null {
  const { nodes, counters, bounded } = survey
  const longest = nodes.sorted((row) => nodes.kind[row] !== KIND_CHAIN)[0]
  return longest === undefined
    ? null
    : { counters, bounded, zeroPage: ZERO_PAGES[nodes.zero[longest]!] ?? null, pageSize }
}

const stopMigrator: Entry = ({ hang, numad }) => {
  const walker = hang?.walker
  const migrates = walker?.walks.signature.id.startsWith('migrate-pages') ?? false
  if (!numad && !migrates) return null
  const isNumad = !migrates || walker?.task.comm === 'numad'
  const left = hang?.progress?.secondsLeft ?? null
  const which = isNumad ? 'numad' : (walker?.task.comm ?? 'the task that migrates')
  const pid = walker?.task.pid ?? null
  return {
    code: 'stop-migrator',
    title: `Stop ${which}, so that it begins no further migration`,
    commands: isNumad ? ['systemctl stop numad'] : pid === null ? [] : [`kill ${pid}`],
    cost: 'guests stay on the NUMA nodes where they are',
    risk: `none for data; it acts when the present walk has ended${left === null ? '' : ` (this pass: about ${duration(left)}, estimate)`}: a walk can not be interrupted`,
    applies: migrates ? `${named(walker!.task)} walks the list` : 'numad runs on this host',
  }
}

const stopKsmd: Entry = ({ counters: { run } }) => {
  return {
    code: 'stop-ksmd',
    title: 'Stop KSM from merging more, and what would start it again',
    commands: ['systemctl stop ksmtuned ksm', `echo 0 > ${SYSFS}/run`],
    cost: 'no further memory is saved',
    risk: 'none; lists stay as long as they are',
    applies: run === 1 ? 'ksmd runs (run is 1)' : `run is ${run ?? 'unknown'} now; ksmtuned or tuned may set it again`,
  }
}

const unmerge: Entry = ({ counters, pageSize }) => {
  const { pages_sharing: sharing = null, ksm_zero_pages: zeros, run } = counters
  const pages = sharing === null ? null : sharing + (zeros ?? 0)
  return {
    code: 'unmerge',
    title: 'Unmerge: every sharer gets a page of its own, and the lists are gone',
    commands: [
      ...(run === 2 ? [`echo 0 > ${SYSFS}/run`] : []),
      `echo 2 > ${SYSFS}/run`,
      `grep -H . ${SYSFS}/pages_sh*`,
    ],
    cost:
      pages === null
        ? 'memory: pages_sharing x page size'
        : `${size(pages * pageSize)} of memory (${grouped(pages)} pages); one CPU for about ${duration(pages * UNMERGE_SECONDS)} (estimate, 3 us a page)`,
    risk: 'the OOM killer, if MemAvailable or a cgroup has less than that: compare first. It waits for a walk that goes on, so stop the migrator before',
    applies: 'lists are shortened by nothing else without a reboot',
  }
}

const bound: Entry = ({ counters, bounded }) => {
  const limit = counters['max_page_sharing'] ?? null
  if (!bounded || limit === null || limit < RAISED) return null
  return {
    code: 'bound',
    title: `Bound the lists again: max_page_sharing is ${grouped(limit)}`,
    commands: [`echo ${DEFAULT_LIMIT} > ${SYSFS}/max_page_sharing`],
    cost: `about one more page for each ${DEFAULT_LIMIT} sharers`,
    risk: 'EBUSY while anything is merged: only after unmerging',
    applies: `the limit was raised from its default of ${DEFAULT_LIMIT}`,
  }
}

const zeroPages: Entry = ({ counters, zeroPage: zero }) => {
  const knob = counters['use_zero_pages']
  if (knob !== 0 || (zero !== 'yes' && zero !== 'yes-inferred')) return null
  return {
    code: 'zero-pages',
    title: "Map zero pages to the kernel's own zero page, which has no list",
    commands: [`echo 1 > ${SYSFS}/use_zero_pages`],
    cost: 'none',
    risk: 'only pages that are merged from then on: after unmerging',
    applies: `the page of the longest list is all zeros${zero === 'yes' ? '' : ' (inferred)'}, and use_zero_pages is 0`,
  }
}

const remerge: Entry = ({ bounded }) =>
  bounded
    ? {
        code: 'remerge',
        title: 'Merge again, now bounded',
        commands: [`echo 1 > ${SYSFS}/run`, 'systemctl start ksmtuned'],
        cost: 'CPU of ksmd',
        risk: `none with max_page_sharing at ${DEFAULT_LIMIT}`,
        applies: 'if KSM is wanted on this host',
      }
    : null

const updateKernel: Entry = ({ bounded }) =>
  bounded !== false
    ? null
    : {
        code: 'update-kernel',
        title: 'Boot a kernel that bounds its lists, and leave KSM off until then',
        commands: [`echo 0 > ${SYSFS}/run`],
        cost: 'a reboot',
        risk: 'as of every update',
        applies: 'this kernel has no max_page_sharing: nothing on it bounds a list',
      }

const excludeGuest: Entry = () => ({
  code: 'exclude-guest',
  title: 'Keep single guests out of KSM',
  commands: ['virsh edit GUEST   # <memoryBacking><nosharepages/></memoryBacking>'],
  cost: "that guest's memory is no longer shared",
  risk: 'takes a restart or a live migration of the guest',
  applies: 'if memory is too short to unmerge all at once',
})

/** In the order to try. */
const ENTRIES: readonly Entry[] = [
  stopMigrator,
  stopKsmd,
  unmerge,
  bound,
  zeroPages,
  remerge,
  updateKernel,
  excludeGuest,
]
