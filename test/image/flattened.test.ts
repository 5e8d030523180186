import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KsmDumpError } from '../../src/base/errors.ts'
import { finish } from '../../src/base/steps.ts'
import { type FlattenedIndex, indexFlattened } from '../../src/image/flattened.ts'
import { readStructure } from '../../src/image/source.ts'
import { FlatTwin } from '../support/flat-twin.ts'
import { flatten, pieces, type Write } from '../support/flat-writer.ts'
import { MemorySource, SparseSource } from '../support/memory-source.ts'
import { pageOf } from '../support/page-encoders.ts'

function index(bytes: Uint8Array): FlattenedIndex {
  return finish(indexFlattened(new MemorySource(bytes), { aborted: false }))
}

const writes = fc.array(
  fc.record({ at: fc.oneof(fc.nat(60), fc.nat(3000)), bytes: fc.uint8Array({ minLength: 1, maxLength: 80 }) }),
  { minLength: 1, maxLength: 60 },
)

describe('a flattened file', () => {
  test('reads as if its records had been written one after the other (property)', () => {
    fc.assert(
      fc.property(writes, fc.array(fc.tuple(fc.nat(3200), fc.nat(300)), { maxLength: 20 }), (list, reads) => {
        const twin = new FlatTwin()
        for (const { at, bytes } of list) twin.write(at, bytes)
        const { source, problems } = index(flatten(list))
        expect(problems).toEqual([])
        expect(source.size).toBe(twin.size)
        for (const [at, length] of [[0, 3300] as const, ...reads]) {
          const into = new Uint8Array(length).fill(0xee)
          const got = source.read(at, into)
          const wanted = twin.read(at, length)
          expect([...into.subarray(0, got)]).toEqual(wanted)
          expect(into.subarray(got).every((byte) => byte === 0xee)).toBe(true)
          expect(source.hole(at)).toBe(twin.hole(at))
        }
      }),
      { numRuns: 300 },
    )
  })

  test('structures read holes as zeros, and end at the end (property)', () => {
    fc.assert(
      fc.property(writes, fc.nat(3200), fc.nat(600), (list, at, length) => {
        const twin = new FlatTwin()
        for (const { at: place, bytes } of list) twin.write(place, bytes)
        const into = new Uint8Array(length).fill(0xee)
        const got = readStructure(index(flatten(list)).source, at, into)
        expect(got).toBe(Math.max(0, Math.min(length, twin.size - at)))
        into.forEach((byte, i) => {
          expect(byte).toBe(twin.read(at + i, 1)[0] ?? 0)
        })
      }),
    )
  })

  test('many records in any order: sorting and reading across them', () => {
    const whole = new Uint8Array(300_000)
    for (let i = 0; i < whole.length; i++) whole[i] = (i * 7) ^ (i >>> 8)
    const list = pieces(whole, 1000)
    for (let i = list.length - 1; i > 0; i--) {
      const other = (i * 7919) % (i + 1)
      const write = list[i]!
      list[i] = list[other]!
      list[other] = write
    }
    const { source } = index(flatten(list))
    const into = new Uint8Array(whole.length)
    expect(source.read(0, into)).toBe(whole.length)
    expect(Buffer.from(into).equals(whole)).toBe(true)
  })

  test('a file with long records is indexed by reading their headers only', () => {
    const src = new MemorySource(flatten(pieces(new Uint8Array(4_000_000), 16_384)))
    finish(indexFlattened(src, { aborted: false }))
    expect(src.bytesRead).toBeLessThan(100_000 + 16 * 260)
    expect(src.reads).toBeLessThan(260)
  })

  test('a file with short records is read in large pieces', () => {
    const src = new MemorySource(flatten(pieces(new Uint8Array(100_000), 10)))
    finish(indexFlattened(src, { aborted: false }))
    expect(src.reads).toBeLessThan(60)
  })

  test('reads near each other find their record without a search, whatever comes before', () => {
    const { source } = index(flatten(pieces(pageOf(1, 65_536), 512)))
    const into = new Uint8Array(4)
    for (const at of [0, 4, 510, 1022, 40_000, 3, 65_532]) {
      source.read(at, into)
      expect([...into]).toEqual([...pageOf(1, 65_536).subarray(at, at + 4)])
    }
  })
})

