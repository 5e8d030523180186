import fc from 'fast-check'
import type { AnalyzeReport } from '../../src/document/schema.ts'

/** Texts that want to be markup, an escape of a terminal, a link or another line. */
export const NASTY: readonly string[] = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '[click](http://evil.example/a)',
  '![x](http://evil.example/a.png)',
  '![x][1]\n\n[1]: http://evil.example',
  '# heading',
  'a\n# heading\n',
  '\n\n## heading',
  'x\n===',
  '> quote',
  '| a | b |\n|---|---|\n| c | d |',
  '- item',
  '1. item',
  '*bold* **bold** _em_ __strong__ ~~gone~~',
  '`code` ``more``` `',
  '\\`\\*\\',
  'a|b||c\\|d\\\\|e',
  'http://evil.example www.evil.example evil@evil.example mailto:evil@evil.example',
  'lp:evil bug 12 bug #13 LP: #14 #15 GH-16 @someone :smile: $x$ $$y$$',
  '&lt;b&gt; &#60;i&#62; &amp; &copy;',
  '\u001b[31mred\u001b]8;;http://evil.example\u0007link',
  '\u202egnp.exe\u0000\u0085\u2028\u2029',
  '    indented',
  '\tindented',
  '---',
  '***',
  '```\nfence\n```',
  '~~~',
  '<http://evil.example>',
  '<!-- comment',
  '</details>',
  '[ ] task',
  '[^1]: note',
  '_'.repeat(300),
  'x'.repeat(5000),
  'ä ö 漢字 👾',
  '',
  ' ',
  'CPU 0/KVM',
  'qemu:erp,"x";\'y\'',
]

/** Any text that a document may have. */
export const nasty: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...NASTY),
  fc
    .tuple(fc.constantFrom(...NASTY), fc.constantFrom(' ', '\n', '', '|'), fc.constantFrom(...NASTY))
    .map((each) => each.join('')),
  fc.string({ maxLength: 40 }),
  fc.string({ maxLength: 40, unit: 'binary' }),
)

/** Members whose strings are words of the schema. */
const FIXED = new Set(
  'schema kind level confidence result end where pageState zeroPage process waitsFor held pass thisKernel symbols types sure stackFrom how'.split(
    ' ',
  ),
)
const HEX = /^0x[0-9a-f]{1,16}$/
/** Values of lists and members that are words of the schema only in some places. */
const WORDS = new Set(['queue', 'stack', 'blocker', 'dump-level', 'erased', 'damaged', 'no-types'])

/** A document with other texts in the same places. @param next - gives the texts */
export function withTextsOf(document: AnalyzeReport, next: (old: string) => string): AnalyzeReport {
  const change = (value: unknown, member: string): unknown => {
    if (typeof value === 'string') return FIXED.has(member) || HEX.test(value) || WORDS.has(value) ? value : next(value)
    if (Array.isArray(value)) return value.map((each) => change(each, member))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, change(each, key)]))
  }
  return change(document, '') as AnalyzeReport
}

/** A document with its lists repeated. */
export function withLongLists(document: AnalyzeReport, times: number): AnalyzeReport {
  const many = <T>(list: readonly T[]): T[] => Array.from({ length: times }, () => list).flat()
  const { hang, ksm, stacks } = document
  return {
    ...document,
    inputs: many(document.inputs),
    problems: many([{ code: 'read-failed', message: 'x y '.repeat(50), input: null, at: '0x1' }]),
    findings: many(document.findings),
    checked: many(document.checked),
    known: many(document.known),
    actions: many(document.actions),
    guests: many(['erp', 'db']),
    coverage: many(document.coverage),
    hang: hang && {
      ...hang,
      waiters: many(hang.waiters),
      holder: hang.holder && { ...hang.holder, stack: many(hang.holder.stack) },
    },
    ksm: ksm && {
      ...ksm,
      longest: many(ksm.longest),
      perNode: many(ksm.perNode),
      sharers: ksm.sharers && { ...ksm.sharers, rows: many(ksm.sharers.rows) },
    },
    stacks: stacks && { ...stacks, groups: many(stacks.groups) },
  }
}
