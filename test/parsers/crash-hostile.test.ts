import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CrashParser } from '../../src/parsers/crash-text.ts'
import { EXCEPTIONS } from '../../src/parsers/crash/exceptions.ts'
import { KINDS_BY_FIRST, LINE_KINDS } from '../../src/parsers/crash/line-kinds.ts'
import { TextLines } from '../../src/parsers/text-lines.ts'
import { WRAPS } from '../../src/parsers/text-lines-wraps.ts'
import type { Told } from '../../src/parsers/told.ts'
import { crashTold, INPUTS, ofKind, recorded, symbols, textTold } from '../support/crash-text.ts'

const LONG = 65_536
/** Beginnings of lines of every kind, and what may be repeated behind them. */
const STARTS = [
  '',
  ' ',
  'crash> ',
  'crash> list ',
  'crash> help ',
  '$ wc -l ',
  'PID: 1',
  'PID: 1   TASK: ffff88000c53c4c0  CPU: 1',
  'PID: 1   TASK: ffff88000c53c4c0  CPU: 1  COMMAND: "',
  ' #0 [',
  ' #0 [ffff8800003b3bb8] ',
  ' #0 [ffff8800003b3bb8] f',
  ' #0 [ffff8800003b3bb8] f at',
  '#1 f at ',
  '    [exception RIP: ',
  '     PC: ffff0000080857d0  [',
  ' [NIP  : ',
  '    RIP: ',
  '--- <',
  '  [ffffa7c68037fb08] ',
  '    ffff8800003b3bc0: ',
  '>  33 1 0 ffff88000c509b80 RU 0.0 1 1 ',
  '> 3',
  '[0 00:00:02.682] [UN]  PID: ',
  '[',
  'CPU 0 RUNQUEUE: ',
  '  CURRENT: PID: 1 TASK: ',
  'RELEASE: ',
  'TOTAL MEM ',
  'ffff880000090b00 1 2 3 4 4k ',
  'struct ',
  '  a = ',
  '  a = {',
  'ksm_run = $1 = ',
  '$1 = ',
  'ffff88000c44b030:  ',
  'ffff8800',
  '2306920 ',
  'list: ',
  'bt: ',
  'WARNING: ',
  'the ',
  'stable_node: 0x',
  'stable_node->',
  'a->',
  'a: 1 ',
  '<br>',
  '<div',
  '<div ',
  '<script>',
  '<!--',
  '&#',
  '&lt;',
  '=3D',
  'a=',
  'Content-Transfer-Encoding: quoted-printable ',
  '> ',
  '> > ',
  '| ',
  '[12:01] <',
  '[12:01] a ',
  '12:01 ',
  '\u001b[',
  '\u001b]',
  '```',
  '\\_',
  '\\[',
  '-- MORE --',
  '{code:',
  'lines 1-',
  '<3>[',
  'Mar 30 12:00:01 ',
  'Linux version ',
  'linux_banner = $1 = "Linux version 4',
]
const FILLS = [
  ' ',
  'a',
  '0',
  'f',
  '#',
  '[',
  ']',
  '<',
  '>',
  '"',
  ':',
  ': ',
  '=',
  ' = ',
  '->',
  'a->',
  'a.',
  '_',
  'a_',
  'a_ ',
  '\\_',
  '&',
  '&lt;',
  '&#',
  '<a',
  '<a ',
  '<b>',
  '</a>',
  '<script></script>',
  '<br><style>a</style>',
  '<!---->',
  '=3D',
  '=C2=A0',
  '> ',
  '| ',
  '-',
  '--',
  ' at ',
  ' a ',
  'a b ',
  '1 ',
  '1,',
  '1,000',
  '0x1 ',
  'ffff88000ba6b730 ',
  '{',
  '}',
  '$1 = ',
  ' #0 [',
  '\u001b[',
  '\u001b]',
  '\u00a0',
  '\u200b',
  '\r',
  '\b',
  'a\b',
  '\t',
  '\u2026',
  'PID: 1 ',
  'COMMAND: "',
  '+',
  '/',
  ';',
  ' [kvm]',
  ' entries',
  'the a task ',
  'is a ',
]

