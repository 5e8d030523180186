/** A slow LZO1X decoder that follows the table in docs/formats.md line by line. Null for anything that is not right. */
export function lzoTwin(input: Uint8Array, size: number): Uint8Array | null {
  const out: number[] = []
  let at = 0
  let state = 0
  class Bad extends Error {}
  const next = () => {
    if (at >= input.length) throw new Bad()
    return input[at++]!
  }
  const literals = (count: number) => {
    for (let i = 0; i < count; i++) {
      if (out.length === size) throw new Bad()
      out.push(next())
    }
  }
  const copy = (count: number, distance: number) => {
    if (distance > out.length) throw new Bad()
    for (let i = 0; i < count; i++) {
      if (out.length === size) throw new Bad()
      out.push(out[out.length - distance]!)
    }
  }
  const extended = (field: number, base: number) => {
    if (field > 0) return field
    let length = base
    for (;;) {
      const byte = next()
      if (byte > 0) return length + byte
      length += 255
    }
  }
  const after = (count: number) => {
    literals(count)
    state = count
  }
  try {
    const first = input[0] ?? 0
    if (first >= 18) {
      at = 1
      literals(first - 17)
      state = Math.min(4, first - 17)
    } else if (first === 16 || (first === 17 && input.length >= 5)) return null
    for (;;) {
      const code = next()
      if (code < 16 && state === 0) {
        literals(3 + extended(code, 15))
        state = 4
      } else if (code < 16 && state < 4) {
        copy(2, (next() << 2) + (code >> 2) + 1)
        after(code & 3)
      } else if (code < 16) {
        copy(3, (next() << 2) + (code >> 2) + 2049)
        after(code & 3)
      } else if (code < 32) {
        const length = 2 + extended(code & 7, 7)
        const word = next() | (next() << 8)
        const distance = 16_384 + ((code & 8) << 11) + (word >> 2)
        if (distance === 16_384) {
          return length === 3 && at === input.length && out.length === size ? Uint8Array.from(out) : null
        }
        copy(length, distance)
        after(word & 3)
      } else if (code < 64) {
        const length = 2 + extended(code & 31, 31)
        const word = next() | (next() << 8)
        copy(length, (word >> 2) + 1)
        after(word & 3)
      } else if (code < 128) {
        copy(3 + ((code >> 5) & 1), (next() << 3) + ((code >> 2) & 7) + 1)
        after(code & 3)
      } else {
        copy(5 + ((code >> 5) & 3), (next() << 3) + ((code >> 2) & 7) + 1)
        after(code & 3)
      }
    }
  } catch (error) {
    if (error instanceof Bad) return null
    throw error
  }
}
