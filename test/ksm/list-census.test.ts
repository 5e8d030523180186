import { describe, expect, test } from 'vitest'
import { finish } from '../../src/base/steps.ts'
import { ksmLayout } from '../../src/ksm/eras.ts'
import { type ListCensus, walkLists } from '../../src/ksm/list-census.ts'
import { listEnd } from '../../src/ksm/list-end.ts'
import type { NodeColumns } from '../../src/ksm/node-columns.ts'
import { type KsmMemory, ksm } from '../support/ksm-memory.ts'
import { nodesOf, rowOf } from '../support/ksm-results.ts'

interface Counted {
  census: ListCensus
  nodes: NodeColumns
  /** length, mms, end of a node by name. */
  row(name: string): [length: number, mms: number, end: string]
  /** Items by mm of a node whose owners were kept. */
  owners(name: string): [mm: bigint, items: number][] | null
}

function count(memory: KsmMemory, most = 10_000, keep = 3, abort = { aborted: false }): Counted {
  const kernel = memory.kernel()
  const layout = ksmLayout(kernel, 'dump')
  const { nodes } = nodesOf(kernel, layout)
  const census = finish(walkLists(kernel, layout, nodes, null, most, keep, abort))
  return {
    census,
    nodes,
    row(name) {
      const row = rowOf(nodes, memory.at(name))
      return [nodes.length[row]!, nodes.mms[row]!, listEnd(nodes.end[row]!)]
    },
    owners: (name) => census.owners.get(rowOf(nodes, memory.at(name)))?.map(({ mm, items }) => [mm, items]) ?? null,
  }
}

describe('lists of a healthy kernel', () => {
  test('plain nodes, dups and migrating nodes; a chain is the sum of its dups', () => {
    const memory = ksm({
      trees: [
        [
          { name: 'a', items: 5 },
          {
            name: 'c',
            dups: [
              { name: 'd', items: 3 },
              { name: 'e', items: 1 },
            ],
          },
          { name: 'empty', items: 0 },
        ],
        [{ name: 'b', items: [{ mm: 'mm7' }] }],
      ],
      migrate: [{ name: 'm', items: 2 }],
    })
    const found = count(memory)
    expect(found.row('a')).toEqual([5, 2, 'end'])
    expect(found.row('c')).toEqual([4, 2, 'end'])
    expect(found.row('d')).toEqual([3, 2, 'end'])
    expect(found.row('e')).toEqual([1, 1, 'end'])
    expect(found.row('empty')).toEqual([0, 0, 'end'])
    expect(found.row('b')).toEqual([1, 1, 'end'])
    expect(found.row('m')).toEqual([2, 2, 'end'])
    expect(found.census).toMatchObject({ items: 12, walked: 6, complete: true })
  })

  test('an mm that is in two dups counts once in the chain', () => {
    const dups = [{ items: [{ mm: 'x' }, { mm: 'y' }] }, { items: [{ mm: 'y' }, { mm: 'z' }] }]
    expect(count(ksm({ trees: [[{ name: 'c', dups }]] })).row('c')).toEqual([4, 3, 'end'])
  })

  test('owners, from many items to few, ties by address; a chain has those of all its dups', () => {
    const items = ['x', 'y', 'y', 'z', 'z', 'z', 'w', 'w'].map((mm) => ({ mm }))
    const memory = ksm({
      trees: [
        [
          { name: 'a', items },
          {
            name: 'c',
            dups: [
              { name: 'd', items: items.slice(2) },
              { name: 'e', items: [{ mm: 'w' }] },
            ],
          },
        ],
      ],
    })
    const [x, y, z, w] = ['x', 'y', 'z', 'w'].map((name) => memory.mm(name)) as [bigint, bigint, bigint, bigint]
    const found = count(memory)
    expect(found.owners('a')).toEqual([
      [z, 3],
      [y, 2],
      [w, 2],
      [x, 1],
    ])
    expect(y < w).toBe(true)
    expect(found.owners('c')).toEqual([
      [z, 3],
      [w, 3],
      [y, 1],
    ])
  })

  test('owners are kept for the longest lists at least, however they come', () => {
    const lengths = Array.from({ length: 60 }, (_, i) => ((i * 37) % 61) + 1)
    const memory = ksm({ trees: [lengths.map((items, i) => ({ name: `n${i}`, items }))] })
    const found = count(memory, 10_000, 5)
    const longest = [...found.nodes.sorted()].slice(0, 5)
    for (const row of longest)
      expect(found.census.owners.get(row)?.reduce((sum, { items }) => sum + items, 0)).toBe(found.nodes.length[row])
    expect(found.census.owners.size).toBeLessThan(20)
    expect(count(memory, 10_000, 0).census.owners.size).toBe(0)
  })

  test('checksums: equal to zero_checksum, another one, both, none', () => {
    const memory = ksm({
      zeroChecksum: 77,
      trees: [
        [
          { name: 'zero', items: [{ checksum: 77 }, {}] },
          { name: 'other', items: [{}, { checksum: 5 }] },
          { name: 'both', items: [{ checksum: 77 }, { checksum: 78 }] },
          { name: 'none', items: 2 },
        ],
      ],
    })
    const { nodes } = count(memory)
    expect(['zero', 'other', 'both', 'none'].map((name) => nodes.checksums[rowOf(nodes, memory.at(name))])).toEqual([
      1, 2, 3, 0,
    ])
  })
})

