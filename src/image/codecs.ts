import { decodeLzo } from '../parsers/lzo.hot.ts'
import type { PageDecoder } from '../parsers/page-decoder.ts'
import { decodeSnappy, loadSnappy } from '../parsers/snappy-page.ts'
import { decodeZlib } from '../parsers/zlib-page.ts'
import { decodeZstd, loadZstd } from '../parsers/zstd-page.ts'

/** One way to store a page. */
export interface Codec {
  name: 'zlib' | 'lzo' | 'snappy' | 'zstd'
  /** Bit in page_desc.flags, and in disk_dump_header.status for what the writer was asked to use. */
  bit: number
  decode: PageDecoder
  /** Loads the decoder where that can only be done asynchronously. */
  load: (() => Promise<void>) | null
}

/** The only table of codecs, in the order in which flags are looked at: makedumpfile diskdump_mod.h (1.7.9). */
export const CODECS: readonly Codec[] = [
  { name: 'zlib', bit: 0x1, decode: decodeZlib, load: null },
  { name: 'lzo', bit: 0x2, decode: decodeLzo, load: null },
  { name: 'snappy', bit: 0x4, decode: decodeSnappy, load: loadSnappy },
  { name: 'zstd', bit: 0x20, decode: decodeZstd, load: loadZstd },
]

/** All flag bits that we know. */
const KNOWN = CODECS.reduce((bits, codec) => bits | codec.bit, 0)

/** Names of the codecs whose bits are set in disk_dump_header.status. */
export function codecNames(status: number): string[] {
  return CODECS.filter((codec) => (status & codec.bit) !== 0).map((codec) => codec.name)
}

/** The codec of a page, null for a raw page, undefined for flags that mean nothing to us. */
export function codecOf(flags: number): Codec | null | undefined {
  for (const codec of CODECS) if ((flags & codec.bit) !== 0) return codec
  return (flags & ~KNOWN) === 0 ? null : undefined
}

/** Codecs that pages asked for while their decoder was not loaded: headers lie about which ones pages use. */
const missed = new Set<string>()

/** Notes a page that could not be decoded for want of a loaded decoder. */
export function noteMissed(codec: Codec): void {
  missed.add(codec.name)
}

/** Codecs that pages asked for in vain; `prepareCodecs` with these, then open the image again. */
export function missedCodecs(): string[] {
  return [...missed]
}

/**
 * Loads the decoders that can only be loaded asynchronously (some 20 ms, once); cheap from then on. Pages of a codec that is
 * not loaded read as damaged until it is.
 * @param names - only these, as `DumpImage.compression` has them; pages may use others, so all is the default
 */
export async function prepareCodecs(names?: readonly string[]): Promise<void> {
  const wanted = CODECS.filter((codec) => names === undefined || names.includes(codec.name))
  await Promise.all(wanted.map((codec) => codec.load?.()))
  for (const codec of wanted) missed.delete(codec.name)
}
