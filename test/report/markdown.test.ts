import fc from 'fast-check'
import MarkdownIt from 'markdown-it'
import { beforeAll, expect, test } from 'vitest'
import type { AnalyzeReport } from '../../src/document/schema.ts'
import { markdownText } from '../../src/report/markdown.ts'
import { code, table, text } from '../../src/report/markup.ts'
import { analyzed } from '../support/analyzed.ts'
import { fixture } from '../support/cli.ts'
import { NASTY, nasty, withLongLists, withTextsOf } from '../support/hostile-report.ts'

let documents: AnalyzeReport[]
beforeAll(async () => {
  const dumps = ['6.1-hang.vmcore', '6.12-hang.vmcore', '6.1-small.vmcore']
  documents = await Promise.all(dumps.map(async (name) => (await analyzed(fixture(name))).document))
})

function report(document: AnalyzeReport): string {
  let all = ''
  markdownText(document, (piece) => (all += piece), { colors: false, columns: 80, rows: null, redacted: true })
  return all
}

// as GitHub does: HTML is HTML, bare links are links
const markdown = new MarkdownIt({ html: true, linkify: true, breaks: true })
const tokensOf = (source: string): { type: string; content: string }[] =>
  markdown.parse(source, {}).flatMap((token) => [token, ...(token.children ?? [])])
const types = (source: string): Set<string> => new Set(tokensOf(source).map(({ type }) => type))

/** What a text from outside must never become. */
const MARKUP =
  /^(?:html_|link_|image|heading_|blockquote|bullet_list|ordered_list|hr|fence|table|em_|strong_|s_open|code_block|hardbreak)/

test('a text from outside is text, whatever it is', () => {
  fc.assert(
    fc.property(nasty, fc.constantFrom('', 'It is ', '- '), (foreign, before) => {
      const own = types(`${before}x`)
      const made = [...types(`${before}${text(foreign)}`)].filter((type) => MARKUP.test(type) && !own.has(type))
      expect(made).toEqual([])
    }),
    { numRuns: 500 },
  )
})

test('a text shows what it was', () => {
  for (const foreign of NASTY.filter((each) => each.length < 600)) {
    const shown = tokensOf(text(foreign))
      .filter(({ type }) => ['text', 'text_special', 'code_inline'].includes(type))
      .map(({ content }) => content)
      .join('')
    const plain = foreign.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e]/g, '.').trim()
    expect(shown.replace(/¦/g, '|')).toBe(plain.replace(/ +/g, ' '))
  }
})

test('code is code, whatever it is', () => {
  fc.assert(
    fc.property(nasty, (foreign) => {
      const made = [...types(`It is ${code(foreign)} here`)].filter((type) => MARKUP.test(type))
      expect(made).toEqual([])
    }),
    { numRuns: 300 },
  )
})

test('a cell stays a cell', () => {
  fc.assert(
    fc.property(fc.array(nasty, { minLength: 3, maxLength: 3 }), (cells) => {
      const tokens = tokensOf(table(['a', 'b', 'c'], [cells.map((each) => text(each))], []))
      expect(tokens.filter(({ type }) => type === 'td_open')).toHaveLength(3)
      expect(tokens.filter(({ type }) => type === 'tr_open')).toHaveLength(2)
      expect(tokens.filter(({ type }) => /^(?:html_|link_|image|heading_|em_|strong_)/.test(type))).toEqual([])
    }),
    { numRuns: 300 },
  )
})

test('the parts stand in their order, and the links are ours', () => {
  const titles = (document: AnalyzeReport): string[] =>
    [...report(document).matchAll(/^## (.*)$/gm)].map((each) => each[1]!)
  expect(titles(documents[0]!)).toEqual([
    'Verdict',
    'Chain of reasons',
    'What else it might be',
    'Known bug',
    'What to do now',
    'What another max_page_sharing would do',
    'Longest lists, and whose they are',
    'The walker, and who waits',
    'Counters',
    'Coverage and environment',
  ])
  expect(titles({ ...documents[2]!, ksm: null, known: [], checked: [], ruledOut: [] })).toEqual([
    'Verdict',
    'Chain of reasons',
    'Coverage and environment',
  ])
})

test('hostile documents: the same headings, no HTML, no pictures, no links but to the bug', () => {
  const headings = (all: string): number => tokensOf(all).filter(({ type }) => type === 'heading_open').length
  fc.assert(
    fc.property(fc.nat(documents.length - 1), fc.infiniteStream(nasty), (index, stream) => {
      const plain = report(documents[index]!)
      const all = report(withTextsOf(documents[index]!, () => stream.next().value as string))
      expect(headings(all)).toBe(headings(plain))
      expect([...types(all)].filter((type) => /^(?:html_|link_|image|fence|blockquote|hr)/.test(type))).toEqual([])
    }),
    { numRuns: 25 },
  )
  const links = tokensOf(report(documents[0]!)).filter(({ type }) => type === 'link_open')
  expect(links).toHaveLength(1)
})

test('stays below what GitHub takes, and says what is left out', () => {
  const long = withLongLists(documents[0]!, 300)
  for (const document of [long, withTextsOf(long, () => '<|*`_\\'.repeat(400))]) {
    const all = report(document)
    expect(all.length).toBeLessThan(65_536)
    expect(all).toMatch(/\.\.\. and [\d,]+ more/)
    expect(all).toContain('## Coverage and environment')
  }
})
