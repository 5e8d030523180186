import type { FileOffset } from './units.ts'

/** Random access to the bytes of one file, or of a file inside another (flattened). */
export interface ByteSource {
  /** Name for messages: the path as the user gave it. */
  readonly name: string
  /** Size in bytes. For a layer over another source: the end of the highest byte that was written. */
  readonly size: number
  /**
   * Fills `into` with the bytes from `at` on.
   * @returns how many bytes came: fewer than asked only where the source ends or (layers) has a hole
   */
  read(at: FileOffset, into: Uint8Array): number
}

/** Text, archives and stdin: bytes in order, in pieces of any size. */
export type ByteStream = AsyncIterable<Uint8Array>
