import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KsmDumpError } from '../../src/base/errors.ts'
import { finish } from '../../src/base/steps.ts'
import { ksmLayout } from '../../src/ksm/eras.ts'
import { HlistWalk } from '../../src/ksm/hlist-walk.hot.ts'
import { walkLists } from '../../src/ksm/list-census.ts'
import { listEnd } from '../../src/ksm/list-end.ts'
import { countByMm } from '../../src/ksm/mm-census.ts'
import { walkOneList } from '../../src/ksm/one-list.ts'
import { AddressSweep } from '../../src/ksm/address-sweep.hot.ts'
import { begin, drive, ITEM, ItemMemory, resultOf } from '../support/hlist-recipe.ts'
import { foundNodes, headsOf, nodesOf, PRESENT, surveyOf } from '../support/ksm-results.ts'
import { direct, halves, PAGE, whole } from '../support/memory.ts'
import { damagedKsm, itemGraphs, weird, ZERO_CHECKSUM } from '../support/random-ksm.ts'
import { slowHlistWalk } from '../support/slow-hlist-walk.ts'
import { slowMmCensus } from '../support/slow-mm-census.ts'
import { slowStableNodes } from '../support/slow-stable-nodes.ts'

const limits = fc.oneof({ weight: 2, arbitrary: fc.constant(1000) }, { weight: 1, arbitrary: fc.nat(45) })
const slices = fc.constantFrom(1, 2, 7, 1000)

/** Walks in slices and compares with the slow twin. @returns how many steps it took */
function agrees(memory: ItemMemory, first: bigint, limit: number, slice: number): number {
  const walker = new HlistWalk(memory, memory.map, ITEM, ZERO_CHECKSUM)
  const found = resultOf(drive(begin(walker, memory, first, limit), slice))
  const start = { first, pprev: memory.headLink, node: memory.node, limit }
  expect(found).toEqual(slowHlistWalk(memory, ITEM, ZERO_CHECKSUM, start))
  return walker.steps
}

describe('hlists', () => {
  test('a walk over items that point at each other at random says what the slow twin says, in few steps (property)', () => {
    fc.assert(
      fc.property(itemGraphs, limits, slices, ({ memory, first, count }, limit, slice) => {
        expect(agrees(memory, first, limit, slice)).toBeLessThanOrEqual(8 * (count + 1))
      }),
      { numRuns: 600 },
    )
  })

  test('a walk over random words says what the slow twin says (property)', () => {
    const address = fc.oneof(
      { weight: 4, arbitrary: fc.nat(2 * PAGE - 1).map((at) => direct(0x3fff_f000 + (at & ~7))) },
      { weight: 1, arbitrary: weird },
      { weight: 1, arbitrary: fc.constantFrom(0n, 0x200n, 0x7f0000000200n, direct(0x3fff_f000)) },
    )
    fc.assert(
      fc.property(fc.array(address, { minLength: 64, maxLength: 64 }), fc.nat(), limits, (words, seed, limit) => {
        const memory = new ItemMemory({})
        for (let i = 0; i < (2 * PAGE) / 8; i++) memory.u64(0x3fff_f000 + 8 * i, words[(i * 7 + seed) % 64]!)
        for (const first of words.slice(0, 8)) agrees(memory, first, limit, 5)
      }),
      { numRuns: 60 },
    )
  })

  test('a sweep gives the addresses that the walk counted (property)', () => {
    fc.assert(
      fc.property(itemGraphs, ({ memory, first }) => {
        const walker = drive(begin(new HlistWalk(memory, memory.map, ITEM, 0), memory, first))
        const sweeper = new AddressSweep(memory, memory.map, 5)
        sweeper.start(...halves(first))
        const swept: bigint[] = []
        while (swept.length < walker.length) {
          const count = sweeper.run(walker.length - swept.length)
          if (count === 0) break
          for (let i = 0; i < count; i++) swept.push(whole(sweeper.lo[i]!, sweeper.hi[i]!))
        }
        expect(swept).toHaveLength(walker.length)
        expect(new Set(swept).size).toBe(walker.length)
      }),
      { numRuns: 200 },
    )
  })
})

