/**
 * What a kernel's release says where nothing better is known. Distributions backport, so this is the weakest witness: members of a
 * structure, symbols and sysfs files come first. Unknown is an answer.
 */

/** A judgement by release, and why. */
export interface ByRelease {
  answer: boolean
  why: string
}

interface Rule {
  /** Matches the release, or null when the rule does not speak of it. */
  of(release: string): ByRelease | null
}

/** "4.4.0-72-generic" -> [4, 4, 0, 72]; null when it does not begin like a release. */
function numbers(release: string): [number, number, number, number] | null {
  const found = /^(\d{1,3})\.(\d{1,3})(?:\.(\d{1,4}))?(?:-(?:rc)?(\d{1,5}))?/.exec(release)
  return found ? [Number(found[1]), Number(found[2]), Number(found[3] ?? 0), Number(found[4] ?? 0)] : null
}

function atLeast(release: string, major: number, minor: number): boolean | null {
  const found = numbers(release)
  return found && (found[0] > major || (found[0] === major && found[1] >= minor))
}

const FLAVOURS = /-(generic|lowlatency|aws|azure|gcp|gke|kvm|oracle|generic-lpae|virtual)$/

/**
 * Whether lists are bounded by max_page_sharing. The first rule that speaks of a release is taken.
 * Sources: commit 2c653d0ee2ae (in v4.13); changelogs of the packages.
 */
const BOUNDED: readonly Rule[] = [
  {
    of: (release) =>
      atLeast(release, 4, 13) ? { answer: true, why: 'mainline has max_page_sharing since 4.13 (2c653d0ee2ae)' } : null,
  },
  {
    // Ubuntu 16.04: the changelog of 4.4.0-94.117; not in 4.4.0-73 to -93
    of(release) {
      const found = numbers(release)
      if (found?.[0] !== 4 || found[1] !== 4 || found[2] !== 0 || !FLAVOURS.test(release)) return null
      return found[3] >= 94
        ? { answer: true, why: "Ubuntu's 4.4 has max_page_sharing since 4.4.0-94.117" }
        : { answer: false, why: "Ubuntu's 4.4 has max_page_sharing since 4.4.0-94.117 only" }
    },
  },
  {
    // RHEL-ALT 7: kernel-alt 4.11.0-10.el7a
    of(release) {
      const found = numbers(release)
      if (!found || !/\.el7a\b/.test(release) || found[0] !== 4 || found[1] !== 11) return null
      return { answer: found[3] >= 10, why: 'kernel-alt has max_page_sharing since 4.11.0-10.el7a' }
    },
  },
  {
    // 3.10 of RHEL 7, 4.12 of SUSE, 4.9 of Alibaba: backports that no list tells whole
    of: (release) => (/\.el\d|-default$|\.alios|\.uek|\.amzn/.test(release) ? UNKNOWN : null),
  },
  {
    of: (release) =>
      atLeast(release, 3, 9) === true
        ? { answer: false, why: 'mainline has no max_page_sharing before 4.13, and no backport of it is known here' }
        : null,
  },
]

/** A rule that says that it can't be told. */
const UNKNOWN: ByRelease = { answer: false, why: '' }

/** @returns null when it can't be told */
export function boundedByRelease(release: string): ByRelease | null {
  for (const rule of BOUNDED) {
    const judged = rule.of(release)
    if (judged) return judged === UNKNOWN ? null : judged
  }
  return null
}

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
