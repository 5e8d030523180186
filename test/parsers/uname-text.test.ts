import { describe, expect, test } from 'vitest'
import {
  dateText,
  hostnameText,
  osReleaseText,
  proseKernelText,
  unameText,
  uptimeText,
} from '../../src/parsers/uname-text.ts'
import { fed, host, hostsOf, values } from '../support/host-texts.ts'

describe('uname -a', () => {
  test.each([
    [
      'Linux hv-r920-3 4.4.0-72-generic #93-Ubuntu SMP Fri Mar 31 14:07:41 UTC 2017 x86_64 x86_64 x86_64 GNU/Linux',
      {
        nodename: 'hv-r920-3',
        release: '4.4.0-72-generic',
        version: '#93-Ubuntu SMP Fri Mar 31 14:07:41 UTC 2017',
        arch: 'x86_64',
      },
    ],
    [
      'Linux debian 6.1.0-37-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.140-1 (2025-05-22) x86_64 GNU/Linux',
      {
        nodename: 'debian',
        release: '6.1.0-37-amd64',
        version: '#1 SMP PREEMPT_DYNAMIC Debian 6.1.140-1 (2025-05-22)',
        arch: 'x86_64',
      },
    ],
    [
      'Linux rhel7 3.10.0-1160.el7.x86_64 #1 SMP Tue Aug 18 14:50:17 EDT 2020 x86_64 x86_64 x86_64 GNU/Linux',
      {
        nodename: 'rhel7',
        release: '3.10.0-1160.el7.x86_64',
        version: '#1 SMP Tue Aug 18 14:50:17 EDT 2020',
        arch: 'x86_64',
      },
    ],
    [
      'Linux p9 4.18.0-80.el8.ppc64le #1 SMP Wed Mar 13 12:02:46 UTC 2019 ppc64le ppc64le ppc64le GNU/Linux',
      {
        nodename: 'p9',
        release: '4.18.0-80.el8.ppc64le',
        version: '#1 SMP Wed Mar 13 12:02:46 UTC 2019',
        arch: 'ppc64le',
      },
    ],
    ['Linux (none) 6.12.0 #1 SMP x86_64 GNU/Linux', { release: '6.12.0', version: '#1 SMP', arch: 'x86_64' }],
    // apport's short form
    ['Linux 4.4.0-72-generic x86_64', { release: '4.4.0-72-generic', arch: 'x86_64' }],
    ['Uname: Linux 4.4.0-72-generic x86_64', { release: '4.4.0-72-generic', arch: 'x86_64' }],
    // behind a prompt, behind prose
    [
      'root@h:~# uname -a: Linux h 5.4.0-97-generic #110-Ubuntu SMP Thu Jan 13 18:22:13 UTC 2022 x86_64 GNU/Linux',
      {
        nodename: 'h',
        release: '5.4.0-97-generic',
        version: '#110-Ubuntu SMP Thu Jan 13 18:22:13 UTC 2022',
        arch: 'x86_64',
      },
    ],
    [
      'On Linux it says Linux h 5.4.0-97-generic #110-Ubuntu SMP x86_64 GNU/Linux',
      { nodename: 'h', release: '5.4.0-97-generic', version: '#110-Ubuntu SMP', arch: 'x86_64' },
    ],
  ])('%s', (line, facts) => expect(host(unameText(), [line])).toEqual(facts))

  test.each([
    'Linux is nice',
    'Debian GNU/Linux 12 (bookworm)',
    'Linux 4.4 had this bug',
    'Status in linux package in Ubuntu: Linux host was rebooted',
    'Linux h release #1',
    'Red Hat Enterprise Linux Server release 7.4 (Maipo)',
  ])('%s: none', (line) => expect(fed(unameText(), [line])).toEqual([]))
})

describe('the banner', () => {
  test('of a log, with its stamp, and its signature besides', () => {
    const line =
      '[    0.000000] Linux version 4.4.0-72-generic (buildd@lgw01-17) (gcc version 5.4.0 20160609 (Ubuntu 5.4.0-6ubuntu1~16.04.4) ) #93-Ubuntu SMP Fri Mar 31 14:07:41 UTC 2017 (Ubuntu 4.4.0-72.93-generic 4.4.49)'
    expect(host(unameText(), [line])).toEqual({
      release: '4.4.0-72-generic',
      version: '#93-Ubuntu SMP Fri Mar 31 14:07:41 UTC 2017',
    })
    expect(values(unameText(), [line])).toEqual({ 'kernel.signature': 'Ubuntu 4.4.0-72.93-generic 4.4.49' })
    // who compiled it is nobody's business
    expect(JSON.stringify(fed(unameText(), [line]))).not.toContain('lgw01')
  })

  test("Debian's has a date in brackets that is part of the build", () => {
    const line =
      'Linux version 6.1.0-37-amd64 (debian-kernel@lists.debian.org) (gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0, GNU ld (GNU Binutils for Debian) 2.40) #1 SMP PREEMPT_DYNAMIC Debian 6.1.140-1 (2025-05-22)'
    expect(host(unameText(), [line])).toEqual({
      release: '6.1.0-37-amd64',
      version: '#1 SMP PREEMPT_DYNAMIC Debian 6.1.140-1 (2025-05-22)',
    })
  })

  test('cut after the compiler it still names the release', () => {
    expect(host(unameText(), ['Linux version 4.18.0-553.el8_10.x86_64 (mockbuild@x) (gcc version 8.5.0'])).toEqual({
      release: '4.18.0-553.el8_10.x86_64',
    })
  })

  test.each(['Linux version %s (%s) (%s) %s', 'which Linux version do you run', 'Linux version 4.4 is affected'])(
    '%s: none',
    (line) => expect(fed(unameText(), [line])).toEqual([]),
  )

  test("Ubuntu's signature by itself", () => {
    expect(values(unameText(), ['Ubuntu 4.4.0-72.93-generic 4.4.49'])).toEqual({
      'kernel.signature': 'Ubuntu 4.4.0-72.93-generic 4.4.49',
    })
    expect(values(unameText(), ['ProcVersionSignature: Ubuntu 5.4.0-97.110-generic 5.4.162'])).toEqual({
      'kernel.signature': 'Ubuntu 5.4.0-97.110-generic 5.4.162',
    })
    expect(fed(unameText(), ['gcc (Ubuntu 13.2.0-23ubuntu4) 13.2.0'])).toEqual([])
  })
})

