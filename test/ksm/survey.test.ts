import { describe, expect, test } from 'vitest'
import { finish } from '../../src/base/steps.ts'
import { hasBound, readCounters } from '../../src/ksm/counters.ts'
import { ksmLayout } from '../../src/ksm/eras.ts'
import { surveyKsm } from '../../src/ksm/survey.ts'
import { type KsmMemory, ksm } from '../support/ksm-memory.ts'
import { surveyOf } from '../support/ksm-results.ts'
import { PAGE } from '../support/memory.ts'

const recipe = {
  trees: [
    [
      { name: 'a', items: 5 },
      {
        name: 'c',
        dups: [
          { name: 'd', items: 4 },
          { name: 'e', items: 2 },
        ],
      },
      { name: 'z', items: 0 },
    ],
  ],
  migrate: [{ name: 'm', items: 3 }],
  others: [{ mm: 'u' }, { mm: 'u', flags: 0 }],
}

const hex = (at: bigint): string => `0x${at.toString(16)}`

/** Codes and messages of a survey. */
function problems(memory: KsmMemory): [string, string][] {
  return surveyOf(memory.kernel()).problems.map(({ code, message }) => [code, message])
}

/** Writes a counter or knob. */
function set(memory: KsmMemory, name: string, value: number, size = 8): KsmMemory {
  const at = memory.symbols.get(name)![0]!
  return size === 8 ? memory.set(at, value) : memory.set32(at, value)
}

describe('a healthy kernel', () => {
  test('all totals, both counts alike, nothing to complain of', () => {
    const survey = surveyOf(ksm(recipe).kernel())
    expect(survey.totals).toEqual({ nodes: 5, chains: 1, dups: 2, items: 14, migrate: 1 })
    expect(survey).toMatchObject({ bounded: true, agree: true, differences: [], complete: true, problems: [] })
    expect(survey.lists).toMatchObject({ items: 14, walked: 5, complete: true })
    expect(survey.byMm).toMatchObject({ slots: 3, items: 16, stable: 14, unstable: 1 })
  })

  test.each(['6.1', '7.2', 'linear', '5.10', '3.9', '3.1'] as const)('era of %s', (era) => {
    const memory = ksm({
      era,
      trees: [[{ items: 5 }, { items: 2 }]],
      ...(era === '3.1' ? {} : { migrate: [{ items: 3 }] }),
    })
    const survey = surveyOf(memory.kernel())
    expect(survey).toMatchObject({ agree: true, complete: true, problems: [], bounded: era !== '3.9' && era !== '3.1' })
    expect(survey.totals.items).toBe(era === '3.1' ? 7 : 10)
  })

  test('several trees, without NUMA, and nothing at all', () => {
    const trees = [[{ items: 2 }], [], [{ items: 3 }]]
    expect(surveyOf(ksm({ trees }).kernel())).toMatchObject({ agree: true, problems: [] })
    expect(surveyOf(ksm({ numa: false, trees: trees.slice(0, 1) }).kernel())).toMatchObject({
      agree: true,
      problems: [],
    })
    const empty = surveyOf(ksm().kernel())
    expect(empty).toMatchObject({ agree: true, complete: true, problems: [] })
    expect(empty.totals).toEqual({ nodes: 0, chains: 0, dups: 0, items: 0, migrate: 0 })
  })

  test('one count alone: no agreement is claimed', () => {
    expect(surveyOf(ksm(recipe).kernel(), false)).toMatchObject({
      byMm: null,
      agree: null,
      complete: true,
      problems: [],
    })
    const without = ['ksm_mm_head']
    expect(surveyOf(ksm({ ...recipe, without }).kernel())).toMatchObject({ byMm: null, agree: null, problems: [] })
  })

  test('Ctrl-C: not complete, no agreement claimed, no counter compared', () => {
    const kernel = ksm(recipe).kernel()
    const options = { owners: 5, byMm: true, pagesPresent: 64 }
    const survey = finish(surveyKsm(kernel, 'dump', options, { aborted: true }))
    expect(survey).toMatchObject({ agree: null, complete: false, problems: [] })
  })
})

