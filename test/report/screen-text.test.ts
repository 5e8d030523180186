import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { AnalyzeReport } from '../../src/document/schema.ts'
import { analyzeText } from '../../src/report/analyze-text.ts'
import { screenText } from '../../src/report/screen-text.ts'
import { bar } from '../../src/report/sharing-text.ts'
import { analyzed } from '../support/analyzed.ts'
import { fixture } from '../support/cli.ts'

let hang: AnalyzeReport
beforeAll(async () => {
  hang = (await analyzed(fixture('6.1-hang.vmcore'))).document
})

const screen = (document: AnalyzeReport, rows: number, columns = 80): string[] => {
  let text = ''
  screenText(document, (piece) => (text += piece), { colors: false, columns, rows })
  return text.replace(/\n$/, '').split('\n')
}

describe('one screen of a report', () => {
  test('24 rows have the verdict, what to type, what was ruled out, the bug, and where the rest is', () => {
    const lines = screen(hang, 24)
    expect(lines.length).toBeLessThan(24)
    const text = lines.join('\n')
    for (const words of ['CRITICAL: ', 'systemctl stop numad', 'lost-ipi', 'LP: #1680513', '--all shows everything'])
      expect(text).toContain(words)
  })

  test('more rows have more: waiters, then lists', () => {
    expect(screen(hang, 24).join('\n')).not.toContain('Lists by length')
    const text = screen(hang, 60).join('\n')
    expect(text).toContain('Who waits (7)')
    expect(text).toContain('Lists by length')
  })

  test('never more rows than there are, never wider than 80 columns, however long things are (property)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 24, max: 200 }), fc.nat(400), fc.nat(40), (rows, words, findings) => {
        const long = Array.from({ length: words }, (_, i) => `word${i}`).join(' ')
        const document = {
          ...hang,
          verdict: { ...hang.verdict, summary: `It hangs. ${long}` },
          findings: [...hang.findings, ...Array.from({ length: findings }, () => hang.findings[0]!)],
        }
        const lines = screen(document, rows)
        expect(lines.length).toBeLessThan(rows)
        expect(lines.filter((line) => line.length > 80)).toEqual([])
      }),
    )
  })

  test('a document without KSM, hang or actions', () => {
    const bare = { ...hang, ksm: null, hang: null, actions: [], checked: [], findings: [], known: [] }
    expect(screen(bare, 24).at(-1)).toContain('ksm-dump explain ksm-walk-hang')
  })
})

describe('everything', () => {
  const all = (columns: number): string => {
    let text = ''
    analyzeText(hang, (piece) => (text += piece), { colors: false, columns, rows: null })
    return text
  }

  test('has each part of the report', () => {
    const parts = [
      'Type now',
      'What hangs',
      'Who waits',
      'Looked into as well',
      'Proof: the longest list',
      'Longest lists',
      'Lists by length',
      'Who shares',
      'What max_page_sharing would make of the 230,000',
      "KSM's counters",
      'What to do, in this order',
      'Dump and kernel',
      'Known bug',
      'Completeness',
      "For a bug report, in apport's keys",
    ]
    const places = parts.map((part) => all(80).indexOf(part))
    expect(places.includes(-1)).toBe(false)
    expect(places).toEqual(places.toSorted((a, b) => a - b))
  })

  test('a name that would be obeyed by a terminal is made safe, on the chain too', () => {
    const hostile = { ...hang, hang: { ...hang.hang!, holder: { ...hang.hang!.holder!, comm: 'a\u001b[2Jb\nFAKE' } } }
    let text = ''
    analyzeText(hostile, (piece) => (text += piece), { colors: false, columns: 80, rows: null })
    expect(text).not.toContain('\u001b')
    expect(text).not.toMatch(/^FAKE/m)
  })

  test('at 160 columns nothing is wider, and lists have bars', () => {
    expect(
      all(160)
        .split('\n')
        .filter((line) => line.length > 160),
    ).toEqual([])
    expect(all(160)).toMatch(/ 230,000 .* end #{40}$/m)
  })
})

test('a bar: the largest fills the room, the least has a mark, nothing has none', () => {
  expect([bar(10, 10, 8), bar(1, 1e9, 8), bar(0, 10, 8), bar(5, 10, 0)]).toEqual(['########', '#', '', ''])
})

test('the fixture is the one that the example shows', () => {
  expect(readFileSync(new URL('../../docs/example.md', import.meta.url), 'utf8')).toContain(
    hang.verdict.summary.slice(0, 60),
  )
})
