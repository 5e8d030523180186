import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { escapeMarkup, link, markup, prose } from '../../src/report/html-template.ts'
import { HOSTILE } from '../support/hostile-text.ts'

// Foreign text never becomes markup: one function escapes, and the template escapes what is not markup already.

test('what comes out of the escape has no letter that begins or ends markup, nor an invisible one', () => {
  fc.assert(
    fc.property(HOSTILE, (text) => {
      expect(escapeMarkup(text)).not.toMatch(/[<>"'`]/)
      expect(escapeMarkup(text)).not.toMatch(/&(?!amp;|lt;|gt;|quot;|#39;|#96;)/)
      expect(escapeMarkup(text)).not.toMatch(
        /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff]/u,
      )
    }),
  )
})

test('a template escapes text, numbers and lists of them; markup stays, nothing is nothing', () => {
  const inner = markup`<b>${'<i>'}</b>`
  expect(markup`<p class="${'a"b'}">${inner}${['<', inner, null]}${false}${undefined}${12}</p>`.text).toBe(
    '<p class="a&quot;b"><b>&lt;i&gt;</b>&lt;<b>&lt;i&gt;</b>12</p>',
  )
})

test('an object that looks like markup is none: documents are JSON', () => {
  const lookalike = JSON.parse('{"text":"<script>"}') as never
  expect(markup`${lookalike}`.text).toBe('')
})

test('addresses in prose are code, and the rest is text', () => {
  expect(markup`${prose('node 0xffff8a77c7d50f40 <b>')}`.text).toBe('node <code>0xffff8a77c7d50f40</code> &lt;b&gt;')
})

describe('links', () => {
  test('only the web is linked to', () => {
    for (const url of ['javascript:alert(1)', 'data:text/html,x', ' https://x', 'file:///etc', '//x', ''])
      expect(markup`${link(url, 'bug')}`.text).toBe('bug')
    expect(markup`${link('https://x/?a="&b', 'bug')}`.text).toBe(
      '<a href="https://x/?a=&quot;&amp;b" rel="noreferrer">bug</a>',
    )
  })
})

test('a text that nobody could read is cut, and says so', () => {
  expect(escapeMarkup('<'.repeat(1_000_000)).length).toBeLessThan(10_000)
  expect(escapeMarkup('a'.repeat(5000))).toMatch(/a\.\.\.$/)
})
