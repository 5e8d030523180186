import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { KsmDumpError } from '../../src/base/errors.ts'
import { prepareCodecs } from '../../src/image/codecs.ts'
import { PAGE_BEYOND, PAGE_DAMAGED, PAGE_EXCLUDED } from '../../src/image/types.ts'
import { type KdumpRecipe, writeKdump } from '../support/dump-writer.ts'
import { flatten, pieces } from '../support/flat-writer.ts'
import { MemorySource } from '../support/memory-source.ts'
import { openBytes, openError, openSources, readPage } from '../support/open-image.ts'
import { type CodecName, encodePage, pageOf } from '../support/page-encoders.ts'
import { expectSame } from '../support/same-bytes.ts'

const PAGE = 4096
const INFO = 'OSRELEASE=6.1.0-test\nPAGESIZE=4096\n'

const RECIPE: KdumpRecipe = {
  maxPfn: 256,
  vmcoreinfo: INFO,
  notes: [
    { name: 'CORE', type: 1, desc: new Uint8Array(336) },
    { name: 'QEMU', type: 0, desc: new Uint8Array(440) },
  ],
  timestamp: 1_700_000_000,
  pages: [{ pfn: 0 }, { pfn: 1, codec: 'excluded' }, { pfn: 2 }, { pfn: 5, codec: 'zlib' }, { pfn: 200 }],
}

beforeAll(() => prepareCodecs())

describe('opening', () => {
  test('the facts of the headers', () => {
    const image = openBytes(writeKdump({ ...RECIPE, status: 1 | 0x20 }).bytes)
    expect(image).toMatchObject({
      kind: 'kdump',
      format: 'kdump',
      headerVersion: 6,
      arch: 'x86_64',
      endian: 'little',
      wordSize: 8,
      flattened: false,
      dumpLevel: 31,
      compression: ['zlib', 'zstd'],
      pagesPresent: 4,
      vmcoreinfo: INFO,
      eraseInfo: null,
      timestamp: 1_700_000_000,
      uts: { nodename: 'node', release: '6.1.0-test', version: '#1 SMP', machine: 'x86_64' },
      problems: [],
    })
    expect(image.memory).toMatchObject({ pageSize: PAGE, maxPfn: 256, little: true })
    expect(image.cpus.map(({ kind, index }) => `${kind} ${index}`)).toEqual(['prstatus 0', 'qemu 0'])
    expect(image.notes.map(({ name }) => name)).toEqual(['CORE', 'QEMU', 'VMCOREINFO'])
  })

  test('a utsname that only knows the machine is none', () => {
    const { bytes } = writeKdump({ ...RECIPE, release: '' })
    bytes.fill(0, 12 + 65, 12 + 130)
    bytes.fill(0, 12 + 195, 12 + 260)
    expect(openBytes(bytes)).toMatchObject({ uts: null, arch: 'x86_64' })
  })

  test('the VMCOREINFO note counts where the sub-header does not point at it', () => {
    expect(openBytes(writeKdump({ ...RECIPE, vmcoreinfoRange: { at: 0, size: 0 } }).bytes).vmcoreinfo).toBe(INFO)
    expect(openBytes(writeKdump({ ...RECIPE, vmcoreinfoRange: { at: 0, size: 300 } }).bytes).vmcoreinfo).toBe(INFO)
  })

  test.each([
    ['notes of 2^40 bytes', { notesRange: { at: 4200, size: 2 ** 40 } }],
    ['notes at 2^62', { notesRange: { at: 2n ** 62n, size: 100 } }],
    ['VMCOREINFO at 2^63', { vmcoreinfoRange: { at: 2n ** 63n, size: 100 } }],
    ['a note that does not fit', { notes: [{ name: 'CORE', type: 1, desc: 'x' }], notesRange: { at: 4200, size: 40 } }],
  ])('%s are a problem, pages are read', (_name, change) => {
    const image = openBytes(writeKdump({ ...RECIPE, ...change }).bytes)
    expect(image.problems.map(({ code }) => code)).toEqual(['notes-damaged'])
    expect(image.problems[0]!.message).toMatch(/^part 1: |^dump: /)
    expectSame(readPage(image, 2), pageOf(2))
  })

  test.each([
    ['before the sub-header', 4096, 'truncated-header'],
    ['in the header', 300, 'truncated-header'],
    ['after the signature', 8, 'truncated-header'],
    ['before the bitmaps', 8192, 'truncated-header'],
    ['in the first bitmap', 8200, 'truncated-header'],
  ])('a file cut %s can not be opened', (_name, size, code) => {
    const error = openError(writeKdump(RECIPE).bytes.subarray(0, size))
    expect(error).toMatchObject({ code, input: 'dump' })
    expect(error.message).toContain(String(size))
    expect(error.advice).not.toBeNull()
  })

  test('max_mapnr_64 that can not be true: max_mapnr is used, and it is said', () => {
    const image = openBytes(writeKdump({ ...RECIPE, maxMapnr64: 2n ** 60n }).bytes)
    expect(image.problems.map(({ code }) => code)).toEqual(['implausible-value'])
    expect(image.memory.maxPfn).toBe(256)
    expectSame(readPage(image, 200), pageOf(200))
  })

  test('damage at random never throws anything but KsmDumpError, and reading never throws (property)', () => {
    const recipes = fc.constantFrom<Partial<KdumpRecipe>>(
      {},
      { endian: 'big', machine: 's390x' },
      { wordSize: 4, machine: 'i686' },
      { wordSize: 4, padded: true, machine: 'armv7l', version: 5 },
      { split: { start: 0, end: 100 } },
      { oneBitmap: true, maxPfn: 30_000 },
    )
    const somewhere = fc.oneof(
      fc.nat(8),
      fc.integer({ min: 404, max: 464 }),
      fc.integer({ min: 4096, max: 4210 }),
      fc.nat(30_000),
    )
    const changes = fc.array(fc.tuple(somewhere, fc.constantFrom(0, 1, 0x7f, 0x80, 0xff, 0x10)), { maxLength: 10 })
    fc.assert(
      fc.property(recipes, changes, fc.option(fc.nat(40_000)), fc.boolean(), (recipe, list, cut, flat) => {
        let { bytes } = writeKdump({ ...RECIPE, ...recipe })
        for (const [at, byte] of list) bytes[at % bytes.length] = byte
        if (flat) bytes = flatten(pieces(bytes, 3000))
        if (cut !== null) bytes = bytes.subarray(0, cut % bytes.length)
        try {
          const image = openBytes(bytes)
          for (const pfn of [0, 1, 2, 5, 100, 200, 255, 256, 2 ** 40]) {
            image.memory.slot(pfn)
            const read = image.memory.read(pfn * image.memory.pageSize, new Uint8Array(16))
            expect(read.bytes === 16).toBe(read.why === null)
          }
        } catch (error) {
          if (!(error instanceof KsmDumpError)) throw error
        }
      }),
      { numRuns: 600 },
    )
  })
})

