import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ElfHeader, type ElfSegment, parseElfHeader, parseProgramHeaders } from '../../src/parsers/elf.ts'
import { writeElf } from '../support/elf-writer.ts'

function headerOf(bytes: Uint8Array): ElfHeader {
  const header = parseElfHeader(bytes.subarray(0, 64))
  if ('fault' in header) throw new Error(header.fault)
  return header
}

const SHAPES = [
  [8, 'little', 62],
  [8, 'big', 22],
  [4, 'little', 3],
  [4, 'big', 20],
] as const

describe.each(SHAPES)('ELF with words of %i bytes, %s-endian', (wordSize, endian, machine) => {
  test('header and program headers', () => {
    const page = new Uint8Array(4096)
    const { bytes, at } = writeElf({
      wordSize,
      endian,
      machine,
      phoff: 200,
      ehsize: 8,
      segments: [
        { notes: [{ name: 'CORE', type: 1, desc: 'x' }] },
        { type: 6 },
        { paddr: 0x1000, bytes: page, memsz: 0x3000 },
        { paddr: wordSize === 8 ? 0xffffffffffffffffn : 0xffffffff, bytes: page },
      ],
    })
    const header = headerOf(bytes)
    expect(header).toMatchObject({
      wordSize,
      endian,
      machine,
      type: 4,
      phoff: 200,
      phnum: 4,
      phentsize: wordSize === 8 ? 56 : 32,
    })
    const segments: ElfSegment[] = []
    parseProgramHeaders(bytes.subarray(200, 200 + 4 * header.phentsize), header, segments)
    expect(segments).toEqual([
      { type: 4, offset: at[0], paddr: 0, filesz: 24, memsz: 24 },
      { type: 1, offset: at[2], paddr: 0x1000, filesz: 4096, memsz: 0x3000 },
      { type: 1, offset: at[3], paddr: null, filesz: 4096, memsz: 4096 },
    ])
  })
})

test('numbers above 2^53 are Infinity, so that every bounds check refuses them', () => {
  const { bytes } = writeElf({
    segments: [{ paddr: 2n ** 60n, offset: 2n ** 64n - 4096n, filesz: 2n ** 63n, memsz: 2n ** 53n - 1n }],
  })
  const segments: ElfSegment[] = []
  parseProgramHeaders(bytes.subarray(64, 120), headerOf(bytes), segments)
  const huge = Number.POSITIVE_INFINITY
  expect(segments).toEqual([{ type: 1, offset: huge, paddr: huge, filesz: huge, memsz: 2 ** 53 - 1 }])
})

test('a larger step between program headers is kept', () => {
  const { bytes } = writeElf({ phentsize: 80, segments: [{ paddr: 0x1000 }, { paddr: 0x2000 }] })
  const segments: ElfSegment[] = []
  parseProgramHeaders(bytes.subarray(64, 64 + 160), headerOf(bytes), segments)
  expect(segments.map(({ paddr }) => paddr)).toEqual([0x1000, 0x2000])
})

test.each([
  ['another magic', (bytes: Uint8Array) => bytes.set([0x7f, 0x45, 0x4c, 0x47])],
  ['class 3', (bytes: Uint8Array) => bytes.set([3], 4)],
  ['data 0', (bytes: Uint8Array) => bytes.set([0], 5)],
])('%s is a fault', (_name, change) => {
  const { bytes } = writeElf({ segments: [] })
  change(bytes)
  expect(parseElfHeader(bytes)).toHaveProperty('fault')
})

test('any bytes give a header or a fault, and program headers without leaving the bytes (property)', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...SHAPES),
      fc.uint8Array({ maxLength: 300 }),
      fc.integer({ min: 56, max: 100 }),
      ([wordSize, endian], noise, phentsize) => {
        const { bytes } = writeElf({ wordSize, endian, segments: [] })
        bytes.set(noise.subarray(0, 40), 16)
        const header = headerOf(bytes)
        const segments: ElfSegment[] = []
        parseProgramHeaders(noise, { ...header, phentsize }, segments)
        expect(segments.length).toBeLessThanOrEqual(Math.ceil(noise.length / phentsize))
        expect(parseElfHeader(noise)).toHaveProperty('fault')
      },
    ),
  )
})
