import { describe, expect, test } from 'vitest'
import { finish } from '../../src/base/steps.ts'
import type { NodeColumns } from '../../src/ksm/node-columns.ts'
import { readZeroPages, ZERO_PAGES, type ContentCoverage, type ZeroPage } from '../../src/ksm/zero-page.ts'
import { type KsmMemory, type KsmNode, type KsmRecipe, ksm } from '../support/ksm-memory.ts'
import { rowOf, surveyOf } from '../support/ksm-results.ts'
import { PAGE } from '../support/memory.ts'

const ZERO = 0x1234_5678

interface Zeros {
  nodes: NodeColumns
  coverage: ContentCoverage
  of(name: string): ZeroPage
}

function zeros(memory: KsmMemory): Zeros {
  const kernel = memory.kernel()
  const { nodes } = surveyOf(kernel)
  const coverage = finish(readZeroPages(kernel, nodes, nodes.sorted(), { aborted: false }))
  return { nodes, coverage, of: (name) => ZERO_PAGES[nodes.zero[rowOf(nodes, memory.at(name))]!]! }
}

/** One node whose page is not in the dump, unless a test writes it. */
function one(node: KsmNode, more: KsmRecipe = {}): KsmMemory {
  return ksm({ zeroChecksum: ZERO, trees: [[{ name: 'a', kpfn: 0x300, ...node }]], ...more })
}

describe('content that is in the dump', () => {
  test('all zeros: yes, whatever the checksums say', () => {
    const memory = one({ items: [{ checksum: 5 }] })
    memory.memory.page(0x300)
    expect(zeros(memory).of('a')).toBe('yes')
    expect(zeros(memory).coverage).toEqual({ present: 1, absent: 0 })
  })

  test.each([0, 1, 2048, PAGE - 1])('one byte that is not, at %i: no', (at) => {
    const memory = one({ items: [{ checksum: ZERO }] })
    memory.memory.page(0x300)[at] = 1
    expect(zeros(memory).of('a')).toBe('no')
  })

  test("a freed page is somebody else's by now: its content says nothing", () => {
    const memory = one({ mapping: 0n })
    memory.memory.page(0x300)
    expect([zeros(memory).of('a'), zeros(memory).coverage]).toEqual([null, { present: 0, absent: 1 }])
  })

  test('a page that is only partly there says nothing', () => {
    const memory = one({})
    memory.memory.page(0x300)
    memory.memory.hole(0x300, PAGE - 8, PAGE)
    expect(zeros(memory).of('a')).toBeNull()
  })

  test('looking at contents needs no page of the dump', () => {
    const memory = one({})
    surveyOf(memory.kernel())
    const { needed } = memory.memory.needs()
    zeros(memory)
    expect(memory.memory.needs().needed).toBe(needed)
  })
})

describe('content that is not in the dump', () => {
  test.each([
    ['equal to zero_checksum', [{ checksum: ZERO }, {}], 'yes-inferred'],
    ['equal to zero_checksum in one item, different in another', [{ checksum: 5 }, { checksum: ZERO }], 'yes-inferred'],
    ['different', [{ checksum: 5 }, {}], 'no-inferred'],
    ['0, which says nothing', [{}, {}], null],
  ] as const)('a checksum that is %s', (_name, items, answer) => {
    const found = zeros(one({ items }))
    expect(found.of('a')).toBe(answer)
    expect(found.coverage).toEqual({ present: 0, absent: 1 })
  })

  test('nothing can be inferred where linear_page_index stands in the place of oldchecksum', () => {
    expect(zeros(one({ items: [{ checksum: ZERO }, { checksum: 5 }] }, { era: 'linear' })).of('a')).toBeNull()
  })

  test('nothing can be inferred without zero_checksum', () => {
    const items = [{ checksum: ZERO }, { checksum: 5 }]
    expect(zeros(one({ items }, { without: ['zero_checksum'] })).of('a')).toBeNull()
    const memory = one({ items })
    const far = memory.seek(0x1000_0000 - PAGE).object(64)
    memory.symbols.set('zero_checksum', [far])
    memory.exclude(far)
    expect(zeros(memory).of('a')).toBeNull()
  })
})

describe('chains', () => {
  const zero = [{ checksum: ZERO }]
  const other = [{ checksum: 5 }]
  const chain = (dups: readonly KsmNode[]): KsmMemory => ksm({ zeroChecksum: ZERO, trees: [[{ name: 'c', dups }]] })

  test('a chain answers as the dup that knows best', () => {
    expect(zeros(chain([{ items: 1 }, { items: zero }])).of('c')).toBe('yes-inferred')
    expect(zeros(chain([{ items: 1 }, { items: other }])).of('c')).toBe('no-inferred')
    expect(zeros(chain([{ items: 1 }, { items: 1 }])).of('c')).toBeNull()
    expect(zeros(chain([])).of('c')).toBeNull()
    const read = chain([{ items: other }, { items: zero, kpfn: 0x300 }])
    read.memory.page(0x300)
    expect(zeros(read).of('c')).toBe('yes')
  })

  test('each dup is looked at once, as a row of its own too', () => {
    const memory = chain([
      { name: 'd', items: zero, kpfn: 0x300 },
      { name: 'e', items: 1 },
    ])
    memory.memory.page(0x300)
    const found = zeros(memory)
    expect(['c', 'd', 'e'].map((name) => found.of(name))).toEqual(['yes', 'yes', null])
    expect(found.coverage).toEqual({ present: 1, absent: 1 })
  })
})

test('Ctrl-C: nothing is looked at', () => {
  const kernel = one({}).kernel()
  const { nodes } = surveyOf(kernel)
  expect(finish(readZeroPages(kernel, nodes, nodes.sorted(), { aborted: true }))).toEqual({ present: 0, absent: 0 })
})