describe('lists that are damaged', () => {
  const two = (): KsmMemory =>
    ksm({
      trees: [
        [
          { name: 'a', items: 4 },
          {
            name: 'c',
            dups: [
              { name: 'd', items: 4 },
              { name: 'e', items: 2 },
            ],
          },
        ],
      ],
    })

  test('a cycle in one list leaves the others whole', () => {
    const memory = two()
    memory.set(memory.link('d', 3), memory.link('d', 1))
    const found = count(memory)
    expect(found.row('d')).toEqual([4, 2, 'cycle'])
    expect(found.row('c')).toEqual([6, 2, 'end'])
    expect(found.row('a')).toEqual([4, 2, 'end'])
    expect(found.census).toMatchObject({ items: 10, walked: 3, complete: false })
    const row = rowOf(found.nodes, memory.at('d'))
    expect([found.nodes.endAt(row), found.nodes.why[row]]).toEqual([memory.link('d', 1), 0])
  })

  test('a bound that is just enough is not used up by the rounds that a cycle takes', () => {
    const memory = two()
    memory.set(memory.link('d', 3), memory.link('d', 0))
    const found = count(memory, 10)
    expect(found.row('d')).toEqual([4, 2, 'cycle'])
    expect(found.row('e')).toEqual([2, 2, 'end'])
    expect(found.row('a')).toEqual([4, 2, 'end'])
  })

  test('a torn list says where, and why; checks that fail are in the columns', () => {
    const memory = two()
    memory.set(memory.link('a', 1) + 8n, 0n)
    memory.poke(memory.item('a', 2), 'rmap_item', 'head', 0n)
    memory.poke(memory.item('a', 2), 'rmap_item', 'address', 0x7f0000000000n)
    memory.set(memory.link('a', 2), 0xdead000000000100n)
    const { nodes, census } = count(memory)
    const row = rowOf(nodes, memory.at('a'))
    expect([nodes.length[row], listEnd(nodes.end[row]!), nodes.endAt(row), nodes.why[row]]).toEqual([
      3,
      'unreadable',
      0xdead000000000100n,
      -6,
    ])
    expect([nodes.pprevBad[row], nodes.headBad[row], nodes.flagBad[row]]).toEqual([1, 1, 1])
    expect(census.complete).toBe(false)
  })

  test('the first item must point back at its own node', () => {
    const memory = two()
    memory.poke(memory.at('a'), 'stable_node', 'hlist', memory.link('d', 0))
    const { nodes } = count(memory)
    const row = rowOf(nodes, memory.at('a'))
    expect([nodes.length[row], nodes.pprevBad[row], nodes.headBad[row]]).toEqual([4, 1, 4])
  })

  test('a chain whose dups are torn is not complete', () => {
    const memory = two()
    memory.poke(memory.at('d'), 'stable_node', 'hlist_dup', 0x1000n)
    const found = count(memory)
    expect(found.row('c')).toEqual([4, 2, 'unreadable'])
    expect(found.census).toMatchObject({ items: 8, complete: false })
  })

  test('more items than the dump can hold: the lists behind are not walked', () => {
    const found = count(two(), 6)
    expect(found.row('c')).toEqual([6, 2, 'end'])
    expect(found.row('a')).toEqual([0, 0, 'limit'])
    expect(found.census.complete).toBe(false)
  })

  test('Ctrl-C', () => {
    const found = count(two(), 1000, 3, { aborted: true })
    expect(found.census).toMatchObject({ items: 0, walked: 0, complete: false })
  })
})
