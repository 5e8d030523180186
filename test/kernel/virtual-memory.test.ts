import { describe, expect, test } from 'vitest'
import { imagePhys, START_KERNEL_MAP, virtualMemory } from '../../src/kernel/virtual-memory.ts'
import { HandKernel, MAX_PFN, VMEMMAP } from '../support/hand-kernel.ts'
import { direct, PAGE, PAGE_OFFSET } from '../support/memory.ts'
import { PageTables } from '../support/page-tables.ts'

const VMALLOC = 0xffffb30000000000n

describe('the image', () => {
  test.each([
    [START_KERNEL_MAP, 0n, 0],
    [START_KERNEL_MAP + 0x1234567n, 0x1000000n, 0x2234567],
    [START_KERNEL_MAP + 0x1000000n, -0x800000n, 0x800000],
    [START_KERNEL_MAP + 0x3fffffffn, 0n, 0x3fffffff],
  ])('%x with phys_base %i', (at, physBase, phys) => {
    expect(imagePhys(at, physBase)).toBe(phys)
  })

  test.each([
    ['below it', START_KERNEL_MAP - 1n, 0n],
    ['above it', START_KERNEL_MAP + 0x40000000n, 0n],
    ['before physical 0', START_KERNEL_MAP + 0x1000n, -0x2000n],
  ])('%s is none', (_name, at, physBase) => {
    expect(imagePhys(at, physBase)).toBeNull()
  })
})

describe('kernel memory', () => {
  test('the image and the direct map by arithmetic, all else by page tables', () => {
    const hand = new HandKernel()
    const { memory } = hand.kernel()
    expect(memory.translate(START_KERNEL_MAP + 0x2000000n)).toBe(0x700_0000)
    expect(memory.translate(direct(0x1234_5678))).toBe(0x1234_5678)
    expect(memory.translate(VMEMMAP + 0x12345n)).toBe(0x1001_2345)
    expect(memory.translate(VMALLOC)).toEqual({ notMapped: 'no page table entry (level 4)' })
    expect(memory.translate(0x1000n)).toEqual({ notMapped: 'no page table entry (level 4)' })
    expect(memory.translate(0x1234_0000_0000_0000n)).toEqual({ notMapped: 'not a canonical address' })
  })

  test('the direct map ends where the memory does', () => {
    const { memory } = new HandKernel().kernel()
    expect(memory.translate(direct(MAX_PFN * PAGE - 1))).toBe(MAX_PFN * PAGE - 1)
    expect(memory.translate(direct(MAX_PFN * PAGE))).toHaveProperty('notMapped')
    expect(memory.translate(PAGE_OFFSET - 1n)).toHaveProperty('notMapped')
  })

  test('before the direct map is known, its addresses go through page tables', () => {
    const hand = new HandKernel()
    hand.space.pageOffset = 0n
    expect(hand.kernel().memory.translate(direct(0x1234_5678))).toBe(0x1234_5678)
  })

  test('words, signed and unsigned', () => {
    const hand = new HandKernel()
    const at = hand.object(16)
    hand.set(at, 0xfffffffe_80000001n)
    const { memory } = hand.kernel()
    expect([memory.u64(at), memory.u32(at), memory.s32(at), memory.s32(at + 4n)]).toEqual([
      0xfffffffe_80000001n,
      0x80000001,
      -0x7fffffff,
      -2,
    ])
    expect(memory.bytes(at, 3)).toEqual(Uint8Array.of(1, 0, 0))
  })

  test('what is not there is null', () => {
    const hand = new HandKernel()
    const { memory } = hand.kernel()
    for (const at of [direct(0x2000_0000), VMALLOC, 0n, -8n, (1n << 64n) - 8n, 1n << 70n]) {
      expect([memory.u64(at), memory.u32(at), memory.s32(at), memory.bytes(at, 4), memory.cstring(at, 8)]).toEqual([
        null,
        null,
        null,
        null,
        null,
      ])
    }
  })

  test('across pages that lie apart in physical memory', () => {
    const hand = new HandKernel()
    const tables = new PageTables(hand.memory, 0x20_0000)
    hand.space.pageTable = 0x20_0000
    tables.map(VMALLOC, 0x30_0000)
    tables.map(VMALLOC + 0x1000n, 0x10_0000)
    hand.memory.page(0x300).fill(0xaa)
    hand.memory.page(0x100).fill(0xbb)
    const { memory } = hand.kernel()
    expect(memory.u64(VMALLOC + 0xffcn)).toBe(0xbbbbbbbb_aaaaaaaan)
    const long = memory.bytes(VMALLOC, 2 * PAGE)!
    expect([long[0], long[PAGE - 1], long[PAGE], long[2 * PAGE - 1]]).toEqual([0xaa, 0xaa, 0xbb, 0xbb])
    expect(memory.bytes(VMALLOC + 1n, 2 * PAGE)).toBeNull()
  })

  test('how far a read came, and why not further', () => {
    const hand = new HandKernel()
    hand.memory.page(0x300)
    const { memory } = hand.kernel()
    const into = new Uint8Array(64)
    expect(memory.read(direct(0x30_0fe0), into)).toEqual({ bytes: 32, why: 'excluded', at: null, detail: null })
    hand.memory.page(0x301)
    hand.memory.damage(0x301)
    expect(memory.read(direct(0x30_0fe0), into)).toMatchObject({ bytes: 32, why: 'damaged' })
    hand.memory.hole(0x300, 0xff0, 0xff8)
    expect(memory.read(direct(0x30_0fe0), into)).toMatchObject({ bytes: 16, why: 'excluded' })
    expect(memory.read(VMALLOC, into)).toEqual({
      bytes: 0,
      why: 'excluded',
      at: null,
      detail: 'not mapped: no page table entry (level 4)',
    })
    expect(memory.read(direct(0x30_0000), new Uint8Array(0))).toEqual({ bytes: 0, why: null, at: null, detail: null })
  })

  test('text', () => {
    const hand = new HandKernel()
    const at = hand.object(64)
    hand.text(at, 'kswapd0\0garbage')
    const { memory } = hand.kernel()
    expect([memory.cstring(at, 16), memory.cstring(at, 4), memory.cstring(at + 7n, 16)]).toEqual([
      'kswapd0',
      'kswa',
      '',
    ])
  })

  test('text at the end of what is there: whole with its NUL, null without', () => {
    const hand = new HandKernel()
    hand.memory.page(0x300).fill(0x61)
    const { memory } = hand.kernel()
    expect(memory.cstring(direct(0x30_0ffc), 8)).toBeNull()
    hand.memory.page(0x300)[0xfff] = 0
    expect(memory.cstring(direct(0x30_0ffc), 8)).toBe('aaa')
  })

  test('thousands of translations: those that are kept stay right', () => {
    const hand = new HandKernel()
    const { memory } = hand.kernel()
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 5000; i++) {
        const at = BigInt(i * PAGE + (i % 4096))
        if (memory.translate(VMEMMAP + at) !== 0x1000_0000 + Number(at)) throw new Error(`wrong at ${at}`)
      }
    }
    // tables are read for new pages only: each walk of level 3 reads 3 entries
    const reads: number[] = []
    const read = hand.memory.read.bind(hand.memory)
    hand.memory.read = (at, into) => {
      reads.push(at)
      return read(at, into)
    }
    expect(memory.translate(VMEMMAP + 4999n * 4096n)).toBe(0x1000_0000 + 4999 * 4096)
    expect(reads).toEqual([])
    virtualMemory(hand.memory, hand.space).translate(VMEMMAP)
    expect(reads).toHaveLength(3)
  })
})
