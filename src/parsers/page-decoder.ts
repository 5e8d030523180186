/**
 * Decodes one page. It never reads outside of its input, never leaves anything changed outside of its output, and never throws
 * for what the input holds.
 * @param input - buffer that holds the compressed page from `inAt` on, `inSize` bytes
 * @param output - buffer for the page from `outAt` on, `outSize` bytes; at least one byte follows, which comes back unchanged
 * @returns null when exactly `outSize` bytes came out, else one phrase why not
 */
export type PageDecoder = (
  input: Uint8Array,
  inAt: number,
  inSize: number,
  output: Uint8Array,
  outAt: number,
  outSize: number,
) => string | null

/** What a decoder says that has not been loaded: the page is not known to be damaged. */
export const NOT_LOADED = 'the decoder is not loaded'
