import { duration, grouped, size } from '../base/words.ts'
import type { AnalyzeReport, AnyReport, NodeRow } from '../document/schema.ts'
import { named, type Who } from './wait-tree.ts'

// What every form of the report says alike: one word for one thing.

type Ksm = NonNullable<AnalyzeReport['ksm']>
type Hang = NonNullable<AnalyzeReport['hang']>
type Lock = NonNullable<Hang['lock']>
type Frame = NonNullable<Hang['holder']>['stack'][number]
export type Evidence = AnalyzeReport['findings'][number]['evidence'][number]

/** max_page_sharing where nobody changed it. @see mm/ksm.c (v6.12), ksm_max_page_sharing */
export const DEFAULT_LIMIT = 256
/** What estimates of walks go by: the documents' `walkSeconds` are made with it. */
export const PRICE = '10 us an rmap_item'
const SECONDS_PER_ITEM = 10e-6
/** Of kernels for which a report names none. */
export const DEFAULT_PAGE = 4096

/** Estimate of a walk over so many rmap_items. */
export const walkOf = (items: number): number => items * SECONDS_PER_ITEM

/** A value, or what stands for one that is not known. */
export const dash = (value: number | string | null): string => (value === null ? '-' : String(value))

/** Whether a kernel has a fix. */
export const FIXES = {
  'has-fix': 'this kernel has the fix',
  'lacks-fix': 'this kernel lacks the fix',
  unknown: 'whether this kernel has the fix is unknown',
} as const

/** What became of another explanation that was looked into. */
export const RESULTS = { found: 'found', open: 'open', 'ruled-out': 'ruled out' } as const

/** How a lock is held. */
export const HELD = {
  read: 'held for reading',
  write: 'held for writing',
  free: 'free',
  unknown: 'state unknown',
} as const
export const OWNER_OF_READERS = ': only the last reader that took it, who may wait by now'

const MEANINGS: Readonly<Record<string, string>> = {
  'csd-lock-wait-inlined': 'waits in csd_lock_wait (inlined) for another CPU to flush its TLB',
  'csd-lock-wait': 'waits for another CPU to flush its TLB',
  'anon-vma-wait': 'sleeps until it gets the lock of an anon_vma: another one holds it',
  resched: 'asks whether it should give the CPU away, or has: it does so for each rmap_item',
  interrupted: 'was interrupted in it',
  walking: 'is in the walk itself',
}

/** What a wait for another CPU says, by what was found of a lost IPI. */
const OF_IPI: Readonly<Record<AnalyzeReport['checked'][number]['result'], string>> = {
  'ruled-out': ': normal, once for each rmap_item, and no sign of a lost IPI',
  open: ': each rmap_item takes such a wait; whether an IPI was lost is open',
  found: ': each rmap_item takes such a wait, but there are signs of a lost IPI',
}

/** What the walker does in its innermost function, after "it "; of a lost IPI it says what the check found. */
export function meaningOf(meaning: string, checked: AnalyzeReport['checked']): string {
  if (!Object.hasOwn(MEANINGS, meaning)) return meaning
  const ipi = meaning.startsWith('csd-lock-wait') ? checked.find(({ code }) => code === 'lost-ipi') : undefined
  return `${MEANINGS[meaning]!}${ipi ? OF_IPI[ipi.result] : ''}`
}

/** What a task waits for. */
export const WAITS: Readonly<Record<Hang['waiters'][number]['waitsFor'], string>> = {
  read: 'to read-lock',
  write: 'to write-lock',
  'migration-entry': 'for a page moved',
  'page-lock': 'for a page lock',
  'vma-lock': 'for a VMA lock',
  'ksm-thread-mutex': 'for ksm_thread_mutex',
  mutex: 'for a mutex',
  'anon-vma': 'for an anon_vma lock',
}

/** Functions of the pattern: the frames that matter. */
export const MATTERS =
  /rmap_walk_ksm|try_to_(migrate|unmap)|migrate_pages|migrate_to_node|remove_migration|flush_tlb|smp_call_function|csd_lock|compact_zone|shrink_|folio_referenced|page_referenced|move_pages|mbind|offline/

/** The functions that walk a KSM list. */
export const WALKS = /rmap_walk_ksm|collect_procs_ksm|_ksm$/

/** Where the walk's own frames begin: behind those of an interrupt on top of it. */
function ownFrames(stack: readonly Frame[]): number {
  const walk = stack.findIndex((frame) => WALKS.test(frame.symbol ?? ''))
  return stack.slice(0, Math.max(0, walk)).findLastIndex((frame) => frame.symbol?.startsWith('asm_')) + 1
}

/** What the marks of `markedFrames` mean. */
export const MARKS = '> marks the frames that matter, ? a guess'

