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
const LONG_RUN = 64
/** The same for matches. */
const LONG_MATCH = 24

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
  /** Literals that the last instruction copied: 0 to 3, or 4 for a run. It decides what an opcode below 16 means. */
  let state = 0
  /** Literals of a run that come next. */
  let run = 0
  if (inSize < 3) return INPUT_ENDS
  const first = input[ip]!
  if (first >= 18) {
    ip++
    run = first - 17
  } else if (first > 15 && (first === 16 || inSize >= 5)) return BAD_START

  for (;;) {
    if (run > 0) {
      if (run > inEnd - ip) return INPUT_ENDS
      if (run > outEnd - op) return OUTPUT_FULL
      if (run < LONG_RUN) {
        const end = op + run
        while (op < end) output[op++] = input[ip++]!
      } else {
        output.set(input.subarray(ip, ip + run), op)
        ip += run
        op += run
      }
      state = Math.min(run, 4)
      run = 0
    }
    // no instruction is shorter than two bytes
    if (ip + 1 >= inEnd) return INPUT_ENDS
    const code = input[ip]!
    let length = 0
    let from = 0
    let tail = code & 3
    if (code >= 64) {
      from = op - (input[ip + 1]! << 3) - ((code >>> 2) & 7) - 1
      ip += 2
      length = (code >>> 5) + 1
      if (from < outAt) return BAD_DISTANCE
      if (length + 3 <= outEnd - op && inEnd - ip >= 3) {
        // most instructions are this one: nothing more to check
        output[op] = output[from]!
        output[op + 1] = output[from + 1]!
        output[op + 2] = output[from + 2]!
        for (let i = 3; i < length; i++) output[op + i] = output[from + i]!
        op += length
        if (tail !== 0) {
          output[op] = input[ip]!
          if (tail > 1) output[op + 1] = input[ip + 1]!
          if (tail > 2) output[op + 2] = input[ip + 2]!
          ip += tail
          op += tail
        }
        state = tail
        continue
      }
    } else if (code >= 16) {
      ip++
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
      const word = ((input[ip + 1]! << 8) | low) >>> 2
      ip += 2
      tail = low & 3
      if (code >= 32) from = op - word - 1
      else {
        const distance = 16_384 + ((code & 8) << 11) + word
        if (distance === 16_384) {
          if (length !== 3) return BAD_END
          return ip === inEnd ? op - outAt : TRAILING
        }
        from = op - distance
      }
    } else if (state === 0) {
      ip++
      run = code
      if (run === 0) {
        run = 15
        while (ip < inEnd && input[ip] === 0) {
          run += 255
          ip++
        }
        if (ip >= inEnd) return INPUT_ENDS
        run += input[ip++]!
      }
      run += 3
      continue
    } else {
      from = op - (input[ip + 1]! << 2) - (code >>> 2) - 1
      ip += 2
      length = 2
      if (state === 4) {
        from -= 2048
        length = 3
      }
    }

    if (from < outAt) return BAD_DISTANCE
    if (length > outEnd - op) return OUTPUT_FULL
    const end = op + length
    if (length < LONG_MATCH) while (op < end) output[op++] = output[from++]!
    else if (from === op - 1) output.fill(output[from]!, op, end)
    else {
      // a match may reach into what it makes: each copy doubles what is there
      let there = op - from
      for (let to = op; to < end; there += there) {
        const size = Math.min(there, end - to)
        output.copyWithin(to, from, from + size)
        to += size
      }
    }
    op = end
    if (tail > inEnd - ip) return INPUT_ENDS
    if (tail > outEnd - op) return OUTPUT_FULL
    state = tail
    while (tail-- > 0) output[op++] = input[ip++]!
  }
}

/** LZO1X pages, by our own decoder. */
export const decodeLzo: PageDecoder = (input, inAt, inSize, output, outAt, outSize) => {
  const size = lzo1x(input, inAt, inSize, output, outAt, outSize)
  if (size === outSize) return null
  return size < 0 ? `lzo: ${LZO_FAULTS[-size]}` : `lzo: only ${size} bytes`
}
