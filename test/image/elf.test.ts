import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KsmDumpError } from '../../src/base/errors.ts'
import { PAGE_BEYOND, PAGE_DAMAGED, PAGE_EXCLUDED, PAGE_PARTIAL } from '../../src/image/types.ts'
import { type SegmentRecipe, writeElf } from '../support/elf-writer.ts'
import { flatten, pieces } from '../support/flat-writer.ts'
import { openBytes, openError, readPage } from '../support/open-image.ts'
import { pageOf } from '../support/page-encoders.ts'
import { expectSame } from '../support/same-bytes.ts'

const PAGE = 4096
const INFO = 'OSRELEASE=6.1.0-test\nPAGESIZE=4096\n'
const NOTES: SegmentRecipe = {
  notes: [
    { name: 'CORE', type: 1, desc: new Uint8Array(336) },
    { name: 'VMCOREINFO', type: 0, desc: INFO },
    { name: 'ERASEINFO', type: 0, desc: 'erase x\n' },
  ],
}

/** Pages `first` to `first + count - 1` as one segment. */
function pagesOf(first: number, count: number, more: Partial<SegmentRecipe> = {}): SegmentRecipe {
  const bytes = new Uint8Array(count * PAGE)
  for (let i = 0; i < count; i++) bytes.set(pageOf(first + i), i * PAGE)
  return { paddr: first * PAGE, bytes, ...more }
}

describe('opening', () => {
  test('the facts of the headers and notes', () => {
    const image = openBytes(writeElf({ segments: [NOTES, pagesOf(16, 3)] }).bytes)
    expect(image).toMatchObject({
      kind: 'elf',
      format: 'elf',
      headerVersion: null,
      arch: 'x86_64',
      endian: 'little',
      wordSize: 8,
      flattened: false,
      dumpLevel: null,
      compression: [],
      pagesPresent: 3,
      vmcoreinfo: INFO,
      eraseInfo: 'erase x\n',
      uts: null,
      timestamp: null,
      problems: [],
    })
    expect(image.memory).toMatchObject({ pageSize: PAGE, maxPfn: 19 })
    expect(image.cpus).toHaveLength(1)
  })

  test("QEMU's layout: e_ehsize 8, program headers at 192", () => {
    const image = openBytes(writeElf({ ehsize: 8, phoff: 192, segments: [NOTES, pagesOf(0, 2)] }).bytes)
    expectSame(readPage(image, 1), pageOf(1))
  })

  test('notes in several segments, as old kernels have one for each CPU', () => {
    const cpu = { notes: [{ name: 'CORE', type: 1, desc: 'x' }] }
    const image = openBytes(
      writeElf({ segments: [cpu, cpu, { notes: [{ name: 'VMCOREINFO', type: 0, desc: INFO }] }, pagesOf(1, 1)] }).bytes,
    )
    expect(image.cpus.map(({ index }) => index)).toEqual([0, 1])
    expect(image.vmcoreinfo).toBe(INFO)
  })

  test('more segments than e_phnum can say', () => {
    const image = openBytes(writeElf({ manySegments: true, segments: [pagesOf(1, 1), pagesOf(5, 1)] }).bytes)
    expectSame(readPage(image, 5), pageOf(5))
  })

  test.each([
    [8, 'little', 62, 'x86_64', PAGE],
    [8, 'little', 3, 'i386', PAGE],
    [4, 'little', 3, 'i386', PAGE],
    [8, 'big', 22, 's390x', PAGE],
    [4, 'big', 22, 's390', PAGE],
    [8, 'little', 21, 'ppc64', 65_536],
    [8, 'little', 183, 'aarch64', PAGE],
    [8, 'little', 243, 'riscv64', PAGE],
    [8, 'little', 999, 'unknown', PAGE],
  ] as const)('words of %i bytes, %s-endian, machine %i is %s', (wordSize, endian, machine, arch, pageSize) => {
    const image = openBytes(writeElf({ wordSize, endian, machine, segments: [pagesOf(16, 16)] }).bytes)
    expect(image).toMatchObject({ arch, endian, wordSize, memory: { pageSize, little: endian === 'little' } })
    const page = new Uint8Array(PAGE)
    expect(image.memory.read(20 * PAGE, page).why).toBeNull()
    expectSame(page, pageOf(20))
  })

  test('PAGESIZE of VMCOREINFO rules, unless it can not be one', () => {
    const open = (size: string) =>
      openBytes(
        writeElf({
          machine: 183,
          segments: [{ notes: [{ name: 'VMCOREINFO', type: 0, desc: `PAGESIZE=${size}\n` }] }, pagesOf(16, 16)],
        }).bytes,
      )
    expect(open('65536').memory.pageSize).toBe(65_536)
    expect(open('5000').memory.pageSize).toBe(PAGE)
  })

  test.each([
    ['a vmlinux', { type: 2, segments: [pagesOf(0, 1)] }, 'is-a-vmlinux'],
    ['a module', { type: 1, segments: [] }, 'is-a-vmlinux'],
    ['no program headers', { segments: [] }, 'damaged-header'],
    ['e_phentsize 0', { phentsize: 0, segments: [pagesOf(0, 1)] }, 'damaged-header'],
    ['the core of a program', { segments: [pagesOf(0, 1), pagesOf(0, 1)] }, 'not-a-dump'],
  ] as const)('%s is refused', (_name, recipe, code) => {
    expect(openError(writeElf(recipe).bytes)).toMatchObject({ code, input: 'dump' })
  })

  test('a file cut in its header, and two files', () => {
    const { bytes } = writeElf({ segments: [pagesOf(0, 1)] })
    expect(openError(bytes.subarray(0, 40)).code).toBe('truncated-header')
    expect(openError(bytes.subarray(0, 4)).code).not.toBe('internal')
    expect(openError([bytes, bytes]).code).toBe('split-set')
  })

  test('damaged notes are a problem', () => {
    const { bytes, at } = writeElf({ segments: [NOTES, pagesOf(1, 1)] })
    new DataView(bytes.buffer).setUint32(at[0]!, 0xffffffff, true)
    const image = openBytes(bytes)
    expect(image.problems).toMatchObject([{ code: 'notes-damaged', at: `0x${at[0]!.toString(16)}` }])
    expectSame(readPage(image, 1), pageOf(1))
  })
})

