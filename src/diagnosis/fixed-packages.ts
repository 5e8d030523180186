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

const UPSTREAM = 'commit 2c653d0ee2ae and mm/ksm.c at it'

/** LP: #1680513, max_page_sharing. Distributions backport: what stands in the kernel itself is the better witness. */
export const LIMIT_PACKAGES: readonly FixedPackage[] = [
  { kernel: 'mainline 3.9 to 4.12', fixed: false, from: null, source: UPSTREAM, sure: 'strong' },
  { kernel: 'mainline', fixed: true, from: '4.13', source: UPSTREAM, sure: 'strong' },
  { kernel: 'stable 4.9.y', fixed: false, from: null, source: 'linux-mm, 2018-12-20', sure: 'strong' },
  {
    kernel: 'Ubuntu 16.04, linux 4.4',
    fixed: true,
    from: '4.4.0-94.117',
    source: 'its debian.master/changelog; CVE-2024-0564 names 4.4.0-96.119 as the first released one',
    sure: 'strong',
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
