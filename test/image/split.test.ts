import { describe, expect, test } from 'vitest'
import { type KdumpRecipe, writeKdump, writeSplit } from '../support/dump-writer.ts'
import { flatten } from '../support/flat-writer.ts'
import { openBytes, openError, readPage } from '../support/open-image.ts'
import { pageOf } from '../support/page-encoders.ts'
import { expectSame } from '../support/same-bytes.ts'

const PFNS = [0, 1, 2, 3, 4, 5, 60, 61, 200]
const RECIPE: KdumpRecipe = {
  maxPfn: 256,
  vmcoreinfo: 'OSRELEASE=6.1\n',
  pages: [
    ...PFNS.map((pfn) => ({ pfn, codec: pfn % 2 ? ('zlib' as const) : ('raw' as const) })),
    { pfn: 9, codec: 'excluded' },
  ],
}

const RANGES: [number, number][] = [
  [0, 3],
  [3, 61],
  [61, 256],
]
const PARTS = writeSplit(RECIPE, RANGES)
const [first, second, third] = PARTS.map(({ bytes }) => bytes) as [Uint8Array, Uint8Array, Uint8Array]

describe('a split set', () => {
  test.each([
    ['in order', [first, second, third]],
    ['out of order', [third, first, second]],
    ['flattened', PARTS.map(({ writes }) => flatten(writes))],
    ['mixed flattened and plain', [first, flatten(PARTS[1]!.writes, { most: 500 }), third]],
  ])('%s: every page is there', (name, parts) => {
    const image = openBytes(parts)
    expect(image.problems).toEqual([])
    expect(image.pagesPresent).toBe(PFNS.length)
    expect(image.flattened).toBe(name.includes('flattened'))
    for (const pfn of PFNS) expectSame(readPage(image, pfn), pageOf(pfn))
    expect(readPage(image, 9)).toBe('excluded')
    expect(readPage(image, 256)).toBe('beyond')
    expect(image.memory.work.pagesRead).toBe(PFNS.length)
  })

  test.each([2, 3, 4, 5])('version %i: the old page frame fields', (version) => {
    const image = openBytes(writeSplit({ ...RECIPE, version }, RANGES).map(({ bytes }) => bytes))
    for (const pfn of PFNS) expectSame(readPage(image, pfn), pageOf(pfn))
  })

  test('a missing part: its pages are excluded, and the range is named', () => {
    const image = openBytes([third, first])
    expect(image.problems).toMatchObject([
      { code: 'split-part-missing', message: expect.stringContaining('0x3 to 0x3c') },
    ])
    expect(readPage(image, 4)).toBe('excluded')
    expectSame(readPage(image, 200), pageOf(200))
    expectSame(readPage(image, 2), pageOf(2))
  })

  test('one part alone', () => {
    const image = openBytes([second])
    expect(image.problems).toMatchObject([{ code: 'split-part-missing', input: 'part 1' }])
    expectSame(readPage(image, 60), pageOf(60))
    expect(readPage(image, 0)).toBe('excluded')
  })

  test('room for the descriptors of all parts in each, as makedumpfile leaves it, is no mismatch', () => {
    const { bytes, at, page } = PARTS[1]!
    const more = (PFNS.length - page.size) * 24
    const moved = new Uint8Array(bytes.length + more)
    moved.set(bytes.subarray(0, at.data))
    moved.set(bytes.subarray(at.data), at.data + more)
    const view = new DataView(moved.buffer)
    for (let i = 0; i < page.size; i++)
      view.setUint32(at.descriptors + 24 * i, view.getUint32(at.descriptors + 24 * i, true) + more, true)
    const image = openBytes([first, moved, third])
    expect(image.problems).toEqual([])
    for (const pfn of PFNS) expectSame(readPage(image, pfn), pageOf(pfn))
  })

  test('empty parts, as makedumpfile writes for small dumps', () => {
    const parts = writeSplit(RECIPE, [
      [0, 256],
      [256, 256],
      [256, 256],
    ]).map(({ bytes }) => bytes)
    const image = openBytes(parts)
    expect(image.problems).toEqual([])
    for (const pfn of PFNS) expectSame(readPage(image, pfn), pageOf(pfn))
  })

  test('one part cut off: its pages are damaged, the others are read', () => {
    const image = openBytes([first, second.subarray(0, PARTS[1]!.page.get(4)! + 10), third])
    expect(image.problems.map(({ code }) => code)).toContain('file-truncated')
    expectSame(readPage(image, 3), pageOf(3))
    expect(readPage(image, 5)).toBe('damaged')
    expectSame(readPage(image, 61), pageOf(61))
  })

  test('bitmaps that differ are a mismatch', () => {
    const bytes = Uint8Array.from(second)
    bytes[PARTS[1]!.at.dumped + 20] = 1
    const { problems } = openBytes([first, bytes, third])
    expect(problems.every(({ code }) => code === 'bitmap-mismatch')).toBe(true)
    expect(problems.some(({ message }) => message.includes('differs'))).toBe(true)
  })
})

describe('refused', () => {
  test.each([
    ['a whole dump beside another', [writeKdump(RECIPE).bytes, first], 'split-set'],
    ['the same part twice', [first, second, second], 'split-set'],
    ['parts of two dumps', [first, writeSplit({ ...RECIPE, release: '5.10' }, RANGES)[1]!.bytes], 'split-set'],
    ['a part that ends before it starts', [writeSplit(RECIPE, [[9, 3]])[0]!.bytes], 'damaged-header'],
    ['no file', [], 'not-found'],
  ])('%s', (_name, parts, code) => {
    expect(openError(parts)).toMatchObject({ code })
  })
})
