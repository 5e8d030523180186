import { describe, expect, test } from 'vitest'
import { analyze } from '../../src/app/analyze.ts'
import { nodes } from '../../src/app/nodes.ts'
import type { Run } from '../../src/app/run-steps.ts'
import { walk } from '../../src/app/walk.ts'
import { DEFAULT_THRESHOLDS } from '../../src/app/thresholds.ts'
import { AnalyzeDocument, type NodeRow, NodesDocument } from '../../src/document/schema.ts'
import { type Truth, type TruthNode, truthDumps } from '../support/corpus.ts'

// Every dump that has a truth file: what drgn counted, list by list. A new dump is two files in a folder, no code.

const run: Run = { abort: { aborted: false }, show: () => {} }
const options = { memory: null, timings: false }

/** Kernels whose VMCOREINFO doesn't say where kallsyms is: not understood yet, and said so. */
const NOT_UNDERSTOOD = /^(5\.10|4\.)/

const understood = truthDumps().filter((dump) => !NOT_UNDERSTOOD.test(dump.truth.kernel.release))
const foreign = truthDumps().filter((dump) => NOT_UNDERSTOOD.test(dump.truth.kernel.release))

test('there are dumps to compare', () => {
  expect(understood.length).toBeGreaterThanOrEqual(2)
})

describe.each(understood)('$name', ({ path, truth }) => {
  test("nodes: every length, count, kpfn, nid, chain and dup is the witness's", async () => {
    const outcome = await nodes([path], { ...options, top: null, minLength: 0, tree: null }, run)
    const rows = [...outcome.document.nodes]
    outcome.close()
    expect(outcome.exit).toBe(0)
    expect(outcome.document.problems).toEqual([])
    expect(outcome.document.totals).toEqual(truth.totals)
    const wanted = [...truth.nodes].sort(
      (a, b) => b.length - a.length || (BigInt(a.address) < BigInt(b.address) ? -1 : 1),
    )
    expect(rows.map(comparable)).toEqual(wanted.map(comparableTruth))
    expect(NodesDocument.safeParse({ ...outcome.document, nodes: rows }).error).toBeUndefined()
    for (const row of rows) checkSaved(row, rows)
  })

  test("analyze: counters, totals, both counts, owners and the kernel are the witness's", async () => {
    const { document, exit, close } = await analyze([path], { ...options, thresholds: DEFAULT_THRESHOLDS }, run)
    close()
    expect(exit).toBe(0)
    expect(document.problems).toEqual([])
    expect(document.partial).toBe(false)
    expect(AnalyzeDocument.safeParse(document).error).toBeUndefined()
    expect(document.kernel).toMatchObject({ release: truth.kernel.release, version: truth.kernel.version })
    if (truth.kernel.phys_base !== undefined) expect(document.kernel?.physBase).toBe(truth.kernel.phys_base)
    const ksm = document.ksm!
    expect(ksm.totals).toEqual(truth.totals)
    for (const [name, value] of Object.entries(truth.counters))
      expect([name, ksm.counters[name === 'zero_pages' ? 'ksm_zero_pages' : name]]).toEqual([name, value])
    expect(ksm.census).toMatchObject({ hlist: truth.census.hlist, mm: truth.census.mm, agree: truth.census.sameByHead })
    expect(ksm.histogram.reduce((sum, bin) => sum + bin.items, 0)).toBe(truth.totals.items)
    expect(ksm.histogram.reduce((sum, bin) => sum + bin.lists, 0)).toBe(
      truth.nodes.filter((node) => node.kind !== 'chain' && node.length > 0).length,
    )
    for (const node of ksm.longest)
      expect([node.address, ownersOf(node)]).toEqual([node.address, truthOwners(truth, node.address)])
    const longest = Math.max(0, ...truth.nodes.filter((node) => node.kind !== 'chain').map((node) => node.length))
    const limit = truth.counters['max_page_sharing'] ?? Infinity
    // a hang is critical whatever the length of the list
    if (document.hang === null)
      expect(document.verdict.level).toBe(
        longest >= 100_000 ? 'critical' : longest >= 10_000 || longest > limit ? 'warning' : 'ok',
      )
    expect(document.verdict.confidence).toBe('proven')
  })

  test('walk: from a stable_node, its page, its pfn and its first hlist_node the same list comes', async () => {
    const longest = truth.nodes.filter((node) => node.kind !== 'chain').slice(0, 1)
    for (const node of longest) {
      const starts = [
        { address: BigInt(node.address) },
        { address: BigInt(node.first!) },
        ...(node.mapping === `0x${(BigInt(node.address) + 3n).toString(16)}`
          ? [{ address: BigInt(node.page!) }, { pfn: Number(node.kpfn) }]
          : []),
      ]
      for (const start of starts) {
        const { document, exit, close } = await walk([path], start, { ...options, limit: null, owners: true }, run)
        close()
        expect(exit).toBe(0)
        expect(document).toMatchObject({
          length: node.length,
          end: 'end',
          endAt: null,
          checks: { pprevBad: 0, headBad: 0, flagBad: 0 },
          node: { address: node.address, kpfn: node.kpfn },
        })
        expect(ownersOf(document)).toEqual(truthOwners(truth, node.address))
      }
    }
  })
})