describe('counters', () => {
  test('under their sysfs names', () => {
    const memory = ksm(recipe)
    set(memory, 'ksm_run', 2)
    memory.variable('ksm_use_zero_pages', 1, 1)
    memory.variable('ksm_zero_pages', 12345678901)
    memory.variable('ksm_thread_sleep_millisecs', 20, 4)
    const counters = readCounters(memory.kernel())
    expect(counters).toEqual({
      advisor_mode: null,
      advisor_max_cpu: null,
      advisor_min_pages_to_scan: null,
      advisor_max_pages_to_scan: null,
      advisor_target_scan_time: null,
      // 16 - 4 - 10 - 1, and (10 + 12345678901) x 4096 - 16 x 64
      pages_volatile: 1,
      general_profit: 50567900818432,
      pages_shared: 4,
      pages_sharing: 10,
      pages_unshared: 1,
      rmap_items: 16,
      stable_node_chains: 1,
      stable_node_dups: 2,
      max_page_sharing: 256,
      merge_across_nodes: 0,
      run: 2,
      use_zero_pages: 1,
      ksm_zero_pages: 12345678901,
      pages_scanned: null,
      pages_skipped: null,
      pages_to_scan: null,
      sleep_millisecs: 20,
      smart_scan: null,
      stable_node_chains_prune_millisecs: null,
      full_scans: 7,
    })
  })

  test('absent, unreadable, too large, or there twice: null', () => {
    const memory = ksm({ ...recipe, without: ['ksm_pages_shared', 'ksm_scan'] })
    const far = memory.seek(0x1000_0000 - PAGE).object(64)
    memory.symbols.set('ksm_pages_sharing', [far])
    memory.exclude(far)
    memory.set(memory.symbols.get('ksm_rmap_items')![0]!, 1n << 60n)
    memory.variable('ksm_run', 1)
    expect(readCounters(memory.kernel())).toMatchObject({
      pages_shared: null,
      pages_sharing: null,
      rmap_items: null,
      run: null,
      full_scans: null,
      stable_node_dups: 2,
    })
  })

  test('two symbols named ksm_scan: no number of scans', () => {
    const memory = ksm(recipe)
    memory.variable('ksm_scan', 0n, 32)
    expect(readCounters(memory.kernel()).full_scans).toBeNull()
  })

  test('a kernel is bounded by its symbol, or by nodes that count their items', () => {
    const bounded = (memory: KsmMemory): boolean => hasBound(memory.kernel(), ksmLayout(memory.kernel(), 'dump'))
    expect(bounded(ksm())).toBe(true)
    expect(bounded(ksm({ without: ['ksm_max_page_sharing'] }))).toBe(true)
    expect(bounded(ksm({ era: '3.9' }))).toBe(false)
  })

  test.each([
    ['ksm_pages_shared', 'pages_shared', 4],
    ['ksm_pages_sharing', 'pages_sharing', 10],
    ['ksm_stable_node_chains', 'stable_node_chains', 1],
    ['ksm_stable_node_dups', 'stable_node_dups', 2],
    ['ksm_rmap_items', 'rmap_items', 16],
  ])('%s that says something else is reported, more or less', (variable, name, right) => {
    for (const wrong of [right + 1, right - 1, 0]) {
      expect(problems(set(ksm(recipe), variable, wrong))).toEqual([
        ['counters-differ', `The kernel's counter ${name} says ${wrong}, ${right} were counted.`],
      ])
    }
  })

  test('pages_unshared: fewer than the items that are flagged is normal while ksmd runs, more is not', () => {
    expect(problems(set(ksm(recipe), 'ksm_pages_unshared', 0))).toEqual([])
    expect(problems(set(ksm(recipe), 'ksm_pages_unshared', 2))).toEqual([
      ['counters-differ', "The kernel's counter pages_unshared says 2, 1 were counted."],
    ])
  })

  test.each([
    ['ksm_run', 8, 8, 'ksm_run says 8.'],
    ['ksm_max_page_sharing', 1, 4, 'ksm_max_page_sharing says 1.'],
    ['ksm_max_page_sharing', -5, 4, 'ksm_max_page_sharing says -5.'],
    ['ksm_merge_across_nodes', 2, 4, 'ksm_merge_across_nodes says 2.'],
  ])('%s of %i is implausible', (name, value, size, message) => {
    expect(problems(set(ksm(recipe), name, value, size))).toEqual([['implausible-value', message]])
  })

  test('what was not counted to its end is not compared', () => {
    const memory = ksm(recipe)
    for (const name of ['ksm_pages_shared', 'ksm_pages_sharing', 'ksm_stable_node_chains', 'ksm_rmap_items'])
      set(memory, name, 999)
    memory.set(memory.roots, 0x1000n)
    memory.set(memory.slot('u') + 40n, 0x1000n)
    expect(problems(memory).map(([code]) => code)).toEqual(['pages-absent', 'list-damaged'])
  })

  test('a list that was cut short stops the comparison of items, not of nodes', () => {
    const memory = set(set(ksm(recipe), 'ksm_pages_sharing', 999), 'ksm_stable_node_dups', 999)
    memory.set(memory.link('a', 1), 0x1000n)
    expect(problems(memory).map(([, message]) => message)).toEqual([
      `The list of stable_node ${hex(memory.at('a'))} breaks off at 0x1000: a pointer outside the direct map of memory, after 2 rmap_items.`,
      "The kernel's counter stable_node_dups says 999, 2 were counted.",
    ])
  })
})

