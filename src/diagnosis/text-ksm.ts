import type { VirtAddr } from '../base/units.ts'
import { LIMIT_OF_NO_HELP } from '../ksm/cost.ts'
import type { ToldCount, ToldStruct, ToldValue } from '../parsers/told.ts'
import { boundedByRelease } from './fixed-packages.ts'
import { atLine, every, hostPlace, type TextEvidence } from './text-evidence.ts'
import { isOfKsm, ofList, type ToldNode } from './told-lists.ts'
import type { Confidence, Evidence } from './types.ts'

/** What texts tell of KSM on a host. */
export interface TextKsm {
  /** Counters and knobs under their sysfs names. */
  counters: Map<string, { value: number; evidence: Evidence }>
  lists: ToldNode[]
  /** The kernel has max_page_sharing; null where nothing tells. */
  bounded: { answer: boolean; confidence: Confidence; evidence: Evidence } | null
  /** Bounds of the longest list; null where the counters are not told. */
  bounds: { atLeast: number; atMost: number; mean: number } | null
}

/** @param release - of the kernel, null where unknown */
export function textKsm(texts: readonly TextEvidence[], release: string | null): TextKsm {
  const counters = countersOf(texts)
  const bounded = boundedOf(texts, counters, release)
  return { counters, lists: listsOf(texts), bounded, bounds: boundsOf(counters, bounded?.answer ?? null) }
}

/** crash prints ksm_pages_sharing, sysfs has pages_sharing. */
const VARIABLE = /^(?:ksm[_.])?([a-z][a-z_]*)$/
/** Names in sysfs that the kernel's variables have with another prefix. */
const KSM_NAMES = new Set([
  'pages_shared',
  'pages_sharing',
  'pages_unshared',
  'pages_volatile',
  'pages_scanned',
  'pages_skipped',
  'pages_to_scan',
  'full_scans',
  'sleep_millisecs',
  'run',
  'rmap_items',
  'max_page_sharing',
  'merge_across_nodes',
  'use_zero_pages',
  'ksm_zero_pages',
  'smart_scan',
  'general_profit',
  'stable_node_chains',
  'stable_node_dups',
  'stable_node_chains_prune_millisecs',
  'advisor_max_cpu',
  'advisor_max_pages_to_scan',
  'advisor_min_pages_to_scan',
  'advisor_target_scan_time',
])

function countersOf(texts: readonly TextEvidence[]): TextKsm['counters'] {
  const counters: TextKsm['counters'] = new Map()
  for (const { input, told } of every(texts, 'value')) {
    const name = ksmName(told)
    const value = name === null ? Number.NaN : numberOf(told.text)
    if (name === null || !Number.isSafeInteger(value) || counters.has(name)) continue
    const evidence = { input, at: atLine(told.line), text: `${told.name} is ${told.text}`, check: null }
    counters.set(name, { value, evidence })
  }
  return counters
}

function ksmName({ name }: ToldValue): string | null {
  // sysfs's own ksm_zero_pages would lose its prefix
  if (name === 'ksm.ksm_zero_pages' || name === 'ksm_zero_pages') return 'ksm_zero_pages'
  if (!name.startsWith('ksm')) return null
  const found = VARIABLE.exec(name)?.[1]
  return found !== undefined && KSM_NAMES.has(found) ? found : null
}

/** "0x29939" or "170297". */
function numberOf(text: string): number {
  return /^(?:0x[0-9a-f]{1,13}|\d{1,16})$/.test(text) ? Number(text) : Number.NaN
}

/** Lists of addresses, counts of files with lists, and stable_nodes with their own counts, joined by first hlist_node. */
function listsOf(texts: readonly TextEvidence[]): ToldNode[] {
  const nodes: ToldNode[] = []
  for (const { input, told } of every(texts, 'struct')) {
    const node = nodeOf(input, told)
    if (node && !nodes.some((each) => each.address !== null && each.address === node.address)) nodes.push(node)
  }
  for (const { input, told } of every(texts, 'list')) if (isOfKsm(told)) join(nodes, ofList(input, told))
  const counts = [...every(texts, 'count')].filter(({ told }) => isListFile(told, texts))
  for (const { input, told } of counts) join(nodes, ofCount(input, told))
  return nodes.filter((node) => node.length !== null || node.address !== null)
}

const STABLE = ['stable_node', 'ksm_stable_node']

function nodeOf(input: string, { line, type, address, members }: ToldStruct): ToldNode | null {
  const first = pointer(members.get('hlist.first') ?? members.get('hlist->first'))
  const kpfn = members.get('kpfn')
  const own = members.get('rmap_hlist_len')
  if (!(type !== null && STABLE.includes(type)) || (first === null && own === undefined && kpfn === undefined))
    return null
  const length = own === undefined ? Number.NaN : Number(own)
  const known = Number.isSafeInteger(length) && length > 0
  return {
    input,
    line,
    address,
    first,
    kpfn: kpfn !== undefined && Number.isSafeInteger(Number(kpfn)) ? Number(kpfn) : null,
    length: known ? length : null,
    open: null,
    by: known ? 'its rmap_hlist_len' : '',
  }
}

