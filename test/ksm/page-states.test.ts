import { describe, expect, test } from 'vitest'
import { finish } from '../../src/base/steps.ts'
import { ksmLayout } from '../../src/ksm/eras.ts'
import { walkLists } from '../../src/ksm/list-census.ts'
import { type NodeColumns, PAGE_STATES } from '../../src/ksm/node-columns.ts'
import { pageAddress, readPage, readPageStates } from '../../src/ksm/page-states.ts'
import { MAX_PFN, VMEMMAP } from '../support/hand-kernel.ts'
import { type KsmMemory, type KsmNode, ksm } from '../support/ksm-memory.ts'
import { nodesOf, rowOf } from '../support/ksm-results.ts'

const LOCKED = 1n
const ON_LRU = 1n << 5n

function states(memory: KsmMemory): { nodes: NodeColumns; problems: object[]; of(name: string): [string, number] } {
  const kernel = memory.kernel()
  const layout = ksmLayout(kernel, 'dump')
  const { nodes } = nodesOf(kernel, layout)
  const abort = { aborted: false }
  finish(walkLists(kernel, layout, nodes, null, 1000, 0, abort))
  const problems = finish(readPageStates(kernel, layout, nodes, null, 'dump', abort))
  return {
    nodes,
    problems: problems.map(({ code, message, at }) => ({ code, message, at })),
    of(name) {
      const row = rowOf(nodes, memory.at(name))
      return [PAGE_STATES[nodes.pageState[row]!]!, nodes.mapcount[row]!]
    },
  }
}

const one = (node: KsmNode): KsmMemory => ksm({ trees: [[{ name: 'a', ...node }]] })

describe('a page is', () => {
  test('live: its mapping names the node', () => {
    expect(states(one({ items: 3 })).of('a')).toEqual(['live', 3])
  })

  test('live when fewer PTEs map it than there are items: some were unmapped', () => {
    expect(states(one({ items: 5, mapcount: 2 })).of('a')).toEqual(['live', 2])
  })

  test.each([
    ['free', 0n],
    ['anonymous now', 0xffff9a1612345679n],
    ['a KSM page without a node', 3n],
    ['that of another node', 0xffff9a1612345643n],
  ])('freed: its mapping is %s', (_name, mapping) => {
    expect(states(one({ mapping, mapcount: 0 })).of('a')).toEqual(['freed', 0])
  })

  test('freed: its mapping differs from the node in its upper half only', () => {
    const memory = one({})
    const page = memory.page(0x100)
    memory.poke(page, 'page', 'mapping', (memory.at('a') + 3n) ^ (7n << 33n))
    expect(states(memory).of('a')).toEqual(['freed', 2])
  })

  test('unknown, and damaged, when its mapping is a bit or two away from the node', () => {
    for (const flip of [1n, 1n << 33n, (1n << 33n) | 4n]) {
      const memory = one({})
      memory.poke(memory.page(0x100), 'page', 'mapping', (memory.at('a') + 3n) ^ flip)
      expect(states(memory).of('a')).toEqual(['unknown', 2])
    }
  })

  test('migrating: locked, off the LRU, fewer PTEs than items', () => {
    expect(states(one({ items: 5, mapcount: 2, flags: LOCKED })).of('a')).toEqual(['migrating', 2])
    expect(states(one({ items: 5, mapcount: 0, flags: LOCKED | (1n << 40n) })).of('a')).toEqual(['migrating', 0])
  })

  test.each([
    ['not locked', { items: 5, mapcount: 2, flags: 0n }],
    ['on the LRU', { items: 5, mapcount: 2, flags: LOCKED | ON_LRU }],
    ['mapped by all', { items: 5, mapcount: 5, flags: LOCKED }],
  ])('live, not migrating: %s', (_name, node) => {
    expect(states(one(node)).of('a')[0]).toBe('live')
  })

  test('freed, whatever its flags', () => {
    expect(states(one({ items: 5, mapcount: 2, flags: LOCKED, mapping: 0n })).of('a')[0]).toBe('freed')
  })

  test('live where the flags are unknown', () => {
    for (const name of ['PG_locked', 'PG_lru']) {
      const memory = one({ items: 5, mapcount: 2, flags: LOCKED })
      delete memory.enumerators[name]
      expect(states(memory).of('a')[0]).toBe('live')
    }
  })
})