/** Frames with the mark that each has: what matters, what is a guess. */
export function markedFrames(stack: readonly Frame[]): { frame: Frame; mark: '>' | '?' | ' '; name: string }[] {
  const own = ownFrames(stack)
  return stack.map((frame, i) => ({
    frame,
    mark: frame.how === 'scan' ? '?' : i >= own && MATTERS.test(frame.symbol ?? '') ? '>' : ' ',
    name: frameName(frame),
  }))
}

/** "rmap_walk_ksm+0xcc [module]"; the address of one without a name. */
export function frameName({ symbol, offset, module, address }: Omit<Frame, 'sp' | 'how' | 'inlined'>): string {
  if (symbol === null) return address ?? 'unknown'
  return `${symbol}${offset === null ? '' : `+0x${offset.toString(16)}`}${module === null ? '' : ` [${module}]`}`
}

/** Where the commands of an action are typed: in crash, or in a shell of the host as root. */
export const typedInCrash = (code: string): boolean => code === 'settle-by-crash'

/** How far a walk is. */
export function progressPhrase({ pass, fraction, secondsLeft, confidence }: NonNullable<Hang['progress']>): string {
  if (fraction === null) return `${pass} pass, how far can not be told`
  const left = secondsLeft === null ? '' : `, about ${duration(secondsLeft)} left of this pass at ${PRICE} (estimate)`
  return `${pass} pass, ${(fraction * 100).toFixed(1)} % through (${confidence})${left}`
}

/** That a hang is over, as far as that can be told; `past.evidence` says by which line. */
export function pastPhrase({ seconds, by }: NonNullable<Hang['past']>): string {
  if (by === 'reboot')
    return `it is past: the host was booted again${seconds > 0 ? `, ${duration(seconds)} after the last report of it` : ''}`
  return `it seems to be past: the log, or the host, goes on for ${duration(seconds)} after the last report of it`
}

/** Why no name stands behind "held by"; null where one does. */
export function nobodyHolds({ held, heldBy }: Lock): string | null {
  if (heldBy.length > 0) return null
  return held === 'free' ? 'nobody: it is free' : 'unknown'
}

/** A process as the owner of memory. */
export function processName({ comm, process }: { comm: string | null; process: string }): string {
  return comm ?? (process === 'exited' ? 'exited process' : 'unknown')
}

/** The name of a host; null where it has none: "(none)" is what a kernel says before it gets one. */
export function hostName(name: string | null): string | null {
  return name === null || name === '' || name === '(none)' ? null : name
}

/** "node", "chain", "dup", "migr" for one on its way to another tree. */
export const kindOf = ({ kind, where }: Pick<NodeRow, 'kind' | 'where'>): string =>
  where === 'migrate' ? 'migr' : kind

/** A chain has no page of its own. */
export const pageStateOf = ({ kind, pageState }: Pick<NodeRow, 'kind' | 'pageState'>): string =>
  kind === 'chain' ? '-' : pageState

/** How long a list is, how its walk ended, and what the kernel's own member says. */
export function lengthPhrase({ length, end, rmapHlistLen }: NodeRow): string {
  const own =
    rmapHlistLen === null
      ? ''
      : rmapHlistLen === length
        ? ', rmap_hlist_len says the same'
        : `, rmap_hlist_len says ${grouped(rmapHlistLen)}`
  return `${grouped(length)} rmap_items, ${end === 'end' ? 'walked to the end' : `walk ended: ${end}`}${own}`
}

/** What was checked in each rmap_item. */
export function checksPhrase(checks: NodeRow['checks']): string {
  if (checks === null) return 'not made'
  const { pprevBad, headBad, flagBad } = checks
  return pprevBad + headBad + flagBad === 0
    ? 'pprev, head and STABLE_FLAG are right in every item'
    : `wrong: pprev ${grouped(pprevBad)}, head ${grouped(headBad)}, STABLE_FLAG ${grouped(flagBad)}`
}

/** Whether the two counts agree. */
export function countedTwice({ mm, hlist, agree }: Ksm['census']): string {
  if (mm === null || hlist === null) return 'not possible'
  const both = `${grouped(mm)} over the processes' rmap lists, ${grouped(hlist)} over all hlists`
  return `${both}: ${agree === null ? 'not comparable' : agree ? 'every list agrees' : 'THEY DIFFER'}`
}

/** What was counted. */
export function countedPhrase({ nodes, dups, chains, items, migrate }: NonNullable<Ksm['totals']>): string {
  return `${grouped(nodes)} page-backed nodes (${grouped(dups)} of them dups), ${grouped(chains)} chains, ${grouped(items)} rmap_items, ${grouped(migrate)} migrating`
}

/** What the counters say of the longest list. */
export function boundsPhrase({ atLeast, atMost }: NonNullable<Ksm['bounds']>): string {
  return `between ${grouped(atLeast)} and ${grouped(atMost)} rmap_items by these counters`
}

