import type { Problem } from '../base/errors.ts'
import { joined } from '../base/halves.ts'
import { hex } from '../base/text.ts'
import type { KsmCounters } from './counters.ts'
import type { KsmLayout } from './eras.ts'
import { STABLE_NODE_CHAIN } from './eras.ts'
import { END_END, END_LIMIT } from './hlist-walk.hot.ts'
import type { ListCensus } from './list-census.ts'
import { describeEnd } from './list-end.ts'
import type { MmCensus } from './mm-census.ts'
import { KIND_CHAIN, KIND_DUP, NO_LEN, NO_NID, type NodeColumns } from './node-columns.ts'

/** Sums over the nodes; the words of docs/json.md. */
export interface KsmTotals {
  /** Page-backed nodes, dups included. */
  nodes: number
  chains: number
  dups: number
  /** Sum of their lengths. */
  items: number
  /** Nodes on migrate_nodes. */
  migrate: number
}

/** A node that the two censuses count differently. */
export interface Difference {
  node: bigint
  hlist: number
  mm: number
}

export function totalsOf(nodes: NodeColumns): KsmTotals {
  const totals: KsmTotals = { nodes: 0, chains: 0, dups: 0, items: 0, migrate: 0 }
  for (let row = 0; row < nodes.count; row++) {
    if (nodes.kind[row] === KIND_CHAIN) totals.chains++
    else {
      totals.nodes++
      totals.items += nodes.length[row]!
      if (nodes.kind[row] === KIND_DUP) totals.dups++
      if (nodes.where[row] === 1) totals.migrate++
    }
  }
  return totals
}

/** Differences kept: the first ones tell where to look. */
const KEEP = 20

/**
 * Compares the two censuses node by node.
 * @returns whether they agree, null when one of them is not whole; and where they differ
 */
export function compareCensuses(
  nodes: NodeColumns,
  lists: ListCensus,
  byMm: MmCensus | null,
): { agree: boolean | null; differences: Difference[]; count: number } {
  if (!byMm) return { agree: null, differences: [], count: 0 }
  const differences: Difference[] = []
  let count = 0
  const differ = (node: bigint, hlist: number, mm: number): void => {
    count++
    if (differences.length < KEEP) differences.push({ node, hlist, mm })
  }
  let matched = 0
  for (let row = 0; row < nodes.count; row++) {
    if (nodes.kind[row] === KIND_CHAIN) continue
    const mm = byMm.heads.get(nodes.addressLo[row]!, nodes.addressHi[row]!)
    if (mm > 0) matched++
    if (mm !== nodes.length[row]) differ(nodes.address(row), nodes.length[row]!, mm)
  }
  if (matched < byMm.heads.size) {
    const known = new Set<bigint>()
    for (let row = 0; row < nodes.count; row++) known.add(nodes.address(row))
    byMm.heads.forEach((lo, hi, items) => {
      const head = joined(lo, hi)
      if (!known.has(head)) differ(head, 0, items)
    })
  }
  const whole = lists.complete && byMm.complete
  return { agree: count === 0 ? (whole ? true : null) : whole ? false : null, differences, count }
}

/** The code of the problem that a bad end is. */
export function endCode(end: number, why: number): Problem['code'] {
  if (end === END_LIMIT) return 'limit-reached'
  return why < 0 && why >= -4 ? 'pages-absent' : 'list-damaged'
}

/**
 * Problems of single nodes: lists that did not end well, items that fail a check, members that can't be.
 * @param rows - only these rows, null for all
 */
