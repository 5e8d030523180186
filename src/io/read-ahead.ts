import type { FileOffset } from '../base/units.ts'
import type { FileSource } from './file-source.ts'

/** 32 KiB cost twice as much as 1 KiB in one system call, and neighbours in a dump are asked for together. */
const BLOCK = 32_768
/** Blocks kept: 16 MiB, direct-mapped. */
const BLOCKS = 512
/**
 * Where the blocks begin in their buffer. Large buffers start 16 bytes behind a page, and copies from the page cache are slow
 * where destination minus file position is 16 modulo 4096; 64 is on the safe side.
 */
const START = 64

/**
 * A file that is read in blocks: page descriptors and compressed pages are small, and a system call for each costs more than
 * decoding some of them. Reads of half a block and more go to the file directly.
 */
export function readAhead(file: FileSource): FileSource {
  // small files need no more room than they have bytes
  const blocks = Math.min(BLOCKS, Math.ceil(file.size / BLOCK))
  const buffer = new Uint8Array(START + blocks * BLOCK)
  const held = new Float64Array(blocks).fill(-1)
  const lengths = new Uint32Array(blocks)
  return {
    name: file.name,
    size: file.size,
    close: () => file.close(),
    read(at: FileOffset, into: Uint8Array): number {
      if (into.length >= BLOCK / 2 || !(at >= 0 && at < file.size)) return file.read(at, into)
      let done = 0
      while (done < into.length) {
        const here = at + done
        const block = Math.floor(here / BLOCK)
        const slot = block % blocks
        const base = START + slot * BLOCK
        if (held[slot] !== block) {
          held[slot] = -1
          lengths[slot] = file.read(block * BLOCK, buffer.subarray(base, base + BLOCK))
          held[slot] = block
        }
        const offset = here - block * BLOCK
        const length = Math.min(into.length - done, lengths[slot]! - offset)
        if (length <= 0) break
        copy(buffer, base + offset, into, done, length)
        done += length
      }
      return done
    },
  }
}

/** Below about a hundred bytes a loop is faster than a view and `set`. */
function copy(from: Uint8Array, at: number, into: Uint8Array, to: number, length: number): void {
  if (length > 96) {
    into.set(from.subarray(at, at + length), to)
    return
  }
  for (let i = 0; i < length; i++) into[to + i] = from[at + i]!
}
