import { duration, grouped, size } from '../base/words.ts'
import { LIMIT_OF_NO_HELP } from '../ksm/cost.ts'
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
  /** It hurries, and is safe to type before reading on. */
  now: boolean
}

/** What the actions depend on; null where it is not known. */
export interface KsmState {
  /** Under their sysfs names. */
  counters: Partial<Record<string, number | null>>
  /** The kernel has max_page_sharing. */
  bounded: boolean | null
  /** Length of the longest list of a page; of texts, of those that they tell of. */
  longest: number | null
  /** What the page of the longest list holds. */
  zeroPage: (typeof ZERO_PAGES)[number]
  pageSize: number
  /** Memory of the host, bytes. */
  memoryBytes: number | null
  /** What the host can give without swapping (MemAvailable), bytes; a dump does not say. */
  availableBytes: number | null
  /** A task reclaims memory, or one was killed for want of it. */
  pressed: boolean
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

/**
 * What to do about long lists, in the order to try.
 * @see mm/ksm.c (v5.10, v6.12, v7.2), run_store, max_page_sharing_store, use_zero_pages_store
 */
export function actionsFor(state: KsmState, hang: Hang | null, comms: ReadonlySet<string>): Action[] {
  const host: Host = { ...state, hang, numad: comms.has('numad') }
  return ENTRIES.flatMap((entry) => entry(host) ?? [])
}

/** The state of KSM by a dump; null when it has no list. */
export function ksmState(
  survey: KsmSurvey,
  { pageSize, memoryBytes, pressed }: Pick<KsmState, 'pageSize' | 'memoryBytes' | 'pressed'>,
): KsmState | null {
  const { nodes, counters, bounded } = survey
  const longest = nodes.sorted((row) => nodes.kind[row] !== KIND_CHAIN)[0]
  return longest === undefined
    ? null
    : {
        counters,
        bounded,
        longest: nodes.length[longest]!,
        zeroPage: ZERO_PAGES[nodes.zero[longest]!] ?? null,
        pageSize,
        memoryBytes,
        availableBytes: null,
        pressed,
      }
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
    now: true,
  }
}

/** What keeps other walkers from beginning again, by the beginning of their signature's id; nothing stops a walk that goes on. */
const WALKERS: readonly { id: string; title: string; commands: string[]; cost: string }[] = [
  {
    id: 'compaction',
    title: 'Keep compaction from beginning again',
    commands: [
      'echo 0 > /proc/sys/vm/compaction_proactiveness',
      'echo never > /sys/kernel/mm/transparent_hugepage/defrag',
    ],
    cost: 'less contiguous free memory',
  },
  {
    id: 'reclaim',
    title: 'Free memory, so that reclaim does not come by again: nothing else keeps it from the list',
    commands: [],
    cost: 'what is stopped or moved away to free it',
  },
  {
    id: 'cpuset-migrate',
    title: 'Change no cpuset.mems while lists are long',
    commands: [],
    cost: 'guests stay on the NUMA nodes where they are',
  },
]

/** A walker that no command stops. */
const waitOut: Entry = ({ hang }) => {
  const walker = hang?.walker
  const id = walker?.walks.signature.id ?? ''
  if (!walker || id.startsWith('migrate-pages')) return null
  const known = WALKERS.find((each) => id.startsWith(each.id))
  return {
    code: 'wait-out',
    title: known?.title ?? `Keep what ${named(walker.task)} does from beginning again`,
    commands: known?.commands ?? [],
    cost: known?.cost ?? 'what it does for the host is not done',
    risk: 'none for data; the present walk goes on to its end all the same: nothing stops it',
    applies: `${named(walker.task)} ${walker.walks.signature.means}`,
    now: true,
  }
}

/** What waits for ksm_thread_mutex behind the walk: writing to run would wait there, too. */
function ksmWaits(hang: Hang | null): string {
  const waits = hang?.waiters.some(({ waitsFor }) => waitsFor === 'ksm-thread-mutex') ?? false
  return waits ? '; the write returns only when the walk has ended: ksm_thread_mutex is held behind it' : ''
}