describe('prose', () => {
  test.each([
    ['host machine(host kernel version: 4.4.0-72-generic #93), the', { release: '4.4.0-72-generic', version: '#93' }],
    ['kernel version is 4.18.0-553.el8_10.x86_64.', { release: '4.18.0-553.el8_10.x86_64' }],
    ['Kernel: 5.15.0-91-generic', { release: '5.15.0-91-generic' }],
    ['We are running kernel 4.4.0-72-generic on all hosts', { release: '4.4.0-72-generic' }],
  ])('%s', (line, facts) => {
    expect(host(proseKernelText(), [line])).toEqual(facts)
    expect(hostsOf(fed(proseKernelText(), [line]))).toMatchObject([{ source: 'prose' }])
  })

  test.each([
    'This is fixed in kernel version 4.4.0-79.100.',
    'Please upgrade to kernel version 4.4.0-79-generic',
    'It happens since kernel: 4.4.0-60-generic',
    'any kernel version: 4.13 or later',
    'kernel version 4.4.0',
    'the kernel numad task is holding a semaphore',
    'linux (4.4.0-79.100) xenial; urgency=low',
  ])('%s: not the one that runs', (line) => expect(fed(proseKernelText(), [line])).toEqual([]))

  test('a line that is a uname is told as that', () => {
    expect(
      hostsOf(fed(proseKernelText(), ['running kernel: Linux h 4.4.0-72-generic #93-Ubuntu SMP x86_64 GNU/Linux'])),
    ).toMatchObject([{ source: 'uname', nodename: 'h' }])
  })

  test('without end it is not told without end', () => {
    expect(fed(proseKernelText(), Array(5000).fill('kernel: 4.4.0-72-generic')).length).toBe(64)
  })
})

describe('the distribution', () => {
  test.each([
    ['NAME="Ubuntu"\nVERSION="16.04.2 LTS (Xenial Xerus)"\nID=ubuntu\nVERSION_ID="16.04"\n', 'Ubuntu 16.04'],
    ['PRETTY_NAME="Ubuntu 24.04.1 LTS"\nNAME="Ubuntu"\nVERSION_ID="24.04"\n', 'Ubuntu 24.04'],
    ["NAME='Red Hat Enterprise Linux'\nVERSION_ID='8.10'\n", 'Red Hat Enterprise Linux 8.10'],
    ['PRETTY_NAME="Debian GNU/Linux trixie/sid"\nNAME="Debian GNU/Linux"\n', 'Debian GNU/Linux trixie/sid'],
    [
      'DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=14.04\nDISTRIB_CODENAME=trusty\nDISTRIB_DESCRIPTION="Ubuntu 14.04.5 LTS"\n',
      'Ubuntu 14.04',
    ],
    ['Distributor ID:\tUbuntu\nDescription:\tUbuntu 16.04.2 LTS\nRelease:\t16.04\nCodename:\txenial\n', 'Ubuntu 16.04'],
    ['Red Hat Enterprise Linux Server release 7.4 (Maipo)\n', 'Red Hat Enterprise Linux Server 7.4'],
    ['CentOS Linux release 7.4.1708 (Core)\n', 'CentOS Linux 7.4.1708'],
    ['', undefined],
    ['constructor=x\n__proto__=y\n', undefined],
  ])('%j', (text, distribution) => expect(host(osReleaseText(), text)['distribution']).toBe(distribution))
})

describe('names, hours and days', () => {
  test.each([
    ['hv-r920-3\n', 'hv-r920-3'],
    ['# the name\nhv-r920-3.cloud.example.net\n', 'hv-r920-3.cloud.example.net'],
    ['hostname: Name or service not known\n', undefined],
  ])('hostname %j', (text, name) => expect(host(hostnameText(), text)['nodename']).toBe(name))

  test.each([
    [' 18:10:05 up 5 days, 10:58,  2 users,  load average: 61.22, 58.10, 31.04', (5 * 24 + 10) * 3600 + 58 * 60],
    [' 18:10:05 up 1 day, 3 min,  0 users,  load average: 0.00, 0.01, 0.05', 86400 + 180],
    [' 18:10:05 up 12 min,  1 user,  load average: 0.00, 0.01, 0.05', 720],
    [' 18:10:05 up  1:02,  1 user,  load average: 0.00, 0.01, 0.05', 3720],
    ['the host came up 3 minutes ago', undefined],
  ])('%s', (line, seconds) => expect(host(uptimeText(), [line])['uptimeSeconds']).toBe(seconds))

  test.each([
    ['Sat Mar 25 18:10:05 UTC 2017', true],
    ['Fri 20 Nov 2026 08:00:00 AM UTC', true],
    ['date: command not found', false],
    ['Sat Mar 25 18:10', false],
  ])('%s', (line, taken) => expect(host(dateText(), [line])['date']).toBe(taken ? line : undefined))
})
