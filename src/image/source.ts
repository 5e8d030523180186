import type { ByteSource } from '../base/bytes.ts'
import type { FileOffset } from '../base/units.ts'

/** A ByteSource over another one, which may have holes and may claim to be larger than what is stored. */
export interface LayerSource extends ByteSource {
  /** Bytes that are really in the file below: what memory may be spent on. */
  readonly stored: number
  /** True when the file below is damaged or cut off, so that a hole may be a loss and not a choice of the writer. */
  readonly lossy: boolean
  /** Bytes of the hole that begins at `at`; 0 where data is, or at and after the end. */
  hole(at: FileOffset): number
}

function isLayer(src: ByteSource): src is LayerSource {
  return 'hole' in src
}

/** Bytes that really exist, for bounds on memory: the file's size, or that of the file below a layer. */
export function storedSize(src: ByteSource): number {
  return isLayer(src) ? src.stored : src.size
}

/** True when what is missing in the file may be a loss. */
export function isLossy(src: ByteSource): boolean {
  return isLayer(src) && src.lossy
}

/**
 * Reads a structure (never page data): holes of a flattened file read as zeros, as the writer's file would have had them.
 * @returns bytes up to the end of the file; those after it are zero in `into` and not counted
 */
export function readStructure(src: ByteSource, at: FileOffset, into: Uint8Array): number {
  let done = 0
  while (done < into.length) {
    const got = src.read(at + done, done === 0 ? into : into.subarray(done))
    done += got
    if (done >= into.length) break
    const hole = isLayer(src) ? Math.min(src.hole(at + done), into.length - done) : 0
    if (hole === 0 && got === 0) break
    into.fill(0, done, done + hole)
    done += hole
  }
  into.fill(0, done)
  return done
}

/** A whole structure, or null when the file ends inside of it. */
export function readWhole(src: ByteSource, at: FileOffset, size: number): Uint8Array | null {
  if (!(at + size <= src.size) || size > storedSize(src) + 65_536) return null
  const bytes = new Uint8Array(size)
  return readStructure(src, at, bytes) === size ? bytes : null
}
