import { describe, expect, test } from 'vitest'
import { KsmDumpError } from '../../src/base/errors.ts'
import { finish } from '../../src/base/steps.ts'
import { listEnd } from '../../src/ksm/list-end.ts'
import type { WalkTarget } from '../../src/ksm/list-start.ts'
import { type OneList, walkOneList } from '../../src/ksm/one-list.ts'
import { type KsmMemory, ksm } from '../support/ksm-memory.ts'
import { PRESENT } from '../support/ksm-results.ts'
import { direct, PAGE, whole } from '../support/memory.ts'

interface Options {
  limit?: number
  log?: boolean
  aborted?: boolean
}

function walk(memory: KsmMemory, target: WalkTarget | bigint, options: Options = {}): OneList {
  const where = typeof target === 'bigint' ? { address: target } : target
  const { limit = null, log = false, aborted = false } = options
  return finish(walkOneList(memory.kernel(), 'dump', where, PRESENT, { limit, log }, { aborted }))
}

/** What a walk says of the list itself. */
function said(list: OneList): object {
  const { length, checks, end, endAt, why, problems } = list
  return { length, checks, end: listEnd(end), endAt, why, problems: problems.map(({ code }) => code) }
}

const owners = (list: OneList): [bigint, number][] => list.owners.map(({ mm, items }) => [mm, items])
const segments = (list: OneList): [bigint, number][] => list.segments.map(({ lo, hi, count }) => [whole(lo, hi), count])
const clean = { checks: { pprevBad: 0, headBad: 0, flagBad: 0 }, end: 'end', endAt: 0n, why: 0, problems: [] }

const healthy = (): KsmMemory =>
  ksm({
    trees: [
      [
        { name: 'a', items: 5, kpfn: 0x300 },
        {
          name: 'c',
          dups: [
            { name: 'd', items: 4 },
            { name: 'e', items: [{ mm: 'x' }] },
          ],
        },
        { name: 'empty', items: 0 },
      ],
    ],
    migrate: [{ name: 'm', items: 3 }],
  })

describe('a plain list', () => {
  test('from its node, its page, its pfn and its first hlist_node: the same', () => {
    const memory = healthy()
    const starts = [
      { address: memory.at('a') },
      { address: memory.page(0x300) },
      { pfn: 0x300 },
      { address: memory.link('a', 0) },
    ]
    for (const target of starts) {
      const list = walk(memory, target)
      expect(said(list)).toEqual({ ...clean, length: 5 })
      expect(list.nodes.address(list.row)).toBe(memory.at('a'))
      expect([list.nodes.length[list.row], list.nodes.mms[list.row]]).toEqual([5, 2])
      expect(owners(list)).toEqual([
        [memory.mm('mm0'), 3],
        [memory.mm('mm1'), 2],
      ])
      expect(segments(list)).toEqual([[memory.link('a', 0), 5]])
      expect(list.content).toEqual({ present: 0, absent: 1 })
    }
  })

  test('from an hlist_node in its middle: the rest of it; the node is that of the whole list', () => {
    const memory = healthy()
    const list = walk(memory, memory.link('a', 2))
    expect(said(list)).toEqual({ ...clean, length: 3 })
    expect(list.start).toMatchObject({ takenFor: 'hlist_node', node: memory.at('a'), from: memory.link('a', 2) })
    expect(list.nodes.length[list.row]).toBe(5)
    expect(owners(list)).toEqual([
      [memory.mm('mm0'), 2],
      [memory.mm('mm1'), 1],
    ])
    expect(segments(list)).toEqual([[memory.link('a', 2), 3]])
  })

  test('from its last hlist_node, from a migrating node, and without items', () => {
    const memory = healthy()
    expect(said(walk(memory, memory.link('a', 4)))).toEqual({ ...clean, length: 1 })
    expect(said(walk(memory, memory.at('m')))).toEqual({ ...clean, length: 3 })
    const empty = walk(memory, memory.at('empty'))
    expect(said(empty)).toEqual({ ...clean, length: 0 })
    expect(segments(empty)).toEqual([])
  })

  test('the addresses, kept while walking, where they are asked for', () => {
    const memory = healthy()
    for (const from of [0, 3]) {
      const { log } = walk(memory, memory.link('a', from), { log: true })
      const addresses = Array.from({ length: log!.count }, (_, i) => whole(log!.lo[0]![i]!, log!.hi[0]![i]!))
      expect(addresses).toEqual([0, 1, 2, 3, 4].slice(from).map((i) => memory.link('a', i)))
    }
    expect(walk(memory, memory.at('a')).log).toBeNull()
    expect(walk(memory, memory.at('c'), { log: true }).log).toBeNull()
    const bent = healthy()
    bent.set(bent.link('a', 4), bent.link('a', 1))
    expect(walk(bent, bent.at('a'), { log: true }).log?.count).toBe(5)
  })
})

