import type { ByteSource } from '../base/bytes.ts'
import type { FileOffset } from '../base/units.ts'
import { readStructure, storedSize } from './source.ts'

/** Bytes of struct page_desc: offset u64, size u32, flags u32, page_flags u64 (makedumpfile diskdump_mod.h, 1.7.9). */
export const DESCRIPTOR_SIZE = 24

/** Descriptors that are read at once. */
const CHUNK = 1024
/** Most bytes of descriptors that are kept: those of 5 GB of pages. */
const KEPT = 32 * 1024 * 1024

/** The table of page descriptors of one kdump file, read in chunks as it is used. `find` fills the three fields. */
export class PageDescriptors {
  /** Offset of the page's bytes; Infinity when it says more than 2^53. */
  offset = 0
  /** Bytes stored. */
  size = 0
  flags = 0
  /** Descriptors that are in the file. */
  readonly count: number
  readonly at: FileOffset
  private readonly src: ByteSource
  private readonly little: boolean
  private readonly bytes: Uint8Array
  private readonly view: DataView
  /** By place in `bytes`: number of the chunk + 1 that it holds. */
  private readonly held: Int32Array

  /**
   * @param at - offset of the table in the file
   * @param count - descriptors that the bitmap promises; those beyond the end of the file are not there
   */
  constructor(src: ByteSource, at: FileOffset, count: number, little: boolean) {
    this.src = src
    this.at = at
    this.little = little
    // a flattened file may claim any size: no more descriptors than bytes are stored
    const bytes = Math.min(src.size - at, storedSize(src))
    this.count = Math.max(0, Math.min(count, Math.floor(bytes / DESCRIPTOR_SIZE)))
    const places = Math.max(1, Math.min(Math.ceil(this.count / CHUNK), Math.floor(KEPT / (CHUNK * DESCRIPTOR_SIZE))))
    this.bytes = new Uint8Array(places * CHUNK * DESCRIPTOR_SIZE)
    this.view = new DataView(this.bytes.buffer)
    this.held = new Int32Array(places)
  }

  /** Offset in the file of one descriptor. */
  place(index: number): FileOffset {
    return this.at + index * DESCRIPTOR_SIZE
  }

  /** Fills `offset`, `size` and `flags` from descriptor `index`, which must be below `count`. */
  find(index: number): void {
    const chunk = Math.floor(index / CHUNK)
    const place = chunk % this.held.length
    if (this.held[place] !== chunk + 1) this.fill(chunk, place)
    const at = (place * CHUNK + (index - chunk * CHUNK)) * DESCRIPTOR_SIZE
    const little = this.little
    const low = this.view.getUint32(little ? at : at + 4, little)
    const high = this.view.getUint32(little ? at + 4 : at, little)
    this.offset = high < 0x200000 ? high * 4294967296 + low : Number.POSITIVE_INFINITY
    this.size = this.view.getUint32(at + 8, little)
    this.flags = this.view.getUint32(at + 12, little)
  }

  private fill(chunk: number, place: number): void {
    this.held[place] = 0
    const first = chunk * CHUNK
    const size = Math.min(CHUNK, this.count - first) * DESCRIPTOR_SIZE
    const start = place * CHUNK * DESCRIPTOR_SIZE
    readStructure(this.src, this.place(first), this.bytes.subarray(start, start + size))
    this.held[place] = chunk + 1
  }
}
