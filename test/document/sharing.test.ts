import { expect, test } from 'vitest'
import { mostShared, whatIfLimited } from '../../src/document/sharing.ts'
import { KIND_CHAIN, KIND_DUP, KIND_NODE, NodeColumns } from '../../src/ksm/node-columns.ts'

// numbers of the bug's host, as computed by hand: ceil(n / M) dups, one page more for each beyond the first
test.each([
  [2, 1_153_460, 1_153_459 * 4096, 20e-6],
  [16, 144_183, 144_182 * 4096, 160e-6],
  [256, 9_012, 9_011 * 4096, 2.56e-3],
  [1024, 2_253, 2_252 * 4096, 10.24e-3],
  [10_000, 231, 230 * 4096, 0.1],
])('what max_page_sharing = %d makes of 2,306,920 sharers', (limit, dups, extraBytes, walk) => {
  const row = whatIfLimited({ sites: 2_306_920, pages: 1 }, 4096)!.rows.find(
    ({ maxPageSharing }) => maxPageSharing === limit,
  )!
  expect(row).toMatchObject({ dups, extraBytes })
  expect(row.walkSeconds).toBeCloseTo(walk, 9)
})

test('a list shorter than a limit is walked as it is; without one there is nothing to tell', () => {
  const rows = whatIfLimited({ sites: 10, pages: 1 }, 4096)!.rows
  expect(rows.find(({ maxPageSharing }) => maxPageSharing === 256)).toMatchObject({
    dups: 1,
    extraBytes: 0,
    walkSeconds: 1e-4,
  })
  expect(whatIfLimited(null, 4096)).toBeNull()
  expect(whatIfLimited({ sites: 1, pages: 1 }, 4096)).toBeNull()
})

/** Columns of nodes; a dup hangs in the chain before it. */
function columnsOf(rows: readonly [kind: number, length: number][]): NodeColumns {
  const nodes = new NodeColumns()
  let chain = -1
  for (const [kind, length] of rows) {
    const row = nodes.add()
    nodes.kind[row] = kind
    nodes.length[row] = length
    if (kind === KIND_CHAIN) chain = row
    if (kind === KIND_DUP) nodes.chain[row] = chain
  }
  return nodes
}

test('the content of a chain is that of all its dups, whose pages are there already', () => {
  const dups = Array.from({ length: 4 }, (): [number, number] => [KIND_DUP, 250])
  const nodes = columnsOf([[KIND_NODE, 900], [KIND_CHAIN, 1000], ...dups, [KIND_NODE, 3]])
  expect(mostShared(nodes)).toEqual({ sites: 1000, pages: 4 })
  const { rows } = whatIfLimited(mostShared(nodes), 4096)!
  const extra = Object.fromEntries(rows.map((row) => [row.maxPageSharing, [row.dups, row.extraBytes]]))
  // four pages hold it; with 64 it takes sixteen, twelve more; with more than 250 a copy it takes none more
  expect(extra).toMatchObject({ 64: [16, 12 * 4096], 256: [4, 0], 1024: [1, 0] })
})

test('a node that more places share than a chain is the most shared; a dup alone never is', () => {
  expect(
    mostShared(
      columnsOf([
        [KIND_CHAIN, 500],
        [KIND_DUP, 300],
        [KIND_DUP, 200],
        [KIND_NODE, 501],
      ]),
    ),
  ).toEqual({
    sites: 501,
    pages: 1,
  })
  expect(mostShared(columnsOf([]))).toBeNull()
})
