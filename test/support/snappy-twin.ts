/** A slow decoder of raw snappy (format_description.txt). Null for anything that is not right. */
export function snappyTwin(input: Uint8Array, size: number): Uint8Array | null {
  let at = 0
  let claimed = 0
  for (let shift = 0; ; shift += 7) {
    if (at >= input.length || shift > 28) return null
    const byte = input[at++]!
    claimed += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) break
  }
  if (claimed !== size) return null
  const out: number[] = []
  while (at < input.length) {
    const tag = input[at++]!
    const kind = tag & 3
    if (kind === 0) {
      let length = tag >> 2
      if (length >= 60) {
        const bytes = length - 59
        if (at + bytes > input.length) return null
        length = 0
        for (let i = 0; i < bytes; i++) length += input[at++]! * 2 ** (8 * i)
      }
      length += 1
      if (at + length > input.length || out.length + length > size) return null
      for (let i = 0; i < length; i++) out.push(input[at++]!)
      continue
    }
    const bytes = kind === 1 ? 1 : kind === 2 ? 2 : 4
    if (at + bytes > input.length) return null
    let distance = kind === 1 ? (tag >> 5) << 8 : 0
    for (let i = 0; i < bytes; i++) distance += input[at++]! * 2 ** (8 * i)
    const length = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1
    if (distance === 0 || distance > out.length || out.length + length > size) return null
    for (let i = 0; i < length; i++) out.push(out[out.length - distance]!)
  }
  return out.length === size ? Uint8Array.from(out) : null
}
