import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PageBits, popcount } from '../../src/image/page-bits.ts'

const words = fc.array(fc.oneof(fc.constantFrom(0, 0xffffffff), fc.nat(0xffffffff)), { minLength: 1, maxLength: 60 })

test('popcount counts as a loop does (property)', () => {
  fc.assert(
    fc.property(fc.nat(0xffffffff), (word) => {
      expect(popcount(word)).toBe(word.toString(2).replaceAll('0', '').length)
    }),
  )
})

test('has, rank and total are those of a plain array of bits (property)', () => {
  fc.assert(
    fc.property(words, fc.nat(2000), (list, size) => {
      const bits = Math.min(size, list.length * 32)
      const plain: boolean[] = []
      for (let i = 0; i < bits; i++) plain.push(((list[i >> 5]! >>> (i & 31)) & 1) === 1)
      const map = new PageBits(Uint32Array.from(list), bits)
      let rank = 0
      for (let i = 0; i < bits; i++) {
        expect(map.has(i)).toBe(plain[i])
        expect(map.rank(i)).toBe(rank)
        if (plain[i]) rank++
      }
      expect(map.total).toBe(rank)
      for (const beyond of [bits, bits + 1, bits + 5000, 2 ** 40]) {
        expect(map.has(beyond)).toBe(false)
        expect(map.rank(beyond)).toBe(rank)
      }
    }),
  )
})

test('bit n of byte n / 8, least significant first, is page frame n', () => {
  const map = new PageBits(new Uint32Array(Uint8Array.from([0b1000_0001, 0b10, 0, 0]).buffer), 32)
  expect([0, 1, 7, 8, 9].map((pfn) => map.has(pfn))).toEqual([true, false, true, false, true])
})

test('equal bitmaps are equal, whatever was in the bits after the last page frame', () => {
  const a = new PageBits(Uint32Array.from([5, 0xffff0001]), 36)
  expect(a.equals(new PageBits(Uint32Array.from([5, 1]), 36))).toBe(true)
  expect(a.equals(new PageBits(Uint32Array.from([6, 1]), 36))).toBe(false)
  expect(a.equals(new PageBits(Uint32Array.from([5, 1]), 40))).toBe(false)
})
