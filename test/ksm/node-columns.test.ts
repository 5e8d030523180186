import { expect, test } from 'vitest'
import { KIND_CHAIN, NO_LEN, NO_NID, NodeColumns } from '../../src/ksm/node-columns.ts'
import { describeEnd, listEnd, whyUnreadable } from '../../src/ksm/list-end.ts'
import { walkSeconds } from '../../src/ksm/cost.ts'

test('a row is empty: what is not known yet says so', () => {
  const nodes = new NodeColumns()
  expect(nodes.add()).toBe(0)
  expect([
    nodes.tree[0],
    nodes.nid[0],
    nodes.kpfn[0],
    nodes.rmapHlistLen[0],
    nodes.chain[0],
    nodes.mapcount[0],
  ]).toEqual([-1, NO_NID, -1, NO_LEN, -1, -1])
  expect(nodes.pfn(0)).toBeNull()
  expect(nodes.isChain(0)).toBe(false)
})

test('columns grow together, and keep what is in them', () => {
  const nodes = new NodeColumns()
  for (let i = 0; i < 1000; i++) {
    const row = nodes.add()
    nodes.addressLo[row] = i * 64
    nodes.addressHi[row] = 0xffff8880
    nodes.kpfn[row] = 2 ** 40 + i
    nodes.kind[row] = i % 3
    nodes.length[row] = 2 ** 33 + i
    nodes.why[row] = -6
    nodes.endLo[row] = i
    nodes.endHi[row] = 7
  }
  expect(nodes.count).toBe(1000)
  for (const i of [0, 255, 256, 511, 512, 999]) {
    expect([nodes.address(i), nodes.pfn(i), nodes.length[i], nodes.why[i], nodes.endAt(i)]).toEqual([
      0xffff888000000000n + BigInt(i) * 64n,
      2 ** 40 + i,
      2 ** 33 + i,
      -6,
      (7n << 32n) | BigInt(i),
    ])
    expect(nodes.isChain(i)).toBe(i % 3 === KIND_CHAIN)
  }
  expect(nodes.nid[999]).toBe(NO_NID)
  expect(nodes.mapcount[999]).toBe(-1)
})

test('sorted: longer lists first, ties by address', () => {
  const nodes = new NodeColumns()
  const rows: [hi: number, lo: number, length: number][] = [
    [2, 5, 10],
    [1, 9, 10],
    [1, 8, 10],
    [9, 9, 3_000_000_000],
    [0, 0, 1],
  ]
  for (const [hi, lo, length] of rows) {
    const row = nodes.add()
    nodes.addressHi[row] = hi
    nodes.addressLo[row] = lo
    nodes.length[row] = length
  }
  expect([...nodes.sorted()]).toEqual([3, 2, 1, 0, 4])
  expect([...nodes.sorted((row) => nodes.length[row]! < 100)]).toEqual([2, 1, 0, 4])
})

test('words for ends', () => {
  expect([0, 1, 2, 3, 4].map(listEnd)).toEqual(['limit', 'end', 'cycle', 'unreadable', 'limit'])
  expect(describeEnd(1, 0n, 0)).toBe('ends properly')
  expect(describeEnd(2, 0xffff888000000030n, 0)).toBe('is a cycle: it bends back to 0xffff888000000030')
  expect(describeEnd(3, 0x10n, -6)).toBe('breaks off at 0x10: a pointer outside the direct map of memory')
  expect(describeEnd(4, 0x10n, 0)).toBe('was not walked to its end (stopped at 0x10)')
  expect([-1, -2, -3, -4, -5, -6, -7, 9].map(whyUnreadable)).toEqual([
    'its page is not in the dump (excluded)',
    'its page is damaged',
    'beyond the end of memory',
    'its page is only partly in the dump',
    'a misaligned pointer',
    'a pointer outside the direct map of memory',
    'what stands there is no rmap_item: pprev, head and STABLE_FLAG are all wrong',
    'unknown',
  ])
})

test('10 us an item', () => {
  expect(walkSeconds(2_306_920)).toBeCloseTo(23.0692, 6)
})
