import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DirectMap, NOT_DIRECT } from '../../src/kernel/direct-map.hot.ts'
import { StructWindow, WINDOW_MISALIGNED, WINDOW_NOT_DIRECT } from '../../src/kernel/struct-window.hot.ts'
import { PAGE_BEYOND, PAGE_DAMAGED, PAGE_EXCLUDED } from '../../src/image/types.ts'
import { direct, directMap, HandMemory, halves, PAGE, whole } from '../support/memory.ts'

describe('the direct map', () => {
  const bases = fc.constantFrom(
    0xffff888000000000n,
    0xff11000000000000n,
    0xffff9a15c0000000n,
    0xff110002c0000000n,
    0xffffffff40000000n,
  )
  const map = (base: bigint, limit: number): DirectMap => new DirectMap(...halves(base), limit)

  test('there and back, across borders of 4 GiB (property)', () => {
    fc.assert(
      fc.property(bases, fc.bigInt(0n, (1n << 40n) - 1n), (base, at) => {
        const direct = map(base, 2 ** 40)
        const address = BigInt.asUintN(64, base + at)
        if (base + at < 1n << 64n) expect(direct.phys(...halves(address))).toBe(Number(at))
        expect(whole(direct.lo(Number(at)), direct.hi(Number(at)))).toBe(address)
      }),
    )
  })

  test('every other address is none (property)', () => {
    fc.assert(
      fc.property(bases, fc.bigInt(0n, (1n << 64n) - 1n), (base, address) => {
        const inside = address >= base && address < base + (1n << 30n)
        expect(map(base, 2 ** 30).phys(...halves(address))).toBe(inside ? Number(address - base) : NOT_DIRECT)
      }),
    )
  })

  test('its first and its last byte', () => {
    const direct = map(0xffff9a15c0000000n, 0x8000_0000)
    const phys = (address: bigint): number => direct.phys(...halves(address))
    expect([
      phys(0xffff9a15bfffffffn),
      phys(0xffff9a15c0000000n),
      phys(0xffff9a163fffffffn),
      phys(0xffff9a1640000000n),
      phys(0n),
      phys((1n << 64n) - 1n),
    ]).toEqual([NOT_DIRECT, 0, 0x7fff_ffff, NOT_DIRECT, NOT_DIRECT, NOT_DIRECT])
  })
})

describe('a window on one structure', () => {
  const window = (memory: HandMemory, size: number): StructWindow => new StructWindow(memory, directMap(memory), size)

  test('its words, in one page, across two, in a partial page', () => {
    const memory = new HandMemory(0x50000)
    for (let i = 0; i < 2048; i++) memory.u32(0x3fff_f000 + 4 * i, i)
    const of = (at: number): number[] => {
      const one = window(memory, 40)
      expect(one.load(...halves(direct(at)))).toBe(at)
      return [...one.words]
    }
    const from = (first: number): number[] => Array.from({ length: 10 }, (_, i) => first + i)
    expect(of(0x3fff_f000)).toEqual(from(0))
    expect(of(0x3fff_ffd8)).toEqual(from(1014))
    expect(of(0x3fff_ffe0)).toEqual(from(1016))
    expect(of(0x3fff_fff8)).toEqual(from(1022))
    memory.hole(0x3ffff, 0x100, 0x108)
    expect(of(0x3fff_f0d8)).toEqual(from(54))
    expect(of(0x3fff_f108)).toEqual(from(66))
  })

  test('sizes are rounded up to words of 8 bytes', () => {
    expect(window(new HandMemory(1), 36).words).toHaveLength(10)
  })

  test('what it can not have', () => {
    const memory = new HandMemory(0x50000)
    memory.page(0x300)
    memory.hole(0x300, 0x100, 0x108)
    memory.damage(0x301)
    memory.page(0x4ffff)
    const load = (address: bigint): number => window(memory, 64).load(...halves(address))
    expect(load(direct(0x30_0004))).toBe(WINDOW_MISALIGNED)
    expect(load(0x7f0000001000n)).toBe(WINDOW_NOT_DIRECT)
    expect(load(direct(0x5000_0000))).toBe(WINDOW_NOT_DIRECT)
    expect(load(direct(0x20_0000))).toBe(PAGE_EXCLUDED)
    expect(load(direct(0x30_00c8))).toBe(PAGE_EXCLUDED)
    expect(load(direct(0x30_1000))).toBe(PAGE_DAMAGED)
    expect(load(direct(0x30_0fd0))).toBe(PAGE_DAMAGED)
    expect(load(direct(0x4fff_ffd0))).toBe(PAGE_BEYOND)
    expect(load(direct(0x30_00c0))).toBe(0x30_00c0)
    expect(load(direct(0x30_0108))).toBe(0x30_0108)
    expect(PAGE).toBe(4096)
  })
})