export function nodeProblems(
  nodes: NodeColumns,
  rows: Uint32Array | null,
  layout: KsmLayout,
  input: string,
): Problem[] {
  const problems: Problem[] = []
  const add = (code: Problem['code'], message: string, row: number): void => {
    if (problems.length < 50) problems.push({ code, message, input, at: hex(nodes.address(row)) })
  }
  const count = rows?.length ?? nodes.count
  for (let i = 0; i < count; i++) {
    const row = rows ? rows[i]! : i
    const chain = nodes.kind[row] === KIND_CHAIN
    const address = hex(nodes.address(row))
    // end 0: never walked, after Ctrl-C
    if (!chain && nodes.end[row] !== END_END && nodes.end[row] !== 0) {
      add(
        endCode(nodes.end[row]!, nodes.why[row]!),
        `The list of stable_node ${address} ${describeEnd(nodes.end[row]!, nodes.endAt(row), nodes.why[row]!)}, after ${nodes.length[row]} rmap_items.`,
        row,
      )
    }
    const bad = nodes.pprevBad[row]! + nodes.headBad[row]! + nodes.flagBad[row]!
    if (bad > 0)
      add(
        'list-damaged',
        `Checks fail in the list of stable_node ${address}: pprev ${nodes.pprevBad[row]}, head ${nodes.headBad[row]}, STABLE_FLAG ${nodes.flagBad[row]}.`,
        row,
      )
    const said = nodes.rmapHlistLen[row]!
    if (!chain && said !== NO_LEN && nodes.end[row] === END_END && said !== nodes.length[row]) {
      add(
        'counters-differ',
        `stable_node ${address} says rmap_hlist_len ${said}, its list has ${nodes.length[row]} rmap_items.`,
        row,
      )
    }
    if (chain && said !== STABLE_NODE_CHAIN)
      add('implausible-value', `Chain ${address} says rmap_hlist_len ${said}.`, row)
    const nid = nodes.nid[row]!
    if (nid !== NO_NID && (nid < 0 || nid >= 1024))
      add('implausible-value', `stable_node ${address} says nid ${nid}.`, row)
    else if (nid !== NO_NID && layout.trees.count > 1 && nodes.tree[row]! >= 0 && nid !== nodes.tree[row]) {
      add('implausible-value', `stable_node ${address} stands in tree ${nodes.tree[row]} but says nid ${nid}.`, row)
    }
  }
  return problems
}

/** The kernel's counters against what was counted; only what was counted to its end is compared. */
export function counterProblems(
  counters: KsmCounters,
  totals: KsmTotals,
  nodes: NodeColumns,
  lists: ListCensus,
  nodesComplete: boolean,
  byMm: MmCensus | null,
  input: string,
): Problem[] {
  const problems: Problem[] = []
  const compare = (name: string, says: number | null, counted: number): void => {
    if (says === null || says === counted) return
    problems.push({
      code: 'counters-differ',
      message: `The kernel's counter ${name} says ${says}, ${counted} were counted.`,
      input,
      at: null,
    })
  }
  let filled = 0
  for (let row = 0; row < nodes.count; row++) if (nodes.kind[row] !== KIND_CHAIN && nodes.length[row]! > 0) filled++
  if (nodesComplete && lists.complete) {
    compare('pages_shared', counters.pages_shared, filled)
    compare('pages_sharing', counters.pages_sharing, totals.items - filled)
  }
  if (nodesComplete) {
    compare('stable_node_chains', counters.stable_node_chains, totals.chains)
    compare('stable_node_dups', counters.stable_node_dups, totals.dups)
  }
  if (byMm?.complete) {
    compare('rmap_items', counters.rmap_items, byMm.items)
    // items of earlier scans keep their flag until ksmd comes by, so fewer in the counter is normal while it runs
    if (counters.pages_unshared !== null && counters.pages_unshared > byMm.unstable)
      compare('pages_unshared', counters.pages_unshared, byMm.unstable)
  }
  for (const name of ['pages_shared', 'pages_sharing', 'rmap_items'] as const) {
    if (counters[name] === null)
      problems.push({
        code: 'implausible-value',
        message: `The kernel's counter ${name} can not be read: it is not compared.`,
        input,
        at: null,
      })
  }
  for (const name of ['use_zero_pages', 'smart_scan'] as const) {
    if ((counters[name] ?? 0) > 1)
      problems.push({ code: 'implausible-value', message: `ksm_${name} says ${counters[name]}.`, input, at: null })
  }
  if (counters.run !== null && counters.run > 7)
    problems.push({ code: 'implausible-value', message: `ksm_run says ${counters.run}.`, input, at: null })
  if (counters.max_page_sharing !== null && counters.max_page_sharing < 2)
    problems.push({
      code: 'implausible-value',
      message: `ksm_max_page_sharing says ${counters.max_page_sharing}.`,
      input,
      at: null,
    })
  if (counters.merge_across_nodes !== null && counters.merge_across_nodes > 1)
    problems.push({
      code: 'implausible-value',
      message: `ksm_merge_across_nodes says ${counters.merge_across_nodes}.`,
      input,
      at: null,
    })
  return problems
}