describe('pages', () => {
  test('present, excluded, hole and beyond', () => {
    const { memory } = openBytes(writeKdump(RECIPE).bytes)
    expect([1, 3, 256, 2 ** 45].map((pfn) => memory.slot(pfn))).toEqual([
      PAGE_EXCLUDED,
      PAGE_EXCLUDED,
      PAGE_BEYOND,
      PAGE_BEYOND,
    ])
    const word = memory.slot(2)
    expect(memory.words[word + 5]).toBe(new DataView(pageOf(2).buffer).getUint32(20, true))
    expect(memory.read(PAGE - 4, new Uint8Array(8))).toEqual({ bytes: 4, why: 'excluded', at: null, detail: null })
    expect(memory.needs()).toEqual({ needed: 6, excluded: 2, damaged: 0, beyond: 2 })
  })

  test.each(['raw', 'zlib', 'lzo', 'snappy', 'zstd'] as const)('%s pages, each decoded once', (codec) => {
    const pfns = Array.from({ length: 100 }, (_, i) => i * 2)
    const image = openBytes(writeKdump({ maxPfn: 256, pages: pfns.map((pfn) => ({ pfn, codec })) }).bytes)
    expect(image.problems).toEqual([])
    for (let round = 0; round < 3; round++) for (const pfn of pfns) expectSame(readPage(image, pfn), pageOf(pfn))
    expect(image.memory.work).toMatchObject({ pagesRead: 100, pagesDecompressed: codec === 'raw' ? 0 : 100 })
  })

  test('codecs of pages may differ: each page says its own', () => {
    const codecs: CodecName[] = ['raw', 'zlib', 'lzo', 'snappy', 'zstd']
    const image = openBytes(writeKdump({ pages: codecs.map((codec, pfn) => ({ pfn, codec })) }).bytes)
    codecs.forEach((_codec, pfn) => {
      expectSame(readPage(image, pfn), pageOf(pfn))
    })
  })

  test('64 KiB pages', () => {
    const image = openBytes(
      writeKdump({
        blockSize: 65_536,
        machine: 'aarch64',
        pages: [
          { pfn: 3, codec: 'lzo' },
          { pfn: 4, codec: 'zlib' },
        ],
      }).bytes,
    )
    expect(image.memory.pageSize).toBe(65_536)
    expectSame(readPage(image, 3), pageOf(3, 65_536))
    expectSame(readPage(image, 4), pageOf(4, 65_536))
  })

  test('pages may share their bytes, as zero pages do', () => {
    const zero = new Uint8Array(PAGE)
    const image = openBytes(
      writeKdump({ pages: [{ pfn: 1, content: zero }, { pfn: 2 }, { pfn: 3, sameAs: 1 }, { pfn: 9, sameAs: 1 }] })
        .bytes,
    )
    for (const pfn of [1, 3, 9]) expectSame(readPage(image, pfn), zero)
    expectSame(readPage(image, 2), pageOf(2))
    expect(image.problems).toEqual([])
  })

  test('many pages across bitmap blocks are found by their rank (property)', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(99_999), { minLength: 1, maxLength: 60 }), (list) => {
        const pfns = list.toSorted((a, b) => a - b)
        const image = openBytes(
          writeKdump({ maxPfn: 100_000, pages: pfns.map((pfn) => ({ pfn, codec: 'zlib' })) }).bytes,
        )
        for (const pfn of pfns) expectSame(readPage(image, pfn), pageOf(pfn))
        expect(image.memory.slot(100_000)).toBe(PAGE_BEYOND)
      }),
      { numRuns: 20 },
    )
  })

  test('a dump of one bitmap (old diskdump)', () => {
    const image = openBytes(writeKdump({ oneBitmap: true, maxPfn: 20_000, pages: [{ pfn: 7 }, { pfn: 19_999 }] }).bytes)
    expectSame(readPage(image, 7), pageOf(7))
    expectSame(readPage(image, 19_999), pageOf(19_999))
  })

  test('big-endian dumps are read, their words are not', () => {
    const image = openBytes(writeKdump({ endian: 'big', machine: 's390x', pages: [{ pfn: 1, codec: 'zlib' }] }).bytes)
    expect(image.memory.little).toBe(false)
    expectSame(readPage(image, 1), pageOf(1))
  })

  test('a small cache gives the same pages', () => {
    const pfns = Array.from({ length: 300 }, (_, i) => i)
    const image = openBytes(writeKdump({ maxPfn: 300, pages: pfns.map((pfn) => ({ pfn })) }).bytes, 0)
    for (const pfn of [...pfns, ...pfns.toReversed()]) expectSame(readPage(image, pfn), pageOf(pfn))
  })
})

