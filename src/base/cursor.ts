/** Thrown by a Cursor that would leave its bytes; the cursor has not moved. Callers turn it into a Problem or a KsmDumpError. */
export class CursorError extends Error {
  /** Position of the read that failed, from the start of the bytes. */
  readonly at: number
  constructor(at: number, wanted: number, available: number) {
    super(`${wanted} bytes wanted at offset ${at}, ${available} there`)
    this.name = 'CursorError'
    this.at = at
  }
}

/**
 * Reads numbers one after the other out of bytes, never outside of them. A failed read moves nothing.
 * 64-bit values come as bigint (`u64`) or as number where only sizes below 2^53 make sense (`u64n`).
 */
export class Cursor {
  readonly bytes: Uint8Array
  readonly little: boolean
  at: number
  private readonly view: DataView

  constructor(bytes: Uint8Array, at = 0, endian: 'little' | 'big' = 'little') {
    this.bytes = bytes
    this.at = at
    this.little = endian === 'little'
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Bytes between the cursor and the end. */
  get left(): number {
    return Math.max(0, this.bytes.length - this.at)
  }

  private take(size: number): number {
    if (!(size >= 0 && this.at >= 0 && this.at + size <= this.bytes.length))
      throw new CursorError(this.at, size, this.left)
    const at = this.at
    this.at += size
    return at
  }

  u8(): number {
    return this.view.getUint8(this.take(1))
  }
  u16(): number {
    return this.view.getUint16(this.take(2), this.little)
  }
  u32(): number {
    return this.view.getUint32(this.take(4), this.little)
  }
  s32(): number {
    return this.view.getInt32(this.take(4), this.little)
  }
  u64(): bigint {
    return this.view.getBigUint64(this.take(8), this.little)
  }
  s64(): bigint {
    return this.view.getBigInt64(this.take(8), this.little)
  }

  /** A u64 as number; values above 2^53 - 1 come as Infinity, so that every bounds check refuses them. */
  u64n(): number {
    const value = this.u64()
    return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.POSITIVE_INFINITY : Number(value)
  }

  /** A view of the next `length` bytes (not a copy). */
  slice(length: number): Uint8Array {
    const at = this.take(length)
    return this.bytes.subarray(at, at + length)
  }

  /** Steps over `length` bytes. */
  skip(length: number): void {
    this.take(length)
  }
}
