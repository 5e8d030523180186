import { deflateSync } from 'node:zlib'
import { snappyCompress } from 'hysnappy'

/** LZO1X: one run of literals and the end marker. */
export function lzoLiterals(page: Uint8Array): Uint8Array {
  const head: number[] = []
  if (page.length <= 238) head.push(page.length + 17)
  else {
    head.push(0)
    let rest = page.length - 18
    for (; rest > 255; rest -= 255) head.push(0)
    head.push(rest)
  }
  return Uint8Array.from([...head, ...page, 0x11, 0, 0])
}

/** LZO1X of a page of equal bytes: a few literals and one long match. */
export function lzoRun(byte: number, size: number): Uint8Array {
  // 4 literals, then a match of distance 1 (opcode 001LLLLL with L extended)
  const head = [4 + 17, byte, byte, byte, byte, 0x20]
  let rest = size - 4 - 2 - 31
  for (; rest > 255; rest -= 255) head.push(0)
  return Uint8Array.from([...head, rest, 0, 0, 0x11, 0, 0])
}

/** Zstandard: one frame with raw blocks. */
export function zstdRaw(page: Uint8Array): Uint8Array {
  const size = page.length
  const block = (size << 3) | 1
  return Uint8Array.from([
    0x28,
    0xb5,
    0x2f,
    0xfd,
    0xa0,
    size & 255,
    (size >> 8) & 255,
    size >> 16,
    0,
    block & 255,
    (block >> 8) & 255,
    block >> 16,
    ...page,
  ])
}

export type CodecName = 'raw' | 'zlib' | 'lzo' | 'snappy' | 'zstd'

export const FLAGS: Record<CodecName, number> = { raw: 0, zlib: 1, lzo: 2, snappy: 4, zstd: 0x20 }

/** Encodes a page. */
export function encodePage(page: Uint8Array, codec: CodecName): Uint8Array {
  switch (codec) {
    case 'raw':
      return page
    case 'zlib':
      return deflateSync(page, { level: 1 })
    case 'lzo':
      return page.every((byte) => byte === page[0]) ? lzoRun(page[0]!, page.length) : lzoLiterals(page)
    case 'snappy':
      return snappyCompress(page)
    case 'zstd':
      return zstdRaw(page)
  }
}

/** A page with contents that tell page frames and places apart: a word of its number, then a pattern. */
export function pageOf(pfn: number, size = 4096): Uint8Array {
  const page = new Uint8Array(size)
  const view = new DataView(page.buffer)
  for (let at = 0; at < size; at += 4) view.setUint32(at, (Math.imul(pfn + 1, 0x9e3779b1) + (at >>> 4)) >>> 0, true)
  return page
}
