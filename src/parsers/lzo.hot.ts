import type { PageDecoder } from './page-decoder.ts'

/** Results of `lzo1x` below zero; see LZO_FAULTS. */
const INPUT_ENDS = -1
const OUTPUT_FULL = -2
const BAD_DISTANCE = -3
const BAD_START = -4
const BAD_END = -5
const TRAILING = -6

const LZO_FAULTS: readonly string[] = [
  '',
  'the data ends too early',
  'more than a page',
  'a match before the start of the page',
  'no LZO1X data',
  'a damaged end marker',
  'bytes after the end marker',
]

/** Literal runs from this length up are copied by the runtime, shorter ones byte by byte. */
const LONG = 40

/**
 * Decodes LZO1X. The stream has no length and no checksum: whoever calls it must know how much should come out.
 * @returns bytes decoded, or one of the codes above
 * @see Documentation/staging/lzo.rst (v6.1), docs/formats.md
 */
export function lzo1x(
  input: Uint8Array,
  inAt: number,
  inSize: number,
  output: Uint8Array,
  outAt: number,
  outSize: number,
): number {
  const inEnd = inAt + inSize
  const outEnd = outAt + outSize
  let ip = inAt
  let op = outAt
  let literals = 0
  /** Literals that the last instruction copied: 0 to 3, or 4 for a run. It decides what an opcode below 16 means. */
  let state = 0
  if (inSize < 3) return INPUT_ENDS
  const first = input[ip]!
  if (first >= 18) {
    ip++
    literals = first - 17
    state = literals < 4 ? literals : 4
    if (literals > inEnd - ip) return INPUT_ENDS
    if (literals > outEnd - op) return OUTPUT_FULL
    if (literals < LONG) while (literals-- > 0) output[op++] = input[ip++]!
    else {
      output.set(input.subarray(ip, ip + literals), op)
      ip += literals
      op += literals
    }
  } else if (first > 15 && (first === 16 || inSize >= 5)) return BAD_START

  for (;;) {
    if (ip >= inEnd) return INPUT_ENDS
    const code = input[ip++]!
    let length = 0
    let distance = 0
    let tail = code & 3
    if (code >= 64) {
      if (ip >= inEnd) return INPUT_ENDS
      length = (code >>> 5) + 1
      distance = (input[ip++]! << 3) + ((code >>> 2) & 7) + 1
    } else if (code >= 16) {
      const mask = code >= 32 ? 31 : 7
      length = code & mask
      if (length === 0) {
        length = mask
        while (ip < inEnd && input[ip] === 0) {
          length += 255
          ip++
        }
        if (ip >= inEnd) return INPUT_ENDS
        length += input[ip++]!
      }
      length += 2
      if (inEnd - ip < 2) return INPUT_ENDS
      const low = input[ip]!
      distance = ((input[ip + 1]! << 8) | low) >>> 2
      ip += 2
      tail = low & 3
      if (code >= 32) distance += 1
      else {
        distance += 16_384 + ((code & 8) << 11)
        if (distance === 16_384) {
          if (length !== 3) return BAD_END
          return ip === inEnd ? op - outAt : TRAILING
        }
      }
    } else if (state === 0) {
      literals = code
      if (literals === 0) {
        literals = 15
        while (ip < inEnd && input[ip] === 0) {
          literals += 255
          ip++
        }
        if (ip >= inEnd) return INPUT_ENDS
        literals += input[ip++]!
      }
      literals += 3
      if (literals > inEnd - ip) return INPUT_ENDS
      if (literals > outEnd - op) return OUTPUT_FULL
      if (literals < LONG) while (literals-- > 0) output[op++] = input[ip++]!
      else {
        output.set(input.subarray(ip, ip + literals), op)
        ip += literals
        op += literals
      }
      state = 4
      continue
    } else {
      if (ip >= inEnd) return INPUT_ENDS
      distance = (input[ip++]! << 2) + (code >>> 2) + 1
      length = 2
      if (state === 4) {
        distance += 2048
        length = 3
      }
    }

    if (distance > op - outAt) return BAD_DISTANCE
    if (length > outEnd - op) return OUTPUT_FULL
    let from = op - distance
    if (length < 24 || distance < length) {
      if (distance === 1 && length >= 24) {
        output.fill(output[from]!, op, op + length)
        op += length
      } else {
        const end = op + length
        while (op < end) output[op++] = output[from++]!
      }
    } else {
      output.copyWithin(op, from, from + length)
      op += length
    }
    state = tail
    if (tail > inEnd - ip) return INPUT_ENDS
    if (tail > outEnd - op) return OUTPUT_FULL
    while (tail-- > 0) output[op++] = input[ip++]!
  }
}

/** LZO1X pages, by our own decoder. */
export const decodeLzo: PageDecoder = (input, inAt, inSize, output, outAt, outSize) => {
  const size = lzo1x(input, inAt, inSize, output, outAt, outSize)
  if (size === outSize) return null
  return size < 0 ? `lzo: ${LZO_FAULTS[-size]}` : `lzo: only ${size} bytes`
}
