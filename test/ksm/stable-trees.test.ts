import { describe, expect, test } from 'vitest'
import { finish } from '../../src/base/steps.ts'
import { ksmLayout } from '../../src/ksm/eras.ts'
import { NO_LEN, NO_NID } from '../../src/ksm/node-columns.ts'
import { listNodes, type NodeList } from '../../src/ksm/stable-trees.ts'
import { type KsmMemory, ksm } from '../support/ksm-memory.ts'
import { foundNodes, nodesOf, rowOf } from '../support/ksm-results.ts'
import { PAGE } from '../support/memory.ts'
import { slowStableNodes } from '../support/slow-stable-nodes.ts'

/** Names of the nodes found, a dup's behind its chain's: "c>d". Agrees with the slow twin, always. */
function names(memory: KsmMemory, found: NodeList = nodesOf(memory.kernel())): string[] {
  const kernel = memory.kernel()
  const twin = slowStableNodes(kernel, ksmLayout(kernel, 'dump'))
  expect(foundNodes(found.nodes)).toEqual(twin.nodes)
  expect(found.complete).toBe(twin.complete)
  expect(found.problems.length > 0).toBe(!twin.complete)
  return foundNodes(found.nodes).map((node) => {
    const name = memory.nameOf(node.address)
    return node.chain === null ? name : `${memory.nameOf(node.chain)}>${name}`
  })
}

const many = (count: number, prefix = 'n'): { name: string }[] =>
  Array.from({ length: count }, (_, i) => ({ name: `${prefix}${i}` }))

/** Codes and messages, where they were seen as names. */
function problemsOf(memory: KsmMemory): [string, string, string][] {
  return nodesOf(memory.kernel()).problems.map(({ code, message, at }) => [code, message, memory.nameOf(BigInt(at!))])
}

describe('trees that are whole', () => {
  test('no nodes', () => {
    expect(names(ksm())).toEqual([])
  })

  test.each([1, 2, 3, 7, 50])('%i plain nodes in one tree', (count) => {
    const memory = ksm({ trees: [many(count)] })
    const found = nodesOf(memory.kernel())
    expect(names(memory, found).sort()).toEqual(
      many(count)
        .map(({ name }) => name)
        .sort(),
    )
    expect(found).toMatchObject({ complete: true, problems: [] })
  })

  test('the columns of a plain node, a chain and its dups', () => {
    const memory = ksm({
      trees: [
        [],
        [
          { name: 'a', items: 3, nid: 1, kpfn: 0x7ffff },
          {
            name: 'c',
            dups: [
              { name: 'd', items: 4 },
              { name: 'e', items: 0 },
            ],
          },
        ],
      ],
    })
    const { nodes } = nodesOf(memory.kernel())
    const columns = (name: string): object => {
      const row = rowOf(nodes, memory.at(name))
      const [tree, nid, kpfn, says] = [nodes.tree[row], nodes.nid[row], nodes.kpfn[row], nodes.rmapHlistLen[row]]
      const first = (BigInt(nodes.firstHi[row]!) << 32n) | BigInt(nodes.firstLo[row]!)
      return { tree, nid, kpfn, says, first }
    }
    expect(columns('a')).toEqual({ tree: 1, nid: 1, kpfn: 0x7ffff, says: 3, first: memory.link('a', 0) })
    expect(columns('c')).toEqual({ tree: 1, nid: NO_NID, kpfn: -1, says: -1024, first: memory.at('d') + 8n })
    expect(columns('d')).toEqual({ tree: 1, nid: 1, kpfn: 0x100, says: 4, first: memory.link('d', 0) })
    expect(columns('e')).toEqual({ tree: 1, nid: 1, kpfn: 0x101, says: 0, first: 0n })
  })

  test('a chain comes with its dups behind it, in their order', () => {
    const memory = ksm({ trees: [[{ name: 'a' }, { name: 'c', dups: many(5, 'd') }, { name: 'z' }]] })
    expect(names(memory)).toEqual(['c', 'c>d0', 'c>d1', 'c>d2', 'c>d3', 'c>d4', 'a', 'z'])
  })

  test('a chain without dups, and one with one', () => {
    expect(names(ksm({ trees: [[{ name: 'c', dups: [] }]] }))).toEqual(['c'])
    expect(names(ksm({ trees: [[{ name: 'c', dups: [{ name: 'd' }] }]] }))).toEqual(['c', 'c>d'])
  })

  test('several trees, one a NUMA node, some of them empty', () => {
    const memory = ksm({ trees: [[], many(2, 'x'), [], [{ name: 'c', dups: many(2, 'd') }], many(1, 'y')] })
    expect(names(memory)).toEqual(['x1', 'x0', 'c', 'c>d0', 'c>d1', 'y0'])
    expect(foundNodes(nodesOf(memory.kernel()).nodes).map(({ tree }) => tree)).toEqual([1, 1, 3, 3, 3, 4])
  })

  test('nodes on migrate_nodes come last, without a tree', () => {
    const memory = ksm({ trees: [many(2)], migrate: many(3, 'm') })
    expect(names(memory)).toEqual(['n1', 'n0', 'm0', 'm1', 'm2'])
    const rows = foundNodes(nodesOf(memory.kernel()).nodes)
    expect(rows.map(({ where, tree }) => [where, tree])).toEqual([
      ['tree', 0],
      ['tree', 0],
      ['migrate', null],
      ['migrate', null],
      ['migrate', null],
    ])
  })

  test('a kernel without CONFIG_NUMA: one tree, no nid', () => {
    const memory = ksm({ numa: false, trees: [[{ name: 'a' }, { name: 'c', dups: [{ name: 'd' }] }]] })
    expect(names(memory)).toEqual(['c', 'c>d', 'a'])
    const { nodes } = nodesOf(memory.kernel())
    expect([...nodes.nid.subarray(0, 3)]).toEqual([NO_NID, NO_NID, NO_NID])
  })

  test.each(['6.1', '7.2', 'linear', '5.10', '3.9'] as const)('the era of %s', (era) => {
    const chains = era === '3.9' ? [] : [{ name: 'c', dups: many(2, 'd') }]
    const memory = ksm({ era, trees: [many(3), chains], migrate: many(1, 'm') })
    expect(names(memory)).toEqual(['n1', 'n0', 'n2', ...(era === '3.9' ? [] : ['c', 'c>d0', 'c>d1']), 'm0'])
  })

  test('before migrate_nodes and NUMA trees (3.1): root_stable_tree is the root itself', () => {
    const memory = ksm({ era: '3.1', trees: [many(3)] })
    expect(names(memory)).toEqual(['n1', 'n0', 'n2'])
    const { nodes } = nodesOf(memory.kernel())
    expect([...nodes.rmapHlistLen.subarray(0, 3)]).toEqual([NO_LEN, NO_LEN, NO_LEN])
  })

  test('600 nodes: columns grow', () => {
    const memory = ksm({ trees: [many(600)] })
    expect(names(memory)).toHaveLength(600)
  })
})

