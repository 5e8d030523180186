/**
 * Cuts bzip2 into its blocks. They begin at any bit, with 48 bits that stand nowhere else (one chance in 2^48 a bit); each is made
 * into a bzip2 file of its own, so that a decoder for whole files can be fed one block (900 kB) at a time.
 * @see https://sourceware.org/bzip2/ bzip2recover.c, which finds blocks the same way
 */

/** pi in BCD: a block begins; its square root: a stream ends, its CRC follows. High and low 24 bits. */
const BLOCK_HIGH = 0x314159
const BLOCK_LOW = 0x265359
const END_HIGH = 0x177245
const END_LOW = 0x385090
const MAGIC_BITS = 48
const CRC_BITS = 32

/** More than the worst 900 kB pack to: what goes on without a magic is no block. */
const MOST = 2 * 1024 * 1024

/** "BZh9": the number is only the largest size of a block. */
const HEADER = [0x42, 0x5a, 0x68, 0x39]

export class Bzip2Blocks {
  private buffer = new Uint8Array(64 * 1024)
  private length = 0
  /** First bit of the block that goes on, -1 between streams. */
  private start = -1
  private scanned = 0
  private high = 0
  private low = 0
  /** Bits behind the last end of a stream; -1 when a block came after it, or nothing yet. */
  private behind = -1

  /**
   * Takes the next bytes.
   * @returns the blocks that are whole now, each as a bzip2 file; null when this can't be bzip2 any more
   */
  push(bytes: Uint8Array): Uint8Array[] | null {
    this.append(bytes)
    const blocks: Uint8Array[] = []
    const { buffer } = this
    let { high, low } = this
    for (let at = this.scanned; at < this.length; at++) {
      const byte = buffer[at]!
      for (let bit = 7; bit >= 0; bit--) {
        high = ((high << 1) | (low >>> 23)) & 0xffffff
        low = ((low << 1) | ((byte >>> bit) & 1)) & 0xffffff
        if (this.behind >= 0) this.behind++
        const block = low === BLOCK_LOW && high === BLOCK_HIGH
        if (!block && !(low === END_LOW && high === END_HIGH)) continue
        const magic = at * 8 + (8 - bit) - MAGIC_BITS
        if (this.start >= 0) blocks.push(fileOf(buffer, this.start, magic))
        this.start = block ? magic : -1
        this.behind = block ? -1 : 0
      }
    }
    this.scanned = this.length
    this.high = high
    this.low = low
    this.forget()
    return this.length > MOST ? null : blocks
  }

  /** The bytes ended in the middle of a stream. */
  get cut(): boolean {
    return this.behind < CRC_BITS
  }

  private append(bytes: Uint8Array): void {
    const needed = this.length + bytes.length
    if (needed > this.buffer.length) {
      const larger = new Uint8Array(Math.max(needed, this.buffer.length * 2))
      larger.set(this.buffer.subarray(0, this.length))
      this.buffer = larger
    }
    this.buffer.set(bytes, this.length)
    this.length = needed
  }

  /** Drops the bytes that no block needs any more. */
  private forget(): void {
    const from = this.start >= 0 ? this.start >>> 3 : Math.max(0, this.length - MAGIC_BITS / 8)
    if (from === 0) return
    this.buffer.copyWithin(0, from, this.length)
    this.length -= from
    this.scanned -= from
    if (this.start >= 0) this.start -= from * 8
  }
}

/** A bzip2 file of the one block whose bits these are. */
function fileOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const bits = end - start
  const whole = Math.ceil(bits / 8)
  const file = new Uint8Array(HEADER.length + whole + (MAGIC_BITS + CRC_BITS) / 8 + 1)
  file.set(HEADER)
  const from = start >>> 3
  const shift = start & 7
  for (let i = 0; i < whole; i++)
    file[HEADER.length + i] = (bytes[from + i]! << shift) | ((bytes[from + i + 1] ?? 0) >>> (8 - shift))
  let at = HEADER.length * 8 + bits
  file[at >>> 3]! &= 0xff00 >>> (at & 7)
  const put = (value: number, count: number): void => {
    for (let bit = count - 1; bit >= 0; bit--, at++)
      if ((value >>> bit) & 1) file[at >>> 3] = file[at >>> 3]! | (0x80 >>> (at & 7))
  }
  // the CRC of a stream with one block is that block's, which stands behind its magic
  const crc: number[] = []
  for (let i = 0; i < CRC_BITS / 8; i++) crc.push(file[HEADER.length + MAGIC_BITS / 8 + i]!)
  put(END_HIGH, 24)
  put(END_LOW, 24)
  for (const byte of crc) put(byte, 8)
  return file.subarray(0, Math.ceil(at / 8))
}
