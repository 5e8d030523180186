import { expect, test } from 'vitest'
import { CsdProse } from '../../src/parsers/csd-prose.ts'
import { fed } from '../support/host-texts.ts'

const told = (...lines: string[]): number[] => fed(new CsdProse(), lines).map(({ line }) => line)

test('that the timeout of csd_lock_wait does not happen is told, with its line, also where the sentence is folded', () => {
  expect(told('the csd_lock_wait timeout is not happening. This suggests')).toEqual([1])
  expect(told('', 'the hangs go on, but the csd_lock_wait', 'timeout was not seen any more')).toEqual([3])
  expect(told('csd_lock_wait messages did not appear.', 'csd_lock_wait messages did not appear.')).toEqual([1])
})

test('that a log has no csd line, an opinion and a question are no such statement', () => {
  expect(told('there are no csd messages in the log')).toEqual([])
  expect(told('the csd lock is not the cause')).toEqual([])
  expect(told('csd_lock_wait called %d times')).toEqual([])
  expect(told('is it sure that csd_lock_wait timeouts are not happening?')).toEqual([])
  expect(told('csd_lock_wait', '', 'timeout is not happening')).toEqual([])
})

test.each([
  'We do not know yet whether the csd_lock_wait timeout is not happening.',
  'If the csd_lock_wait timeout is not happening, the csd lock is not the cause.',
  'On the other host the csd_lock_wait timeout is not happening, but here it happened twice.',
  'It is not true that the csd_lock_wait timeout is not happening: we saw it.',
  'Please check that the csd_lock_wait timeout is not happening.',
  'Perhaps the csd_lock_wait timeout is not happening.',
  'It would help to know that the csd_lock_wait timeout is not happening.',
  'I doubt that the csd_lock_wait timeout is not happening.',
  'Joe says the csd_lock_wait timeout is not happening, I saw it.',
  'Assuming the hangs go on, but the csd_lock_wait timeout is not happening.',
  'The csd_lock_wait timeout is not happening in 4.4.0-71, it is in 4.4.0-72.',
  'The csd_lock_wait timeout is not happening yet?',
])('what is asked, supposed, denied or taken back is no statement: %s', (sentence) => {
  expect(told(sentence)).toEqual([])
})

test.each([
  'However, the VMs are still experiencing the hangs, but the csd_lock_wait timeout is not happening.',
  'But csd_lock_wait timeouts were not seen at all on this kernel.',
  "The csd_lock_wait messages didn't appear here.",
])('a plain statement is one: %s', (sentence) => {
  expect(told(sentence)).toEqual([1])
  expect(told(...(sentence.match(/(?:\S+ ?){1,5}/g) ?? []))).toHaveLength(1)
})

test('a sentence goes on in the next lines, however it began: what takes it back there counts', () => {
  expect(told('The csd_lock_wait timeout is not happening', 'if the patch is not in.')).toEqual([])
  expect(told('We do not know', 'yet', 'whether', 'the csd_lock_wait timeout is not happening.')).toEqual([])
  expect(told('x '.repeat(5000), 'the csd_lock_wait timeout is not happening.')).toEqual([])
})

test('a long text without an end of a sentence takes linear time', () => {
  const started = performance.now()
  told(...Array.from({ length: 20_000 }, () => 'the csd_lock_wait timeout is not happening and '.repeat(10)))
  expect(performance.now() - started).toBeLessThan(5000)
})
