import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MmCounts } from '../../src/ksm/mm-counts.hot.ts'
import { halves, whole } from '../support/memory.ts'

/** Few distinct addresses, so that they repeat; with halves that are 0, equal, or above 2^31. */
const mm = fc.oneof(
  fc.integer({ min: 0, max: 40 }).map((i) => 0xffff888000000000n + BigInt(i) * 64n),
  fc.nat(30).map((i) => (BigInt(i) << 32n) + 64n),
  fc.constantFrom(0n, 1n, 1n << 32n, 0xffffffffn, 0xffffffffffffffffn, 0xffff888000000000n),
  fc.bigInt(0n, 0xffffffffffffffffn),
)
const adds = fc.array(fc.tuple(mm, fc.integer({ min: 1, max: 1000 })), { maxLength: 300 })

function entries(counts: MmCounts): [bigint, number][] {
  return Array.from({ length: counts.size }, (_, i) => [whole(counts.lo(i), counts.hi(i)), counts.count(i)])
}

test('counts as a Map does, in order of first sight, through growth and reuse (property)', () => {
  fc.assert(
    fc.property(fc.array(adds, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 4 }), (rounds, bits) => {
      const counts = new MmCounts(bits)
      for (const round of rounds) {
        counts.clear()
        const twin = new Map<bigint, number>()
        for (const [at, n] of round) {
          counts.add(...halves(at), n)
          twin.set(at, (twin.get(at) ?? 0) + n)
        }
        expect(entries(counts)).toEqual([...twin])
      }
    }),
  )
})

test('one table added to another (property)', () => {
  fc.assert(
    fc.property(adds, adds, (first, second) => {
      const [a, b] = [new MmCounts(1), new MmCounts(1)]
      const twin = new Map<bigint, number>()
      for (const [at, n] of first) a.add(...halves(at), n)
      for (const [at, n] of second) b.add(...halves(at), n)
      a.addAll(b)
      for (const [at, n] of [...first, ...second]) twin.set(at, (twin.get(at) ?? 0) + n)
      expect(entries(a)).toEqual([...twin])
    }),
  )
})

test('a table that grew keeps its place for many, and is empty after clear', () => {
  const counts = new MmCounts(1)
  for (let i = 0; i < 5000; i++) counts.add(i * 64, 0xffff8880, i + 1)
  expect(counts.size).toBe(5000)
  expect([counts.lo(4999), counts.hi(4999), counts.count(4999)]).toEqual([4999 * 64, 0xffff8880, 5000])
  counts.clear()
  expect(counts.size).toBe(0)
  counts.add(64, 0xffff8880, 3)
  expect(entries(counts)).toEqual([[0xffff888000000040n, 3]])
})

test('what was counted before stays out even when the generations run over', () => {
  const counts = new MmCounts(8)
  counts.add(64, 1, 5)
  Reflect.set(counts, 'generation', 0xfffffff0)
  counts.add(128, 1, 7)
  counts.clear()
  expect(Reflect.get(counts, 'generation')).toBe(1)
  expect(counts.size).toBe(0)
  counts.add(64, 1, 2)
  expect(entries(counts)).toEqual([[whole(64, 1), 2]])
})
