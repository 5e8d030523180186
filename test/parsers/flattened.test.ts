import { describe, expect, test } from 'vitest'
import { flattenedFault, isFlattened, readRecordHeader, type RecordHeader } from '../../src/parsers/flattened.ts'
import { flatten } from '../support/flat-writer.ts'

function record(offset: bigint, size: bigint): RecordHeader {
  const view = new DataView(new ArrayBuffer(32))
  view.setBigInt64(5, offset)
  view.setBigInt64(13, size)
  const header: RecordHeader = { kind: 'end', offset: 0, size: 0 }
  readRecordHeader(view, 5, header)
  return header
}

describe('header of the flattened form', () => {
  test('type 1, version 1 is good', () => {
    expect(flattenedFault(flatten([]).subarray(0, 32))).toBeNull()
  })

  test.each([
    ['another type', flatten([], { type: 2 })],
    ['another version', flatten([], { version: 2 })],
    ['20 bytes', flatten([]).subarray(0, 20)],
    ['other bytes', new Uint8Array(32)],
  ])('%s is a fault', (_name, bytes) => {
    expect(flattenedFault(bytes)).not.toBeNull()
  })

  test('a text that begins with makedumpfile is not flattened', () => {
    expect(isFlattened(Uint8Array.from('makedumpfile is not installed', (letter) => letter.charCodeAt(0)))).toBe(false)
  })
})

test.each([
  [0n, 4096n, { kind: 'data', offset: 0, size: 4096 }],
  [2n ** 52n, 1n, { kind: 'data', offset: 2 ** 52, size: 1 }],
  [-1n, -1n, { kind: 'end' }],
  [-1n, 0n, { kind: 'end' }],
  [-4096n, 16n, { kind: 'bad', offset: -4096 }],
  [0n, 0n, { kind: 'bad' }],
  [0n, -5n, { kind: 'bad', size: -5 }],
  [2n ** 62n, 4n, { kind: 'data', offset: Number.POSITIVE_INFINITY }],
  [0n, 2n ** 63n - 1n, { kind: 'data', size: Number.POSITIVE_INFINITY }],
])('record for offset %s of %s bytes', (offset, size, wanted) => {
  expect(record(offset, size)).toMatchObject(wanted)
})
