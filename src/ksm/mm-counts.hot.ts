/**
 * Counts items by mm: an open-addressed table on the two halves of the mm's address, emptied in O(1) by a generation stamp.
 * Lists and nodes come by the hundred thousand, so one table serves all of them.
 */
export class MmCounts {
  private keyLo: Uint32Array
  private keyHi: Uint32Array
  private counts: Uint32Array
  private stamps: Uint32Array
  private mask: number
  private generation = 1
  /** Slots in use, in order of first sight. */
  private used: Int32Array
  /** Distinct mms. */
  size = 0

  /** @param bits - log2 of the first table size; the table grows at half load */
  constructor(bits = 8) {
    const slots = 1 << bits
    this.keyLo = new Uint32Array(slots)
    this.keyHi = new Uint32Array(slots)
    this.counts = new Uint32Array(slots)
    this.stamps = new Uint32Array(slots)
    this.used = new Int32Array(slots)
    this.mask = slots - 1
  }

  clear(): void {
    this.size = 0
    if (++this.generation > 0xfffffff0) {
      this.stamps.fill(0)
      this.generation = 1
    }
  }

  /** Adds `n` items of the mm (hi, lo). */
  add(lo: number, hi: number, n: number): void {
    const { keyLo, keyHi, stamps, mask, generation } = this
    let slot = Math.imul((lo >>> 6) ^ hi, 0x9e3779b1) >>> 7
    for (;;) {
      slot &= mask
      if (stamps[slot] !== generation) break
      if (keyLo[slot] === lo && keyHi[slot] === hi) {
        this.counts[slot]! += n
        return
      }
      slot++
    }
    keyLo[slot] = lo
    keyHi[slot] = hi
    stamps[slot] = generation
    this.counts[slot] = n
    this.used[this.size++] = slot
    if (this.size * 2 > mask) this.grow()
  }

  private grow(): void {
    const old = { keyLo: this.keyLo, keyHi: this.keyHi, counts: this.counts, used: this.used, size: this.size }
    const slots = (this.mask + 1) * 2
    this.keyLo = new Uint32Array(slots)
    this.keyHi = new Uint32Array(slots)
    this.counts = new Uint32Array(slots)
    this.stamps = new Uint32Array(slots)
    this.used = new Int32Array(slots)
    this.mask = slots - 1
    this.size = 0
    for (let i = 0; i < old.size; i++) {
      const slot = old.used[i]!
      this.add(old.keyLo[slot]!, old.keyHi[slot]!, old.counts[slot]!)
    }
  }

  /** Low and high half of the mm and its count, of the `i`th mm seen. */
  lo(i: number): number {
    return this.keyLo[this.used[i]!]!
  }
  hi(i: number): number {
    return this.keyHi[this.used[i]!]!
  }
  count(i: number): number {
    return this.counts[this.used[i]!]!
  }

  /** Adds all of another table. */
  addAll(other: MmCounts): void {
    for (let i = 0; i < other.size; i++) this.add(other.lo(i), other.hi(i), other.count(i))
  }
}
