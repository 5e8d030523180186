import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HeadCounts } from '../../src/ksm/head-counts.hot.ts'
import { headsOf } from '../support/ksm-results.ts'
import { halves, whole } from '../support/memory.ts'

const head = fc.oneof(
  fc.integer({ min: 0, max: 30 }).map((i) => 0xffff888000000000n + BigInt(i) * 64n),
  fc.nat(30).map((i) => (BigInt(i) << 32n) + 64n),
  fc.constantFrom(0n, 1n, 1n << 32n, 0xffffffffffffffffn),
  fc.bigInt(0n, 0xffffffffffffffffn),
)

test('counts as a Map does, through growth; a head of 0 like any other (property)', () => {
  fc.assert(
    fc.property(fc.array(head, { maxLength: 400 }), fc.integer({ min: 1, max: 4 }), (heads, bits) => {
      const counts = new HeadCounts(bits)
      const twin = new Map<bigint, number>()
      for (const at of heads) {
        counts.add(...halves(at))
        twin.set(at, (twin.get(at) ?? 0) + 1)
        expect(counts.get(...halves(at))).toBe(twin.get(at))
      }
      expect(counts.size).toBe(twin.size)
      expect(headsOf(counts)).toEqual(twin)
      expect(counts.get(0x77, 0x77)).toBe(twin.get(whole(0x77, 0x77)) ?? 0)
    }),
  )
})

test('runs of one head, as rmap lists have them, over many heads', () => {
  const counts = new HeadCounts(1)
  for (let i = 0; i < 3000; i++) for (let k = 0; k <= i % 3; k++) counts.add(i * 64, 0xffff8881)
  expect(counts.size).toBe(3000)
  expect([0, 1, 2, 2999].map((i) => counts.get(i * 64, 0xffff8881))).toEqual([1, 2, 3, 3])
  expect(counts.get(64, 0xffff8882)).toBe(0)
})
