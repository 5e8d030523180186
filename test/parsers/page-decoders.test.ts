import { deflateSync } from 'node:zlib'
import fc from 'fast-check'
import { snappyCompress } from 'hysnappy'
import { beforeAll, describe, expect, test } from 'vitest'
import type { PageDecoder } from '../../src/parsers/page-decoder.ts'
import { decodeSnappy, loadSnappy } from '../../src/parsers/snappy-page.ts'
import { decoderWorks, decodeZlib, handleDecoder, plainDecoder } from '../../src/parsers/zlib-page.ts'
import { decodeZstd, loadZstd, nodeZstd } from '../../src/parsers/zstd-page.ts'
import { pageOf, zstdRaw } from '../support/page-encoders.ts'
import { expectSame } from '../support/same-bytes.ts'
import { snappyTwin } from '../support/snappy-twin.ts'

/** Decodes into the middle of a larger buffer; nothing around the page may change. */
function decode(decoder: PageDecoder, input: Uint8Array, size = 4096): Uint8Array | string {
  const from = new Uint8Array(input.length + 64).fill(0x42)
  from.set(input, 32)
  const to = new Uint8Array(size + 64).fill(0xa5)
  const why = decoder(from, 32, input.length, to, 32, size)
  expect(to.subarray(0, 32).every((byte) => byte === 0xa5)).toBe(true)
  expect(to.subarray(32 + size).every((byte) => byte === 0xa5)).toBe(true)
  return why ?? to.slice(32, 32 + size)
}

const pages = fc
  .tuple(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.integer({ min: 1, max: 64 }))
  .map(([unit, gap]) =>
    Uint8Array.from({ length: 4096 }, (_, i) => (i % gap === 0 ? unit[i % unit.length]! : unit[0]!)),
  )

beforeAll(async () => {
  await loadSnappy()
  await loadZstd()
})

describe.each([
  ['zlib by the reused handle', handleDecoder() ?? plainDecoder],
  ['zlib by inflateSync', plainDecoder],
  ['zlib as chosen', decodeZlib],
])('%s', (_name, decoder) => {
  test('passes the probe', () => {
    expect(decoderWorks(decoder)).toBe(true)
  })

  test('gives pages back (property)', () => {
    fc.assert(
      fc.property(pages, fc.constantFrom(1, 6, 9), (page, level) =>
        expectSame(decode(decoder, deflateSync(page, { level })), page),
      ),
    )
  })

  test('sees all damage by its checksum (property)', () => {
    fc.assert(
      fc.property(pages, fc.nat(), fc.integer({ min: 1, max: 255 }), (page, at, change) => {
        const packed = Uint8Array.from(deflateSync(page))
        packed[at % packed.length] = packed[at % packed.length]! ^ change
        const got = decode(decoder, packed)
        if (typeof got !== 'string') expectSame(got, page)
      }),
    )
  })

  test.each([
    ['shorter than a page', deflateSync(new Uint8Array(4095))],
    ['longer than a page by one byte', deflateSync(new Uint8Array(4097))],
    ['a bomb', deflateSync(new Uint8Array(4_000_000))],
    ['cut', deflateSync(pageOf(1)).subarray(0, 50)],
    ['without its checksum', deflateSync(pageOf(1)).subarray(0, -4)],
    ['noise', pageOf(9).subarray(0, 400)],
    ['empty', new Uint8Array(0)],
  ])('refuses a stream that is %s', (_case, packed) => {
    expect(decode(decoder, packed)).toMatch(/^zlib: /)
    expectSame(decode(decoder, deflateSync(pageOf(2))), pageOf(2))
  })
})

test('a decoder that gets something wrong fails the probe', () => {
  expect(decoderWorks(() => null)).toBe(false)
  expect(decoderWorks(() => 'no')).toBe(false)
  expect(
    decoderWorks(() => {
      throw new TypeError('no such handle')
    }),
  ).toBe(false)
  // stops before the checksum: room for the page only
  expect(
    decoderWorks((input, inAt, inSize, output, outAt, outSize) =>
      inSize > 60 ? plainDecoder(input, inAt, inSize, output, outAt, outSize) : null,
    ),
  ).toBe(false)
})

describe('snappy', () => {
  test('gives pages back (property)', () => {
    fc.assert(fc.property(pages, (page) => expectSame(decode(decodeSnappy, snappyCompress(page)), page)))
  })

  test('damaged streams: what it accepts is a whole page, and never less strict than the twin on lengths (property)', () => {
    fc.assert(
      fc.property(
        pages,
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 3 }),
        (page, changes) => {
          const packed = Uint8Array.from(snappyCompress(page))
          for (const [at, byte] of changes) packed[at % packed.length] = byte
          const ours = decode(decodeSnappy, packed)
          const twin = snappyTwin(packed, 4096)
          if (twin === null) expect(ours).toBeTypeOf('string')
          else expectSame(ours, twin)
        },
      ),
      { numRuns: 1000 },
    )
  })

  test('a length that is not the page size is refused before anything is decoded', () => {
    expect(decode(decodeSnappy, Uint8Array.from([0x80, 0x80, 0x80, 0x80, 0x08, 0, 0x61]))).toContain('2147483648')
    expect(decode(decodeSnappy, Uint8Array.from([0x80]))).toContain('snappy')
    expect(decode(decodeSnappy, new Uint8Array(0))).toContain('snappy')
  })
})

describe('zstd', () => {
  test('gives pages back', () => {
    for (const pfn of [1, 2, 3]) expectSame(decode(decodeZstd, zstdRaw(pageOf(pfn))), pageOf(pfn))
  })

  test('64 KiB pages', () => {
    expectSame(decode(decodeZstd, zstdRaw(pageOf(4, 65_536)), 65_536), pageOf(4, 65_536))
  })

  test('random and damaged bytes are refused or give a whole page (property)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(), (bytes, at) => {
        const packed = zstdRaw(pageOf(5))
        packed.set(bytes.subarray(0, 20), at % (packed.length - 20))
        for (const input of [packed, Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, ...bytes])]) {
          const got = decode(decodeZstd, input)
          if (typeof got !== 'string') expect(got.length).toBe(4096)
        }
      }),
    )
  })

  test.each([
    ['4,000 bytes', zstdRaw(new Uint8Array(4000))],
    ['5,000 bytes', zstdRaw(new Uint8Array(5000))],
    [
      'a frame that claims 2^40 bytes',
      Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0]),
    ],
    ['a window of 2^41 bytes', Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0xff, 1, 0, 0])],
    ['nothing', new Uint8Array(0)],
  ])('%s is refused', (_case, packed) => {
    expect(decode(decodeZstd, packed)).toMatch(/^zstd: /)
  })

  test('node:zlib is used where it has zstd, bounded by the page', () => {
    expect(nodeZstd({ constants: {} })).toBeNull()
    const calls: object[] = []
    const zstdDecompressSync = (_input: Uint8Array, options: object) => {
      calls.push(options)
      return new Uint8Array(4096)
    }
    const decompress = nodeZstd({ zstdDecompressSync, constants: { ZSTD_d_windowLogMax: 100 } })
    expect(decompress?.(new Uint8Array(4), 4096).length).toBe(4096)
    expect(calls).toEqual([{ params: { 100: 23 }, maxOutputLength: 4096 }])
  })
})
