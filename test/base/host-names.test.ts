import { describe, expect, test } from 'vitest'
import { sameName } from '../../src/base/host-names.ts'

describe('two names can be one host', () => {
  test.each<[string | null, string | null, boolean]>([
    ['web01', 'web01', true],
    ['web01', 'WEB01.corp.example', true],
    ['web01.corp.example', 'web01', true],
    [null, 'web01', true],
    ['web01', '(none)', true],
    ['localhost.localdomain', 'web01', true],
    ['web01', 'web02', false],
    ['web01.a.example', 'web01.b.example', false],
    ['web01', 'web011', false],
  ])('%s and %s: %s', (one, other, same) => {
    expect([sameName(one, other), sameName(other, one)]).toEqual([same, same])
  })
})
