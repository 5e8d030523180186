/** A seeded generator of numbers below 2^32 (mulberry32): damage must be repeatable. */
export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
}

/** Where the parts of a kdump file are. */
export interface Areas {
  existing: number
  dumped: number
  descriptors: number
  data: number
}

/** One way to damage a file. */
export interface Damage {
  name: string
  apply(bytes: Uint8Array): Uint8Array
}

/** The seeded ways: noise anywhere and in each area, cuts, forged counts and offsets of header, bitmaps and page descriptors. */
export function damages(count: number, areas: Areas, size: number): Damage[] {
  const list: Damage[] = []
  for (let seed = 1; list.length < count; seed++) {
    const next = random(seed)
    const below = (n: number): number => next() % Math.max(1, n)
    const noiseAt = (what: string, from: number, to: number): Damage => {
      const at = from + below(to - from - 64)
      const noise = Uint8Array.from({ length: 64 }, () => next() & 0xff)
      return {
        name: `#${seed}: 64 bytes of noise ${what} at ${at}`,
        apply: (bytes) => {
          bytes.set(noise, at)
          return bytes
        },
      }
    }
    const forge = (what: string, at: number, width: 4 | 8): Damage => {
      const values = [
        0n,
        1n,
        0xffffffffn,
        0xffffffffffffffffn,
        0x7fffffffn,
        BigInt(next()),
        BigInt(size),
        BigInt(next()) << 20n,
      ]
      const value = values[below(values.length)]!
      return {
        name: `#${seed}: ${what} at ${at} is 0x${value.toString(16)}`,
        apply: (bytes) => {
          const view = new DataView(bytes.buffer, bytes.byteOffset)
          if (width === 4) view.setUint32(at, Number(value & 0xffffffffn), true)
          else view.setBigUint64(at, value, true)
          return bytes
        },
      }
    }
    const descriptors = Math.floor((areas.data - areas.descriptors) / 24)
    switch (seed % 10) {
      case 0:
      case 1:
      case 2:
        list.push(noiseAt('anywhere', 0, size))
        break
      case 3:
        list.push(noiseAt('in the page data', areas.data, size))
        break
      case 4: {
        const length = below(size)
        list.push({ name: `#${seed}: cut to ${length} bytes`, apply: (bytes) => bytes.subarray(0, length) })
        break
      }
      case 5:
        list.push(forge('a header field', [8, 424, 428, 432, 436, 440, 460][below(7)]!, 4))
        break
      case 6:
        list.push(forge('a sub-header field', 4096 + 8 * below(13), 8))
        break
      case 7:
        list.push(noiseAt('in the bitmaps', areas.existing, areas.descriptors))
        break
      case 8: {
        const at = areas.dumped + below(areas.descriptors - areas.dumped)
        const bit = 1 << below(8)
        list.push({
          name: `#${seed}: bit ${bit} of the bitmap flipped at ${at}`,
          apply: (bytes) => {
            bytes[at]! ^= bit
            return bytes
          },
        })
        break
      }
      default:
        list.push(
          below(2)
            ? noiseAt('in the descriptors', areas.descriptors, areas.data)
            : forge('a descriptor', areas.descriptors + 24 * below(descriptors) + [0, 8, 12][below(3)]!, 8),
        )
    }
  }
  return list
}
