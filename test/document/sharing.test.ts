import { expect, test } from 'vitest'
import { whatIfLimited } from '../../src/document/sharing.ts'

// numbers of the bug's host, as computed by hand: ceil(n / M) dups, one page more for each beyond the first
test.each([
  [2, 1_153_460, 1_153_459 * 4096, 20e-6],
  [16, 144_183, 144_182 * 4096, 160e-6],
  [256, 9_012, 9_011 * 4096, 2.56e-3],
  [1024, 2_253, 2_252 * 4096, 10.24e-3],
  [10_000, 231, 230 * 4096, 0.1],
])('what max_page_sharing = %d makes of 2,306,920 sharers', (limit, dups, extraBytes, walk) => {
  const row = whatIfLimited(2_306_920, 4096)!.rows.find(({ maxPageSharing }) => maxPageSharing === limit)!
  expect(row).toMatchObject({ dups, extraBytes })
  expect(row.walkSeconds).toBeCloseTo(walk, 9)
})

test('a list shorter than a limit is walked as it is; without one there is nothing to tell', () => {
  const rows = whatIfLimited(10, 4096)!.rows
  expect(rows.find(({ maxPageSharing }) => maxPageSharing === 256)).toMatchObject({
    dups: 1,
    extraBytes: 0,
    walkSeconds: 1e-4,
  })
  expect(whatIfLimited(null, 4096)).toBeNull()
  expect(whatIfLimited(1, 4096)).toBeNull()
})
