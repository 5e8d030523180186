import { describe, expect, test } from 'vitest'
import type { AnalyzeReport } from '../../src/document/schema.ts'
import { answer, answerWith, codes } from '../support/text-answer.ts'

// Lists that are not whole: cyclic, broken off, cut. Their length is a lower bound wherever it is told.

const addresses = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => (0xffff88000ba60030n + 64n * BigInt(i)).toString(16))
const COMMAND = 'crash> list hlist_node.next ffff88000ba60030'
const FIRST = 'ffff88000ba60030'

function bt(pid: number, comm: string, stack: string): string[] {
  const at = (i: number): string => `ffffd18680127${(0x100 + 16 * i).toString(16)}`
  return [
    `PID: ${pid}   TASK: ffff8bc1429f${pid.toString(16).padStart(4, '0')}  CPU: 0   COMMAND: "${comm}"`,
    ...stack.split(' ').map((name, i) => ` #${i} [${at(i)}] ${name} at ffffffff9c9609e1`),
    '',
  ]
}

const HANG = [
  ...bt(900, 'numad', 'ptep_clear_flush try_to_unmap_one rmap_walk_ksm try_to_unmap migrate_pages do_migrate_pages'),
  ...bt(901, 'CPU 0/KVM', '__schedule schedule rwsem_down_read_failed down_read __do_page_fault do_page_fault'),
]

const problems = (report: AnalyzeReport): string[] => report.problems.map(({ code }) => code)

/** A list that is not whole, by what stands behind its addresses, and the problem that it makes. */
const OPEN: readonly [string, string[], string][] = [
  ['goes round', [FIRST, '', `list: duplicate list entry: ${FIRST}`], 'list-damaged'],
  ['breaks off', ['', 'list: invalid kernel virtual address: 10  type: "list entry"'], 'list-damaged'],
  ['ends in half an address', ['ffff88000b'], 'file-truncated'],
  ['has an address in it that is none of the kernel', ['0000000000000010'], 'list-damaged'],
  ['has an address in it that is not aligned', ['ffff88000ba60033'], 'list-damaged'],
  ['has an address in it twice', [FIRST], 'list-damaged'],
]

describe.each(OPEN)('a list that %s', (_, behind, problem) => {
  test('of a few entries is no short list: it explains the hang as well as one of unknown length', () => {
    const report = answer(HANG, [COMMAND, ...addresses(200), ...behind])
    expect(report.verdict).toMatchObject({ level: 'critical', code: 'ksm-walk-hang' })
    expect(codes(report)).not.toContain('walk-of-a-short-list')
    expect(report.verdict.summary).toMatch(/whose list has at least 200 rmap_items.* That is a lower bound: /)
    expect(report.hang?.node).toMatchObject({ length: 200, atLeast: true })
    expect(report).toMatchObject({ partial: true })
    expect(problems(report)).toEqual([problem])
  })

  test('of many is "at least" so many', () => {
    const report = answer([COMMAND, ...addresses(30_000), ...behind])
    expect(report.verdict).toMatchObject({ level: 'warning', code: 'oversized-list' })
    expect(report.verdict.summary).toMatch(/has a list of at least 30,000 rmap_items/)
    expect(report.findings[0]?.evidence[0]?.text).toMatch(/^at least 30,000 rmap_items/)
    expect(report.partial).toBe(true)
  })
})

describe('a list that is whole', () => {
  test('has its length', () => {
    const report = answer(HANG, [COMMAND, ...addresses(30_000)])
    expect(report.hang?.node).toMatchObject({ length: 30_000, atLeast: false })
    expect(report.verdict.summary).not.toMatch(/at least|lower bound/)
    expect(report).toMatchObject({ partial: false, problems: [] })
  })

  test('that was walked from its head ends with NULL', () => {
    const report = answer([COMMAND, ...addresses(30_000), '', 'list: invalid list entry: 0'])
    expect(report.verdict.summary).toMatch(/has a list of 30,000 rmap_items/)
  })

  test('is told before a part of it, and a longer part before a count that it refutes', () => {
    const node = ['crash> struct stable_node ffff8bc142915700', 'struct stable_node {', '  hlist = {']
    const struct = (length: number): string[] => [
      ...[...node, `    first = 0x${FIRST}`, '  },', '  kpfn = 30727,'],
      ...[`  rmap_hlist_len = ${length},`, '}'],
    ]
    const part = [COMMAND, ...addresses(30_000), '', `list: invalid kernel virtual address: 10  type: "list entry"`]
    expect(answer(HANG, struct(40_000), part).hang?.node).toMatchObject({ length: 40_000, atLeast: false })
    expect(answer(HANG, struct(20_000), part).hang?.node).toMatchObject({ length: 30_000, atLeast: true })
  })
})

describe('a count of lines without a command', () => {
  test('of a file with a name of a list is its length', () => {
    const report = answer(HANG, ['2306920 rmap_item.lst'])
    expect(report.hang?.node).toMatchObject({ address: null, length: 2_306_920, validatedBy: ['told'] })
    expect(answer(['2306920 rmap_item.lst']).verdict).toMatchObject({ level: 'critical', code: 'oversized-list' })
  })

  test('of another file, and a number before a word, are none', () => {
    for (const line of ['2306920 dmesg.txt', '2306920 l.lst', '2306920 rmap_items', '2306920 rmap_item.lst was long'])
      expect(answer(HANG, [line]).hang?.node).toBeNull()
  })
})

test('a list with which a cut input ends is not whole', () => {
  const cut = { code: 'file-truncated', message: 'text 2: it is cut.', input: 'text 2', at: null } as const
  const report = answerWith([cut], HANG, addresses(200))
  expect(report.hang?.node).toMatchObject({ length: 200, atLeast: true })
  expect(
    answerWith([cut], HANG, [...addresses(200), '', 'PID: 1      TASK: ffff8bc1429f0001  CPU: 0   COMMAND: "init"'])
      .hang,
  ).toBeNull()
})

test('who thins a list out by a pipe gets a lower bound, and no problem', () => {
  const report = answer(HANG, [`${COMMAND} | head -200`, ...addresses(200)])
  expect(report.hang?.node).toMatchObject({ length: 200, atLeast: true })
  expect(report.problems).toEqual([])
})

test('two lists of the same length that begin elsewhere are two: which one is walked is not known', () => {
  const other = addresses(60_000).map((each) => each.replace(/^ffff88/, 'ffff89'))
  const report = answer(HANG, addresses(60_000), other)
  expect(report.verdict.code).toBe('ksm-walk-hang')
  expect(report.hang?.node).toBeNull()
})
