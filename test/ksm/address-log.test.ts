import { expect, test } from 'vitest'
import { AddressLog, PIECE } from '../../src/ksm/address-log.hot.ts'

const FIRST = PIECE
const at = (log: AddressLog, i: number): (number | undefined)[] => [
  log.lo[Math.floor(i / PIECE)]?.[i % PIECE],
  log.hi[Math.floor(i / PIECE)]?.[i % PIECE],
]

test('keeps addresses in order, through growth', () => {
  const log = new AddressLog(4 * FIRST)
  for (let i = 0; i < 3 * FIRST; i++) log.add(i, i * 64, 0xffff8880 + (i & 1))
  expect([log.count, log.whole]).toEqual([3 * FIRST, true])
  for (const i of [0, 1, FIRST - 1, FIRST, 2 * FIRST, 3 * FIRST - 1]) {
    expect(at(log, i)).toEqual([i * 64, 0xffff8880 + (i & 1)])
  }
})

test('beyond the most it may keep it keeps nothing, and is not whole', () => {
  const log = new AddressLog(2 * FIRST)
  for (let i = 0; i < 2 * FIRST; i++) log.add(i, i, 1)
  expect([log.count, log.whole]).toEqual([2 * FIRST, true])
  for (let i = 2 * FIRST; i <= 4 * FIRST; i++) log.add(i, 5, 5)
  expect([log.count, log.whole, log.lo.length]).toEqual([2 * FIRST, false, 2])
  expect(at(log, 2 * FIRST - 1)).toEqual([2 * FIRST - 1, 1])
})

test('a second count of the same list begins anew', () => {
  const log = new AddressLog(FIRST)
  for (let i = 0; i < 5; i++) log.add(i, i, 1)
  log.count = 0
  log.add(0, 77, 2)
  expect([log.count, ...at(log, 0)]).toEqual([1, 77, 2])
})
