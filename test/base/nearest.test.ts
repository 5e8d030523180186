import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nearest } from '../../src/base/nearest.ts'

const COMMANDS = ['analyze', 'completion', 'help', 'info', 'log', 'nodes', 'tasks', 'version', 'walk']

describe('the nearest known word', () => {
  test.each([
    ['anlyze', 'analyze'],
    ['analyse', 'analyze'],
    ['infos', 'info'],
    ['ndoes', 'nodes'],
    ['WALK', 'walk'],
    ['comp', 'completion'],
    ['lgo', 'log'],
  ])('%s means %s', (word, meant) => expect(nearest(word, COMMANDS)).toBe(meant))

  test.each(['vmcore', 'x', '', 'zzzzzz', 'a'.repeat(100_000)])('nothing is near %j', (word) =>
    expect(nearest(word, COMMANDS)).toBeNull(),
  )

  test('finding codes and flags', () => {
    expect(nearest('ksm-list-oversize', ['list-unknown', 'ksm-list-oversized'])).toBe('ksm-list-oversized')
    expect(nearest('--treshold', ['--json', '--threshold'])).toBe('--threshold')
  })

  test('one edit of a word leads back to it', () => {
    const edited = fc
      .tuple(fc.constantFrom('threshold', 'min-length', 'analyze', 'progress'), fc.nat(8), fc.constantFrom(0, 1, 2, 3))
      .map(([word, at, edit]) => {
        const i = at % (word.length - 1)
        const letters = [...word]
        if (edit === 0) letters.splice(i, 1)
        else if (edit === 1) letters.splice(i, 0, 'q')
        else if (edit === 2) letters[i] = 'q'
        else [letters[i], letters[i + 1]] = [letters[i + 1]!, letters[i]!]
        return { word, typed: letters.join('') }
      })
    fc.assert(
      fc.property(edited, ({ word, typed }) => {
        expect(nearest(typed, ['threshold', 'min-length', 'analyze', 'progress'])).toBe(word)
      }),
    )
  })
})
