/**
 * 64-bit words as two u32 halves: typed arrays and hot loops hold those, everything else a bigint. A u32 is a plain number; 0 to
 * 2^32 - 1.
 */

/** The word of two halves. */
export function joined(lo: number, hi: number): bigint {
  return (BigInt(hi) << 32n) | BigInt(lo)
}

/** The word whose low half stands at `i`, its high half behind it. */
export function joinedAt(words: Uint32Array, i: number): bigint {
  return joined(words[i]!, words[i + 1]!)
}

/** The low half of a word. */
export function low(word: bigint): number {
  return Number(word & 0xffffffffn)
}

/** The high half of a word. */
export function high(word: bigint): number {
  return Number((word >> 32n) & 0xffffffffn)
}
