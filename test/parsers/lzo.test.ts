import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeLzo, lzo1x } from '../../src/parsers/lzo.hot.ts'
import { lzoStreams } from '../support/lzo-random.ts'
import { lzoTwin } from '../support/lzo-twin.ts'
import { lzoLiterals, lzoRun, pageOf } from '../support/page-encoders.ts'
import { expectSame } from '../support/same-bytes.ts'

/** Decodes with guard bytes around input and output, and checks that they stay. */
function decode(input: Uint8Array, size: number): Uint8Array | string {
  const from = new Uint8Array(input.length + 64).fill(0x11)
  from.set(input, 32)
  const to = new Uint8Array(size + 64).fill(0xa5)
  const why = decodeLzo(from, 32, input.length, to, 32, size)
  expect(to.subarray(0, 32).every((byte) => byte === 0xa5)).toBe(true)
  expect(to.subarray(32 + size).every((byte) => byte === 0xa5)).toBe(true)
  return why ?? to.slice(32, 32 + size)
}

/** Same verdict and same bytes as the twin. */
function agrees(input: Uint8Array, size: number): void {
  const ours = decode(input, size)
  const twin = lzoTwin(input, size)
  if (twin === null) expect(ours).toBeTypeOf('string')
  else expectSame(ours, twin)
}

describe('LZO1X', () => {
  test('literals come back, short and long runs', () => {
    for (const size of [1, 3, 4, 238, 239, 300, 4096]) {
      const page = pageOf(3, 8192).subarray(0, size)
      expectSame(decode(lzoLiterals(page), size), page)
    }
  })

  test('a page of equal bytes is one match of distance 1', () => {
    expectSame(decode(lzoRun(0x77, 4096), 4096), new Uint8Array(4096).fill(0x77))
  })

  test('literals of any bytes come back (property)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 600 }), (page) =>
        expectSame(decode(lzoLiterals(page), page.length), page),
      ),
    )
  })

  test('every kind of match decodes to what was meant, and as the twin says (property)', () => {
    fc.assert(
      fc.property(lzoStreams, ({ stream, page }) => {
        const ours = decode(stream, page.length)
        expectSame(ours, page)
        agrees(stream, page.length)
      }),
      { numRuns: 300 },
    )
  })

  test('damaged streams get the verdict of the twin (property)', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(lzoStreams, damage, fc.option(fc.nat()), ({ stream, page }, bytes, cut) => {
        const bad = Uint8Array.from(stream)
        for (const [at, byte] of bytes) bad[at % bad.length] = byte
        agrees(cut === null ? bad : bad.subarray(0, cut % bad.length), page.length)
      }),
      { numRuns: 500 },
    )
  })

  test('random bytes always end, within their bounds, with the verdict of the twin (property)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 4096 }), (bytes, size) =>
        agrees(bytes, size),
      ),
      { numRuns: 2000 },
    )
  })

  test.each([
    ['nothing at all', [], 'too early'],
    ['a run of literals that goes beyond the input', [17 + 30, 1, 2], 'too early'],
    ['a length of endless zero bytes', new Array(4000).fill(0), 'too early'],
    ['a match before the start of the page', [0x15, 1, 2, 3, 4, 0x60, 0x01, 0x11, 0, 0], 'before the start'],
    ['more than a page', [...lzoLiterals(new Uint8Array(4097))], 'more than a page'],
    ['less than a page', [...lzoLiterals(new Uint8Array(4095))], 'only 4095'],
    ['no end marker', [...lzoLiterals(new Uint8Array(4096))].slice(0, -3), 'too early'],
    ['bytes after the end marker', [...lzoLiterals(new Uint8Array(4096)), 0], 'after the end marker'],
    ["the start of zram's LZO-RLE", [17, 1, 0x11, 0, 0], 'no LZO1X'],
    ['an end marker of another length', [0x15, 1, 2, 3, 4, 0x12, 0, 0], 'end marker'],
  ])('%s is refused', (_name, bytes, why) => {
    expect(decode(Uint8Array.from(bytes), 4096)).toContain(why)
  })

  test('the decoded size is what comes back', () => {
    const page = pageOf(1)
    const packed = lzoLiterals(page)
    expect(lzo1x(packed, 0, packed.length, new Uint8Array(8192), 0, 8192)).toBe(4096)
  })
})