/** What `whatIf` is about. */
export function whatIfPhrase({ sites, pages }: NonNullable<Ksm['whatIf']>): string {
  const held = pages === 1 ? 'one page holds it' : `${grouped(pages)} pages hold it`
  return `The content that most places share is shared by ${grouped(sites)}; ${held} now. With a limit it takes several copies (dups), and each walk visits one copy's list. Times are estimates at ${PRICE}.`
}

/** What a page holds. */
export function contentPhrase(zero: NodeRow['zeroPage']): string {
  switch (zero) {
    case 'yes':
      return 'all zeros (read): use_zero_pages would help'
    case 'no':
      return 'not all zeros (read): use_zero_pages would not help'
    case 'yes-inferred':
      return "all zeros, inferred: an item's oldchecksum equals zero_checksum"
    case 'no-inferred':
      return "not zeros, inferred: no item's oldchecksum equals zero_checksum"
    default:
      return 'unknown: not in the dump, and no checksum tells'
  }
}

/** What was merged into one page. */
export function savesPhrase({ mergedBytes, length }: NodeRow, pageSize: number | null): string {
  return `${size(mergedBytes)}: ${grouped(Math.max(0, length - 1))} pages of ${grouped(pageSize ?? DEFAULT_PAGE)} bytes`
}

/** How long a host has been up. */
export function uptime(seconds: number): string {
  if (seconds < 100) return duration(seconds)
  const days = Math.floor(seconds / 86_400)
  const hours = Math.floor((seconds % 86_400) / 3600)
  const minutes = Math.floor((seconds % 3600) / 60)
  return days > 0 ? `${days} d ${hours} h` : hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min`
}

/** The moment of a dump or text; null where none is known. */
export function takenPhrase({ time, uptimeSeconds }: AnalyzeReport['host']): string | null {
  const up = uptimeSeconds === null ? [] : `up ${uptime(uptimeSeconds)}`
  return [time ?? [], up].flat().join(', ') || null
}

/** CPUs and memory; null where neither is known. */
export function machinePhrase({ cpus, memoryBytes }: AnalyzeReport['host']): string | null {
  const parts = [
    cpus === null ? [] : `${grouped(cpus)} CPUs`,
    memoryBytes === null ? [] : `${size(memoryBytes)} of memory`,
  ]
  return parts.flat().join(', ') || null
}

/** How many of the pages that the answer needed were there. */
export function pagesPhrase({ needed, excluded, damaged, beyond }: NonNullable<AnyReport['image']>['pages']): string {
  const missing = [
    excluded > 0 ? `${grouped(excluded)} excluded` : [],
    damaged > 0 ? `${grouped(damaged)} damaged` : [],
    beyond > 0 ? `${grouped(beyond)} beyond the end` : [],
  ].flat()
  return `${grouped(needed)} were needed, ${missing.length === 0 ? 'all were there' : missing.join(', ')}`
}

const WHY_ABSENT = {
  'dump-level': 'left out by the dump level',
  erased: 'erased',
  damaged: 'damaged',
  'no-types': 'no types',
} as const

/** What is not in a dump by design. */
export function coveragePhrase({ what, present, absent, why }: AnyReport['coverage'][number]): string {
  return `${what}: ${grouped(present)} in the dump, ${grouped(absent)} not${why === null ? '' : ` (${WHY_ABSENT[why]})`}`
}

/** Said of an answer that is partial. */
export const PARTIAL = 'something that was needed is missing'

const DUMPS: ReadonlySet<string | null> = new Set(['kdump', 'elf', 'flattened-kdump', 'flattened-elf'])

/** Whether evidence says which input it is in: always, but in the report of one dump alone. */
export function namesInputs({ inputs }: Pick<AnalyzeReport, 'inputs'>): boolean {
  return inputs.length !== 1 || !DUMPS.has(inputs[0]!.kind)
}

/** Where evidence is: "kern.log, line 65", as far as that is known; '' where it is not. */
export function placeOf({ input, at }: Pick<Evidence, 'input' | 'at'>, names: boolean): string {
  return [names && input !== '' ? input : [], at ?? []].flat().join(', ')
}

/** Whether two pieces of evidence are checked by the same commands. */
export function sameCheck(one: Evidence | undefined, two: Evidence | undefined): boolean {
  return one?.check != null && one.check.crash === two?.check?.crash && one.check.drgn === two.check.drgn
}

/** "9 x qemu (pid 1)" */
export function groupName(waiters: readonly Who[]): string {
  const [first] = waiters
  return waiters.length === 1
    ? named(first!)
    : `${grouped(waiters.length)} x ${named({ pid: null, comm: first!.comm })}`
}