describe('damaged pages', () => {
  test.each([
    ['a raw page of 4095 bytes', { size: 4095 }, '4095 bytes'],
    ['a raw page of 4097 bytes', { size: 4097 }, '4097 bytes'],
    ['a zlib page of 0 bytes', { codec: 'zlib', size: 0 }, '0 bytes'],
    ['a zlib page of 4 GiB', { codec: 'zlib', size: 0xffffffff }, '4294967295 bytes'],
    ['an offset beyond the file', { offset: 0x10000000 }, 'beyond the end'],
    ['an offset of 2^63', { offset: 2n ** 63n }, 'beyond the end'],
    ['an offset of 2^64 - 1', { offset: 2n ** 64n - 1n }, 'beyond the end'],
    ['an unknown flag', { flags: 0x40 }, 'unknown flags 0x40'],
    ['noise as zlib', { codec: 'zlib', stored: pageOf(77).subarray(0, 500) }, 'zlib'],
    ['noise as LZO', { codec: 'lzo', stored: pageOf(77).subarray(0, 500) }, 'lzo'],
    ['noise as snappy', { codec: 'snappy', stored: pageOf(77).subarray(0, 500) }, 'snappy'],
    ['noise as zstd', { codec: 'zstd', stored: pageOf(77).subarray(0, 500) }, 'zstd'],
    ['an LZO stream of 4000 bytes', { codec: 'lzo', stored: encodePage(new Uint8Array(4000), 'lzo') }, 'only 4000'],
    ['never written', { offset: 0, size: 0 }, 'never written'],
  ] as const)('%s: damaged, with its place; the others are read', (_name, change, detail) => {
    const image = openBytes(writeKdump({ pages: [{ pfn: 0 }, { pfn: 1, ...change }, { pfn: 2, codec: 'zlib' }] }).bytes)
    expect(image.memory.slot(1)).toBe(PAGE_DAMAGED)
    const into = new Uint8Array(64).fill(0xee)
    const read = image.memory.read(PAGE + 100, into)
    expect(read).toMatchObject({ bytes: 0, why: 'damaged', at: expect.any(Number) })
    expect(read.detail).toMatch(/^page descriptor 1: /)
    expect(read.detail).toContain(detail)
    expect(into.every((byte) => byte === 0xee)).toBe(true)
    expectSame(readPage(image, 0), pageOf(0))
    expectSame(readPage(image, 2), pageOf(2))
  })

  test('the last page is cut off: damaged, but its first bytes are those that are there', () => {
    const { bytes, page } = writeKdump({ pages: [{ pfn: 0 }, { pfn: 1 }] })
    const image = openBytes(bytes.subarray(0, page.get(1)! + 1000))
    expect(image.problems.map(({ code }) => code)).toEqual(['file-truncated'])
    expect(image.memory.slot(1)).toBe(PAGE_DAMAGED)
    const into = new Uint8Array(PAGE)
    expect(image.memory.read(PAGE, into)).toMatchObject({ bytes: 1000, why: 'damaged' })
    expectSame(into.slice(0, 1000), pageOf(1).slice(0, 1000))
    expect(image.memory.read(PAGE + 990, new Uint8Array(10))).toMatchObject({ bytes: 10, why: null })
    expect(image.memory.read(PAGE + 1000, new Uint8Array(1))).toMatchObject({ bytes: 0, why: 'damaged' })
  })

  test('cut in the descriptors: pages without one are damaged', () => {
    const { bytes, at } = writeKdump({ pages: [{ pfn: 0 }, { pfn: 1 }, { pfn: 2 }] })
    const image = openBytes(bytes.subarray(0, at.descriptors + 30))
    expect(image.problems.map(({ code }) => code)).toEqual(['file-truncated'])
    for (const pfn of [0, 1, 2]) expect(image.memory.slot(pfn)).toBe(PAGE_DAMAGED)
    expect(image.memory.slot(3)).toBe(PAGE_EXCLUDED)
    expect(image.pagesPresent).toBe(1)
    expect(image.memory.read(2 * PAGE, new Uint8Array(1)).detail).toContain('page descriptor 2')
  })

  test('a file that shrinks while it is read: damaged, not an exception', () => {
    const src = new MemorySource(writeKdump({ pages: [{ pfn: 0 }, { pfn: 1, codec: 'zlib' }] }).bytes)
    const image = openSources([src])
    src.limit = src.size - 10
    expect(image.memory.read(PAGE, new Uint8Array(4))).toMatchObject({
      why: 'damaged',
      detail: expect.stringContaining('bytes are in the file'),
    })
  })

  test('a file whose disk fails: damaged, not an exception', () => {
    const src = new MemorySource(writeKdump({ pages: [{ pfn: 0 }, { pfn: 1 }] }).bytes)
    const image = openSources([src])
    src.read = () => {
      throw new KsmDumpError('read-failed', 'dump: EIO')
    }
    expect(image.memory.read(PAGE, new Uint8Array(4))).toMatchObject({
      bytes: 0,
      why: 'damaged',
      detail: expect.stringContaining('EIO'),
    })
  })
})

