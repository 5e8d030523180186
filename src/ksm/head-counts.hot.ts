/** Counts stable items by their head (a stable_node's address), open-addressed on its two halves. */
export class HeadCounts {
  private keyLo: Uint32Array
  private keyHi: Uint32Array
  private counts: Uint32Array
  private mask: number
  size = 0
  /** Consecutive items of one mm often share their head: the slot of the last one. */
  private last = 0

  constructor(bits = 10) {
    this.keyLo = new Uint32Array(1 << bits)
    this.keyHi = new Uint32Array(1 << bits)
    this.counts = new Uint32Array(1 << bits)
    this.mask = (1 << bits) - 1
  }

  /** Counts one item with the head (hi, lo). A head of 0 is counted like any other. */
  add(lo: number, hi: number): void {
    const { keyLo, keyHi, counts } = this
    const last = this.last
    if (counts[last]! > 0 && keyLo[last] === lo && keyHi[last] === hi) {
      counts[last]!++
      return
    }
    const slot = this.find(lo, hi)
    this.last = slot
    if (counts[slot]!++ > 0) return
    keyLo[slot] = lo
    keyHi[slot] = hi
    if (++this.size * 2 > this.mask) this.grow()
  }

  /** Items counted for a head, 0 when there was none. */
  get(lo: number, hi: number): number {
    return this.counts[this.find(lo, hi)]!
  }

  private find(lo: number, hi: number): number {
    const { keyLo, keyHi, counts, mask } = this
    let slot = (Math.imul((lo >>> 6) ^ hi, 0x9e3779b1) >>> 5) & mask
    while (counts[slot]! > 0 && (keyLo[slot] !== lo || keyHi[slot] !== hi)) slot = (slot + 1) & mask
    return slot
  }

  private grow(): void {
    const { keyLo, keyHi, counts } = this
    const slots = (this.mask + 1) * 2
    this.keyLo = new Uint32Array(slots)
    this.keyHi = new Uint32Array(slots)
    this.counts = new Uint32Array(slots)
    this.mask = slots - 1
    this.last = 0
    for (let i = 0; i < counts.length; i++) {
      if (counts[i] === 0) continue
      const slot = this.find(keyLo[i]!, keyHi[i]!)
      this.keyLo[slot] = keyLo[i]!
      this.keyHi[slot] = keyHi[i]!
      this.counts[slot] = counts[i]!
    }
  }

  /** Visits every head and its count. */
  forEach(visit: (lo: number, hi: number, count: number) => void): void {
    for (let i = 0; i < this.counts.length; i++)
      if (this.counts[i]! > 0) visit(this.keyLo[i]!, this.keyHi[i]!, this.counts[i]!)
  }
}
