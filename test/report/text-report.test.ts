import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AnalyzeReport } from '../../src/document/schema.ts'
import { FORMATS } from '../../src/report/formats.ts'
import { analyzed } from '../support/analyzed.ts'
import { NUMAD_BT } from '../support/numad-session.ts'
import { plainText } from '../support/html-page.ts'

// A report of texts: every form says in which line of which input it is, and promises nothing that is not there.

const folder = mkdtempSync(join(tmpdir(), 'ksm-dump-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

let document: AnalyzeReport
beforeAll(async () => {
  const path = join(folder, 'session.txt')
  writeFileSync(
    path,
    `${[...NUMAD_BT, 'crash> list hlist_node.next ffff883f3e5746b0 | wc -l', '2306920'].join('\n')}\n`,
  )
  document = (await analyzed(path)).document
})

/** A document in a form, as words in one line. */
async function words(of: AnalyzeReport, form: string): Promise<string> {
  const pieces: string[] = []
  const { render } = FORMATS.find(({ name }) => name === form)!
  await render(of, (piece) => pieces.push(piece), { colors: false, columns: 80, rows: null })
  const text = pieces.join('')
  return form === 'html' ? plainText(text) : text.replace(/[`\\]/g, '').replace(/\s+/g, ' ')
}

const FORMS = ['text', 'launchpad', 'markdown', 'html']

describe.each(FORMS)('%s', (form) => {
  test('says the input and the line that each statement rests on', async () => {
    const { findings } = document
    const lines = [...new Set(findings.flatMap(({ evidence }) => evidence.flatMap(({ at }) => at ?? [])))]
    expect(lines).toEqual(['line 2', 'line 9'])
    const text = await words(document, form)
    expect(text).toContain('session.txt')
    for (const line of lines) expect(text).toContain(line)
  })

  test('says what a thing that was ruled out rests on', async () => {
    const evidence = [{ input: 'session.txt', at: 'line 77', text: 'it says so', check: null }]
    const by = 'a text says so'
    const of = { ...document, checked: [{ code: 'lost-ipi', result: 'ruled-out' as const, by, evidence }] }
    expect(await words(of, form)).toContain('line 77')
  })

  test('does not say of a hang without a waiter that somebody waits', async () => {
    expect(document.hang!.waiters).toEqual([])
    expect(await words(document, form)).not.toMatch(/It hangs|tasks? waits? /)
  })

  test.each([
    ['quiet', 'goes on for 120 min after the last report of it'],
    ['reboot', 'it is past: the host was booted again, 120 min after the last report of it'],
  ] as const)('says that a hang is past (%s), and by which line', async (by, says) => {
    const evidence = { input: 'session.txt', at: 'line 99', text: 'the last report of it', check: null }
    const past = { seconds: 7200, by, evidence }
    const text = await words({ ...document, hang: { ...document.hang!, past } }, form)
    expect(text).toContain(says)
    expect(text).toContain('line 99')
  })

  test('a free lock is held by nobody, one that nobody is known to hold by an unknown task', async () => {
    const lock = (held: 'free' | 'read') => ({
      ...{ address: '0xffff8a77c7cbc970', mm: '0xffff8a77c7cbc900', owner: null, kind: 'rwsem' as const, count: '0x0' },
      ...{ ownerWord: null, held, queue: [], heldBy: [], candidates: [] },
    })
    const withLock = (held: 'free' | 'read'): AnalyzeReport => ({
      ...document,
      hang: { ...document.hang!, lock: lock(held) },
    })
    const free = await words(withLock('free'), form)
    expect(free).toMatch(/\bfree\b/)
    expect(free).not.toMatch(/held by (an )?unknown/i)
    expect(await words(withLock('read'), form)).toMatch(/held by:? (an )?unknown/i)
  })

  test('a frame that is a guess is shown as one', async () => {
    const hang = structuredClone(document.hang!)
    for (const frame of hang.holder!.stack) frame.how = 'scan'
    const text = await words({ ...document, hang }, form)
    expect(text).toMatch(form === 'launchpad' ? /rmap_walk_ksm \(a guess\)/ : /\? #1 .{0,24}rmap_walk_ksm/)
  })
})

test('the comment promises what is there, and names every kind of problem', async () => {
  const problem = (code: string) => ({ code, message: `${code} here`, input: null, at: null })
  const problems = [problem('read-failed'), problem('read-failed'), problem('file-truncated')]
  const text = await words({ ...document, partial: true, problems }, 'launchpad')
  expect(text).toContain('Incomplete: 3 problems: read-failed (2), file-truncated; the first: read-failed here')
  expect(text).toContain('what could not be read')
  const bare = { ...document, findings: [], checked: [], actions: [], hang: null, ksm: null, problems: [] }
  expect(await words(bare, 'launchpad')).toMatch(/Attachment: the whole report\. *$/)
  expect(await words(document, 'launchpad')).not.toMatch(/counters|longest lists|could not be read|who waits,/)
})
