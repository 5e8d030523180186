import { describe, expect, test } from 'vitest'
import { boundedByRelease, LIMIT_PACKAGES } from '../../src/diagnosis/fixed-packages.ts'
import { type KernelFacts, knownBugs } from '../../src/diagnosis/known-bugs.ts'

const judged = (facts: Partial<KernelFacts>): { thisKernel: string; why: string } =>
  knownBugs({ bounded: true, by: 'seen', limit: 256, longest: 256, hang: false, ...facts })[0]!

describe('LP: #1680513, by what stands in the kernel', () => {
  test('without the limit', () => {
    expect(judged({ bounded: false, limit: null })).toMatchObject({ thisKernel: 'lacks-fix', why: 'seen' })
  })

  test('with it, and all is well', () => {
    expect(judged({})).toMatchObject({ thisKernel: 'has-fix', why: 'seen' })
  })

  test('with it, and still in trouble: raised, outgrown, or another bug', () => {
    expect(judged({ limit: 10_000, longest: 500_000 }).why).toContain('raised to 10,000')
    expect(judged({ limit: 9_999, longest: 10_000 }).why).toContain('outgrow it when processes with KSM pages fork')
    expect(judged({ hang: true }).why).toBe('seen, and no list is longer than it: another bug')
    // where not every list was seen, any of these
    for (const limit of [256, null])
      expect(judged({ hang: true, limit, longest: null }).why).toMatch(/^seen, but .*outgrown.*higher.*another bug/)
  })

  test('not understood, or not told: nobody knows', () => {
    const unknown = { thisKernel: 'unknown', why: 'nothing tells whether this kernel has max_page_sharing' }
    expect(knownBugs(null)[0]).toMatchObject(unknown)
    expect(judged({ bounded: null })).toMatchObject(unknown)
  })
})

test.each([
  ['3.8.0-35-generic', null],
  ['3.10.0-1160.el7.x86_64', null],
  ['3.16.0-4-amd64', false],
  ['4.4.0-93-generic', false],
  ['4.4.0-94-generic', true],
  ['4.4.0-1128-aws', true],
  ['4.4.60-ksm', false],
  ['4.9.0-19-amd64', false],
  ['4.11.0-9.el7a.x86_64', false],
  ['4.11.0-10.el7a.x86_64', true],
  ['4.11.0-44.el7a.aarch64', true],
  ['4.12.14-lp150.11-default', null],
  ['4.12.0', false],
  ['4.13.0', true],
  ['4.18.0-553.el8.x86_64', true],
  ['4.14.336-253.554.amzn2.x86_64', true],
  ['4.9.76-3.78.amzn1.x86_64', null],
  ['6.8.0-45-generic', true],
  ['whatever', null],
])('%s is bounded by its release: %s', (release, bounded) => {
  const judged = boundedByRelease(release)
  expect(judged?.answer ?? null).toBe(bounded)
  if (judged) expect(judged.why).toMatch(/max_page_sharing/)
})

describe('the table of packages', () => {
  test('each row has a source, and a version only where the fix is there', () => {
    for (const { kernel, fixed, from, source } of LIMIT_PACKAGES) {
      expect(`${kernel}: ${source}`).toMatch(/: .{5,}/)
      if (fixed !== true) expect(from).toBeNull()
    }
  })
})