describe('memory', () => {
  test('data, left out, hole and beyond', () => {
    const image = openBytes(writeElf({ segments: [pagesOf(1, 2, { memsz: 6 * PAGE }), pagesOf(9, 1)] }).bytes)
    const { memory } = image
    expect([0, 3, 6, 7, 8].map((pfn) => memory.slot(pfn))).toEqual(new Array(5).fill(PAGE_EXCLUDED))
    expect(memory.slot(10)).toBe(PAGE_BEYOND)
    for (const pfn of [1, 2, 9]) expectSame(readPage(image, pfn), pageOf(pfn))
    expect(memory.read(3 * PAGE - 8, new Uint8Array(16))).toMatchObject({ bytes: 8, why: 'excluded' })
  })

  test('segments in any order, one inside another (text and RAM of /proc/vmcore)', () => {
    const image = openBytes(writeElf({ segments: [pagesOf(4, 2), pagesOf(2, 8), pagesOf(0, 1)] }).bytes)
    for (const pfn of [0, 2, 3, 4, 5, 6, 9]) expectSame(readPage(image, pfn), pageOf(pfn))
    expect(image.pagesPresent).toBe(9)
  })

  test('where one segment left a page out, another that has it counts', () => {
    const image = openBytes(writeElf({ segments: [pagesOf(0, 1, { memsz: 8 * PAGE }), pagesOf(4, 1)] }).bytes)
    expectSame(readPage(image, 4), pageOf(4))
    expect(readPage(image, 5)).toBe('excluded')
  })

  test('no physical address: the segment is left out; one that no machine has is a problem', () => {
    const image = openBytes(
      writeElf({
        segments: [pagesOf(0, 1, { paddr: 2n ** 64n - 1n }), pagesOf(0, 1, { paddr: 2n ** 60n }), pagesOf(1, 1)],
      }).bytes,
    )
    expect(image.problems.map(({ code }) => code)).toEqual(['damaged-structure'])
    expectSame(readPage(image, 1), pageOf(1))
    expect(image.memory.maxPfn).toBe(2)
  })

  test('pages of parts: read as far as they go, and no whole slot', () => {
    const bytes = new Uint8Array(512).fill(0x55)
    const image = openBytes(
      writeElf({
        segments: [
          { paddr: 512, bytes, memsz: 1024 },
          { paddr: 3072, bytes },
        ],
      }).bytes,
    )
    const { memory } = image
    expect(memory.slot(0)).toBe(PAGE_PARTIAL)
    expect(memory.read(512, new Uint8Array(600))).toMatchObject({ bytes: 512, why: 'excluded' })
    expect(memory.read(3072, new Uint8Array(600))).toMatchObject({ bytes: 512, why: 'beyond' })
    expect(memory.read(0, new Uint8Array(4))).toMatchObject({ bytes: 0, why: 'excluded' })
    expect(memory.needs()).toMatchObject({ needed: 1, excluded: 0 })
  })

  test('two segments that meet inside a page are read across', () => {
    const image = openBytes(
      writeElf({
        segments: [
          { paddr: 0, bytes: new Uint8Array(1000).fill(1) },
          { paddr: 1000, bytes: new Uint8Array(3096).fill(2) },
        ],
      }).bytes,
    )
    const page = new Uint8Array(PAGE)
    expect(image.memory.read(0, page).why).toBeNull()
    expect([page[999], page[1000]]).toEqual([1, 2])
  })

  test('cut off: what is there is read, the rest is damaged, with the place', () => {
    const { bytes, at } = writeElf({ segments: [NOTES, pagesOf(1, 4)] })
    const image = openBytes(bytes.subarray(0, at[1]! + PAGE + 100))
    expect(image.problems.map(({ code }) => code)).toEqual(['file-truncated'])
    const { memory } = image
    expectSame(readPage(image, 1), pageOf(1))
    expect([2, 3, 4, 5].map((pfn) => memory.slot(pfn))).toEqual([PAGE_PARTIAL, PAGE_DAMAGED, PAGE_DAMAGED, PAGE_BEYOND])
    expect(memory.read(2 * PAGE, new Uint8Array(PAGE))).toMatchObject({
      bytes: 100,
      why: 'damaged',
      at: at[1]! + PAGE + 100,
    })
    expect(memory.read(3 * PAGE, new Uint8Array(4))).toMatchObject({
      why: 'damaged',
      detail: expect.stringContaining('end of the file'),
    })
  })

  test('offsets and sizes beyond 2^53 are damage, not memory', () => {
    const image = openBytes(
      writeElf({
        segments: [
          pagesOf(0, 1),
          { paddr: PAGE, offset: 2n ** 64n - 4096n, filesz: 8192 },
          { paddr: 16 * PAGE, filesz: 2n ** 63n },
        ],
      }).bytes,
    )
    expectSame(readPage(image, 0), pageOf(0))
    expect(readPage(image, 1)).toBe('damaged')
    expect(readPage(image, 2 ** 30)).toBe('damaged')
    expect(image.memory.slot(2 ** 40)).toBe(PAGE_BEYOND)
  })

  test('many segments over the same bytes of the file cost no more than the file', () => {
    const page = pageOf(7)
    const segments: SegmentRecipe[] = [{ paddr: 0, bytes: page }]
    for (let i = 1; i < 200; i++) segments.push({ paddr: i * 2 ** 36, offset: 4096 * 4, filesz: 0 })
    const { bytes, at } = writeElf({ segments })
    const big = new Uint8Array(bytes.length + 64 * 1024 * 1024)
    big.set(bytes)
    const view = new DataView(big.buffer)
    for (let i = 1; i < 200; i++) {
      view.setBigUint64(64 + 56 * i + 8, BigInt(at[0]!), true)
      view.setBigUint64(64 + 56 * i + 32, BigInt(big.length - at[0]!), true)
      view.setBigUint64(64 + 56 * i + 40, BigInt(big.length - at[0]!), true)
    }
    const image = openBytes(big, 2 ** 30)
    expect(image.pagesPresent).toBeGreaterThan(3_000_000)
    for (const i of [0, 1, 100, 199]) expectSame(readPage(image, i * 2 ** 24), page)
  })

  test('memory is what a byte for byte picture says (property)', () => {
    const segment = fc.record({ start: fc.nat(20_000), size: fc.nat(9000), left: fc.nat(9000) })
    fc.assert(
      fc.property(
        fc.array(segment, { minLength: 1, maxLength: 8 }),
        fc.array(fc.tuple(fc.nat(40_000), fc.nat(6000)), { maxLength: 10 }),
        (list, reads) => {
          const content = (at: number) => (at * 31 + (at >> 8)) & 255
          const there = new Set<number>()
          let end = 0
          for (const { start, size, left } of list) {
            for (let i = 0; i < size; i++) there.add(start + i)
            end = Math.max(end, start + size + left)
          }
          const segments = list.map(({ start, size, left }) => ({
            paddr: start,
            bytes: Uint8Array.from({ length: size }, (_, i) => content(start + i)),
            memsz: size + left,
          }))
          if (segments.length > 1 && segments.every(({ paddr }) => paddr === 0)) return
          const { memory } = openBytes(writeElf({ segments }).bytes)
          for (const [at, length] of reads) {
            const into = new Uint8Array(length)
            const read = memory.read(at, into)
            let bytes = 0
            while (bytes < length && there.has(at + bytes)) bytes++
            expect(read.bytes).toBe(bytes)
            if (bytes === length) expect(read.why).toBeNull()
            else {
              // the page that memory ends in counts as a whole
              const last = Math.floor((at + bytes) / PAGE) === Math.floor(end / PAGE)
              expect(at + bytes >= end ? (last ? ['beyond', 'excluded'] : ['beyond']) : ['excluded']).toContain(
                read.why,
              )
            }
            for (let i = 0; i < bytes; i++) if (into[i] !== content(at + i)) expect.fail(`byte ${at + i}`)
          }
        },
      ),
      { numRuns: 200 },
    )
  })

  test('a flattened ELF: pages cross records; a hole is damage', () => {
    const { bytes, at } = writeElf({ segments: [NOTES, pagesOf(1, 4)] })
    const image = openBytes(flatten(pieces(bytes, 1000).toReversed()))
    expect(image).toMatchObject({
      kind: 'flattened-elf',
      format: 'elf',
      flattened: true,
      vmcoreinfo: INFO,
      problems: [],
    })
    for (const pfn of [1, 2, 3, 4]) expectSame(readPage(image, pfn), pageOf(pfn))
    const holed = openBytes(flatten(pieces(bytes, PAGE).filter(({ at: place }) => place !== at[1]! + PAGE)))
    expect(readPage(holed, 2)).toBe('damaged')
    expectSame(readPage(holed, 3), pageOf(3))
  })
})

test('damage at random never throws anything but KsmDumpError (property)', () => {
  const changes = fc.array(
    fc.tuple(fc.oneof(fc.nat(64), fc.nat(400), fc.nat(20_000)), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff, 0x10)),
    { maxLength: 12 },
  )
  fc.assert(
    fc.property(fc.constantFrom(4 as const, 8 as const), changes, fc.option(fc.nat(30_000)), (wordSize, list, cut) => {
      let { bytes } = writeElf({ wordSize, segments: [NOTES, pagesOf(1, 2), pagesOf(8, 1, { memsz: 5 * PAGE })] })
      for (const [at, byte] of list) bytes[at % bytes.length] = byte
      if (cut !== null) bytes = bytes.subarray(0, cut % bytes.length)
      try {
        const { memory } = openBytes(bytes)
        for (const pfn of [0, 1, 2, 8, 9, 13, 2 ** 40]) {
          memory.slot(pfn)
          const read = memory.read(pfn * memory.pageSize + 100, new Uint8Array(16))
          expect(read.bytes === 16).toBe(read.why === null)
        }
      } catch (error) {
        if (!(error instanceof KsmDumpError)) throw error
      }
    }),
    { numRuns: 600 },
  )
})