describe('what can not be read', () => {
  test('a page frame beyond the end of memory', () => {
    const memory = ksm({ trees: [[{ name: 'a', kpfn: MAX_PFN }, { name: 'b' }, { name: 'c', kpfn: 2 ** 52 }]] })
    const found = states(memory)
    expect(['a', 'b', 'c'].map((name) => found.of(name))).toEqual([
      ['unknown', -1],
      ['live', 2],
      ['unknown', -1],
    ])
    expect(found.problems).toEqual([
      {
        code: 'damaged-structure',
        message: '2 stable_node(s) name a page frame beyond the end of memory.',
        at: `0x${memory.at('a').toString(16)}`,
      },
    ])
  })

  test('struct pages that are not in the dump', () => {
    const memory = ksm({ trees: [[{ name: 'a', kpfn: 0x40000 }, { name: 'b' }]] })
    memory.exclude(memory.page(0x40000))
    const found = states(memory)
    expect([found.of('a'), found.of('b')]).toEqual([
      ['unknown', -1],
      ['live', 2],
    ])
    expect(found.problems).toEqual([
      {
        code: 'pages-absent',
        message: 'The struct page of 1 stable_node(s) is not in the dump: the state of their pages is unknown.',
        at: `0x${memory.page(0x40000).toString(16)}`,
      },
    ])
  })

  test('a mapping that is nearly the node is told, and so is a mapcount far above the list', () => {
    const memory = ksm({ trees: [[{ name: 'a' }, { name: 'b', mapcount: 3001 }, { name: 'c', mapcount: 3000 }]] })
    memory.poke(memory.page(0x100), 'page', 'mapping', memory.at('a') + 2n)
    expect(states(memory).problems).toEqual([
      {
        code: 'damaged-structure',
        message:
          'The mapping of 1 struct page(s) differs from their stable_node by a bit or two: they are damaged, and the state of these pages is unknown.',
        at: `0x${memory.page(0x100).toString(16)}`,
      },
      {
        code: 'implausible-value',
        message: '1 struct page(s) have a mapcount far above the length of their list.',
        at: `0x${memory.page(0x101).toString(16)}`,
      },
    ])
  })

  test('a chain has no page', () => {
    const memory = ksm({ trees: [[{ name: 'c', dups: [{ name: 'd' }] }]] })
    const found = states(memory)
    expect([found.of('c'), found.of('d'), found.problems]).toEqual([['unknown', -1], ['live', 2], []])
  })

  test('only the rows that are asked for', () => {
    const memory = ksm({ trees: [[{ name: 'a' }, { name: 'b' }]] })
    const kernel = memory.kernel()
    const layout = ksmLayout(kernel, 'dump')
    const { nodes } = nodesOf(kernel, layout)
    const row = rowOf(nodes, memory.at('b'))
    finish(readPageStates(kernel, layout, nodes, Uint32Array.of(row), 'dump', { aborted: false }))
    expect([nodes.pageState[row], nodes.pageState[rowOf(nodes, memory.at('a'))]]).toEqual([1, 0])
  })
})

test('a struct page: address, flags, mapping, mapcount', () => {
  const memory = one({ kpfn: 0x1234, mapcount: 0, flags: 0x17ffffc0000001n, mapping: 0xdeadbeef00000003n })
  const kernel = memory.kernel()
  const layout = ksmLayout(kernel, 'dump')
  expect(pageAddress(kernel, layout, 0x1234)).toBe(VMEMMAP + 0x1234n * 64n)
  expect(readPage(kernel, layout, VMEMMAP + 0x1234n * 64n)).toEqual({
    flags: 0x17ffffc0000001n,
    mapping: 0xdeadbeef00000003n,
    mapcount: 0,
  })
  expect(readPage(kernel, layout, VMEMMAP + 0x60000n * 64n)).toBeNull()
})
