/** Smallest budget that is of use, bytes. */
const LEAST = 1024 * 1024

/** What a size is, for messages. */
export const SIZE_IS = 'a size of 1M or more, as 512M or 2G'

/**
 * Sizes as people type them: 512M, 2G, 1048576.
 * @returns bytes, null for what is no size or below 1M
 */
export function parseSize(text: string): number | null {
  const found = /^(\d{1,9}(?:\.\d+)?)\s*([kmgt]?)i?b?$/i.exec(text.trim())
  if (!found) return null
  const bytes = Number(found[1]) * 1024 ** ['', 'k', 'm', 'g', 't'].indexOf(found[2]!.toLowerCase())
  return bytes >= LEAST && bytes <= Number.MAX_SAFE_INTEGER ? Math.floor(bytes) : null
}
