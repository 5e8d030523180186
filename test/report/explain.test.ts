import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { EXPLANATIONS, explanationsOf } from '../../src/document/explanations.ts'
import { ExplainDocument } from '../../src/document/schema.ts'
import { codesText, explainMarkdown, explainText } from '../../src/report/explain-text.ts'
import { cli } from '../support/cli.ts'

const docs = readFileSync(fileURLToPath(new URL('../../docs/findings.md', import.meta.url)), 'utf8')

describe('every code', () => {
  test('has one explanation of its kind', () => {
    const keys = EXPLANATIONS.map(({ code, kind }) => `${kind} ${code}`)
    expect(new Set(keys).size).toBe(keys.length)
  })

  test.each([...EXPLANATIONS])(
    '$kind $code: docs/findings.md says the same, and 80 columns are enough',
    (explanation) => {
      expect(docs).toContain(explainMarkdown([explanation]).trim())
      let text = ''
      explainText([explanation], (piece) => (text += piece), { colors: false, columns: 80, rows: null })
      expect(text.split('\n').filter((line) => line.length > 80)).toEqual([])
      expect(text).toContain('what to do')
    },
  )

  test('a restore pass has a code of its own only where pages are migrated', () => {
    expect(explanationsOf('migrate-pages-restore-rmap-walk-ksm')).toHaveLength(1)
    expect(explanationsOf('reclaim-unmap-restore-rmap-walk-ksm')).toEqual([])
  })

  test('a list of them all', () => {
    let text = ''
    codesText(EXPLANATIONS, (piece) => (text += piece), { colors: false, columns: 80, rows: null })
    for (const { code } of EXPLANATIONS) expect(text).toContain(code)
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([])
  })
})

describe('explain', () => {
  test('a code that is a finding and a check: both', async () => {
    const run = await cli(['explain', 'deadlock'])
    expect([run.code, run.stderr]).toEqual([0, ''])
    expect(run.stdout).toMatch(/^deadlock \(a finding\)$/m)
    expect(run.stdout).toMatch(/^deadlock \(looked into besides\)$/m)
  })

  test('as JSON, by its schema', async () => {
    const run = await cli(['explain', 'lost-ipi', '--json'])
    const document = ExplainDocument.parse(JSON.parse(run.stdout))
    expect(document.explanations).toEqual(explanationsOf('lost-ipi'))
  })

  test('no such code, and none at all', async () => {
    const wrong = await cli(['explain', 'ksm-walk'])
    expect([wrong.code, wrong.stdout]).toEqual([2, ''])
    expect(wrong.stderr).toContain('is no code of a report')
    expect((await cli(['explain', 'ksm-walk-hnag'])).stderr).toContain('Did you mean ksm-walk-hang?')
    expect((await cli(['explain'])).stdout).toContain('ksm-walk-hang')
  })
})