describe('trees that are not', () => {
  test('an rb_node whose child is itself', () => {
    const memory = ksm({ trees: [many(3)] })
    memory.set(memory.at('n0') + 8n, memory.at('n0'))
    expect(names(memory)).toEqual(['n1', 'n0', 'n2'])
    expect(problemsOf(memory)).toEqual([['damaged-structure', 'Stable tree 0 leads twice to the same node.', 'n0']])
  })

  test('an rb_node whose child is its parent', () => {
    const memory = ksm({ trees: [many(3)] })
    memory.set(memory.at('n2') + 16n, memory.at('n1'))
    expect(names(memory)).toEqual(['n1', 'n0', 'n2'])
    expect(problemsOf(memory)).toHaveLength(1)
  })

  test('two nodes with the same child: it is there once', () => {
    const memory = ksm({ trees: [many(7)] })
    memory.set(memory.at('n5') + 8n, memory.at('n0'))
    expect(names(memory).sort()).toEqual(['n0', 'n1', 'n2', 'n3', 'n4', 'n5'])
    expect(problemsOf(memory)).toEqual([['damaged-structure', 'Stable tree 0 leads twice to the same node.', 'n0']])
  })

  test('two trees with the same subtree', () => {
    const memory = ksm({ trees: [many(3), many(3, 'x')] })
    memory.set(memory.roots + 8n, memory.at('n1'))
    expect(names(memory)).toEqual(['n1', 'n0', 'n2'])
    expect(problemsOf(memory)).toEqual([['damaged-structure', 'Stable tree 1 leads twice to the same node.', 'n1']])
  })

  test('a wrong parent, but the first item proves the node: kept, and said', () => {
    const memory = ksm({ trees: [many(3)] })
    memory.set(memory.at('n0'), memory.at('n2') | 1n)
    expect(names(memory)).toEqual(['n1', 'n0', 'n2'])
    expect(problemsOf(memory)).toEqual([
      ['damaged-structure', 'A node of stable tree 0 does not name its parent.', 'n0'],
    ])
  })

  test('a parent that differs in its upper half only is wrong', () => {
    const memory = ksm({ trees: [many(2)] })
    memory.set(memory.at('n0'), (memory.at('n1') ^ (1n << 35n)) | 1n)
    expect(names(memory)).toEqual(['n1', 'n0'])
    expect(problemsOf(memory)).toHaveLength(1)
  })

  test.each([
    ['it has no items', (memory: KsmMemory) => memory.poke(memory.at('n0'), 'stable_node', 'hlist', 0n)],
    [
      'its first item does not point back',
      (memory: KsmMemory) => memory.set(memory.link('n0', 0) + 8n, memory.at('n1') + 40n),
    ],
    [
      'its first item names another head',
      (memory: KsmMemory) => memory.poke(memory.item('n0', 0), 'rmap_item', 'head', memory.at('n1')),
    ],
    ['its first item is nowhere', (memory: KsmMemory) => memory.poke(memory.at('n0'), 'stable_node', 'hlist', 0x1000n)],
  ])('a wrong parent, and nothing else proves the node: %s', (_name, damage) => {
    const memory = ksm({ trees: [many(7)] })
    // n3 is the root, n1 hangs below it with n0 and n2
    damage(memory)
    memory.set(memory.at('n0'), 0x1234n)
    expect(names(memory).sort()).toEqual(['n1', 'n2', 'n3', 'n4', 'n5', 'n6'])
    expect(problemsOf(memory)).toEqual([
      [
        'damaged-structure',
        'A node of stable tree 0 does not name its parent, and nothing else proves it: it and what hangs below it are left out.',
        'n0',
      ],
    ])
  })

  test('the first item of a node is looked at where it is, even across a border of 4 GiB', () => {
    // an object of a cache with red zones: its hlist_node lies 16 bytes behind the border, the item before it
    const memory = ksm({ trees: [many(2)] })
    memory.seek(0x3fff_ffe0)
    const item = memory.object(64, 8)
    const node = memory.at('n0')
    memory.set(node, 0x1234n)
    memory.poke(item, 'rmap_item', 'head', node).poke(node, 'stable_node', 'hlist', item + 48n)
    memory.set(item + 56n, node + 40n)
    expect((item + 48n) & 0xffffffffn).toBe(0x10n)
    expect(names(memory)).toEqual(['n1', 'n0'])
  })

  test.each([
    ['excluded', 'its page is not in the dump (excluded)'],
    ['damaged', 'its page is damaged'],
  ])('a page of nodes that is %s', (kind, why) => {
    const memory = ksm({ trees: [[{ name: 'a' }]] })
    memory.seek(0x1000_0000 - PAGE)
    const far = memory.object(64)
    memory.set(memory.at('a') + 16n, far)
    if (kind === 'excluded') memory.exclude(far)
    else memory.damage(far)
    expect(names(memory)).toEqual(['a'])
    expect(problemsOf(memory)).toEqual([
      [
        'pages-absent',
        `A stable_node of tree 0 can not be read: ${why}; what hangs below it is missing.`,
        memory.nameOf(far),
      ],
    ])
  })

  test.each([
    ['misaligned', 0xffff9a1600000004n, 'a misaligned pointer'],
    ['poison', 0xdead000000000100n, 'a pointer outside the direct map of memory'],
    ['a small number', 0x8n, 'a pointer outside the direct map of memory'],
  ])('a child that is %s', (_name, child, why) => {
    const memory = ksm({ trees: [many(1)] })
    memory.set(memory.at('n0') + 8n, child)
    expect(names(memory)).toEqual(['n0'])
    expect(problemsOf(memory)[0]![1]).toContain(why)
  })

  test('a root that is not in the dump, and one that leads nowhere', () => {
    const memory = ksm({ trees: [many(1), many(1, 'x')] })
    memory.set(memory.roots, 0x1000n)
    expect(names(memory)).toEqual(['x0'])
    // the roots in a page of their own, which is left out
    const own = ksm({ trees: [many(1)] })
    const far = own.seek(0x1000_0000 - PAGE).object(64)
    own.set(own.symbols.get('root_stable_tree')![0]!, far).exclude(far)
    expect(names(own)).toEqual([])
    expect(problemsOf(own)).toEqual([
      ['pages-absent', 'The root of stable tree 0 is not in the dump.', `0x${far.toString(16)}`],
    ])
  })

  test('ksm_nr_node_ids in a page that is not there: one tree is walked, and that there may be more is said', () => {
    const memory = ksm({ trees: [many(1), many(1, 'x')] })
    const far = memory.seek(0x1000_0000 - PAGE).object(64)
    memory.symbols.set('ksm_nr_node_ids', [far])
    memory.exclude(far)
    const { nodes, complete, problems } = nodesOf(memory.kernel())
    expect(foundNodes(nodes).map(({ address }) => memory.nameOf(address))).toEqual(['n0'])
    expect([complete, problems.map(({ code, message }) => [code, message])]).toEqual([
      false,
      [['pages-absent', 'ksm_nr_node_ids is not in the dump: only one stable tree is walked.']],
    ])
  })

  test('a hundred damaged nodes: the first 50 are told', () => {
    const memory = ksm({ trees: [many(201)] })
    for (let i = 0; i < 201; i++) memory.set(memory.at(`n${i}`), 0x1234n)
    expect(names(memory)).toHaveLength(201)
    expect(nodesOf(memory.kernel()).problems).toHaveLength(50)
  })

  test('more nodes than the dump can hold: the walk stops and says so', () => {
    const memory = ksm({ trees: [many(100)] })
    const found = nodesOf(memory.kernel(), ksmLayout(memory.kernel(), 'dump'), -15.5) // 32 nodes
    expect(found.nodes.count).toBe(32)
    expect(found.complete).toBe(false)
    expect(found.problems.map(({ code }) => code)).toEqual(['limit-reached'])
  })
})

