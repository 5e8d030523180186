import { expect, test } from 'vitest'
import { CODECS, codecNames, codecOf, prepareCodecs } from '../../src/image/codecs.ts'
import { PAGE_DAMAGED } from '../../src/image/types.ts'
import { writeKdump } from '../support/dump-writer.ts'
import { openBytes, readPage } from '../support/open-image.ts'
import { pageOf } from '../support/page-encoders.ts'
import { expectSame } from '../support/same-bytes.ts'

test('a codec that is not loaded yet: damaged for now, there once it is', async () => {
  const image = openBytes(
    writeKdump({
      pages: [
        { pfn: 1, codec: 'snappy' },
        { pfn: 2, codec: 'zlib' },
      ],
    }).bytes,
  )
  expect(image.memory.slot(1)).toBe(PAGE_DAMAGED)
  expect(image.memory.read(4096, new Uint8Array(4))).toMatchObject({
    why: 'damaged',
    detail: expect.stringContaining('not loaded'),
  })
  expectSame(readPage(image, 2), pageOf(2))
  await prepareCodecs(['snappy'])
  expectSame(readPage(image, 1), pageOf(1))
  expect(image.memory.slot(1)).toBeGreaterThanOrEqual(0)
})

test('flags: one bit each, in the order of makedumpfile; none is raw; others are nothing we know', () => {
  expect(CODECS.map(({ name, bit }) => `${name} ${bit}`)).toEqual(['zlib 1', 'lzo 2', 'snappy 4', 'zstd 32'])
  expect(codecOf(0)).toBeNull()
  expect(codecOf(3)?.name).toBe('zlib')
  expect(codecOf(0x20)?.name).toBe('zstd')
  expect(codecOf(0x40)).toBeUndefined()
  expect(codecNames(0x2d)).toEqual(['zlib', 'snappy', 'zstd'])
})

test('preparing twice is cheap', async () => {
  await prepareCodecs()
  await prepareCodecs()
})
