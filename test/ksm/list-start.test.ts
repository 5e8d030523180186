import { describe, expect, test } from 'vitest'
import { ksmLayout } from '../../src/ksm/eras.ts'
import { findListStart, type ListStart, type NoList, type WalkTarget } from '../../src/ksm/list-start.ts'
import { MAX_PFN, VMEMMAP } from '../support/hand-kernel.ts'
import { type KsmMemory, ksm } from '../support/ksm-memory.ts'
import { direct, PAGE } from '../support/memory.ts'

const hex = (at: bigint): string => `0x${at.toString(16)}`

function start(memory: KsmMemory, target: WalkTarget | bigint): ListStart | NoList {
  const kernel = memory.kernel()
  return findListStart(kernel, ksmLayout(kernel, 'dump'), typeof target === 'bigint' ? { address: target } : target)
}

function instead(memory: KsmMemory, target: WalkTarget | bigint): string {
  const found = start(memory, target)
  return found.found ? 'a list' : found.instead
}

const healthy = (): KsmMemory =>
  ksm({
    trees: [
      [
        { name: 'a', items: 3, kpfn: 0x300 },
        { name: 'c', dups: [{ name: 'd', kpfn: 0x301 }, { name: 'e' }] },
        { name: 'empty', items: 0 },
      ],
    ],
    others: [{ mm: 'u' }],
  })

describe('an address is taken for', () => {
  test('a stable_node: plain, chain, dup', () => {
    const memory = healthy()
    for (const name of ['a', 'c', 'd', 'e']) {
      const node = memory.at(name)
      expect(start(memory, node)).toEqual({ found: true, address: node, takenFor: 'stable_node', node, from: null })
    }
  })

  test('an hlist_node: the first, one in the middle, the last; of a plain node and of a dup', () => {
    const memory = healthy()
    for (const [name, i] of [
      ['a', 0],
      ['a', 1],
      ['a', 2],
      ['d', 1],
    ] as const) {
      const from = memory.link(name, i)
      expect(start(memory, from)).toEqual({
        found: true,
        address: from,
        takenFor: 'hlist_node',
        node: memory.at(name),
        from,
      })
    }
  })

  test('a struct page, and its pfn', () => {
    const memory = healthy()
    for (const [name, pfn] of [
      ['a', 0x300],
      ['d', 0x301],
    ] as const) {
      const page = VMEMMAP + BigInt(pfn) * 64n
      const found = { found: true, address: page, node: memory.at(name), from: null }
      expect(start(memory, page)).toEqual({ ...found, takenFor: 'page' })
      expect(start(memory, { pfn })).toEqual({ ...found, takenFor: 'pfn' })
    }
  })

  test('a node of a kernel before chains', () => {
    for (const era of ['3.9', '3.1'] as const) {
      const memory = ksm({ era, trees: [[{ name: 'a' }]] })
      expect(start(memory, memory.at('a'))).toMatchObject({ takenFor: 'stable_node', node: memory.at('a') })
      expect(start(memory, memory.link('a', 1))).toMatchObject({ takenFor: 'hlist_node', node: memory.at('a') })
      expect(start(memory, memory.at('a') + 24n)).toMatchObject({ found: false })
    }
  })

  test('a chain where migrate_nodes is unknown', () => {
    const memory = ksm({ trees: [[{ name: 'c', dups: [{}] }]], without: ['migrate_nodes'] })
    expect(start(memory, memory.at('c'))).toMatchObject({ takenFor: 'stable_node' })
  })
})

