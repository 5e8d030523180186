/** A slow picture of a flattened file: one entry for each byte that a record wrote, in order. */
export class FlatTwin {
  private readonly bytes = new Map<number, number>()
  size = 0

  write(at: number, bytes: Uint8Array): void {
    bytes.forEach((byte, i) => {
      this.bytes.set(at + i, byte)
    })
    this.size = Math.max(this.size, at + bytes.length)
  }

  /** Bytes from `at` on, up to the first one that was never written. */
  read(at: number, length: number): number[] {
    const out: number[] = []
    for (let i = 0; i < length; i++) {
      const byte = this.bytes.get(at + i)
      if (byte === undefined) break
      out.push(byte)
    }
    return out
  }

  /** Bytes of the hole that begins at `at`, 0 at and after the end. */
  hole(at: number): number {
    let size = 0
    while (at + size < this.size && !this.bytes.has(at + size)) size++
    return size
  }
}
