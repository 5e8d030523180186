import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isPageSize, parseKdumpHeader, type KdumpHeader } from '../../src/parsers/kdump-header.ts'
import { parseKdumpSubHeader } from '../../src/parsers/kdump-sub-header.ts'
import { type KdumpRecipe, writeKdump } from '../support/dump-writer.ts'

function headerOf(bytes: Uint8Array): KdumpHeader {
  const header = parseKdumpHeader(bytes)
  if ('fault' in header) throw new Error(header.fault)
  return header
}

const SHAPES: [name: string, recipe: Partial<KdumpRecipe>][] = [
  ['64-bit little-endian', { machine: 'x86_64' }],
  ['64-bit big-endian', { endian: 'big', machine: 's390x' }],
  ['32-bit packed (i386)', { wordSize: 4, machine: 'i686' }],
  ['32-bit padded (arm)', { wordSize: 4, padded: true, machine: 'armv7l' }],
  ['32-bit big-endian', { wordSize: 4, endian: 'big', padded: true, machine: 'ppc' }],
]

describe.each(SHAPES)('%s', (_name, shape) => {
  test.each([1, 2, 3, 4, 5, 6, 7])('version %i: fields up to it, none after it', (version) => {
    const { bytes, at } = writeKdump({
      ...shape,
      version,
      maxPfn: 1000,
      timestamp: 1_700_000_000,
      status: 1,
      dumpLevel: 17,
      notes: [{ name: 'CORE', type: 1, desc: new Uint8Array(100) }],
      vmcoreinfo: 'OSRELEASE=6.1\n',
      eraseInfo: 'erase x\n',
      split: { start: 10, end: 500 },
      pages: [{ pfn: 10 }],
    })
    const header = headerOf(bytes)
    expect(header).toMatchObject({
      wordSize: shape.wordSize ?? 8,
      endian: shape.endian ?? 'little',
      version,
      machine: shape.machine,
      nodename: 'node',
      release: '6.1.0-test',
      timestamp: 1_700_000_000,
      status: 1,
      blockSize: 4096,
      subHdrSize: 1,
      bitmapBlocks: 2,
      maxMapnr: 1000,
      diskdump: false,
    })
    const sub = parseKdumpSubHeader(bytes.slice(4096, 4096 + 104), header)
    expect(sub).toMatchObject({
      dumpLevel: 17,
      split: version >= 2,
      startPfn: version >= 2 ? 10 : 0,
      endPfn: version >= 2 ? 500 : 0,
      maxMapnr: version >= 6 ? 1000 : null,
    })
    expect(sub.notes).toEqual(version >= 4 ? { at: at.notes, size: expect.any(Number) } : null)
    expect(sub.eraseInfo).toEqual(version >= 5 ? { at: expect.any(Number), size: 8 } : null)
    if (version < 3) expect(sub.vmcoreinfo).toBeNull()
    else {
      const { at: start, size } = sub.vmcoreinfo ?? { at: 0, size: 0 }
      expect(String.fromCharCode(...bytes.subarray(start, start + size))).toBe('OSRELEASE=6.1\n')
    }
  })
})

test('version 6 takes the 64-bit page frame numbers, older versions the old ones', () => {
  const { bytes } = writeKdump({ split: { start: 3, end: 9 }, pages: [] })
  const view = new DataView(bytes.buffer)
  view.setBigUint64(4096 + 16, 1n, true) // start_pfn
  view.setBigUint64(4096 + 24, 2n, true)
  const header = headerOf(bytes)
  const sub = bytes.slice(4096, 4096 + 104)
  expect(parseKdumpSubHeader(sub, header)).toMatchObject({ startPfn: 3, endPfn: 9 })
  expect(parseKdumpSubHeader(sub, { ...header, version: 5 })).toMatchObject({ startPfn: 1, endPfn: 2 })
})

test('the old diskdump has no sub-header of this shape', () => {
  const { bytes } = writeKdump({ signature: 'DISKDUMP', version: 1, pages: [] })
  const header = headerOf(bytes)
  expect(header.diskdump).toBe(true)
  expect(parseKdumpSubHeader(bytes.slice(4096, 4096 + 104), header).dumpLevel).toBeNull()
})

test('microseconds that look like a block size do not make a 64-bit file 32-bit', () => {
  const { bytes } = writeKdump({ status: 1, pages: [] })
  new DataView(bytes.buffer).setUint32(416, 65_536, true)
  expect(headerOf(bytes)).toMatchObject({ wordSize: 8, blockSize: 4096 })
})

test('where several layouts fit, utsname.machine chooses', () => {
  const { bytes } = writeKdump({ status: 1, pages: [], machine: 'x86_64' })
  const view = new DataView(bytes.buffer)
  view.setUint32(416, 65_536, true) // as 32-bit: block_size
  view.setUint32(420, 1, true) // sub_hdr_size; as 64-bit: the high half of tv_usec
  expect(headerOf(bytes).wordSize).toBe(8)
  bytes.set([0x69, 0x36, 0x38, 0x36, 0, 0], 8 + 4 + 4 * 65) // i686
  expect(headerOf(bytes).wordSize).toBe(4)
})

test.each([
  ['a block size of 5,000', { headerBlockSize: 5000 }],
  ['a block size of 0', { headerBlockSize: 0 }],
  ['a block size of 1 GiB', { headerBlockSize: 0x40000000 }],
  ['a bitmap too small for max_mapnr', { maxMapnr: 1_000_000 }],
])('%s is a fault', (_name, recipe) => {
  expect(parseKdumpHeader(writeKdump({ ...recipe, pages: [] }).bytes)).toHaveProperty('fault')
})

test('short bytes and other signatures are faults', () => {
  const { bytes } = writeKdump({ pages: [] })
  for (const size of [0, 7, 8, 100, 451]) expect(parseKdumpHeader(bytes.subarray(0, size))).toHaveProperty('fault')
  expect(parseKdumpHeader(new Uint8Array(464))).toHaveProperty('fault')
})

test('page sizes', () => {
  expect([4096, 16_384, 65_536, 262_144].every(isPageSize)).toBe(true)
  expect([0, 1, -4096, 2048, 5000, 524_288, Number.NaN, Number.POSITIVE_INFINITY].some(isPageSize)).toBe(false)
})

test('any bytes after the signature give a header or a fault (property)', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...SHAPES),
      fc.array(fc.tuple(fc.nat(600), fc.integer({ min: 0, max: 255 })), { maxLength: 12 }),
      ([, shape], changes) => {
        const { bytes } = writeKdump({ ...shape, pages: [] })
        for (const [at, byte] of changes) bytes[8 + at] = byte
        const header = parseKdumpHeader(bytes)
        if ('fault' in header) return
        expect(isPageSize(header.blockSize)).toBe(true)
        expect(8 * header.bitmapBlocks * header.blockSize).toBeGreaterThanOrEqual(header.maxMapnr)
        parseKdumpSubHeader(bytes.slice(4096, 4096 + 104), header)
      },
    ),
  )
})
