/** Size of a block: headers are one, contents are padded to them. */
export const BLOCK = 512

/** What a member is. `other`: nothing that has contents for us. */
export type TarKind = 'file' | 'symlink' | 'hardlink' | 'folder' | 'other'

/** A header block, decoded. */
export interface TarHeader {
  /** As it stands there: may be absolute, or lead out of the archive. */
  name: string
  /** Type letter; '0' for NUL. */
  type: string
  /** Bytes of contents behind it. */
  size: number
  /** Where a link leads. */
  target: string
  /** Old GNU sparse file: blocks of its map follow. */
  moreMap: boolean
}

const NAME = [0, 100] as const
const SIZE = [124, 12] as const
const CHECKSUM = [148, 8] as const
const TYPE = 156
const TARGET = [157, 100] as const
const MAGIC = [257, 8] as const
const PREFIX = [345, 155] as const
/** isextended of an old GNU sparse header, and of a block of its map. */
const MORE_MAP = 482
export const MORE_MAP_AGAIN = 504

/**
 * Decodes a header block: v7, ustar, GNU.
 * @param block - BLOCK bytes
 * @returns null when its checksum does not fit: it is no header
 * @see https://www.gnu.org/software/tar/manual/html_node/Standard.html
 */
export function readTarHeader(block: Uint8Array): TarHeader | null {
  const sum = number(block, CHECKSUM)
  if (sum === null || block.length < BLOCK || !checksumFits(block, sum)) return null
  const letter = block[TYPE]!
  const type = letter === 0 ? '0' : String.fromCharCode(letter)
  const magic = latin1(block, MAGIC)
  const size = number(block, SIZE)
  if (size === null) return null
  let name = text(block, NAME)
  // GNU's magic has a blank there, and keeps times in the place of the prefix
  if (magic.startsWith('ustar\0') && block[PREFIX[0]] !== 0) name = `${text(block, PREFIX)}/${name}`
  const gnuSparse = type === 'S' && magic === 'ustar  \0'
  return { name, type, size, target: text(block, TARGET), moreMap: gnuSparse && block[MORE_MAP] === 1 }
}

/** True when the bytes begin with a tar header. */
export function isTar(head: Uint8Array): boolean {
  return head.length >= BLOCK && head[0] !== 0 && readTarHeader(head.subarray(0, BLOCK)) !== null
}

/** Sums as unsigned bytes, or as signed ones, as some old writers did; the sum's own place counts as blanks. */
function checksumFits(block: Uint8Array, sum: number): boolean {
  let unsigned = 0
  let signed = 0
  for (let at = 0; at < BLOCK; at++) {
    const byte = at >= CHECKSUM[0] && at < CHECKSUM[0] + CHECKSUM[1] ? 0x20 : block[at]!
    unsigned += byte
    signed += byte > 127 ? byte - 256 : byte
  }
  return sum === unsigned || sum === signed
}

/** An octal number, or, where the first bit is set, a big-endian binary one. null: neither, or not exact. */
function number(block: Uint8Array, [at, length]: readonly [number, number]): number | null {
  if ((block[at]! & 0x80) !== 0) {
    let value = block[at]! & 0x7f
    for (let i = 1; i < length; i++) value = value * 256 + block[at + i]!
    return Number.isSafeInteger(value) ? value : null
  }
  const digits = latin1(block, [at, length])
    .replace(/[\0 ]+$/, '')
    .replace(/^[\0 ]+/, '')
  if (digits === '') return 0
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : null
}

function latin1(block: Uint8Array, [at, length]: readonly [number, number]): string {
  return Buffer.from(block.buffer, block.byteOffset + at, length).toString('latin1')
}

/** Text up to the first NUL; what is no UTF-8 becomes U+FFFD. */
function text(block: Uint8Array, [at, length]: readonly [number, number]): string {
  return upToNul(block.subarray(at, at + length))
}

export function upToNul(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  const all = end < 0 ? bytes : bytes.subarray(0, end)
  return Buffer.from(all.buffer, all.byteOffset, all.length).toString('utf8')
}

/**
 * The records of a pax header: "LENGTH KEY=VALUE\n", the length in bytes and counting itself.
 * @returns those up to the first that does not fit
 */
export function readPax(bytes: Uint8Array): Map<string, string> {
  const records = new Map<string, string>()
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  for (let at = 0; at < all.length; ) {
    const blank = all.indexOf(0x20, at)
    if (blank < 0 || blank - at > 8) break
    const digits = all.toString('latin1', at, blank)
    const length = /^\d+$/.test(digits) ? Number(digits) : 0
    const equals = all.indexOf(0x3d, blank)
    if (length === 0 || at + length > all.length || equals < 0 || equals >= at + length) break
    records.set(all.toString('utf8', blank + 1, equals), all.toString('utf8', equals + 1, at + length - 1))
    at += length
  }
  return records
}
