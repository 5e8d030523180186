/** Bytes of a line: 16 hex digits and a newline, as crash's `list` prints them. */
export const LINE_BYTES = 17

const DIGITS = new Uint8Array(512)
for (let byte = 0; byte < 256; byte++) {
  const text = byte.toString(16).padStart(2, '0')
  DIGITS[2 * byte] = text.charCodeAt(0)
  DIGITS[2 * byte + 1] = text.charCodeAt(1)
}

/**
 * Writes addresses as lines of 16 lower-case hex digits.
 * @param into - at least `count` * LINE_BYTES long
 * @returns bytes written
 */
export function addressLines(lo: Uint32Array, hi: Uint32Array, count: number, into: Uint8Array): number {
  let at = 0
  for (let i = 0; i < count; i++) {
    let word = hi[i]!
    for (let half = 0; half < 2; half++) {
      for (let shift = 24; shift >= 0; shift -= 8) {
        const pair = ((word >>> shift) & 0xff) << 1
        into[at++] = DIGITS[pair]!
        into[at++] = DIGITS[pair + 1]!
      }
      word = lo[i]!
    }
    into[at++] = 10
  }
  return at
}