const stopKsmd: Entry = ({ counters: { run }, hang }) => {
  return {
    code: 'stop-ksmd',
    title: 'Stop KSM from merging more, and what would start it again',
    commands: ['systemctl stop ksmtuned ksm', `echo 0 > ${SYSFS}/run`],
    cost: 'no further memory is saved',
    risk: `none; lists stay as long as they are${ksmWaits(hang)}`,
    applies: run === 1 ? 'ksmd runs (run is 1)' : `run is ${run ?? 'unknown'} now; ksmtuned or tuned may set it again`,
    now: true,
  }
}

/** Part of the memory that is available that unmerging may take without asking first: it is not spread over the NUMA nodes evenly. */
const SHARE = 0.25

const unmerge: Entry = ({ counters, pageSize, memoryBytes, availableBytes, pressed, hang }) => {
  const { pages_sharing: sharing = null, ksm_zero_pages: zeros, run } = counters
  const pages = sharing === null ? null : sharing + (zeros ?? 0)
  const bytes = pages === null ? null : pages * pageSize
  const fits = bytes !== null && availableBytes !== null && bytes <= SHARE * availableBytes && !pressed
  return {
    code: 'unmerge',
    title: fits
      ? 'Unmerge: every sharer gets a page of its own, and the lists are gone'
      : 'Unmerge, only where there is memory for it: every sharer gets a page of its own',
    now: fits,
    commands: [
      ...(run === 2 ? [`echo 0 > ${SYSFS}/run`] : []),
      `echo 2 > ${SYSFS}/run`,
      `grep -H . ${SYSFS}/pages_sh*`,
    ],
    cost:
      pages === null
        ? 'memory: pages_sharing x page size'
        : `${size(pages * pageSize)} of memory (${grouped(pages)} pages); one CPU for about ${duration(pages * UNMERGE_SECONDS)} (estimate, 3 us a page)`,
    risk: `the OOM killer, if ${availableBytes === null ? 'MemAvailable, ' : ''}a NUMA node to which guests are bound or a cgroup has less than that: compare first${hasMemory(memoryBytes, availableBytes)}; it waits for a walk that goes on${ksmWaits(hang)}`,
    applies: 'lists are shortened by nothing else without a reboot',
  }
}

function hasMemory(all: number | null, available: number | null): string {
  const has = [
    all === null ? [] : `${size(all)} in all`,
    available === null ? [] : `MemAvailable was ${size(available)}`,
  ].flat()
  return has.length === 0 ? '' : ` (the host has ${has.join(', ')})`
}

const bound: Entry = ({ counters, bounded }) => {
  const limit = counters['max_page_sharing'] ?? null
  if (!bounded || limit === null || limit < LIMIT_OF_NO_HELP) return null
  return {
    code: 'bound',
    now: false,
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
    now: false,
    title: "Map zero pages to the kernel's own zero page, which has no list",
    commands: [`echo 1 > ${SYSFS}/use_zero_pages`],
    cost: 'none',
    risk: 'only pages that are merged from then on: after unmerging',
    applies: `the page of the longest list is all zeros${zero === 'yes' ? '' : ' (inferred)'}, and use_zero_pages is 0`,
  }
}

/** The limit is as it should be, and a list is longer, or a walk hangs the host all the same: merging again would lead there again. */
function outgrown({ counters, longest, hang }: Host): boolean {
  const limit = counters['max_page_sharing'] ?? DEFAULT_LIMIT
  return limit < LIMIT_OF_NO_HELP && (longest === null ? hang !== null : longest > limit)
}

const remerge: Entry = (host) =>
  host.bounded && !outgrown(host)
    ? {
        code: 'remerge',
        now: false,
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
        now: false,
        title: 'Boot a kernel that bounds its lists, and leave KSM off until then',
        commands: [`echo 0 > ${SYSFS}/run`],
        cost: 'a reboot',
        risk: 'as of every update',
        applies: 'this kernel has no max_page_sharing: nothing on it bounds a list',
      }

const excludeGuest: Entry = () => ({
  code: 'exclude-guest',
  now: false,
  title: 'Keep single guests out of KSM',
  commands: ['virsh edit GUEST   # <memoryBacking><nosharepages/></memoryBacking>'],
  cost: "that guest's memory is no longer shared",
  risk: 'takes a restart or a live migration of the guest',
  applies: 'if memory is too short to unmerge all at once',
})

/** In the order to try. */
const ENTRIES: readonly Entry[] = [
  stopMigrator,
  waitOut,
  stopKsmd,
  unmerge,
  bound,
  zeroPages,
  remerge,
  updateKernel,
  excludeGuest,
]
