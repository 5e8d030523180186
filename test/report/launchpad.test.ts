import fc from 'fast-check'
import MarkdownIt from 'markdown-it'
import { beforeAll, expect, test } from 'vitest'
import { AnalyzeDocument, type AnalyzeReport } from '../../src/document/schema.ts'
import { launchpadText } from '../../src/report/launchpad.ts'
import { analyzed } from '../support/analyzed.ts'
import { fixture } from '../support/cli.ts'
import { nasty, withLongLists, withTextsOf } from '../support/hostile-report.ts'

let documents: AnalyzeReport[]
beforeAll(async () => {
  const dumps = ['6.1-hang.vmcore', '6.12-hang.vmcore', '6.1-small.vmcore', '7.2-small.vmcore']
  documents = await Promise.all(dumps.map(async (name) => (await analyzed(fixture(name))).document))
  const [hang, , small] = documents
  documents.push(withLongLists(hang!, 150), withLongLists(small!, 150))
  // as from text alone
  documents.push({
    ...hang!,
    ksm: null,
    image: null,
    kernel: null,
    hang: { ...hang!.hang!, holder: null, lock: null, node: null, progress: null, longestWait: null },
  })
  documents.push({
    ...small!,
    ksm: null,
    known: [],
    actions: [],
    checked: [],
    verdict: { level: 'unknown', code: 'nothing-found', confidence: 'weak', summary: 'Nothing.' },
  })
})

function comment(document: AnalyzeReport): string {
  let text = ''
  launchpadText(document, (piece) => (text += piece), { colors: false, columns: 80, rows: null, redacted: true })
  return text
}

/** What a comment must be. */
function breaches(text: string): string[] {
  const lines = text.replace(/\n$/, '').split('\n')
  const wrong: string[] = []
  if (lines.length > 40) wrong.push(`${lines.length} lines`)
  if (text.length > 3200) wrong.push(`${text.length} characters`)
  if (/[^\n\x20-\x7e]/.test(text)) wrong.push('no ASCII')
  for (const line of lines) {
    if (line.length > 72) wrong.push(`long: ${line}`)
    if (/^\s*[>|]/.test(line)) wrong.push(`quote: ${line}`)
  }
  if (!/^Attachment: /m.test(lines.slice(-6).join('\n'))) wrong.push('no attachment')
  return wrong
}

const markdown = new MarkdownIt({ html: true, linkify: true, breaks: true })

/** Kinds of markup that a Markdown renderer sees, paragraphs and blocks of commands aside. */
function markup(text: string): string[] {
  const plain = new Set([
    'paragraph_open',
    'paragraph_close',
    'inline',
    'text',
    'softbreak',
    'code_block',
    'text_special',
  ])
  const tokens = markdown.parse(text, {}).flatMap((token) => [token, ...(token.children ?? [])])
  return [...new Set(tokens.map(({ type }) => type))].filter((type) => !plain.has(type))
}

test('every document: short, narrow, ASCII, no quotes and no markup', () => {
  for (const document of documents) {
    const text = comment(document)
    expect(breaches(text)).toEqual([])
    expect(markup(text)).toEqual([])
  }
})

test('a hang: what a kernel engineer looks for stands whole', () => {
  const [hang] = documents
  const text = comment(hang!)
  for (const each of [
    'CRITICAL (proven)',
    hang!.hang!.node!.address,
    '230,000 rmap_items',
    'numad (pid 101)',
    'rmap_walk_ksm',
    'do_migrate_pages',
    `mmap_lock ${hang!.hang!.lock!.address}`,
    'qemu-system-x86 (pid 92)',
    '7 tasks',
    'max_page_sharing is 10,000,000',
    'LP: #1680513',
    'has the fix',
    'systemctl stop numad',
  ])
    expect(text.replace(/\n(?! {4})/g, ' ')).toContain(each)
})

test('what is not known is said', () => {
  const text = comment(documents.at(-2)!)
  expect(text).toContain('Lock: which mmap_lock is held, and whose it is, was not found out.')
  expect(text).toContain('Walker: a task')
  expect(comment(documents.at(-1)!)).toContain('UNKNOWN (weak). Nothing.')
})

test('hostile texts and numbers in every place', () => {
  fc.assert(
    fc.property(fc.nat(documents.length - 1), fc.infiniteStream(nasty), (index, stream) => {
      const document = withTextsOf(documents[index]!, () => stream.next().value as string)
      expect(AnalyzeDocument.safeParse(document).success).toBe(true)
      const text = comment(document)
      expect(breaches(text)).toEqual([])
      expect(markup(text)).toEqual([])
      // links of Launchpad
      expect(text).not.toMatch(/:\/\/|\bwww\.|\blp:\S|\bbugs?[ =#-]+\d/i)
    }),
    { numRuns: 50 },
  )
})

test('numbers and addresses are never broken over lines', () => {
  const [hang] = documents
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (length, pid) => {
      const { node, holder } = hang!.hang!
      const walk = { ...hang!.hang!, node: { ...node!, length }, holder: { ...holder!, pid } }
      const lines = comment({ ...hang!, hang: walk }).split('\n')
      const number = String(length).replace(/\B(?=(\d{3})+$)/g, ',')
      expect(lines.some((line) => line.includes(number))).toBe(true)
      expect(lines.some((line) => line.includes(`numad (pid ${pid})`))).toBe(true)
    }),
    { numRuns: 30 },
  )
})
