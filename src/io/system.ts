import { totalmem } from 'node:os'

const GIB = 1024 * 1024 * 1024

/** Default budget of the page cache: a quarter of RAM, at most 1 GiB. */
export function defaultCacheBytes(): number {
  return Math.min(GIB, Math.floor(totalmem() / 4))
}
