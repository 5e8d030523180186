import type { ByteSource } from '../../src/base/bytes.ts'
import type { FileOffset } from '../../src/base/units.ts'

/** Bytes as a file, with counts of what was read. */
export class MemorySource implements ByteSource {
  readonly name: string
  readonly size: number
  /** Calls of `read`. */
  reads = 0
  bytesRead = 0
  /** Fewer bytes than asked, as a file that shrank would give: reads end here. */
  limit = Number.POSITIVE_INFINITY
  private readonly bytes: Uint8Array

  constructor(bytes: Uint8Array, name = 'dump') {
    this.bytes = bytes
    this.name = name
    this.size = bytes.length
  }

  read(at: FileOffset, into: Uint8Array): number {
    this.reads++
    const end = Math.min(this.bytes.length, this.limit)
    if (!(at >= 0 && at < end)) return 0
    const size = Math.min(into.length, end - at)
    into.set(this.bytes.subarray(at, at + size))
    this.bytesRead += size
    return size
  }
}

/** A file that claims to be larger than any memory: `bytes` at its start, zeros after it. */
export class SparseSource implements ByteSource {
  readonly name = 'sparse'
  readonly size: number
  private readonly bytes: Uint8Array

  constructor(bytes: Uint8Array, size: number) {
    this.bytes = bytes
    this.size = size
  }

  read(at: FileOffset, into: Uint8Array): number {
    if (!(at >= 0 && at < this.size)) return 0
    const size = Math.min(into.length, this.size - at)
    into.fill(0, 0, size)
    if (at < this.bytes.length) into.set(this.bytes.subarray(at, Math.min(this.bytes.length, at + size)))
    return size
  }
}
