/** Addresses in a piece. */
export const PIECE = 65_536

/**
 * Addresses of the items of one list, in order, kept while it is walked: 8 bytes each, in pieces, so that nothing is copied when
 * it grows. Beyond `most` nothing is kept any more (`whole` is false) and whoever wants the addresses walks again.
 */
export class AddressLog {
  /** Low and high halves, PIECE of them in each array. */
  readonly lo: Uint32Array[] = []
  readonly hi: Uint32Array[] = []
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
    const piece = i >>> 16
    if (piece >= this.lo.length) {
      if (i >= this.most) {
        this.whole = false
        return
      }
      this.lo.push(new Uint32Array(PIECE))
      this.hi.push(new Uint32Array(PIECE))
    }
    const at = i & 0xffff
    this.lo[piece]![at] = lo
    this.hi[piece]![at] = hi
    this.count = i + 1
  }
}
