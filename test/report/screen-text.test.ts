import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { AnalyzeReport } from '../../src/document/schema.ts'
import { analyzeText } from '../../src/report/analyze-text.ts'
import { FORMATS } from '../../src/report/formats.ts'
import { screenText } from '../../src/report/screen-text.ts'
import { bar } from '../../src/report/sharing-text.ts'
import { analyzed } from '../support/analyzed.ts'
import { fixture } from '../support/cli.ts'
import { withTextEverywhere } from '../support/html-page.ts'

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
      fc.property(fc.integer({ min: 2, max: 200 }), fc.nat(400), fc.nat(40), (rows, words, findings) => {
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

  test('a low terminal has the verdict first, what to type while there is room, and where the rest is', () => {
    const low = screen(hang, 12)
    expect(low.length).toBeLessThan(12)
    expect(low[0]).toMatch(/^CRITICAL: 7 tasks wait/)
    expect(low.join('\n')).toContain('systemctl stop numad')
    expect(low.at(-1)).toContain('--all shows everything')
    const lowest = screen(hang, 5)
    expect(lowest).toHaveLength(4)
    expect(lowest[0]).toMatch(/^CRITICAL: 7 tasks wait/)
    expect(lowest[2]).toMatch(/ \.\.\.$/)
    expect(lowest[3]).toContain('--all shows everything')
  })

  test('says nothing of what is below, as nothing is', () => {
    for (const rows of [8, 12, 24, 60]) expect(screen(hang, rows).join('\n')).not.toMatch(/below/)
  })

  test('no screen has more rows than there are, whatever its size', () => {
    for (let rows = 2; rows < 70; rows++)
      for (const columns of [40, 80, 160]) {
        const taken = screen(hang, rows, columns).reduce(
          (sum, line) => sum + Math.max(1, Math.ceil(line.length / columns)),
          0,
        )
        expect([rows, columns, taken < rows]).toEqual([rows, columns, true])
      }
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
      'Why: the chain of reasons',
      'What hangs',
      'Who waits',
      'Looked into as well',
      'Proof: the longest list',
      'Longest lists',
      'Lists by length',
      'Who shares',
      'What another max_page_sharing would do',
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

  test('at 160 columns nothing is wider, and lists have bars', () => {
    expect(
      all(160)
        .split('\n')
        .filter((line) => line.length > 160),
    ).toEqual([])
    expect(all(160)).toMatch(/ 230,000 .* end #{40}$/m)
  })
})

describe('on a terminal no text of a report is obeyed, wherever it stands', () => {
  // an escape, a carriage return, a new line, a C1 code, and what turns the direction of writing
  const EVIL = 'a\u001b[2Jb\rc\nFAKE d\u009b31me\u202ef\u2066g\u061ch\u0007'
  const text = FORMATS.find(({ name }) => name === 'text')!

  test.each([
    ['everything', null],
    ['one screen', 60],
  ])('%s', (_name, rows) => {
    const shown = (name: string): string => {
      const document = withTextEverywhere(hang, name)
      document.ksm!.counters[name] = 7
      expect(document.hang!.holder!.stack[0]!.symbol).toBe(name)
      let all = ''
      void text.render(document, (piece) => (all += piece), { colors: false, columns: 80, rows })
      return all
    }
    const evil = shown(EVIL)
    expect(evil.length).toBeGreaterThan(500)
    expect(evil.replaceAll('\n', '')).not.toMatch(
      /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/,
    )
    // it does what a name does that has dots in these places: no line, no column is of its making
    expect(evil).toBe(shown(EVIL.replace(/[^ -~]/g, '.')))
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