describe('damage', () => {
  const good: Write[] = [
    { at: 0, bytes: new Uint8Array(50).fill(1) },
    { at: 100, bytes: new Uint8Array(50).fill(2) },
  ]
  const later: Write = { at: 10, bytes: new Uint8Array(5).fill(9) }

  test.each([
    ['no end marker', flatten(good, { open: true }), 'cut off', 4096 + 2 * 66],
    ['cut in a record header', flatten(good).subarray(0, 4096 + 66 + 7), 'cut off', 4096 + 66],
    ['a size of 0', flatten([...good, { ...later, size: 0 }]), '0 bytes', 4096 + 2 * 66],
    ['a negative size', flatten([...good, { ...later, size: -5n }]), '-5 bytes', 4096 + 2 * 66],
    ['a negative offset', flatten([...good, { ...later, at: -4096n }]), '-4096', 4096 + 2 * 66],
    ['a size beyond the file', flatten([...good, { ...later, size: 2n ** 63n - 1n }]), 'bytes', 4096 + 2 * 66],
  ])('%s: what came before stands, the place is named', (_name, bytes, why, at) => {
    const { source, problems } = index(bytes)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatchObject({ code: 'flattened-damaged', input: 'dump', at: `0x${at.toString(16)}` })
    expect(problems[0]!.message).toContain(why)
    expect(source.lossy).toBe(true)
    const into = new Uint8Array(9)
    source.read(0, into)
    expect(into[0]).toBe(1)
  })

  test('a record far out is left out, those after it are used', () => {
    const { source, problems } = index(flatten([good[0]!, { at: 2n ** 62n, bytes: new Uint8Array(4) }, good[1]!]))
    expect(problems).toHaveLength(1)
    expect(source.size).toBe(150)
  })

  test('a record at 2^52 makes the file large but costs nothing', () => {
    const { source } = index(flatten([...good, { at: 2n ** 52n, bytes: new Uint8Array(4) }]))
    expect(source.size).toBe(2 ** 52 + 4)
    expect(source.stored).toBeLessThan(5000)
    expect(source.hole(150)).toBe(2 ** 52 - 150)
  })

  test('the last record is cut off: its bytes in the file are used', () => {
    const bytes = flatten(good)
    const { source } = index(bytes.subarray(0, 4096 + 66 + 16 + 20))
    expect(source.size).toBe(120)
  })

  test.each([
    ['only the header', new Uint8Array(flatten([]).subarray(0, 4096)), 'truncated-header'],
    ['only the end marker', flatten([]), 'truncated-header'],
    ['type 2', flatten(good, { type: 2 }), 'damaged-header'],
    ['version 2', flatten(good, { version: 2 }), 'damaged-header'],
  ])('%s can not be opened', (_name, bytes, code) => {
    expect(() => index(bytes)).toThrow(expect.objectContaining({ code }))
  })
})

test('an abort ends the pass with interrupted', () => {
  const abort = { aborted: false }
  const steps = indexFlattened(
    new SparseSource(flatten([{ at: 0, bytes: new Uint8Array(1), size: 2 ** 40 }]), 2 ** 41),
    abort,
  )
  abort.aborted = true
  expect(() => finish(steps)).toThrow(KsmDumpError)
  expect(() => finish(indexFlattened(new MemorySource(flatten([])), abort))).toThrow(
    expect.objectContaining({ code: 'interrupted' }),
  )
})

test('progress is told in bytes of the file', () => {
  const steps = indexFlattened(new MemorySource(flatten(pieces(new Uint8Array(40_000_000), 16_384))), {
    aborted: false,
  })
  const first = steps.next()
  expect(first).toMatchObject({
    done: false,
    value: { what: 'indexing records', unit: 'bytes', total: expect.any(Number) },
  })
})
