import fc from 'fast-check'

/** One instruction of an LZO1X stream, as a generator of tests thinks of it. */
type Step = { literals: Uint8Array } | { length: number; distance: number; tail: Uint8Array }

function extended(code: number, base: number, value: number): number[] {
  if (value <= base) return [code | value]
  const bytes = [code]
  let rest = value - base
  for (; rest > 255; rest -= 255) bytes.push(0)
  bytes.push(rest)
  return bytes
}

/** A valid stream that decodes to `page`, using every kind of match; steps that can't be said are left out. */
function build(steps: readonly Step[]): { stream: Uint8Array; page: Uint8Array } {
  const stream: number[] = []
  const page: number[] = []
  let state = 0
  const literals = (bytes: Uint8Array) => {
    for (const byte of bytes) {
      stream.push(byte)
      page.push(byte)
    }
  }
  const first = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8])
  stream.push(first.length + 17)
  literals(first)
  state = 4
  for (const step of steps) {
    if ('literals' in step) {
      if (state !== 0) continue
      stream.push(...extended(0, 15, step.literals.length - 3))
      literals(step.literals)
      state = 4
      continue
    }
    const distance = 1 + ((step.distance - 1) % page.length)
    const { tail } = step
    let length = step.length
    const low = tail.length
    if (state > 0 && state < 4 && length === 2 && distance <= 1024) {
      stream.push((((distance - 1) & 3) << 2) | low, (distance - 1) >> 2)
    } else if (state === 4 && length === 3 && distance > 2048 && distance <= 3072) {
      stream.push((((distance - 2049) & 3) << 2) | low, (distance - 2049) >> 2)
    } else if (length >= 3 && length <= 8 && distance <= 2048) {
      stream.push(((length - 1) << 5) | (((distance - 1) & 7) << 2) | low, (distance - 1) >> 3)
    } else if (distance <= 16_384) {
      length = Math.max(3, length)
      const word = ((distance - 1) << 2) | low
      stream.push(...extended(0x20, 31, length - 2), word & 255, word >> 8)
    } else if (distance > 16_384 && distance < 49_152 && distance !== 32_768) {
      length = Math.max(3, length)
      const far = distance - 16_384
      const word = ((far & 0x3fff) << 2) | low
      stream.push(...extended(0x10 | ((far >> 14) << 3), 7, length - 2), word & 255, word >> 8)
    } else continue
    for (let i = 0; i < length; i++) page.push(page[page.length - distance]!)
    literals(tail)
    state = tail.length
  }
  stream.push(0x11, 0, 0)
  return { stream: Uint8Array.from(stream), page: Uint8Array.from(page) }
}

const step = fc.oneof(
  fc.record({ literals: fc.uint8Array({ minLength: 4, maxLength: 400 }) }),
  fc.record({
    length: fc.oneof(fc.integer({ min: 2, max: 9 }), fc.integer({ min: 2, max: 700 })),
    distance: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 60_000 })),
    tail: fc.uint8Array({ maxLength: 3 }),
  }),
)

/** Valid LZO1X streams with what they decode to: a few hundred bytes to some 60 KB. */
export const lzoStreams = fc
  .tuple(fc.array(step, { maxLength: 60 }), fc.boolean())
  .map(([steps, far]) => build(far ? [{ length: 24_000, distance: 3, tail: Uint8Array.from([9]) }, ...steps] : steps))
