import { describe, expect, test } from 'vitest'
import { asciiText, HARD, lines } from '../../src/report/plain.ts'

describe('text from outside', () => {
  test('what would be a link without a scheme is none', () => {
    expect(asciiText('a\\|x.org')).toBe('a/x.org')
    expect(asciiText('http://x.org')).toBe('http:.x.org')
  })
})

describe('no line begins with a sign of markup', () => {
  /** A first word that fills the line, so that the next one stands first in the second. */
  const second = (word: string): string[] => lines(`${'x'.repeat(20)} ${word}`, 20).slice(1)

  test.each([
    ['1.', ['1']],
    [`1.${HARD}item${HARD}(pid${HARD}95)`, ['1 item (pid 95)']],
    ['>', []],
    ['> >quote', ['quote']],
    ['-', []],
  ])('%j', (word, expected) => {
    expect(second(word)).toEqual(expected)
  })
})
