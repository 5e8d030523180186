import { expect, test } from 'vitest'
import { parseTarget } from '../../src/commands/_target.ts'

test('addresses and page frames as people write them', () => {
  const address = 0xffff881f836ba000n
  for (const text of ['0xffff881f836ba000', 'ffff881f836ba000', '0XFFFF881F836BA000', ' 0xffff881f836ba000\n'])
    expect(parseTarget(text)).toEqual({ address })
  expect(parseTarget('0')).toEqual({ address: 0n })
  for (const text of ['pfn:0x7f3a2', 'PFN:7F3A2']) expect(parseTarget(text)).toEqual({ pfn: 0x7f3a2 })
})

test('what is neither is a usage error that says how to write it', () => {
  for (const text of [
    '',
    ' ',
    '0x',
    'pfn:',
    'pfn:0x',
    'vmcore',
    '0xffff881f836ba0000',
    '-1',
    'pfn:0x10000000000',
    '0x1 2',
  ])
    expect(() => parseTarget(text)).toThrow(/not an address\. Write it as 0x.* or pfn:0x/)
})