describe.each(foreign)('$name', ({ path }) => {
  test('analyze: not understood, exit 5, and what is missing', async () => {
    const { document, exit, close } = await analyze([path], { ...options, thresholds: DEFAULT_THRESHOLDS }, run)
    close()
    expect(exit).toBe(5)
    expect(document.verdict.level).toBe('unknown')
    expect(document.problems.map((each) => each.code)).toEqual(['no-symbols'])
  })
})

function comparable(row: NodeRow): object {
  const { address, kind, where, tree, nid, kpfn, page, length, rmapHlistLen, chain, end, checks, mapcount, pageState } =
    row
  return {
    address,
    kind,
    where,
    tree,
    nid,
    kpfn,
    page,
    length,
    rmapHlistLen,
    chain,
    end,
    checks,
    mapcount,
    freed: pageState === 'freed',
    mms: kind === 'chain' ? null : row.mms,
  }
}

function comparableTruth(node: TruthNode): object {
  const { address, kind, where, tree, kpfn, page, length, rmapHlistLen, mms, chain } = node
  const pageBacked = kind !== 'chain'
  return {
    address,
    kind,
    where,
    tree,
    kpfn,
    page,
    length,
    rmapHlistLen,
    mms,
    chain,
    // a chain's own nid is never set: garbage in memory, null with us
    nid: pageBacked ? node.nid : null,
    end: 'end',
    checks: pageBacked ? { pprevBad: node.bad!.pprev, headBad: node.bad!.head, flagBad: node.bad!.flag } : null,
    mapcount: pageBacked ? node.mapcount : null,
    freed: pageBacked && BigInt(node.mapping!) !== BigInt(address) + 3n,
  }
}

function checkSaved(row: NodeRow, rows: readonly NodeRow[]): void {
  const lists = row.kind === 'chain' ? rows.filter((each) => each.chain === row.address) : [row]
  expect([row.address, row.mergedBytes]).toEqual([
    row.address,
    lists.reduce((sum, each) => sum + Math.max(0, each.length - 1) * 4096, 0),
  ])
}

const byItems = (a: { mm: string; items: number }, b: { mm: string; items: number }): number =>
  b.items - a.items || (BigInt(a.mm) < BigInt(b.mm) ? -1 : 1)

function ownersOf(node: {
  owners: { mm: string; items: number; pid: number | null; comm: string | null }[]
}): object[] {
  return node.owners.map(({ mm, items, pid, comm }) => ({ mm, items, pid, comm }))
}

/** The witness's owners; a chain's are its dups' added up. */
function truthOwners(truth: Truth, address: string): object[] {
  const node = truth.nodes.find((each) => each.address === address)!
  if (node.kind !== 'chain') return [...node.owners!].sort(byItems)
  const sums = new Map<string, { mm: string; items: number; pid: number | null; comm: string | null }>()
  for (const dup of truth.nodes) {
    if (dup.chain !== address) continue
    for (const owner of dup.owners!) {
      const sum = sums.get(owner.mm)
      if (sum) sum.items += owner.items
      else sums.set(owner.mm, { ...owner })
    }
  }
  return [...sums.values()].sort(byItems)
}