describe('chains that are not', () => {
  const chain = (): KsmMemory => ksm({ trees: [[{ name: 'c', dups: many(4, 'd') }, { name: 'z' }]] })

  test('a list of dups that bends back to one of them', () => {
    for (let to = 0; to < 4; to++) {
      const memory = chain()
      memory.poke(memory.at('d3'), 'stable_node', 'hlist_dup', memory.at(`d${to}`) + 8n)
      expect(names(memory)).toEqual(['z', 'c', 'c>d0', 'c>d1', 'c>d2', 'c>d3'])
      const row = foundNodes(nodesOf(memory.kernel()).nodes)[1]!
      expect([row.end, row.endAt]).toEqual(['cycle', memory.at(`d${to}`) + 8n])
      expect(problemsOf(memory)[0]![1]).toContain('breaks off: it leads to a node that was there before.')
    }
  })

  test('a list of dups that leads to another node of the tree', () => {
    const memory = chain()
    memory.poke(memory.at('d3'), 'stable_node', 'hlist_dup', memory.at('z') + 8n)
    expect(names(memory)).toEqual(['z', 'c', 'c>d0', 'c>d1', 'c>d2', 'c>d3'])
  })

  test('a dup whose head and back link are both wrong is none: the list breaks off', () => {
    const memory = chain()
    memory.poke(memory.at('d2'), 'stable_node', 'head', memory.migrateNodes)
    memory.set(memory.at('d2') + 16n, memory.at('d0') + 8n)
    expect(names(memory)).toEqual(['z', 'c', 'c>d0', 'c>d1'])
    const row = foundNodes(nodesOf(memory.kernel()).nodes)[1]!
    expect([row.end, row.endAt]).toEqual(['unreadable', memory.at('d2') + 8n])
    expect(problemsOf(memory)[0]![1]).toContain('breaks off: what stands there is no dup.')
  })

  test('a dup with a wrong head alone, and one with a wrong back link alone: kept, and said', () => {
    const memory = chain()
    memory.poke(memory.at('d1'), 'stable_node', 'head', memory.at('c') | 1n)
    memory.set(memory.at('d3') + 16n, 0n)
    expect(names(memory)).toEqual(['z', 'c', 'c>d0', 'c>d1', 'c>d2', 'c>d3'])
    const at = `0x${memory.at('c').toString(16)}`
    expect(problemsOf(memory)).toEqual([
      ['damaged-structure', `A dup of chain ${at} has a wrong head.`, 'd1'],
      ['damaged-structure', `A dup of chain ${at} has a wrong back link.`, `0x${(memory.at('d3') + 8n).toString(16)}`],
    ])
  })

  test.each([
    ['excluded', 'pages-absent'],
    ['damaged', 'pages-absent'],
  ])('a dup whose page is %s', (kind, code) => {
    const memory = chain()
    const far = memory.seek(0x1000_0000 - PAGE).object(64)
    memory.poke(memory.at('d1'), 'stable_node', 'hlist_dup', far + 8n)
    if (kind === 'excluded') memory.exclude(far)
    else memory.damage(far)
    expect(names(memory)).toEqual(['z', 'c', 'c>d0', 'c>d1'])
    expect(problemsOf(memory).map(([each]) => each)).toEqual([code])
  })

  test('more dups than the dump can hold', () => {
    const memory = ksm({ trees: [[{ name: 'c', dups: many(40, 'd') }]] })
    const found = nodesOf(memory.kernel(), ksmLayout(memory.kernel(), 'dump'), -15.5) // 32 nodes
    expect([found.nodes.count, found.complete]).toEqual([32, false])
    const chain = foundNodes(found.nodes)[0]!
    expect([chain.end, chain.endAt]).toEqual(['limit', memory.at('d31') + 8n])
    expect(found.problems[0]!.message).toContain('breaks off: too many dups.')
  })

  test('without the symbol migrate_nodes, dups are taken by their back link', () => {
    const memory = ksm({ trees: [[{ name: 'c', dups: many(3, 'd') }]], without: ['migrate_nodes'] })
    expect(names(memory)).toEqual(['c', 'c>d0', 'c>d1', 'c>d2'])
    memory.set(memory.at('d1') + 16n, 0n)
    expect(names(memory)).toEqual(['c', 'c>d0'])
  })
})

