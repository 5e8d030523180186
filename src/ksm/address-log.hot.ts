/**
 * Addresses of the items of one list, in order, kept while it is walked: 8 bytes each. Beyond `most` nothing is kept any more
 * (`whole` is false) and whoever wants the addresses walks again.
 */
export class AddressLog {
  lo = new Uint32Array(65_536)
  hi = new Uint32Array(65_536)
  /** Addresses kept. */
  count = 0
  /** Every item that was walked is kept. */
  whole = true
  private readonly most: number

  constructor(most: number) {
    this.most = most
  }

  /** Keeps the `i`th address; items come in order, from 0 on. */
  add(i: number, lo: number, hi: number): void {
    if (i >= this.lo.length) {
      if (i >= this.most) {
        this.whole = false
        return
      }
      this.grow()
    }
    this.lo[i] = lo
    this.hi[i] = hi
    this.count = i + 1
  }

  private grow(): void {
    const size = Math.min(this.most, this.lo.length * 2)
    const [lo, hi] = [new Uint32Array(size), new Uint32Array(size)]
    lo.set(this.lo)
    hi.set(this.hi)
    this.lo = lo
    this.hi = hi
  }
}
