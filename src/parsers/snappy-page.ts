import { NOT_LOADED, type PageDecoder } from './page-decoder.ts'

type Uncompress = (input: Uint8Array, size: number) => Uint8Array

let uncompress: Uncompress | null = null

/** Loads the decoder (WebAssembly inside its module); cheap from the second time on. */
export async function loadSnappy(): Promise<void> {
  uncompress ??= (await import('hysnappy')).snappyUncompressor()
}

/** Decoded length in the stream's header (a varint of at most 5 bytes); -1 when there is none. */
function claimedSize(input: Uint8Array, at: number, end: number): number {
  let size = 0
  for (let i = 0; i < 5 && at + i < end; i++) {
    const byte = input[at + i]!
    size += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) return size
  }
  return -1
}

/**
 * Raw snappy (no framing) by hysnappy. The library believes the stream's own length, so that is compared with the page first.
 * @see docs/formats.md
 */
export const decodeSnappy: PageDecoder = (input, inAt, inSize, output, outAt, outSize) => {
  const claimed = claimedSize(input, inAt, inAt + inSize)
  if (claimed !== outSize) return `snappy: the stream says ${claimed} bytes`
  if (uncompress === null) return NOT_LOADED
  try {
    output.set(uncompress(input.subarray(inAt, inAt + inSize), outSize), outAt)
    return null
  } catch (error) {
    return `snappy: ${error instanceof Error ? error.message : 'damaged'}`
  }
}
