import { expect, test } from 'vitest'
import { environmentOf } from '../../src/document/environment.ts'

const NOTHING = { release: null, version: null, arch: null, distribution: null }

test('a Debian and an Ubuntu kernel', () => {
  const debian = '#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)'
  expect(environmentOf({ ...NOTHING, release: '6.1.0-56-amd64', version: debian, arch: 'x86_64' })).toEqual({
    Uname: 'Linux 6.1.0-56-amd64 x86_64',
    ProcVersionSignature: null,
    DistroRelease: null,
    Architecture: 'amd64',
    Package: 'linux-image-6.1.0-56-amd64 6.1.192-2',
  })
  const ubuntu = '#93-Ubuntu SMP Fri Mar 31 14:07:41 UTC 2017'
  expect(
    environmentOf({ release: '4.4.0-72-generic', version: ubuntu, arch: 'aarch64', distribution: 'Ubuntu 16.04' }),
  ).toEqual({
    Uname: 'Linux 4.4.0-72-generic aarch64',
    ProcVersionSignature: 'Ubuntu 4.4.0-72.93-generic',
    DistroRelease: 'Ubuntu 16.04',
    Architecture: 'arm64',
    Package: 'linux-image-4.4.0-72-generic',
  })
})

test('nothing known, nothing said', () => {
  expect(Object.values(environmentOf(NOTHING))).toEqual([null, null, null, null, null])
  expect(environmentOf({ ...NOTHING, release: '6.12.1' })).toMatchObject({ Uname: 'Linux 6.12.1', Package: null })
})
