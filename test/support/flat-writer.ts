import { ByteWriter } from './byte-writer.ts'

/** A record of the flattened form. */
export interface Write {
  at: number | bigint
  bytes: Uint8Array
  /** What the record's header says instead of the length. */
  size?: number | bigint
}

/** Options of `flatten`. */
export interface FlatRecipe {
  /** Cuts writes into records of at most so many bytes. */
  most?: number
  /** Header fields. */
  type?: number
  version?: number
  /** No end marker. */
  open?: boolean
}

/** Cuts the bytes of a whole file into writes. */
export function pieces(bytes: Uint8Array, size: number): Write[] {
  const writes: Write[] = []
  for (let at = 0; at < bytes.length; at += size) writes.push({ at, bytes: bytes.subarray(at, at + size) })
  return writes
}

/** Writes the flattened form: makedumpfile makedumpfile.h (1.7.9). */
export function flatten(writes: readonly Write[], recipe: FlatRecipe = {}): Uint8Array {
  const out = new ByteWriter('big')
    .text('makedumpfile', 16)
    .u64(recipe.type ?? 1)
    .u64(recipe.version ?? 1)
    .seek(4096)
  for (const { at, bytes, size } of writes) {
    const most = recipe.most ?? Math.max(1, bytes.length)
    if (bytes.length === 0) out.u64(at).u64(size ?? 0)
    for (let done = 0; done < bytes.length; done += most) {
      const piece = bytes.subarray(done, done + most)
      out
        .u64(BigInt(at) + BigInt(done))
        .u64(size ?? piece.length)
        .raw(piece)
    }
  }
  if (!recipe.open) out.u64(-1n).u64(-1n)
  return out.bytes()
}
