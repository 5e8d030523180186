/**
 * The kernel's own symbol table as it lies in memory: names are sequences of tokens, addresses are offsets.
 * @see kernel/kallsyms.c, scripts/kallsyms.c (v5.10, v6.1, v6.12, v7.2)
 */

/** How a symbol's address comes from its entry in kallsyms_offsets; told by `_stext`, never by version. */
export type AddressForm = 'base-relative' | 'absolute-percpu' | 'place-relative'

/** 2,000,000 symbols and 64 MiB of names are more than any kernel has (186,798 and 3 MB in a Debian 7.2). */
export const MAX_SYMBOLS = 2_000_000
export const MAX_NAME_BYTES = 64 * 1024 * 1024

/** Longest expanded name that is looked at (KSYM_NAME_LEN is 512). */
const MAX_NAME = 1024

/** Expands names out of the compressed stream and finds them by hash. */
export interface KallsymsNames {
  readonly count: number
  /** Indexes of every symbol of that name: static names repeat. Ascending. */
  find(name: string): number[]
  /** Name of symbol `index`, without the nm type letter (which lies in 7.2: ignore it). */
  name(index: number): string
  /** Bytes of the stream that the symbols took. */
  readonly bytes: number
}

export interface NameTables {
  names: Uint8Array
  count: number
  /** kallsyms_token_table: 256 NUL-terminated strings back to back. */
  tokenTable: Uint8Array
  /** kallsyms_token_index: 256 u16, where each token starts. */
  tokenIndex: Uint8Array
  /** A length byte with bit 7 is the low half of a two-byte length (6.1 and later). */
  twoByteLengths: boolean
}

const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193

function hashOf(name: string): number {
  let hash = FNV_OFFSET
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ (name.charCodeAt(i) & 0xff), FNV_PRIME)
  return hash >>> 0
}

/** @returns the 256 tokens; null when the tables do not fit together */
function readTokens(table: Uint8Array, index: Uint8Array): Uint8Array[] | null {
  if (index.length < 512) return null
  const tokens: Uint8Array[] = []
  for (let i = 0; i < 256; i++) {
    const start = index[2 * i]! | (index[2 * i + 1]! << 8)
    const end = table.indexOf(0, start)
    if (start >= table.length || end < 0 || end - start > 128) return null
    tokens.push(table.subarray(start, end))
  }
  return tokens
}

/**
 * Makes an index over the names: one pass, no strings.
 * @returns the names; 'short' when the stream ends before `count` symbols (more bytes are needed); 'damaged' when the tables
 * can't be what they should be
 */
export function indexNames(tables: NameTables): KallsymsNames | 'short' | 'damaged' {
  const { names, count } = tables
  if (!(count > 0 && count <= MAX_SYMBOLS)) return 'damaged'
  const tokens = readTokens(tables.tokenTable, tables.tokenIndex)
  if (!tokens) return 'damaged'
  const starts = new Uint32Array(count + 1)
  const hashes = new Uint32Array(count)
  let at = 0
  for (let i = 0; i < count; i++) {
    starts[i] = at
    if (at >= names.length) return 'short'
    let length = names[at++]!
    if (tables.twoByteLengths && length & 0x80) {
      if (at >= names.length) return 'short'
      length = (length & 0x7f) | (names[at++]! << 7)
    }
    const end = at + length
    if (length === 0) return 'damaged'
    if (end > names.length) return 'short'
    let hash = FNV_OFFSET
    let skip = 1 // the type letter
    for (; at < end; at++) {
      const token = tokens[names[at]!]!
      for (let k = 0; k < token.length; k++) {
        if (skip > 0) skip--
        else hash = Math.imul(hash ^ token[k]!, FNV_PRIME)
      }
    }
    hashes[i] = hash >>> 0
  }
  starts[count] = at
  const name = (index: number): string => {
    let from = starts[index]!
    const end = starts[index + 1]!
    from += tables.twoByteLengths && names[from]! & 0x80 ? 2 : 1
    let text = ''
    for (; from < end && text.length < MAX_NAME; from++)
      for (const byte of tokens[names[from]!]!) text += String.fromCharCode(byte)
    return text.slice(1)
  }
  // chains of symbols by hash, so that a look-up does not pass over all of them
  const bits = Math.min(20, 32 - Math.clz32(count))
  const first = new Int32Array(1 << bits).fill(-1)
  const following = new Int32Array(count)
  for (let i = count - 1; i >= 0; i--) {
    const bucket = hashes[i]! >>> (32 - bits)
    following[i] = first[bucket]!
    first[bucket] = i
  }
  return {
    count,
    bytes: at,
    name,
    find(wanted) {
      const hash = hashOf(wanted)
      const found: number[] = []
      for (let i = first[hash >>> (32 - bits)]!; i >= 0; i = following[i]!) {
        if (hashes[i] === hash && name(i) === wanted) found.push(i)
      }
      return found
    },
  }
}

/**
 * Address of a symbol from its entry.
 * @param entry - kallsyms_offsets[index] as unsigned 32 bits
 * @param place - virtual address of that entry (place-relative)
 * @param base - kallsyms_relative_base as it stands in memory, KASLR included
 */
export function symbolAddress(form: AddressForm, entry: number, place: bigint, base: bigint): bigint {
  const signed = BigInt(entry | 0)
  switch (form) {
    case 'base-relative':
      return BigInt.asUintN(64, base + BigInt(entry))
    case 'absolute-percpu':
      return signed >= 0n ? signed : BigInt.asUintN(64, base - 1n - signed)
    case 'place-relative':
      return BigInt.asUintN(64, place + signed)
  }
}
