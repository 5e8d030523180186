/** A known bug, judged for one kernel. */
export interface KnownBug {
  bug: string
  url: string
  /** Where the fix is. */
  fixedIn: string[]
  thisKernel: 'has-fix' | 'lacks-fix' | 'unknown'
}

/** What tells a kernel with a fix from one without. */
export interface KernelFacts {
  /** Its lists have the bound max_page_sharing. */
  bounded: boolean
}

interface Entry {
  bug: string
  url: string
  fixedIn: string[]
  /** Whether a kernel has the fix, by what was found in it: distributions backport, so versions prove nothing. */
  has(kernel: KernelFacts): boolean
}

/** Newest knowledge first. Sources: changelogs of the packages named, commit 2c653d0ee2ae (in v4.13). */
const TABLE: readonly Entry[] = [
  {
    bug: 'LP: #1680513',
    url: 'https://bugs.launchpad.net/bugs/1680513',
    fixedIn: [
      'mainline 4.13 (2c653d0ee2ae)',
      'Ubuntu 16.04 linux 4.4.0-94.117',
      'RHEL-ALT 7 kernel-alt 4.11.0-10.el7a',
      'openSUSE Leap 15.0 4.12.14-lp150.12.82.1',
      'openSUSE Leap 15.1 4.12.14-lp151.28.25.1',
    ],
    has: ({ bounded }) => bounded,
  },
]

/** Judges every known bug. @param kernel - null where its KSM was not understood */
export function knownBugs(kernel: KernelFacts | null): KnownBug[] {
  return TABLE.map(({ bug, url, fixedIn, has }) => ({
    bug,
    url,
    fixedIn,
    thisKernel: kernel === null ? 'unknown' : has(kernel) ? 'has-fix' : 'lacks-fix',
  }))
}