describe('consistency', () => {
  test('a bitmap that lost a bit is a mismatch', () => {
    const { bytes, at } = writeKdump({ pages: [{ pfn: 0 }, { pfn: 1 }, { pfn: 2 }, { pfn: 3 }] })
    bytes[at.dumped] = 0b1011
    const { problems } = openBytes(bytes)
    expect(problems.map(({ code }) => code)).toEqual(['bitmap-mismatch'])
    expect(problems[0]!.message).toContain(String(at.descriptors + 3 * 24))
    expect(problems[0]!.message).toContain(String(at.data))
  })

  test('a page that is dumped but does not exist is a mismatch, with its page frame', () => {
    const { bytes, at } = writeKdump({ pages: [{ pfn: 0 }, { pfn: 9 }] })
    bytes[at.existing + 1] = 0
    const { problems } = openBytes(bytes)
    expect(problems.map(({ code }) => code)).toEqual(['bitmap-mismatch'])
    expect(problems[0]!.message).toContain('0x9')
  })

  test('a shared zero page first, of which none of the first descriptors knows', () => {
    const { bytes, at } = writeKdump({ maxPfn: 70, pages: Array.from({ length: 70 }, (_, pfn) => ({ pfn })) })
    const shifted = new Uint8Array(bytes.length + PAGE)
    shifted.set(bytes.subarray(0, at.data))
    shifted.set(bytes.subarray(at.data), at.data + PAGE)
    const view = new DataView(shifted.buffer)
    for (let i = 0; i < 70; i++) view.setUint32(at.descriptors + 24 * i, at.data + PAGE * (i + 1), true)
    view.setUint32(at.descriptors + 24 * 69, at.data, true)
    const image = openBytes(shifted)
    expect(image.problems).toEqual([])
    expectSame(readPage(image, 69), new Uint8Array(PAGE))
    expectSame(readPage(image, 68), pageOf(68))
  })

  test('the incomplete mark is a problem, unwritten pages are damaged', () => {
    const image = openBytes(writeKdump({ status: 8, pages: [{ pfn: 0 }, { pfn: 1, offset: 0, size: 0 }] }).bytes)
    expect(image.problems.map(({ code }) => code)).toEqual(['dump-incomplete'])
    expect(image.memory.read(PAGE, new Uint8Array(1))).toMatchObject({
      why: 'damaged',
      detail: expect.stringContaining('never written'),
    })
  })
})

