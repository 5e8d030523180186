import { Buffer } from 'node:buffer'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { AnalyzeReport } from '../../src/document/schema.ts'
import { analyzed } from '../support/analyzed.ts'
import { scratchFolder } from '../support/containers.ts'
import { crashSessions, essentials, printedBy } from '../support/crash-sessions.ts'
import { INPUTS } from '../support/crash-text.ts'
import { random } from '../support/damage.ts'

// Every text fixture as mail, chat and full disks leave it: cut off at random places, its lines shuffled, quoted, pieces of it out
// of their order. Seeded: each run is the same. Never a crash, never a wrong certainty.

/** A text that is damaged; what it must never be taken for follows from its whole. */
interface Text {
  name: string
  text: string
}

if (INPUTS === null) console.warn('SKIPPED: no inputs beside KSM_DUMP_CORPUS: only the texts of fixtures/ are damaged')

const sessions = crashSessions()
const texts: Text[] = [
  ...sessions.map(({ name, text }) => ({ name, text })),
  ...sessions.map(({ name, text }) => ({ name: `${name}, its log`, text: printedBy(text, 'log') })),
  ...(INPUTS === null ? [] : outside(INPUTS)),
]

function outside(folder: string): Text[] {
  const near = readdirSync(join(folder, 'near-miss')).map((file) => join('near-miss', file))
  const crash = ['session.txt', 'dmesg.txt', 'log-m.txt', 'bt-l.txt', 'ps-m.txt'].map((file) =>
    join('crash-4.4-hang', file),
  )
  return ['000_9ee973ecd88cd55e.txt', ...crash, ...near].map((file) => ({
    name: basename(file),
    text: readFileSync(join(folder, file), 'utf8'),
  }))
}

const scratch = scratchFolder()
afterAll(() => scratch.remove())

type Below = (n: number) => number

/** Ways to damage a text, each with what it leaves: the same statements, or fewer and other ones. */
const DAMAGES: { name: string; keeps: boolean; apply(text: string, below: Below): string }[] = [
  { name: 'quoted once', keeps: true, apply: (text) => quoted(text, '> ') },
  { name: 'quoted twice', keeps: true, apply: (text) => quoted(text, '>> ') },
  { name: 'its end is cut off', keeps: false, apply: (text, below) => text.slice(0, below(text.length)) },
  { name: 'its start is cut off', keeps: false, apply: (text, below) => text.slice(below(text.length)) },
  {
    name: 'a piece of its middle is lost',
    keeps: false,
    apply(text, below) {
      const from = below(text.length)
      return text.slice(0, from) + text.slice(from + below(text.length - from))
    },
  },
  { name: 'shuffled', keeps: false, apply: (text, below) => shuffled(text.split('\n'), below).join('\n') },
  {
    name: 'some lines lost',
    keeps: false,
    apply: (text, below) =>
      text
        .split('\n')
        .filter(() => below(4) > 0)
        .join('\n'),
  },
  {
    name: 'pieces of ten lines in another order, quoted',
    keeps: false,
    apply(text, below) {
      const lines = text.split('\n')
      const pieces = Array.from({ length: Math.ceil(lines.length / 10) }, (_, i) => lines.slice(10 * i, 10 * i + 10))
      return quoted(shuffled(pieces, below).flat().join('\n'), '> ')
    },
  },
]

function quoted(text: string, mark: string): string {
  return text
    .split('\n')
    .map((line) => mark + line)
    .join('\n')
}

function shuffled<T>(list: readonly T[], below: Below): T[] {
  const other = [...list]
  for (let i = other.length - 1; i > 0; i--) {
    const j = below(i + 1)
    ;[other[i], other[j]] = [other[j]!, other[i]!]
  }
  return other
}

/** Whoever walks a list by the whole text. */
function walkers({ hang, findings }: AnalyzeReport): string[] {
  const others = findings.filter(({ code }) => code === 'another-walk' || code === 'walk-of-a-short-list')
  return [
    ...(hang ? [`${hang.holder?.comm} ${hang.holder?.pid}`] : []),
    ...others.map(({ summary }) => summary.replace(/^(\S+) \(pid (\d+)\).*$/s, '$1 $2')),
  ]
}

describe.each(texts)('$name', ({ text }) => {
  const path = (bytes: string): string => scratch.file('text.txt', Buffer.from(bytes))

  test('damaged: never a crash, never a wrong certainty', async () => {
    const whole = (await analyzed(path(text))).document
    const known = walkers(whole)
    const longest = longestOf(text, whole)
    for (const [seed, { name, keeps, apply }] of [...DAMAGES, ...DAMAGES.filter(({ keeps }) => !keeps)].entries()) {
      const next = random(1_680_513 + seed)
      const damaged = apply(text, (n) => next() % Math.max(1, n))
      const { document, exit } = await analyzed(path(damaged))
      const at = `${name} #${seed}`
      // what is cut or broken off is a partial answer; quoting takes nothing away
      expect([at, (keeps ? [0, 3] : [0, 3, 4]).includes(exit)]).toEqual([at, true])
      if (exit === 4) expect([at, document.partial]).toEqual([at, true])
      expect([at, JSON.stringify(document).includes('"proven"')]).toEqual([at, false])
      if (keeps) {
        expect([at, essentials(document)]).toEqual([at, essentials(whole)])
        expect([at, document.verdict.level, document.verdict.code]).toEqual([
          at,
          whole.verdict.level,
          whole.verdict.code,
        ])
        continue
      }
      const { hang, verdict } = document
      const who = `${hang?.holder?.comm} ${hang?.holder?.pid}`
      if (hang && verdict.confidence !== 'weak' && hang.holder?.pid != null) expect(known).toContain(who)
      if (known.length === 0) expect([at, hang?.holder?.pid ?? null]).toEqual([at, null])
      if (verdict.level === 'critical' && verdict.confidence !== 'weak')
        expect([at, whole.verdict.level]).toEqual([at, 'critical'])
      // no list is longer than what the whole text says of any
      if (hang?.node?.length != null) expect([at, hang.node.length <= longest]).toEqual([at, true])
    }
  })
})

/** The longest list that the text has or tells of: addresses alone on their lines, or the list of its hang. */
function longestOf(text: string, { hang }: AnalyzeReport): number {
  const lines = text.split('\n').filter((line) => /^ *(?:0x)?[0-9a-f]{16} *$/.test(line)).length
  return Math.max(lines, hang?.node?.length ?? 0)
}
