/**
 * What a kernel's release says of how it locks, where nothing better is known. Distributions backport, so this is the weakest witness.
 * Unknown is an answer.
 */
import { atLeast, numbers } from './release-numbers.ts'

/**
 * Whether page faults take the lock of their VMA only, where they can: from 6.4 on (5e31275cc997).
 * @returns null when it is unknown: distributions backport
 */
export function perVmaLocksByRelease(release: string | null): boolean | null {
  const since = release === null ? null : atLeast(release, 6, 4)
  return since === false && /\.el\d/.test(release ?? '') && atLeast(release ?? '', 5, 14) ? null : since
}

/**
 * Whether do_migrate_pages holds the mmap_lock while it migrates: until 6.7 (1cb5d11a370f) and 6.6.66.
 * @returns null when the release is unknown
 */
export function holdsLockWhileMigrating(release: string | null): boolean | null {
  const found = release === null ? null : numbers(release)
  if (!found) return null
  const [major, minor, patch] = found
  if (major === 6 && minor === 6) return patch < 66
  return !(major > 6 || (major === 6 && minor >= 7))
}