describe('a chain', () => {
  test('is walked dup by dup', () => {
    const memory = healthy()
    const list = walk(memory, memory.at('c'))
    expect(said(list)).toEqual({ ...clean, length: 5 })
    expect(list.nodes.isChain(list.row)).toBe(true)
    expect([list.nodes.length[list.row], list.nodes.mms[list.row]]).toEqual([5, 3])
    expect(owners(list)).toEqual([
      [memory.mm('mm0'), 2],
      [memory.mm('mm1'), 2],
      [memory.mm('x'), 1],
    ])
    expect(segments(list)).toEqual([
      [memory.link('d', 0), 4],
      [memory.link('e', 0), 1],
    ])
  })

  test('one of its dups alone', () => {
    const memory = healthy()
    expect(said(walk(memory, memory.at('d')))).toEqual({ ...clean, length: 4 })
    expect(said(walk(memory, memory.link('d', 1)))).toEqual({ ...clean, length: 3 })
  })

  test('torn: what was reached, the end of the chain, and a problem', () => {
    const memory = healthy()
    memory.poke(memory.at('d'), 'stable_node', 'hlist_dup', 0x1000n)
    const list = walk(memory, memory.at('c'))
    expect(said(list)).toEqual({
      ...clean,
      length: 4,
      end: 'unreadable',
      endAt: 0x1000n,
      why: -6,
      problems: ['list-damaged'],
    })
    expect(list.problems[0]!.message).toContain('breaks off at 0x1000: a pointer outside the direct map of memory')
  })

  test('torn, since a page is not there', () => {
    const memory = healthy()
    const far = memory.seek(0x1000_0000 - PAGE).object(64)
    memory.poke(memory.at('d'), 'stable_node', 'hlist_dup', far + 8n).exclude(far)
    expect(said(walk(memory, memory.at('c')))).toMatchObject({
      length: 4,
      end: 'unreadable',
      why: -1,
      problems: ['pages-absent'],
    })
  })

  test('of which one dup is a cycle: the first bad end is told', () => {
    const memory = healthy()
    memory.set(memory.link('d', 3), memory.link('d', 2))
    expect(said(walk(memory, memory.at('c')))).toEqual({
      ...clean,
      length: 5,
      end: 'cycle',
      endAt: memory.link('d', 2),
      problems: ['list-damaged'],
    })
  })
})

describe('a damaged list', () => {
  test('a cycle', () => {
    const memory = healthy()
    memory.set(memory.link('a', 4), memory.link('a', 1))
    const list = walk(memory, memory.at('a'))
    expect(said(list)).toEqual({
      ...clean,
      length: 5,
      end: 'cycle',
      endAt: memory.link('a', 1),
      problems: ['list-damaged'],
    })
    expect(list.problems[0]!.message).toBe(
      `The list of stable_node 0x${memory.at('a').toString(16)} is a cycle: it bends back to 0x${memory.link('a', 1).toString(16)}, after 5 rmap_items.`,
    )
    expect(said(walk(memory, memory.link('a', 3)))).toMatchObject({
      length: 4,
      end: 'cycle',
      endAt: memory.link('a', 3),
    })
  })

  test('checks that fail are counted from the start on', () => {
    const memory = healthy()
    memory.set(memory.link('a', 1) + 8n, 0n)
    memory.poke(memory.item('a', 3), 'rmap_item', 'head', 0n)
    expect(said(walk(memory, memory.at('a')))).toMatchObject({
      length: 5,
      checks: { pprevBad: 1, headBad: 1 },
      problems: ['list-damaged'],
    })
    expect(said(walk(memory, memory.link('a', 2)))).toMatchObject({ length: 3, checks: { pprevBad: 0, headBad: 1 } })
  })

  test('an hlist_node whose back link is wrong: the first item walked is a bad one', () => {
    const memory = healthy()
    memory.set(memory.link('a', 2) + 8n, memory.link('a', 0))
    expect(said(walk(memory, memory.link('a', 2)))).toMatchObject({
      length: 3,
      checks: { pprevBad: 1, headBad: 0, flagBad: 0 },
    })
  })

  test('a node that says another length', () => {
    const memory = ksm({ trees: [[{ name: 'a', items: 3, says: 4 }]] })
    expect(said(walk(memory, memory.at('a')))).toEqual({ ...clean, length: 3, problems: ['counters-differ'] })
  })

  test('items that name a node but are not in its list: the end of their own list, and a problem', () => {
    const memory = healthy()
    const stray = memory.object(64)
    memory.poke(stray, 'rmap_item', 'address', 0x7f0000000200n).poke(stray, 'rmap_item', 'head', memory.at('a'))
    memory.set(stray + 48n, stray + 48n)
    const list = walk(memory, stray + 48n)
    expect(said(list)).toMatchObject({ length: 1, end: 'cycle', endAt: stray + 48n, problems: ['list-damaged'] })
    expect(list.problems[0]!.message).toContain('is a cycle: it bends back to')
  })
})

