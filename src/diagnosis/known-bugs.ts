import { grouped } from '../base/words.ts'
import { LIMIT_OF_NO_HELP } from '../ksm/cost.ts'
import { type FixedPackage, LIMIT_PACKAGES } from './fixed-packages.ts'

/** A known bug, judged for one kernel. */
export interface KnownBug {
  bug: string
  url: string
  /** Where the fix is. */
  fixedIn: string[]
  thisKernel: 'has-fix' | 'lacks-fix' | 'unknown'
  /** How that is known, and where the kernel has the fix and still has long lists or hangs, why. */
  why: string
  packages: FixedPackage[]
}

/** What tells a kernel with a fix from one without. */
export interface KernelFacts {
  /** Its lists have the bound max_page_sharing; null where that is unknown. */
  bounded: boolean | null
  /** How that is known, a phrase. */
  by: string
  /** max_page_sharing; null where unknown. */
  limit: number | null
  /** Length of the longest list of a page-backed node; null where unknown, and for that of a text, which may not be the longest. */
  longest: number | null
  /** The walk of a list is the cause of a hang. */
  hang: boolean
}

interface Entry {
  bug: string
  url: string
  /** The fix in mainline, with its commit. */
  mainline: string
  packages: readonly FixedPackage[]
  /** Whether a kernel has the fix, by what was found in it: distributions backport, so versions prove nothing. */
  has(kernel: KernelFacts): boolean | null
  /** Why a kernel with the fix has the trouble all the same; null where it has none. */
  still(kernel: KernelFacts): string | null
}

const TABLE: readonly Entry[] = [
  {
    bug: 'LP: #1680513',
    url: 'https://bugs.launchpad.net/bugs/1680513',
    mainline: 'mainline 4.13 (2c653d0ee2ae)',
    packages: LIMIT_PACKAGES,
    has: ({ bounded }) => bounded,
    still({ limit, longest, hang }) {
      if (limit !== null && limit >= LIMIT_OF_NO_HELP)
        return `but max_page_sharing was raised to ${grouped(limit)}, a limit that does not help`
      if (limit !== null && longest !== null && longest > limit)
        return `but a list is longer than max_page_sharing (${grouped(limit)}): lists outgrow it when processes with KSM pages fork`
      if (!hang) return null
      return limit !== null && longest !== null
        ? 'and no list is longer than it: another bug'
        : 'but a walk hangs it all the same: its list has outgrown the limit (processes with KSM pages fork), or is as long as from a time when the limit was higher, or it is another bug (anon_vmas with very many VMAs, earlier pages of the same call)'
    },
  },
]

/** What a verdict of a hang says of a bug whose fix the kernel has, by the table; null where it has none. */
export function stillHangs(known: readonly KnownBug[]): string | null {
  const fixed = known.find(({ thisKernel }) => thisKernel === 'has-fix')
  return fixed ? `This kernel has the fix of ${fixed.bug} (${fixed.why}).` : null
}

/** Judges every known bug. @param kernel - null where its KSM was not understood */
export function knownBugs(kernel: KernelFacts | null): KnownBug[] {
  return TABLE.map(({ bug, url, mainline, packages, has, still }) => {
    const fixed = kernel && has(kernel)
    const more = kernel && fixed ? still(kernel) : null
    return {
      bug,
      url,
      fixedIn: [
        mainline,
        ...packages.flatMap(({ kernel: name, from, sure }) =>
          from?.includes('-') && sure === 'strong' ? [`${name}: ${from}`] : [],
        ),
      ],
      thisKernel: fixed === null ? 'unknown' : fixed ? 'has-fix' : 'lacks-fix',
      why:
        kernel === null || fixed === null
          ? 'nothing tells whether this kernel has max_page_sharing'
          : `${kernel.by}${more === null ? '' : `, ${more}`}`,
      packages: [...packages],
    }
  })
}