/** Processor time of one thread's work, ms: a busy machine does not count. */
function cost(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** A line of so many characters: a beginning, and one piece again and again. */
function lineOf(start: string, fill: string, tail: string, length: number): string {
  return start + fill.repeat(Math.ceil(length / fill.length)).slice(0, length - start.length - tail.length) + tail
}

/** The least of some tries: once may be the collector's or the compiler's. */
function least(most: number, work: () => void): number {
  let took = cost(work)
  for (let again = 0; took >= most && again < 4; again++) took = Math.min(took, cost(work))
  return took
}

describe('a line of 64 KiB', () => {
  const TAILS = ['', '!', ' x', ']', '"', '=', ':', '}']

  test('takes less than 50 ms, whatever it is made of', { timeout: 180_000 }, () => {
    const read = (line: string) => (): void => {
      const parser = new CrashParser()
      const lines = new TextLines((text, at) => void parser.push(text, at))
      lines.push(line, 1)
      lines.end()
      parser.push(line, 2)
      parser.end()
    }
    const slow: [number, string, string][] = []
    let i = 0
    for (const start of STARTS)
      for (const fill of FILLS) {
        const tail = TAILS[i++ % TAILS.length]!
        // what is quadratic at 64 KiB takes a sixteenth at 16, what is linear a quarter
        if (least(6, read(lineOf(start, fill, tail, LONG / 4))) < 6) continue
        const took = least(50, read(lineOf(start, fill, tail, LONG)))
        if (took >= 50) slow.push([took, start, fill])
      }
    expect(slow).toEqual([])
  })

  test('is read in linear time by each pattern of the tables', () => {
    const patterns = [...LINE_KINDS, ...EXCEPTIONS].map(({ pattern }) => pattern)
    for (const { first, next } of WRAPS) patterns.push(first, next)
    const slow: [number, string, string][] = []
    for (const pattern of new Set(patterns))
      for (const fill of FILLS) {
        const line = fill.repeat(Math.ceil(LONG / fill.length)).slice(0, LONG)
        const took = least(50, () => void pattern.exec(line))
        if (took >= 50) slow.push([took, pattern.source, fill])
      }
    expect(slow).toEqual([])
  })
})

test('every kind of line is tried for each character that it says it begins with', () => {
  LINE_KINDS.forEach(({ name, starts }) => {
    for (const char of starts ?? 'x~')
      expect([name, KINDS_BY_FIRST[char.charCodeAt(0)]!.some((kind) => kind.name === name)]).toEqual([name, true])
  })
  expect(KINDS_BY_FIRST[128]!.map(({ name }) => name)).toContain('prose')
})

describe('an input without end', () => {
  const many = (count: number, line: (i: number) => string): Told[] => {
    const parser = new CrashParser()
    for (let i = 0; i < count; i++) parser.push(line(i), i + 1)
    parser.end()
    return parser.told
  }

  test.each([
    ['errors', 10_000, (i: number) => `bt: invalid task or pid value: ${i}`, 'error'],
    ['values', 20_000, (i: number) => `a${i} = $1 = ${i}`, 'value'],
    ['structs', 20_000, (i: number) => `stable_node: 0xffff8800${i.toString(16).padStart(8, '0')}`, 'struct'],
    ['tasks', 100_000, (i: number) => `  ${i}  1  0  ffff88000005a940  IN  0.0  0  0  x`, 'task'],
  ] as const)('%s: so many are told, and that there were more', (_name, most, line, kind) => {
    const told = many(most + 50, line)
    const left = told.filter((each) => each.kind === 'error' && each.text.includes('left out'))
    expect(left).toMatchObject([{ line: most + 1, command: 'crash' }])
    expect(told.filter((each) => each.kind === kind && !left.includes(each))).toHaveLength(most)
  })

  test('frames: a stack has 256 at most, and says that there were more', () => {
    const [task] = ofKind(
      many(300, (i) => ` #${i} [ffff8800003b${(0x1000 + 8 * i).toString(16)}] f at ffffffff81094342`),
      'task',
    )
    expect(task!.frames).toHaveLength(256)
    expect(task!.doubt).toMatch(/left out/)
  })

  test('members: a struct has 512 at most', () => {
    const [struct] = ofKind(
      crashTold('crash> struct a.b ffff88000c44b030', ...Array.from({ length: 600 }, (_, i) => `  m${i} = ${i},`)),
      'struct',
    )
    expect(struct!.members.size).toBe(512)
  })

  test('texts are cut at 1024 characters', () => {
    const long = 'x'.repeat(5_000)
    expect(ofKind(crashTold(`a = $1 = "${long}"`), 'value')[0]!.text).toHaveLength(1_024)
    expect(
      ofKind(crashTold('crash> struct a.b ffff88000c44b030', `  b = "${long}"`), 'struct')[0]!.members.get('b'),
    ).toHaveLength(1_024)
  })

  test('short lists one after the other hold no memory', () => {
    const parser = new CrashParser()
    for (let i = 0; i < 30_000; i++)
      parser.push(i % 4 === 3 ? 'prose' : `ffff88000ba${(0x10000 + i).toString(16)}`, i + 1)
    parser.end()
    expect(parser.bytes).toBe(0)
    expect(ofKind(parser.told, 'list')).toHaveLength(7_500)
  })
})

describe('any lines', () => {
  const word = fc.constantFrom(
    'crash>',
    'bt',
    '-t',
    'list',
    'PID:',
    'TASK:',
    'CPU:',
    'COMMAND:',
    '"numad"',
    '44',
    '#0',
    '#1',
    '[ffff8800003b3bb8]',
    'at',
    'ffffffff81094342',
    'rmap_walk_ksm',
    '{',
    '}',
    '=',
    'a',
    '0x1',
    'struct',
    '>',
    '|',
    'wc',
    '-l',
    'x.lst',
    '170000',
    ':',
    'ffff88000ba6b730',
    '---',
    '<IRQ',
    'stack>',
    '[exception',
    'RIP:',
    'f+1]',
    'foreach',
    'UN',
    '$1',
  )
  const line = fc.oneof(
    fc.array(word, { maxLength: 8 }).map((words) => words.join(' ')),
    fc.constantFrom(...STARTS),
    fc.tuple(fc.constantFrom(...STARTS), fc.constantFrom(...FILLS)).map(([start, fill]) => start + fill),
    fc.string({ unit: 'binary', maxLength: 40 }),
  )

  /** What holds for every statement. */
  function sound(told: readonly Told[], lines: number): void {
    for (const each of told) {
      expect(each.line).toBeGreaterThanOrEqual(1)
      expect(each.line).toBeLessThanOrEqual(lines)
      if (each.kind === 'list') {
        expect(each.length).toBeGreaterThanOrEqual(1)
        expect(each.duplicates ?? 0).toBeLessThan(each.length)
        expect(each.implausible).toBeLessThanOrEqual(each.length)
      }
      if (each.kind === 'count') expect(Number.isSafeInteger(each.count)).toBe(true)
      if (each.kind === 'task')
        for (const number of [each.pid, each.cpu]) expect(number === null || Number.isSafeInteger(number)).toBe(true)
    }
  }

  test('never throw, with or without the normaliser (property)', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), (lines) => {
        sound(crashTold(...lines), lines.length)
        const text = lines.join('\n')
        sound(textTold(text), text.split('\n').length)
      }),
      { numRuns: 1_500 },
    )
  })

  test.skipIf(INPUTS === null)(
    'recorded text cut anywhere never throws, and tells nothing else before the cut (property)',
    () => {
      const texts = [
        'crash-4.4-hang/bt-a.txt',
        'crash-4.4-hang/ps.txt',
        'crash-4.4-hang/waiters.txt',
        'crash-4.4-hang/stable_node.struct.txt',
        '000_9ee973ecd88cd55e.txt',
        'near-miss/n12-short-list-4.4.txt',
      ].map(recorded)
      fc.assert(
        fc.property(fc.constantFrom(...texts), fc.nat(), (text, at) => {
          const cut = text.slice(0, at % text.length)
          const told = textTold(cut)
          sound(told, cut.split('\n').length)
          for (const each of ofKind(told, 'list'))
            expect(each.length).toBeLessThanOrEqual(
              Math.max(...ofKind(textTold(text), 'list').map(({ length }) => length)),
            )
        }),
        { numRuns: 150 },
      )
    },
  )

  test.skipIf(INPUTS === null)(
    'shuffled, quoted and thinned text never throws, and no other task is said to walk for certain (property)',
    () => {
      const lines = recorded('crash-4.4-hang/bt-a.txt')
        .split('\n')
        .concat(recorded('crash-4.4-hang/foreach-UN-bt.txt').split('\n'))
      fc.assert(
        fc.property(
          fc.array(fc.nat(), { minLength: 30, maxLength: 60 }),
          fc.constantFrom('', '> ', '>> '),
          (picks, quote) => {
            const text = picks.map((pick) => quote + lines[pick % lines.length]!).join('\n')
            const told = textTold(text)
            sound(told, picks.length)
            for (const task of ofKind(told, 'task')) {
              if (task.doubt !== null || task.pid === null || !symbols(task).includes('rmap_walk_ksm')) continue
              expect([task.pid, symbols(task)]).toEqual([44, symbols(task)])
            }
          },
        ),
        { numRuns: 400, seed: 1680513 },
      )
    },
  )

  test.skipIf(INPUTS === null)('lines that are lost or doubled give no other frames (property)', () => {
    const lines = recorded('crash-4.4-hang/bt.txt').split('\n')
    const whole = symbols(ofKind(textTold(lines.join('\n')), 'task')[0]!)
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 2 }), { minLength: lines.length, maxLength: lines.length }),
        (copies) => {
          const told = ofKind(
            textTold(lines.flatMap((each, i) => Array.from({ length: copies[i]! }, () => each)).join('\n')),
            'task',
          )
          const shown = told.flatMap(symbols)
          // in their order, none twice within one stack
          let at = -1
          for (const symbol of told.length === 1 ? shown : []) {
            const next = whole.indexOf(symbol, at + 1)
            expect(next).toBeGreaterThan(at)
            at = next
          }
          for (const symbol of shown) expect(whole).toContain(symbol)
        },
      ),
      { numRuns: 300 },
    )
  })
})
