import { describe, expect, test } from 'vitest'
import { judgeLists } from '../../src/diagnosis/lists.ts'
import type { Finding } from '../../src/diagnosis/types.ts'
import type { Processes } from '../../src/kernel/processes.ts'
import { type KsmMemory, ksm, type KsmRecipe } from '../support/ksm-memory.ts'
import { surveyOf } from '../support/ksm-results.ts'

/** Thresholds of the size that hand-made lists have. */
const THRESHOLDS = { critical: 20, warning: 10 }

function judge(memory: KsmMemory, processes: Processes | null = null): ReturnType<typeof judgeLists> {
  const kernel = memory.kernel()
  return judgeLists(kernel, surveyOf(kernel), processes, THRESHOLDS, 'dump')
}

/** Sets ksm_max_page_sharing. */
function limited(recipe: KsmRecipe, limit: number): KsmMemory {
  const memory = ksm(recipe)
  memory.set32(memory.symbols.get('ksm_max_page_sharing')![0]!, limit)
  return memory
}

const trees = (...items: number[]): KsmRecipe => ({ trees: [items.map((count) => ({ items: count }))] })
const codes = ({ findings }: { findings: Finding[] }): string[] => findings.map(({ code, level }) => `${code} ${level}`)

describe('the longest list', () => {
  test.each([
    [9, 'no-oversized-list', 'ok'],
    [10, 'oversized-list', 'warning'],
    [19, 'oversized-list', 'warning'],
    [20, 'oversized-list', 'critical'],
  ])('%i items: %s, %s', (items, code, level) => {
    expect(judge(ksm(trees(items))).verdict).toMatchObject({ code, level, confidence: 'proven' })
  })

  test('no node, or none with items: nothing is merged', () => {
    expect(judge(ksm()).verdict).toMatchObject({ code: 'nothing-merged', level: 'ok' })
    expect(judge(ksm(trees(0))).verdict).toMatchObject({ code: 'nothing-merged', level: 'ok' })
  })

  test('a chain’s sum is no list: each of its dups is walked alone', () => {
    const chain = { dups: [{ items: 9 }, { items: 9 }, { items: 9 }] }
    expect(judge(ksm({ trees: [[chain]] })).verdict).toMatchObject({ code: 'no-oversized-list' })
  })

  test('of many, ten are named and the others counted', () => {
    const { findings } = judge(ksm(trees(...Array.from({ length: 13 }, () => 11))))
    expect(findings.filter(({ code }) => code === 'oversized-list')).toHaveLength(11)
    expect(findings[10]!.summary).toBe('3 more lists of 10 rmap_items or more.')
  })

  test('a tree that is not whole: no list is called short', () => {
    const memory = ksm(trees(3, 4, 5))
    memory.set(memory.at('n1') + 16n, 0xffff9a1700000000n)
    expect(judge(memory).verdict).toMatchObject({ code: 'list-unknown', level: 'unknown', confidence: 'weak' })
  })

  test('a list that breaks off is "at least" so long, and not proven', () => {
    const memory = ksm(trees(30))
    memory.set(memory.link('n0', 24), memory.link('n0', 2))
    const [first] = judge(memory).findings
    expect(first).toMatchObject({ code: 'oversized-list', confidence: 'strong' })
    expect(first!.summary).toContain('at least 25 rmap_items')
  })
})

describe('the limit', () => {
  test('none: lists have no bound, and the bug has no fix here', () => {
    const memory = ksm({ era: '3.9', ...trees(30) })
    const judged = judge(memory)
    expect(codes(judged)).toEqual(['oversized-list critical', 'no-limit ok'])
    expect(judged.verdict.summary).toContain('this kernel has no max_page_sharing')
    expect(surveyOf(memory.kernel()).bounded).toBe(false)
  })

  test('the symbol alone is lost: the limit is unknown, and the kernel still has the fix', () => {
    const memory = ksm({ ...trees(30), without: ['ksm_max_page_sharing'] })
    const judged = judge(memory)
    expect(codes(judged)).toEqual(['oversized-list critical'])
    expect(judged.verdict.summary).toContain('max_page_sharing could not be read')
    expect(surveyOf(memory.kernel()).bounded).toBe(true)
  })

  test('raised until it does not help', () => {
    const judged = judge(limited(trees(30), 1_000_000))
    expect(codes(judged)).toEqual(['oversized-list critical', 'limit-of-no-help ok'])
    expect(judged.verdict.summary).toContain('max_page_sharing was raised to 1,000,000')
  })

  test('a list over it, though not long', () => {
    const { findings, verdict } = judge(limited(trees(7, 5, 6), 5))
    expect(verdict).toMatchObject({ code: 'list-over-limit', level: 'warning' })
    expect(findings[0]!.evidence.map(({ text }) => text)).toEqual(['7 rmap_items', '6 rmap_items'])
  })
})

describe('left-overs', () => {
  test('stale nodes: the page is no longer theirs', () => {
    const { findings } = judge(ksm({ trees: [[{ items: 3 }, { items: 2, mapping: 0xffff888123450000n }]] }))
    const stale = findings.find(({ code }) => code === 'stale-nodes')
    expect(stale!.summary).toContain('1 stable_node with 2 rmap_items')
  })

  test('no task list, or one that is not whole: no process is called exited', () => {
    const memory = ksm(trees(4))
    for (const processes of [null, { byMm: new Map(), complete: false, problems: [] }])
      expect(codes(judge(memory, processes))).toEqual(['no-oversized-list ok'])
  })
})

describe('how to check it elsewhere', () => {
  const commands = (memory: KsmMemory): (string | null)[] => {
    const { crash, drgn } = judge(memory).findings[0]!.evidence[0]!.check!
    return [crash, drgn]
  }

  test('by the names that this kernel has', () => {
    const [new61, old] = [ksm(trees(12)), ksm({ era: '5.10', ...trees(12) })]
    const hex = (at: bigint): string => at.toString(16)
    expect(commands(new61)).toEqual([
      `list hlist_node.next ${hex(new61.link('n0', 0))} | wc -l`,
      `sum(1 for _ in hlist_for_each_entry("struct ksm_rmap_item", Object(prog, "struct ksm_stable_node", address=0x${hex(new61.at('n0'))}).hlist.address_of_(), "hlist"))`,
    ])
    expect(commands(old)[1]).toContain('"struct rmap_item", Object(prog, "struct stable_node"')
  })

  test('an estimate is less where the kernel walks by page index', () => {
    expect(judge(ksm({ era: 'linear', ...trees(12) })).verdict.summary).toContain('by page index')
    expect(judge(ksm(trees(12))).verdict.summary).not.toContain('by page index')
  })
})