describe('damaged kernels', () => {
  test('trees, chains and migrate_nodes: the nodes of the slow twin (property)', () => {
    fc.assert(
      fc.property(damagedKsm, (memory) => {
        const kernel = memory.kernel()
        const layout = ksmLayout(kernel, 'dump')
        const found = nodesOf(kernel, layout)
        const twin = slowStableNodes(kernel, layout)
        expect(foundNodes(found.nodes)).toEqual(twin.nodes)
        expect([found.complete, found.problems.length === 0]).toEqual([twin.complete, twin.complete])
      }),
      { numRuns: 200 },
    )
  })

  test('the list of every node: length, end, checks of the slow twin (property)', () => {
    fc.assert(
      fc.property(damagedKsm, (memory) => {
        const kernel = memory.kernel()
        const layout = ksmLayout(kernel, 'dump')
        const { nodes } = nodesOf(kernel, layout)
        const census = finish(walkLists(kernel, layout, nodes, null, 1e6, 0, { aborted: false }))
        let items = 0
        for (let row = 0; row < nodes.count; row++) {
          if (nodes.isChain(row)) continue
          const node = nodes.address(row)
          const first = whole(nodes.firstLo[row]!, nodes.firstHi[row]!)
          const pprev = node + BigInt(layout.node.hlist)
          const twin = slowHlistWalk(kernel.physical, layout.item, ZERO_CHECKSUM, { first, pprev, node, limit: 1e6 })
          const [pprevBad, headBad, flagBad] = [nodes.pprevBad[row]!, nodes.headBad[row]!, nodes.flagBad[row]!]
          expect({
            length: nodes.length[row]!,
            end: listEnd(nodes.end[row]!),
            endAt: nodes.endAt(row),
            why: nodes.why[row],
            checks: { pprevBad, headBad, flagBad },
            mms: nodes.mms[row],
          }).toEqual({
            length: twin.length,
            end: twin.end,
            endAt: twin.endAt,
            why: twin.why,
            checks: twin.checks,
            mms: twin.mms.length,
          })
          items += twin.length
        }
        expect(census.items).toBe(items)
      }),
      { numRuns: 150 },
    )
  })

  test('the count by mm: that of the slow twin (property)', () => {
    fc.assert(
      fc.property(damagedKsm, fc.constantFrom(1e6, 5, 20), (memory, most) => {
        const kernel = memory.kernel()
        const layout = ksmLayout(kernel, 'dump')
        const { heads, problems, ...counts } = finish(
          countByMm(kernel, layout, 'dump', null, most, { aborted: false }),
        )!
        const { heads: twinHeads, ...twin } = slowMmCensus(kernel, layout, most)
        expect(counts).toEqual(twin)
        expect(headsOf(heads)).toEqual(twinHeads)
        expect([heads.size, problems.length === 0]).toEqual([twinHeads.size, twin.complete])
      }),
      { numRuns: 200 },
    )
  })

  test('everything together ends, and what is not whole has a problem (property)', () => {
    fc.assert(
      fc.property(damagedKsm, (memory) => {
        const survey = surveyOf(memory.kernel())
        if (!survey.complete || survey.agree === false) expect(survey.problems).not.toEqual([])
        if (survey.problems.length === 0) expect(survey.agree).toBe(true)
      }),
      { numRuns: 100 },
    )
  })

  test('a walk from any word is one list, or says what stands there instead (property)', () => {
    fc.assert(
      fc.property(damagedKsm, fc.array(fc.nat(), { minLength: 8, maxLength: 8 }), (memory, picks) => {
        const kernel = memory.kernel()
        const words = memory.heapWords()
        const targets = picks.map((pick, i) =>
          i < 6 ? { address: words[pick % words.length]! } : { pfn: 0x100 + (pick % 20) },
        )
        for (const target of targets) {
          try {
            const options = { limit: null, log: true }
            const list = finish(walkOneList(kernel, 'dump', target, PRESENT, options, { aborted: false }))
            const sum = list.segments.reduce((all, { count }) => all + count, 0)
            expect(sum).toBe(list.length)
            expect(list.owners.reduce((all, { items }) => all + items, 0)).toBe(list.length)
            if (listEnd(list.end) !== 'end') expect(list.problems).not.toEqual([])
          } catch (error) {
            if (!(error instanceof KsmDumpError) || error.code !== 'not-a-list') throw error
          }
        }
      }),
      { numRuns: 120 },
    )
  })
})
