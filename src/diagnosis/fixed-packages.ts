import { atLeast, numbers } from './release-numbers.ts'
import type { Confidence } from './types.ts'

/** Whether the kernels of a distribution bound the lists of KSM, and from which version on. */
export interface FixedPackage {
  kernel: string
  /** Null: unknown. */
  fixed: boolean | null
  /** First version with the fix; null where there is none, or none is known. */
  from: string | null
  /** Where that was read. */
  source: string
  sure: Confidence
}

/** A judgement by release, and why. */
export interface ByRelease {
  answer: boolean
  why: string
}

/** A row, and which releases it speaks of. */
interface Row extends FixedPackage {
  /** Absent where a release does not tell that a kernel is one of these. */
  of?(release: string): boolean
}

const UPSTREAM = 'commit 2c653d0ee2ae and mm/ksm.c at it'

/** Flavours of Ubuntu's kernels, with the number of their build. */
const UBUNTU = /-\d{1,5}-(?:generic|lowlatency|aws|azure|gcp|gke|kvm|oracle|generic-lpae|virtual)$/
/** RHEL, SUSE, Alibaba, Oracle and Amazon backport, and no list tells what; Ubuntu's 4.4 has a row of its own. */
const BACKPORTS = /\.el\d|-default$|\.alios|\.uek|\.amzn/

/** LP: #1680513, max_page_sharing. Distributions backport: what stands in the kernel itself is the better witness. */
const ROWS: readonly Row[] = [
  {
    kernel: 'mainline 3.9 to 4.12',
    fixed: false,
    from: null,
    source: UPSTREAM,
    sure: 'strong',
    of: (release) => atLeast(release, 3, 9) === true && atLeast(release, 4, 13) === false && !BACKPORTS.test(release),
  },
  {
    kernel: 'mainline',
    fixed: true,
    from: '4.13',
    source: UPSTREAM,
    sure: 'strong',
    of: (release) => atLeast(release, 4, 13) === true,
  },
  { kernel: 'stable 4.9.y', fixed: false, from: null, source: 'linux-mm, 2018-12-20', sure: 'strong' },
  {
    kernel: 'Ubuntu 16.04, linux 4.4',
    fixed: true,
    from: '4.4.0-94.117',
    source: 'its debian.master/changelog; CVE-2024-0564 names 4.4.0-96.119 as the first released one',
    sure: 'strong',
    of: (release) => release.startsWith('4.4.0-') && UBUNTU.test(release),
  },
  { kernel: 'Ubuntu 17.04, linux 4.10', fixed: null, from: null, source: 'a task of LP: #1680513', sure: 'weak' },
  { kernel: 'Ubuntu 17.10 and newer', fixed: true, from: '4.13', source: UPSTREAM, sure: 'strong' },
  { kernel: 'Debian 9, linux 4.9', fixed: false, from: null, source: 'linux-mm, 2018-12-20, on 4.9.y', sure: 'weak' },
  { kernel: 'Debian 10 and newer', fixed: true, from: '4.19', source: UPSTREAM, sure: 'strong' },
  { kernel: 'RHEL 6 and 7', fixed: true, from: null, source: 'linux-mm, 2016-09-21, without a version', sure: 'weak' },
  {
    kernel: 'RHEL-ALT 7, kernel-alt',
    fixed: true,
    from: '4.11.0-10.el7a',
    source: 'the changelog of its kernel.spec, bz 1395384',
    sure: 'strong',
    of: (release) => release.startsWith('4.11.') && /\.el7a\b/.test(release),
  },
  { kernel: 'RHEL 8 and newer', fixed: true, from: '4.18', source: UPSTREAM, sure: 'strong' },
  {
    kernel: 'openSUSE Leap 15.0',
    fixed: true,
    from: '4.12.14-lp150.12.82.1',
    source: 'openSUSE-2019-2503, bnc#1144338',
    sure: 'strong',
  },
  { kernel: 'openSUSE Leap 15.1', fixed: true, from: '4.12.14-lp151.28.25.1', source: 'bnc#1144338', sure: 'strong' },
  { kernel: 'SLES 12 SP4', fixed: true, from: '4.12.14-95.40.1', source: 'SUSE-SU-2019:2948-1', sure: 'weak' },
  { kernel: 'SLES 12 SP5, 15, 15 SP1', fixed: null, from: null, source: 'none was found', sure: 'weak' },
]

/** The table as documents have it. */
export const LIMIT_PACKAGES: readonly FixedPackage[] = ROWS.map(({ of: _, ...row }) => row)

/**
 * Whether lists are bounded by max_page_sharing, by the release alone: the narrowest row that speaks of it. Distributions backport, so
 * this is the weakest witness: members of a structure, symbols and sysfs files come first.
 * @returns null when it can't be told
 */
export function boundedByRelease(release: string): ByRelease | null {
  const rows = ROWS.filter(({ of }) => of?.(release))
  const row = rows.find(({ from }) => from?.includes('-')) ?? rows[0]
  if (!row || row.fixed === null) return null
  if (!row.fixed)
    return {
      answer: false,
      why: `${row.kernel} has no max_page_sharing (${row.source}), and no backport of it is known here`,
    }
  const answer = row.from !== null && isFrom(release, row.from)
  return { answer, why: `${row.kernel} has max_page_sharing since ${row.from}${answer ? '' : ' only'} (${row.source})` }
}

/** Whether a release is a version or a later one: by its numbers up to that of the build. */
function isFrom(release: string, version: string): boolean {
  const [own, first] = [numbers(release), numbers(version)]
  if (!own || !first) return false
  const at = own.findIndex((number, i) => number !== first[i])
  return at < 0 || own[at]! > first[at]!
}
