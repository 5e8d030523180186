import type { Pfn } from '../base/units.ts'

/** Bits of a bitmap that share one running count: 8 words of 32. */
const BLOCK_BITS = 256
const BLOCK_WORDS = BLOCK_BITS / 32

/** Number of bits set in a 32-bit word. */
export function popcount(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555)
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333)
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

/**
 * A bitmap of page frames with running counts, so that "how many bits are set below pfn" costs at most 8 words.
 * Bit n of byte n / 8, least significant first, is page frame n. Little-endian hosts only (words are a view of the bytes).
 */
export class PageBits {
  /** Page frames that the bitmap speaks of. */
  readonly bits: number
  /** Bits set. */
  readonly total: number
  private readonly words: Uint32Array
  private readonly counts: Uint32Array

  /**
   * @param words - the bitmap; bits at and after `bits` are cleared in place
   * @param bits - page frames that the bitmap speaks of, at most 32 * words.length
   */
  constructor(words: Uint32Array, bits: number) {
    this.words = words
    this.bits = bits
    const last = Math.floor(bits / 32)
    if (last < words.length) {
      words[last] = words[last]! & (bits % 32 === 0 ? 0 : (1 << (bits % 32)) - 1)
      words.fill(0, last + 1)
    }
    const blocks = Math.ceil(words.length / BLOCK_WORDS)
    this.counts = new Uint32Array(blocks + 1)
    let count = 0
    for (let block = 0; block < blocks; block++) {
      this.counts[block] = count
      const end = Math.min(words.length, (block + 1) * BLOCK_WORDS)
      for (let at = block * BLOCK_WORDS; at < end; at++) {
        const word = words[at]!
        if (word !== 0) count += popcount(word)
      }
    }
    this.counts[blocks] = count
    this.total = count
  }

  /** True when the other bitmap says the same. */
  equals(other: PageBits): boolean {
    return (
      this.bits === other.bits && this.total === other.total && this.words.every((word, at) => word === other.words[at])
    )
  }

  /** True when the bit of `pfn` is set; false from `bits` on. */
  has(pfn: Pfn): boolean {
    return pfn < this.bits && (this.words[Math.floor(pfn / 32)]! & (1 << (pfn % 32))) !== 0
  }

  /** Bits set below `pfn`: the index of its page descriptor. */
  rank(pfn: Pfn): number {
    if (pfn >= this.bits) return this.total
    const block = Math.floor(pfn / BLOCK_BITS)
    const word = Math.floor(pfn / 32)
    let count = this.counts[block]!
    for (let at = block * BLOCK_WORDS; at < word; at++) count += popcount(this.words[at]!)
    const below = pfn % 32
    return below === 0 ? count : count + popcount(this.words[word]! & ((1 << below) - 1))
  }
}
