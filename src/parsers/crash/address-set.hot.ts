/** Addresses that are held at first, then, then at most: 8 bytes each. The memory of the last is taken as it is filled. */
const SIZES = [1 << 10, 1 << 16, 1 << 24] as const
/** Most addresses among which doubles are counted: 128 MB. */
export const MOST_ADDRESSES = SIZES[2]

/**
 * Addresses, to count the doubles among them: kept side by side and sorted once, at the end. That takes half the memory of a table
 * and the same time for made-up addresses as for real ones. Beyond MOST_ADDRESSES nothing is kept any more.
 */
export class AddressSet {
  /** Every address so far is kept. */
  exact = true
  private size = 0
  private words = new BigUint64Array(0)
  private halves = new Uint32Array(0)
  private readonly sizes: readonly number[]

  /** @param sizes - how many addresses are held at first, then, and at most */
  constructor(sizes: readonly number[] = SIZES) {
    this.sizes = sizes
  }

  /** Bytes that are in use. */
  get bytes(): number {
    return 8 * this.size
  }

  /** Empty again. */
  clear(): void {
    if (this.words.length > this.sizes[0]!) this.hold(0)
    this.size = 0
    this.exact = true
  }

  add(lo: number, hi: number): void {
    const { size } = this
    if (size === this.words.length && !this.grow()) return
    this.halves[2 * size] = lo
    this.halves[2 * size + 1] = hi
    this.size = size + 1
  }

  /** @returns how many of them were there before; null when there were too many. The order is lost. */
  duplicates(): number | null {
    if (!this.exact) return null
    this.words.subarray(0, this.size).sort()
    const { halves } = this
    let count = 0
    for (let i = 2; i < 2 * this.size; i += 2) {
      if (halves[i] === halves[i - 2] && halves[i + 1] === halves[i - 1]) count++
    }
    return count
  }

  /** @returns false when no more are kept */
  private grow(): boolean {
    const next = this.exact ? this.sizes.find((size) => size > this.size) : undefined
    if (next === undefined) {
      this.exact = false
      this.hold(0)
      this.size = 0
      return false
    }
    this.hold(next)
    return true
  }

  private hold(places: number): void {
    const before = this.words
    this.words = new BigUint64Array(places)
    this.halves = new Uint32Array(this.words.buffer)
    if (places > before.length) this.words.set(before)
  }
}