function pointer(text: string | undefined): VirtAddr | null {
  const found = text === undefined ? null : /0x[0-9a-f]{9,16}/.exec(text)
  return found ? BigInt(found[0]) : null
}

function ofCount(input: string, { line, count, file }: ToldCount): ToldNode {
  return {
    input,
    line,
    address: null,
    first: null,
    kpfn: null,
    length: count,
    open: null,
    by: `the lines of ${file ?? 'a list'}`,
  }
}

/** A count of lines is a list's only where its file is one: named for rmap_items, or written by a list command. */
function isListFile({ file, count }: ToldCount, texts: readonly TextEvidence[]): boolean {
  if (count < 1) return false
  if (file !== null && /rmap|hlist|ksm|stable/i.test(file)) return true
  for (const { told } of every(texts, 'list')) if (file !== null && told.command?.includes(`> ${file}`)) return true
  return false
}

/** A list belongs to the node with the same first hlist_node; a count to the only node without a length. */
function join(nodes: ToldNode[], list: ToldNode): void {
  const same = nodes.find((node) => list.first !== null && node.first === list.first)
  const open = nodes.filter((node) => node.length === null)
  const node = same ?? (list.first === null && open.length === 1 ? open[0] : undefined)
  if (!node) {
    // the same list told twice: as addresses, and as their count
    const again = nodes.some(
      ({ length, first }) => length === list.length && (first === null || list.first === null || first === list.first),
    )
    if (!again) nodes.push(list)
    return
  }
  if (tellsMore(list, node)) {
    node.length = list.length
    node.open = list.open
    node.by = list.by
  }
  node.first ??= list.first
}

/** A length before none, a whole one before a lower bound that it keeps, of two alike the longer. */
function tellsMore(list: ToldNode, than: ToldNode): boolean {
  if (than.length === null || list.length === null) return than.length === null
  if ((list.open === null) === (than.open === null)) return list.length > than.length
  return list.open === null ? list.length >= than.length : list.length > than.length
}

function boundedOf(
  texts: readonly TextEvidence[],
  counters: TextKsm['counters'],
  release: string | null,
): TextKsm['bounded'] {
  const limit = counters.get('max_page_sharing')
  if (limit) return { answer: true, confidence: 'strong', evidence: limit.evidence }
  for (const { input, told } of every(texts, 'struct')) {
    if (told.type === null || !STABLE.includes(told.type) || !told.members.has('kpfn')) continue
    if (told.members.has('rmap_hlist_len'))
      return {
        answer: true,
        confidence: 'strong',
        evidence: { input, at: atLine(told.line), text: 'stable_node has the member rmap_hlist_len', check: null },
      }
    // only a whole structure tells what it lacks
    if (told.members.has('node') || told.members.has('head'))
      return {
        answer: false,
        confidence: 'strong',
        evidence: { input, at: atLine(told.line), text: 'stable_node has no member rmap_hlist_len', check: null },
      }
  }
  // where sysfs shows its other files, a missing one is not there
  const run = counters.get('run')
  const across = counters.get('merge_across_nodes')
  if (run && across && run.evidence.text.startsWith('ksm.') && across.evidence.text.startsWith('ksm.'))
    return {
      answer: false,
      confidence: 'strong',
      evidence: { ...run.evidence, text: 'sysfs has run and merge_across_nodes, but no max_page_sharing' },
    }
  const judged = release === null ? null : boundedByRelease(release)
  return (
    judged && {
      answer: judged.answer,
      confidence: 'weak',
      evidence: { ...hostPlace(texts, 'release'), text: `${release}: ${judged.why}`, check: null },
    }
  )
}

/** @see mm/ksm.c (v6.12), stable_tree_append: a list's first item counts as shared, each further one as sharing */
function boundsOf(counters: TextKsm['counters'], bounded: boolean | null): TextKsm['bounds'] {
  const shared = counters.get('pages_shared')?.value
  const sharing = counters.get('pages_sharing')?.value
  const limit = counters.get('max_page_sharing')?.value
  if (shared === undefined || sharing === undefined) return null
  if (shared === 0) return { atLeast: 0, atMost: 0, mean: 0 }
  const mean = (shared + sharing) / shared
  const most = bounded && limit !== undefined && limit < LIMIT_OF_NO_HELP ? Math.min(limit, sharing + 1) : sharing + 1
  return { atLeast: Math.min(Math.ceil(mean), most), atMost: most, mean }
}