describe('what stands there instead', () => {
  test('a page frame beyond the end of memory', () => {
    expect(instead(healthy(), { pfn: MAX_PFN })).toBe('beyond the end of memory, which has 0x80000 page frames')
    expect(start(healthy(), { pfn: MAX_PFN - 1 })).toMatchObject({
      found: false,
      address: VMEMMAP + BigInt(MAX_PFN - 1) * 64n,
    })
  })

  test('the middle of a struct page', () => {
    expect(instead(healthy(), VMEMMAP + 0x300n * 64n + 8n)).toBe(
      `the middle of the struct page of pfn 0x300 (${hex(VMEMMAP + 0x300n * 64n)})`,
    )
  })

  test('a struct page that is not in the dump', () => {
    expect(instead(healthy(), { pfn: 0x70000 })).toBe('the struct page of pfn 0x70000, which is not in the dump')
  })

  test.each([
    [0n, "a page without mapping (free, or the kernel's own), not a KSM page (mapping 0x0)"],
    [0xffff9a1600000001n, 'an anonymous page, not a KSM page (mapping 0xffff9a1600000001)'],
    [0xffff9a1600000000n, 'a page of a file or of the kernel, not a KSM page (mapping 0xffff9a1600000000)'],
    [0xffff9a1600000002n, 'a page of a file or of the kernel, not a KSM page (mapping 0xffff9a1600000002)'],
  ])('a page with the mapping %x', (mapping, what) => {
    const memory = ksm({ trees: [[{ kpfn: 0x300, mapping }]] })
    expect(instead(memory, { pfn: 0x300 })).toBe(`the struct page of pfn 0x300: ${what}`)
  })

  test('a KSM page without a stable_node', () => {
    const memory = ksm({ trees: [[{ kpfn: 0x300, mapping: 3n }]] })
    expect(instead(memory, { pfn: 0x300 })).toBe(
      'the struct page of pfn 0x300: a KSM page without a stable_node (mapping 3): it is being made, or was just migrated away from',
    )
  })

  test('a KSM page whose node names another page, and one whose node can not be read', () => {
    const memory = healthy()
    memory.poke(memory.at('a'), 'stable_node', 'kpfn', 0x999)
    const named = `the struct page of pfn 0x300, whose mapping names stable_node ${hex(memory.at('a'))}`
    expect(instead(memory, { pfn: 0x300 })).toBe(`${named}, which names pfn 0x999`)
    const far = memory.seek(0x1000_0000 - PAGE).object(64)
    memory.poke(VMEMMAP + 0x300n * 64n, 'page', 'mapping', far + 3n).exclude(far)
    expect(instead(memory, { pfn: 0x300 })).toBe(
      `the struct page of pfn 0x300, whose mapping names stable_node ${hex(far)}, which names nothing readable`,
    )
  })

  test('a misaligned address', () => {
    const memory = healthy()
    for (const by of [1n, 4n, 7n])
      expect(instead(memory, memory.at('a') + by)).toBe('a misaligned address: structures begin at multiples of 8')
  })

  test("a part of the kernel's image", () => {
    const memory = healthy()
    expect(instead(memory, memory.mmHead + 16n)).toBe("ksm_mm_head+0x10, a part of the kernel's image")
    expect(instead(memory, memory.migrateNodes)).toBe("migrate_nodes+0x0, a part of the kernel's image")
  })

  test.each([0n, 0x7f0000001000n, direct(0) - 8n, direct(MAX_PFN * PAGE), 0xdead000000000100n])(
    'an address outside the direct map: %x',
    (at) => {
      expect(instead(healthy(), at)).toBe(
        'an address outside the direct map of memory, where stable_nodes and rmap_items are',
      )
    },
  )

  test('an rmap_item: its hlist_node is what to give', () => {
    const memory = healthy()
    expect(instead(memory, memory.item('a', 1))).toBe(
      `an rmap_item: give its hlist_node ${hex(memory.link('a', 1))} to walk from there`,
    )
  })

  test('the hlist_head of a stable_node, of a chain', () => {
    const memory = healthy()
    for (const name of ['a', 'c', 'd']) {
      expect(instead(memory, memory.at(name) + 40n)).toBe(
        `the hlist_head inside stable_node ${hex(memory.at(name))}: give that`,
      )
    }
  })

  test('the hlist_dup of a dup', () => {
    const memory = healthy()
    expect(instead(memory, memory.at('d') + 8n)).toBe(`the hlist_dup of stable_node ${hex(memory.at('d'))}: give that`)
  })

  test.each([
    ['an unstable rmap_item', (memory: KsmMemory) => memory.itemsOf('u')[0]! + 48n],
    ['a stable_node without items', (memory: KsmMemory) => memory.at('empty')],
    ['an mm_slot', (memory: KsmMemory) => memory.slot('u')],
  ])('%s: the words that stand there', (_name, where) => {
    const memory = healthy()
    const at = where(memory)
    const words = [0n, 8n, 16n, 24n].map((by) => hex(memory.get(at + by))).join(' ')
    expect(instead(memory, at)).toBe(
      `neither a stable_node with items nor an rmap_item's hlist_node; the words there are ${words}`,
    )
  })

  test('memory that is not in the dump', () => {
    expect(instead(healthy(), direct(0x1000_0000))).toBe('memory that is not in the dump')
  })
})

describe('nothing is taken on trust', () => {
  const named = (memory: KsmMemory, name: string): boolean => start(memory, memory.at(name)).found

  test.each([
    ['its first item does not point back', (memory: KsmMemory) => memory.set(memory.link('a', 0) + 8n, memory.at('a'))],
    [
      'its first item names another head',
      (memory: KsmMemory) => memory.poke(memory.item('a', 0), 'rmap_item', 'head', memory.at('d')),
    ],
    ['its hlist leads nowhere', (memory: KsmMemory) => memory.poke(memory.at('a'), 'stable_node', 'hlist', 0x1000n)],
    [
      'its hlist leads to the end of the address space',
      (memory: KsmMemory) => memory.poke(memory.at('a'), 'stable_node', 'hlist', (1n << 64n) - 8n),
    ],
  ])('a stable_node: %s', (_name, damage) => {
    const memory = healthy()
    damage(memory)
    expect(named(memory, 'a')).toBe(false)
  })

  test('a chain: its first dup has another head, or does not point back', () => {
    const memory = healthy()
    memory.poke(memory.at('d'), 'stable_node', 'head', memory.migrateNodes)
    expect(named(memory, 'c')).toBe(false)
    const torn = healthy()
    torn.set(torn.at('d') + 16n, torn.at('a'))
    expect(named(torn, 'c')).toBe(false)
  })

  test.each([
    [
      'the item has no STABLE_FLAG',
      (memory: KsmMemory) => memory.poke(memory.item('a', 1), 'rmap_item', 'address', 0x7f0000000000n),
    ],
    [
      'the item has other flags too',
      (memory: KsmMemory) => memory.poke(memory.item('a', 1), 'rmap_item', 'address', 0x7f0000000201n),
    ],
    ['the item has no head', (memory: KsmMemory) => memory.poke(memory.item('a', 1), 'rmap_item', 'head', 0n)],
    [
      'its head is no stable_node',
      (memory: KsmMemory) => memory.poke(memory.item('a', 1), 'rmap_item', 'head', memory.slot('u')),
    ],
  ])('an hlist_node: %s', (_name, damage) => {
    const memory = healthy()
    damage(memory)
    expect(start(memory, memory.link('a', 1)).found).toBe(false)
  })
})