test('counters that can not be read are not compared, and that is said', () => {
  for (const name of ['pages_shared', 'pages_sharing', 'rmap_items']) {
    expect(problems(ksm({ ...recipe, without: [`ksm_${name}`] }))).toEqual([
      ['implausible-value', `The kernel's counter ${name} can not be read: it is not compared.`],
    ])
  }
})

test.each(['use_zero_pages', 'smart_scan'])('%s is 0 or 1', (name) => {
  const memory = ksm(recipe)
  const at = memory.variable(`ksm_${name}`, 1, 1)
  expect(problems(memory)).toEqual([])
  memory.bytes(at, Uint8Array.of(2))
  expect(problems(memory)).toEqual([['implausible-value', `ksm_${name} says 2.`]])
})

describe('items in no list', () => {
  /** A tree that ends too early, without a trace: what hung below its root is gone. */
  function cut(more: object = {}): KsmMemory {
    const memory = ksm({ ...recipe, ...more })
    memory.set(memory.at('c') + 16n, 0n)
    return memory
  }
  const partial = (memory: KsmMemory, byMm = true): [boolean, string | undefined] => {
    const survey = surveyOf(memory.kernel(), byMm)
    return [survey.complete, survey.problems.find(({ code }) => code === 'damaged-structure')?.message]
  }
  const lost = '5 rmap_items are in no list that was found: 14 are counted'

  test('are missed by the count by mm, by the counters where there is none', () => {
    const told = [false, `${lost} over the processes' rmap lists, 9 over the lists.`]
    expect(partial(cut())).toEqual(told)
    const counters = [false, `${lost} by the kernel's counters, 9 over the lists.`]
    expect(partial(cut(), false)).toEqual(counters)
    expect(partial(cut({ without: ['ksm_mm_head'] }))).toEqual(counters)
    const torn = cut()
    torn.set(torn.itemsOf('u')[0]!, 0x1000n)
    expect(partial(torn)).toEqual(counters)
    expect(partial(cut({ without: ['ksm_mm_head', 'ksm_pages_shared'] }))).toEqual([true, undefined])
  })

  test('are not claimed when a counter alone says more, or a list is known to be cut', () => {
    expect(partial(set(ksm(recipe), 'ksm_pages_sharing', 99))).toEqual([true, undefined])
    const short = ksm(recipe)
    short.set(short.link('a', 1), 0x1000n)
    expect(partial(short)).toEqual([false, undefined])
  })
})