describe('limits', () => {
  test('a plain list', () => {
    const memory = healthy()
    expect(said(walk(memory, memory.at('a'), { limit: 3 }))).toEqual({
      ...clean,
      length: 3,
      end: 'limit',
      endAt: memory.link('a', 3),
      problems: ['limit-reached'],
    })
    expect(said(walk(memory, memory.at('a'), { limit: 5 }))).toEqual({ ...clean, length: 5 })
  })

  test('a chain: over all its dups', () => {
    const memory = healthy()
    const list = walk(memory, memory.at('c'), { limit: 3 })
    expect(said(list)).toMatchObject({ length: 3, end: 'limit', endAt: memory.link('d', 3) })
    expect(segments(list)).toEqual([[memory.link('d', 0), 3]])
    expect(said(walk(memory, memory.at('c'), { limit: 5 }))).toEqual({ ...clean, length: 5 })
  })

  test('from the middle: counted from there; the node itself is cut at the limit, too, and that is told', () => {
    const memory = healthy()
    expect(said(walk(memory, memory.link('a', 2), { limit: 2 }))).toMatchObject({
      length: 2,
      end: 'limit',
      endAt: memory.link('a', 4),
      problems: ['limit-reached'],
    })
    const rest = walk(memory, memory.link('a', 2), { limit: 3 })
    expect(said(rest)).toEqual({ ...clean, length: 3, problems: ['limit-reached'] })
    expect(rest.nodes.length[rest.row]).toBe(3)
  })
})

describe('nodes that no tree leads to', () => {
  /** The tree is cut above everything. */
  function cut(): KsmMemory {
    const memory = healthy()
    memory.set(memory.roots, 0n)
    return memory
  }

  test('a plain one is walked, and that it is a stray one is told', () => {
    const memory = cut()
    const list = walk(memory, memory.at('a'))
    expect(said(list)).toEqual({ ...clean, length: 5, problems: ['implausible-value'] })
    expect(list.problems[0]!.message).toBe(
      `No stable tree leads to stable_node 0x${memory.at('a').toString(16)}: it is not in use any more, or the way to it is damaged.`,
    )
    const { nodes, row } = list
    expect([
      nodes.tree[row],
      nodes.where[row],
      nodes.nid[row],
      nodes.kpfn[row],
      nodes.rmapHlistLen[row],
      nodes.mapcount[row],
    ]).toEqual([-1, 255, 0, 0x300, 5, 5])
    expect(said(walk(memory, memory.link('a', 2)))).toMatchObject({ length: 3, problems: ['implausible-value'] })
  })

  test('a chain is walked with its dups', () => {
    const memory = cut()
    const list = walk(memory, memory.at('c'))
    expect(said(list)).toEqual({ ...clean, length: 5, problems: ['implausible-value'] })
    expect(list.nodes.isChain(list.row)).toBe(true)
    expect([list.nodes.where[list.row], list.nodes.tree[list.row], list.nodes.length[list.row]]).toEqual([255, -1, 5])
    expect(segments(list)).toEqual([
      [memory.link('d', 0), 4],
      [memory.link('e', 0), 1],
    ])
  })

  test('why the tree does not lead there is told too', () => {
    const memory = healthy()
    memory.set(memory.roots, 0x1000n)
    expect(said(walk(memory, memory.at('a')))).toMatchObject({
      length: 5,
      problems: ['pages-absent', 'implausible-value'],
    })
  })

  test('a node of a kernel before chains', () => {
    const memory = ksm({ era: '3.9', trees: [[{ name: 'a', items: 4 }]] })
    memory.set(memory.roots, 0n)
    expect(said(walk(memory, memory.at('a')))).toEqual({ ...clean, length: 4, problems: ['implausible-value'] })
  })
})

test('what leads to no list is refused, with what it is', () => {
  const memory = healthy()
  const refused = (target: WalkTarget): [string, string, string | null] => {
    try {
      walk(memory, 'pfn' in target ? target : target.address)
    } catch (error) {
      if (error instanceof KsmDumpError) return [error.code, error.message, error.at]
      throw error
    }
    throw new Error('it is a list')
  }
  expect(refused({ address: direct(1) })).toEqual([
    'not-a-list',
    '0xffff9a15c0000001 leads to no KSM list: it is a misaligned address: structures begin at multiples of 8.',
    '0xffff9a15c0000001',
  ])
  expect(refused({ pfn: 0x70000 })[1]).toBe(
    'pfn 0x70000 leads to no KSM list: it is the struct page of pfn 0x70000, which is not in the dump.',
  )
})

test('Ctrl-C: what was found so far', () => {
  const memory = healthy()
  expect(walk(memory, memory.at('a'), { aborted: true })).toMatchObject({ length: 0, segments: [] })
})
