import { describe, expect, test } from 'vitest'
import { failOn, worse } from '../../src/app/exit-rules.ts'
import type { AnalyzeReport } from '../../src/document/schema.ts'

const verdict = (level: string): AnalyzeReport => ({ verdict: { level } }) as AnalyzeReport

describe('--fail-on', () => {
  test.each([
    [0, 'critical', 'critical', 1],
    [0, 'critical', 'warning', 1],
    [0, 'warning', 'warning', 1],
    [0, 'warning', 'critical', 0],
    [0, 'ok', 'warning', 0],
    // unknown is no level
    [0, 'unknown', 'warning', 0],
    // what is not whole keeps its code, and is no success either
    [4, 'critical', 'critical', 4],
    [130, 'critical', 'warning', 130],
    [3, 'unknown', 'warning', 3],
    [0, 'critical', null, 0],
  ] as const)('exit %i, verdict %s, --fail-on %s: %i', (exit, level, limit, want) => {
    expect(failOn(exit, verdict(level), limit)).toBe(want)
  })
})

test('of several inputs the worst code', () => {
  const order = [0, 1, 4, 3, 5, 70, 130]
  for (const [i, mild] of order.entries())
    for (const bad of order.slice(i)) {
      expect(worse(mild, bad)).toBe(bad)
      expect(worse(bad, mild)).toBe(bad)
    }
})
