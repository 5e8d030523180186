import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Cursor, CursorError } from '../../src/base/cursor.ts'

const SIZES = { u8: 1, u16: 2, u32: 4, s32: 4, u64: 8, s64: 8, u64n: 8 } as const
type Read = keyof typeof SIZES

describe('Cursor', () => {
  test('reads what a DataView reads, moves by the size, and never leaves its bytes (property)', () => {
    const reads = fc.array(fc.constantFrom(...(Object.keys(SIZES) as Read[])), { maxLength: 40 })
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 100 }),
        fc.integer({ min: 0, max: 8 }),
        fc.boolean(),
        reads,
        (bytes, before, little, names) => {
          // inside a larger buffer: a read outside of the view would find other bytes
          const buffer = new Uint8Array(bytes.length + before + 16).fill(0xee)
          buffer.set(bytes, before)
          const cursor = new Cursor(buffer.subarray(before, before + bytes.length), 0, little ? 'little' : 'big')
          const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
          let at = 0
          for (const name of names) {
            const size = SIZES[name]
            expect(cursor.left).toBe(bytes.length - at)
            if (at + size > bytes.length) {
              expect(() => cursor[name]()).toThrow(CursorError)
              expect(cursor.at).toBe(at)
              continue
            }
            const wide = view.buffer.byteLength >= at + 8 ? view.getBigUint64(at, little) : 0n
            const wanted = {
              u8: () => view.getUint8(at),
              u16: () => view.getUint16(at, little),
              u32: () => view.getUint32(at, little),
              s32: () => view.getInt32(at, little),
              u64: () => wide,
              s64: () => BigInt.asIntN(64, wide),
              u64n: () => (wide > 2n ** 53n - 1n ? Number.POSITIVE_INFINITY : Number(wide)),
            }[name]()
            expect(cursor[name]()).toBe(wanted)
            at += size
            expect(cursor.at).toBe(at)
          }
        },
      ),
    )
  })

  test('a slice is a view, a skip moves, and both are bounded', () => {
    const bytes = Uint8Array.from([1, 2, 3, 4])
    const cursor = new Cursor(bytes, 1)
    const slice = cursor.slice(2)
    bytes[1] = 9
    expect([...slice]).toEqual([9, 3])
    cursor.skip(1)
    expect(cursor.left).toBe(0)
    expect(() => cursor.skip(1)).toThrow(CursorError)
    expect(() => cursor.slice(-1)).toThrow(CursorError)
    expect(() => cursor.slice(Number.NaN)).toThrow(CursorError)
    expect(cursor.at).toBe(4)
  })

  test('a cursor that was set outside of its bytes reads nothing', () => {
    for (const at of [-1, 5, Number.POSITIVE_INFINITY, Number.NaN]) {
      const cursor = new Cursor(new Uint8Array(4), at)
      expect(() => cursor.u8()).toThrow(CursorError)
    }
  })
})