describe('nodes', () => {
  test('rmap_hlist_len that differs', () => {
    const memory = ksm({
      trees: [
        [
          { name: 'a', items: 3, says: 4 },
          { name: 'c', dups: [{ name: 'd', items: 2, says: -1 }] },
        ],
      ],
    })
    expect(problems(memory)).toEqual([
      ['counters-differ', `stable_node ${hex(memory.at('d'))} says rmap_hlist_len -1, its list has 2 rmap_items.`],
      ['counters-differ', `stable_node ${hex(memory.at('a'))} says rmap_hlist_len 4, its list has 3 rmap_items.`],
    ])
  })

  test.each([-1, 1024, 0x6b6b6b6b])('a nid of %i', (nid) => {
    const memory = ksm({ trees: [[{ name: 'a', nid }]] })
    expect(problems(memory)).toEqual([['implausible-value', `stable_node ${hex(memory.at('a'))} says nid ${nid}.`]])
  })

  test('a nid that is not that of its tree; with one tree, or on migrate_nodes, any will do', () => {
    const memory = ksm({ trees: [[], [{ name: 'a', nid: 0 }]] })
    expect(problems(memory)).toEqual([
      ['implausible-value', `stable_node ${hex(memory.at('a'))} stands in tree 1 but says nid 0.`],
    ])
    expect(problems(ksm({ trees: [[{ nid: 1 }]] }))).toEqual([])
    expect(problems(ksm({ trees: [[], []], migrate: [{ nid: 1 }] }))).toEqual([])
  })

  test('items that fail their checks', () => {
    const memory = ksm(recipe)
    memory.set(memory.link('a', 2) + 8n, 0n)
    memory.poke(memory.item('a', 3), 'rmap_item', 'head', memory.at('d'))
    expect(problems(memory)[0]).toEqual([
      'list-damaged',
      `Checks fail in the list of stable_node ${hex(memory.at('a'))}: pprev 1, head 1, STABLE_FLAG 0.`,
    ])
  })

  test('more than 50: the first ones', () => {
    const nodes = Array.from({ length: 80 }, () => ({ nid: 2000 }))
    expect(problems(ksm({ trees: [nodes] }))).toHaveLength(50)
  })
})

describe('the two counts', () => {
  test('an item that is in no list, and one whose head is no node', () => {
    const memory = ksm(recipe)
    const [first, second] = memory.itemsOf('u') as [bigint, bigint]
    memory.poke(first, 'rmap_item', 'address', 0x7f0000000200n).poke(first, 'rmap_item', 'head', memory.at('a'))
    memory.poke(second, 'rmap_item', 'address', 0x7f0000001200n).poke(second, 'rmap_item', 'head', 0xffff888000000040n)
    const survey = surveyOf(memory.kernel())
    expect(survey.agree).toBe(false)
    expect(survey.differences).toEqual([
      { node: memory.at('a'), hlist: 5, mm: 6 },
      { node: 0xffff888000000040n, hlist: 0, mm: 1 },
    ])
    const told = survey.problems.find(({ code }) => code === 'census-differs')!
    expect([told.message, told.at]).toEqual([
      "The two counts differ for 2 stable_node(s): over hlists and over the processes' rmap lists.",
      hex(memory.at('a')),
    ])
  })

  test('an item that is in a list, but in no process', () => {
    const memory = ksm(recipe)
    const [first, second] = memory.itemsOf('mm0') as [bigint, bigint]
    expect(second).toBe(memory.item('a', 2))
    memory.set(first, memory.get(second))
    const survey = surveyOf(memory.kernel())
    expect(survey.agree).toBe(false)
    expect(survey.differences).toEqual([{ node: memory.at('a'), hlist: 5, mm: 4 }])
  })

  test('a list that is shorter than what its items say', () => {
    const memory = ksm(recipe)
    memory.set(memory.link('m', 0), 0n)
    const survey = surveyOf(memory.kernel())
    expect(survey.agree).toBe(false)
    expect(survey.differences).toEqual([{ node: memory.at('m'), hlist: 1, mm: 3 }])
  })

  test('where one of them is not whole, no agreement is claimed, and no difference either', () => {
    const memory = ksm(recipe)
    memory.set(memory.link('a', 1), memory.link('a', 0))
    const survey = surveyOf(memory.kernel())
    expect(survey.agree).toBeNull()
    expect(survey.differences).toEqual([{ node: memory.at('a'), hlist: 2, mm: 5 }])
    const torn = ksm(recipe)
    torn.set(torn.itemsOf('u')[1]!, 0x1000n)
    expect(surveyOf(torn.kernel())).toMatchObject({ agree: null, differences: [], complete: false })
  })

  test('the first 20 differences are kept, all are counted', () => {
    const nodes = Array.from({ length: 30 }, (_, i) => ({ name: `n${i}`, items: 2 }))
    const memory = ksm({ trees: [nodes] })
    for (let i = 0; i < 30; i++) memory.set(memory.link(`n${i}`, 0), 0n)
    const survey = surveyOf(memory.kernel())
    expect(survey.differences).toHaveLength(20)
    expect(survey.problems.find(({ code }) => code === 'census-differs')?.message).toContain(
      'differ for 30 stable_node(s)',
    )
  })
})