describe('migrate_nodes that is not', () => {
  const migrating = (): KsmMemory => ksm({ trees: [many(1)], migrate: many(3, 'm') })

  test('a cycle that does not come back to its head', () => {
    for (const to of ['m0', 'm1', 'm2']) {
      const memory = migrating()
      memory.poke(memory.at('m2'), 'stable_node', 'list', memory.at(to) + 24n)
      expect(names(memory)).toEqual(['n0', 'm0', 'm1', 'm2'])
      expect(problemsOf(memory)[0]![1]).toBe(
        'The list migrate_nodes breaks off: it leads to a node that was there before.',
      )
    }
  })

  test('what is no migrating node ends it', () => {
    const memory = migrating()
    memory.poke(memory.at('m1'), 'stable_node', 'head', 1n)
    memory.set(memory.at('m1') + 32n, 0n)
    expect(names(memory)).toEqual(['n0', 'm0'])
    expect(problemsOf(memory)[0]![1]).toBe('The list migrate_nodes breaks off: what stands there is no migrating node.')
  })

  test('a wrong head alone, a wrong back link alone: kept, and said', () => {
    const memory = migrating()
    memory.poke(memory.at('m0'), 'stable_node', 'head', 1n)
    memory.set(memory.at('m2') + 32n, 0n)
    expect(names(memory)).toEqual(['n0', 'm0', 'm1', 'm2'])
    expect(problemsOf(memory).map(([code, message]) => [code, message])).toEqual([
      ['damaged-structure', 'A node of migrate_nodes has a wrong head.'],
      ['damaged-structure', 'A node of migrate_nodes has a wrong back link.'],
    ])
  })

  test('a pointer that leads nowhere', () => {
    const memory = migrating()
    memory.poke(memory.at('m0'), 'stable_node', 'list', 0n)
    expect(names(memory)).toEqual(['n0', 'm0'])
    expect(problemsOf(memory)[0]![0]).toBe('pages-absent')
  })

  test('a node that is in a tree already', () => {
    const memory = migrating()
    memory.set(memory.migrateNodes, memory.at('n0') + 24n)
    expect(names(memory)).toEqual(['n0'])
  })

  test('a list_head that is not in the dump', () => {
    const memory = migrating()
    const far = memory.seek(0x1000_0000 - PAGE).object(64)
    memory.symbols.set('migrate_nodes', [far])
    memory.exclude(far)
    expect(names(memory)).toEqual(['n0'])
    expect(problemsOf(memory)[0]!.slice(0, 2)).toEqual(['pages-absent', 'migrate_nodes is not in the dump.'])
  })
})

test('Ctrl-C: what was found so far, and not complete', () => {
  const memory = ksm({ trees: [many(3)] })
  const kernel = memory.kernel()
  const layout = ksmLayout(kernel, 'dump')
  const found = finish(listNodes(kernel, layout, 'dump', 10, { aborted: true }))
  expect([found.nodes.count, found.complete, found.problems]).toEqual([0, false, []])
})
