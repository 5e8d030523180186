import { expect, test } from 'vitest'
import { AddressLog } from '../../src/ksm/address-log.hot.ts'

const FIRST = 65_536

test('keeps addresses in order, through growth', () => {
  const log = new AddressLog(4 * FIRST)
  for (let i = 0; i < 3 * FIRST; i++) log.add(i, i * 64, 0xffff8880 + (i & 1))
  expect([log.count, log.whole]).toEqual([3 * FIRST, true])
  for (const i of [0, 1, FIRST - 1, FIRST, 2 * FIRST, 3 * FIRST - 1]) {
    expect([log.lo[i], log.hi[i]]).toEqual([i * 64, 0xffff8880 + (i & 1)])
  }
})

test('beyond the most it may keep it keeps nothing, and is not whole', () => {
  const log = new AddressLog(FIRST + 10)
  for (let i = 0; i < FIRST + 10; i++) log.add(i, i, 1)
  expect([log.count, log.whole]).toEqual([FIRST + 10, true])
  log.add(FIRST + 10, 5, 5)
  expect([log.count, log.whole]).toEqual([FIRST + 10, false])
})

test('a second count of the same list begins anew', () => {
  const log = new AddressLog(FIRST)
  for (let i = 0; i < 5; i++) log.add(i, i, 1)
  log.count = 0
  log.add(0, 77, 2)
  expect([log.count, log.lo[0], log.hi[0]]).toEqual([1, 77, 2])
})
