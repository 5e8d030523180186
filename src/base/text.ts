/**
 * Makes text from a dump safe to show: control characters (C0, DEL, C1), bidirectional overrides and lone surrogates become
 * U+FFFD-like dots, so that a task's comm can't move the cursor or recolour a terminal.
 * @param text - any text from outside
 * @param max - longest result in UTF-16 units; what is longer ends in "..."
 */
export function printable(text: string, max = 4096): string {
  const safe = text.replace(
    /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]/gu,
    '.',
  )
  return safe.length > max ? `${safe.slice(0, max - 3)}...` : safe
}

/** Hexadecimal with 0x, lower case, no padding: the form of every address, pfn and flag word in our output. */
export function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`
}

/**
 * Bytes as Latin-1 text up to the first NUL.
 * @param bytes - a fixed-size field, as the kernel's comm[16] or utsname's nodename[65]
 */
export function cText(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) {
    if (byte === 0) break
    text += String.fromCharCode(byte)
  }
  return text
}
