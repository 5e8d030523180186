/** Writes numbers and bytes at places of a growing file; what was never written is zero. */
export class ByteWriter {
  readonly little: boolean
  at = 0
  private buffer = new Uint8Array(65_536)
  private end = 0

  constructor(endian: 'little' | 'big' = 'little') {
    this.little = endian === 'little'
  }

  /** Goes to an offset. */
  seek(at: number): this {
    this.at = at
    return this
  }

  private room(size: number): DataView {
    const need = this.at + size
    if (need > this.buffer.length) {
      const larger = new Uint8Array(Math.max(need, this.buffer.length * 2))
      larger.set(this.buffer)
      this.buffer = larger
    }
    this.end = Math.max(this.end, need)
    return new DataView(this.buffer.buffer)
  }

  u16(value: number): this {
    this.room(2).setUint16(this.at, value & 0xffff, this.little)
    this.at += 2
    return this
  }

  u32(value: number | bigint): this {
    this.room(4).setUint32(this.at, Number(BigInt.asUintN(32, BigInt(value))), this.little)
    this.at += 4
    return this
  }

  u64(value: number | bigint): this {
    this.room(8).setBigUint64(this.at, BigInt.asUintN(64, BigInt(value)), this.little)
    this.at += 8
    return this
  }

  /** A word of 4 or 8 bytes. */
  word(value: number | bigint, size: 4 | 8): this {
    return size === 8 ? this.u64(value) : this.u32(value)
  }

  raw(bytes: Uint8Array): this {
    this.room(bytes.length)
    this.buffer.set(bytes, this.at)
    this.at += bytes.length
    return this
  }

  /** Latin-1 text, in `size` bytes where it is given. */
  text(text: string, size = text.length): this {
    const bytes = new Uint8Array(size)
    for (let i = 0; i < Math.min(size, text.length); i++) bytes[i] = text.charCodeAt(i)
    return this.raw(bytes)
  }

  skip(size: number): this {
    this.at += size
    return this
  }

  /** All that was written. */
  bytes(): Uint8Array {
    return this.buffer.slice(0, this.end)
  }
}

/** ELF notes one after the other, name and desc padded to 4. */
export function noteBytes(
  notes: readonly { name: string; type: number; desc: Uint8Array | string; bare?: boolean }[],
  endian: 'little' | 'big',
): Uint8Array {
  const out = new ByteWriter(endian)
  for (const { name, type, desc, bare } of notes) {
    const bytes = typeof desc === 'string' ? Uint8Array.from(desc, (letter) => letter.charCodeAt(0)) : desc
    const label = bare ? name : `${name}\0`
    out.u32(label.length).u32(bytes.length).u32(type)
    out.text(label, Math.ceil(label.length / 4) * 4)
    out.raw(bytes).raw(new Uint8Array((4 - (bytes.length % 4)) % 4))
  }
  return out.bytes()
}