describe('flattened', () => {
  const whole = writeKdump({
    ...RECIPE,
    pages: [...RECIPE.pages, { pfn: 210, codec: 'lzo' }, { pfn: 211, codec: 'snappy' }, { pfn: 212, codec: 'zstd' }],
  })

  test.each([1, 100, 3000, 4096, 16_384])('records of %i bytes: pages cross them, compressed or raw', (most) => {
    const image = openBytes(flatten(whole.writes, { most }))
    expect(image).toMatchObject({
      kind: 'flattened-kdump',
      format: 'kdump',
      flattened: true,
      problems: [],
      vmcoreinfo: INFO,
    })
    for (const pfn of [0, 2, 5, 200, 210, 211, 212]) expectSame(readPage(image, pfn), pageOf(pfn))
  })

  test('headers after the pages, written twice', () => {
    const image = openBytes(flatten([{ at: 0, bytes: new Uint8Array(464).fill(0xee) }, ...whole.writes.toReversed()]))
    expectSame(readPage(image, 5), pageOf(5))
  })

  test('a page in a hole is damaged, never zeros', () => {
    const without = whole.writes.filter(({ at }) => at !== whole.page.get(2))
    const image = openBytes(flatten(without))
    expect(readPage(image, 2)).toBe('damaged')
    expectSame(readPage(image, 200), pageOf(200))
  })

  test('cut off: pages before the cut are read, those after it are damaged', () => {
    const bytes = flatten(whole.writes, { open: true })
    const image = openBytes(bytes.subarray(0, bytes.length - 3000))
    expect(image.problems.map(({ code }) => code)).toEqual(['flattened-damaged', 'file-truncated'])
    expectSame(readPage(image, 0), pageOf(0))
    expect(readPage(image, 212)).toBe('damaged')
  })

  test('the bitmap is lost in part: pages above are damaged, those below are right', () => {
    const big = writeKdump({ maxPfn: 100_000, pages: [{ pfn: 5 }, { pfn: 90_000 }] })
    const bytes = pieces(big.bytes, 4096)
    const kept = bytes.filter(({ at }) => Number(at) < big.at.dumped || Number(at) >= big.at.dumped + 8192)
    kept.splice(1, 0, ...bytes.filter(({ at }) => Number(at) === big.at.dumped))
    const image = openBytes(flatten(kept, { open: true }))
    expect(image.problems.map(({ code }) => code)).toContain('file-truncated')
    expectSame(readPage(image, 5), pageOf(5))
    expect(readPage(image, 90_000)).toBe('damaged')
    expect(image.memory.read(90_000 * PAGE, new Uint8Array(1)).detail).toContain('bitmap')
  })
})
