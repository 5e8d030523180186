import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { walkPageTables } from '../../src/kernel/page-walk.ts'
import { HandMemory, PAGE } from '../support/memory.ts'
import { GIB1, KIB4, MIB2, PageTables } from '../support/page-tables.ts'

const ROOT = 0x10_0000
const SME = 1n << 47n

const tables = (levels: 4 | 5 = 4, smeMask = 0n): { memory: HandMemory; made: PageTables } => {
  const memory = new HandMemory(0x10000)
  return { memory, made: new PageTables(memory, ROOT, levels, smeMask) }
}

describe.each([
  [4, 0xffffda1500000000n],
  [4, 0x00007f12_3456_7000n],
  [5, 0xffd4000000000000n],
  [5, 0x00f0_0000_0000_0000n],
] as const)('%i levels, at %x', (levels, at) => {
  const base = at & ~0x3fffffffn

  test.each([
    ['4 KiB', KIB4, 0x7654_3000, 0xabcn],
    ['2 MiB', MIB2, 0x7660_0000, 0x1f_fabcn],
    ['1 GiB', GIB1, 0x4000_0000, 0x3fff_fabcn],
  ])('a page of %s, its first and its last byte', (_name, size, phys, last) => {
    const { memory, made } = tables(levels)
    made.map(base, phys, size)
    const walk = (offset: bigint): unknown => walkPageTables(memory, ROOT, levels, base + offset, 0n)
    expect(walk(0n)).toBe(phys)
    expect(walk(last)).toBe(phys + Number(last))
    expect(walk(BigInt(size))).toHaveProperty('notMapped')
  })

  test('pages of all sizes side by side', () => {
    const { memory, made } = tables(levels)
    made.map(base, 0x1000_0000, KIB4)
    made.map(base + BigInt(MIB2), 0x2000_0000, MIB2)
    made.map(base + BigInt(GIB1), 0x4000_0000, GIB1)
    const at = [0x123n, BigInt(MIB2) + 0x12345n, BigInt(GIB1) + 0x1234567n]
    const found = at.map((offset) => walkPageTables(memory, ROOT, levels, base + offset, 0n))
    expect(found).toEqual([0x1000_0123, 0x2001_2345, 0x4123_4567])
  })

  test('entries with the SME bit', () => {
    const { memory, made } = tables(levels, SME)
    made.map(base, 0x1000_0000, KIB4)
    expect(walkPageTables(memory, ROOT, levels, base + 5n, SME)).toBe(0x1000_0005)
    // without the mask the bit is taken for a part of the address of the next table, where no memory is
    expect(walkPageTables(memory, ROOT, levels, base + 5n, 0n)).toEqual({
      notMapped: `page table of level ${levels - 1} is beyond`,
    })
  })

  test('nothing mapped', () => {
    expect(walkPageTables(tables().memory, ROOT, levels, base, 0n)).toEqual({
      notMapped: `no page table entry (level ${levels})`,
    })
  })
})

describe('what is not mapped says why', () => {
  const at = 0xffffda1500000000n

  test.each([1, 2, 3, 4])('an entry of level %i that is not present', (level) => {
    const { memory, made } = tables()
    made.map(at, 0x1000_0000, KIB4)
    const index = Number((at >> BigInt(12 + 9 * (level - 1))) & 0x1ffn)
    const table = ROOT + PAGE * (4 - level)
    // all bits but the lowest one
    memory.u64(table + 8 * index, 0x8000000010000fe6n)
    expect(walkPageTables(memory, ROOT, 4, at, 0n)).toEqual({ notMapped: `no page table entry (level ${level})` })
  })

  test.each([
    ['excluded', 1],
    ['damaged', 2],
    ['excluded', 3],
  ])('a table that is %s, of level %i', (kind, level) => {
    const { memory, made } = tables()
    made.map(at, 0x1000_0000, KIB4)
    const pfn = ROOT / PAGE + 4 - level
    if (kind === 'excluded') memory.exclude(pfn)
    else memory.damage(pfn)
    expect(walkPageTables(memory, ROOT, 4, at, 0n)).toEqual({ notMapped: `page table of level ${level} is ${kind}` })
  })

  test.each([
    [4, 0x0000800000000000n],
    [4, 0xffff7fffffffffffn],
    [4, 0x00f0000000000000n],
    [4, 1n << 63n],
    [5, 0x0100000000000000n],
    [5, 0xfeffffffffffffffn],
    [4, 1n << 64n],
    [4, -1n],
  ] as const)('%i levels: %x is not canonical', (levels, address) => {
    expect(walkPageTables(tables(levels).memory, ROOT, levels, address, 0n)).toEqual({
      notMapped: 'not a canonical address',
    })
  })

  test('the PAT bit of a large page is no part of its address; protection and software bits are not, either', () => {
    const { memory, made } = tables()
    const place = made.map(at, 0x4000_0000, GIB1)
    memory.u64(place, 0xfff0_0000_4000_1fe7n)
    expect(walkPageTables(memory, ROOT, 4, at + 7n, 0n)).toBe(0x4000_0007)
  })

  test('the bit of large pages means nothing in levels 1 and 4', () => {
    const { memory, made } = tables()
    const place = made.map(at, 0x1000_0000, KIB4)
    memory.u64(place, 0x1000_0083n)
    const top = ROOT + 8 * Number((at >> 39n) & 0x1ffn)
    memory.u64(top, BigInt(ROOT + PAGE) | 0x83n)
    expect(walkPageTables(memory, ROOT, 4, at + 9n, 0n)).toBe(0x1000_0009)
  })

  test('a table that is its own entry ends after so many levels', () => {
    const memory = new HandMemory(0x10000)
    for (let i = 0; i < 512; i++) memory.u64(ROOT + 8 * i, BigInt(ROOT) | 3n)
    expect(walkPageTables(memory, ROOT, 4, at, 0n)).toBe(ROOT)
    expect(walkPageTables(memory, ROOT, 5, at, 0n)).toBe(ROOT)
  })

  test('a root that is nowhere', () => {
    for (const root of [2 ** 52, -PAGE, 1e18]) {
      expect(walkPageTables(tables().memory, root, 4, at, 0n)).toEqual({ notMapped: 'page table of level 4 is beyond' })
    }
  })

  test('tables of random words: a physical address or a reason (property)', () => {
    const entry = fc.oneof(
      { weight: 3, arbitrary: fc.nat(3).map((i) => BigInt(ROOT + PAGE * i) | 3n) },
      { weight: 1, arbitrary: fc.bigInt(0n, (1n << 64n) - 1n) },
    )
    const words = fc.array(entry, { minLength: 16, maxLength: 16 })
    fc.assert(
      fc.property(words, fc.bigInt(-1n, 1n << 64n), fc.constantFrom<4 | 5>(4, 5), (entries, address, levels) => {
        const memory = new HandMemory(0x10000)
        for (let i = 0; i < 4 * 512; i++) memory.u64(ROOT + 8 * i, entries[(i * 5) % 16]!)
        const found = walkPageTables(memory, ROOT, levels, address, 0n)
        if (typeof found === 'number') {
          expect(Number.isSafeInteger(found) && found >= 0 && found < 2 ** 52).toBe(true)
          expect(BigInt(found) & 0xfffn).toBe(address & 0xfffn)
        } else expect(found.notMapped.length).toBeGreaterThan(0)
      }),
      { numRuns: 100 },
    )
  })
})
