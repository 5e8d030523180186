import { inflateSync, constants } from 'node:zlib'
import type { ByteStream } from '../base/bytes.ts'
import { ByteReader } from './byte-reader.ts'
import { StreamEnded } from './stream-ended.ts'
import type { UnpackMeter } from './unpack-meter.ts'

/** A way to pack one stream of bytes. */
interface Packing {
  name: string
  /** @param head - first bytes, HEAD or all that there are */
  probe(head: Uint8Array): boolean
  /** @throws StreamEnded after all bytes that can be had; and what the input throws */
  unpack(input: ByteStream): Promise<ByteStream>
}

/** First bytes that tell a packing. */
const HEAD = 512
/** Packings inside each other, at most: a gzip in an xz is one too many already for real reports. */
const LAYERS = 4

function begins(head: Uint8Array, ...magic: number[]): boolean {
  return head.length >= magic.length && magic.every((byte, i) => head[i] === byte)
}

/** Packings, told by their first bytes. A new one is one entry; its decoder is loaded when the first file needs it. */
const PACKINGS: readonly Packing[] = [
  {
    name: 'gzip',
    probe: (head) => begins(head, 0x1f, 0x8b, 8),
    unpack: async (input) => (await import('./inflate.ts')).gunzip(input),
  },
  {
    name: 'xz',
    probe: (head) => begins(head, 0xfd, 0x37, 0x7a, 0x58, 0x5a, 0),
    unpack: async (input) => (await import('./unxz.ts')).unxz(input),
  },
  {
    name: 'zstd',
    // a frame, or a skippable one (pzstd begins with one)
    probe: (head) =>
      begins(head, 0x28, 0xb5, 0x2f, 0xfd) ||
      (((head[0] ?? 0) & 0xf0) === 0x50 && begins(head.subarray(1), 0x2a, 0x4d, 0x18)),
    unpack: async (input) => (await import('./unzstd.ts')).unzstd(input),
  },
  {
    name: 'bzip2',
    // a block, or the end of an empty stream
    probe: (head) =>
      begins(head, 0x42, 0x5a, 0x68) &&
      (head[3] ?? 0) >= 0x31 &&
      (head[3] ?? 0) <= 0x39 &&
      (begins(head.subarray(4), 0x31, 0x41, 0x59, 0x26, 0x53, 0x59) ||
        begins(head.subarray(4), 0x17, 0x72, 0x45, 0x38, 0x50, 0x90)),
    unpack: async (input) => (await import('./bunzip2.ts')).bunzip2(input),
  },
  { name: 'zlib', probe: isZlib, unpack: async (input) => (await import('./inflate.ts')).unzlib(input) },
]

/** Two bytes make no magic ("x^2" has them), so the start is inflated on trial; what is short must be whole. */
function isZlib(head: Uint8Array): boolean {
  if (head[0] !== 0x78 || ![0x01, 0x5e, 0x9c, 0xda].includes(head[1] ?? 0)) return false
  const finishFlush = head.length < HEAD ? constants.Z_FINISH : constants.Z_SYNC_FLUSH
  try {
    inflateSync(head, { finishFlush, maxOutputLength: 1024 * 1024 })
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
  }
}

/** True when the first bytes are those of a packed stream. */
export function looksPacked(head: Uint8Array): boolean {
  return PACKINGS.some(({ probe }) => probe(head))
}

/** What is inside of all packings. */
export interface Unpacked {
  reader: ByteReader
  /** Names of the packings, outermost first; [] for a plain stream. */
  packings: string[]
  /** Frees the decoders; the stream that was given stays open. */
  close(): Promise<void>
}

/**
 * Looks at the first bytes of a stream and unpacks it as often as it was packed.
 * @throws StreamEnded limit, when it is packed too often
 */
export async function unpack(reader: ByteReader, meter: UnpackMeter): Promise<Unpacked> {
  const packings: string[] = []
  const opened: ByteReader[] = []
  const close = async (): Promise<void> => {
    for (const each of opened.toReversed()) await each.close()
  }
  for (;;) {
    const inner = opened.at(-1) ?? reader
    const head = await inner.peek(HEAD)
    const packing = PACKINGS.find(({ probe }) => probe(head))
    if (packing === undefined) return { reader: inner, packings, close }
    if (packings.length === LAYERS) {
      await close()
      throw new StreamEnded(
        'limit',
        `it is packed more than ${LAYERS} times (${[...packings, packing.name].join(', ')})`,
      )
    }
    packings.push(packing.name)
    opened.push(new ByteReader(meter.output(await packing.unpack(inner.stream()))))
  }
}
