import zlib from 'node:zlib'
import { NOT_LOADED, type PageDecoder } from './page-decoder.ts'

type Decompress = (input: Uint8Array, size: number) => Uint8Array

/** What newer Node versions have in node:zlib. */
interface NewerZlib {
  zstdDecompressSync?: (input: Uint8Array, options: object) => Uint8Array
  constants: { ZSTD_d_windowLogMax?: number }
}

/** Largest window that a frame may ask memory for: 2^23 = 8 MiB. Pages need 2^18 at most. */
const WINDOW_LOG = 23

/**
 * zstd of node:zlib, as a decoder bounded by the page.
 * @param newer - node:zlib
 * @returns null where this Node has none
 */
export function nodeZstd(newer: NewerZlib): Decompress | null {
  const decompress = newer.zstdDecompressSync
  if (typeof decompress !== 'function') return null
  const windowLogMax = newer.constants.ZSTD_d_windowLogMax
  const params = windowLogMax === undefined ? {} : { params: { [windowLogMax]: WINDOW_LOG } }
  return (input, size) => decompress(input, { ...params, maxOutputLength: size })
}

let decompress: Decompress | null = nodeZstd(zlib as unknown as NewerZlib)

/** Loads the WebAssembly decoder where node:zlib has none (some 20 ms); cheap from the second time on. */
export async function loadZstd(): Promise<void> {
  if (decompress !== null) return
  const { default: wasm } = await import('@foxglove/wasm-zstd')
  await wasm.isLoaded
  decompress ??= wasm.decompress
}

/** Zstandard frames (RFC 8878). As makedumpfile writes them they have no checksum: some damage can't be seen. */
export const decodeZstd: PageDecoder = (input, inAt, inSize, output, outAt, outSize) => {
  if (decompress === null) return NOT_LOADED
  try {
    const page = decompress(input.subarray(inAt, inAt + inSize), outSize)
    if (page.length !== outSize) return `zstd: only ${page.length} bytes`
    output.set(page, outAt)
    return null
  } catch (error) {
    return `zstd: ${error instanceof Error ? error.message : 'damaged'}`
  }
}
