import { describe, expect, test } from 'vitest'
import { HeadCounts } from '../../src/ksm/head-counts.hot.ts'
import {
  END_CYCLE,
  END_END,
  END_LIMIT,
  END_UNREADABLE,
  WHY_MISALIGNED,
  WHY_NOT_DIRECT,
} from '../../src/ksm/hlist-walk.hot.ts'
import { RmapListWalk } from '../../src/ksm/rmap-list.hot.ts'
import { headsOf } from '../support/ksm-results.ts'
import { ITEM } from '../support/hlist-recipe.ts'
import { direct, directMap, HandMemory, halves, PAGE, whole } from '../support/memory.ts'

const MM = 0xffff888200000400n
const NODE = 0xffff9a1500000040n

/** One rmap_item of an rmap_list. */
interface ListItem {
  /** Page number of its address. */
  page?: bigint
  flags?: number
  mm?: bigint
  head?: bigint
  /** Index of the next item, or an address; default: the item behind it, the last one 0. */
  next?: number | bigint
  at?: number
}

/** Items from physical 0x3fffff80 on: the third lies behind a border of 4 GiB. */
function items(list: readonly ListItem[]): { memory: HandMemory; at: (i: number) => bigint } {
  const memory = new HandMemory(0x50000)
  const place = (i: number): number => list[i]?.at ?? 0x3fff_ff80 + 64 * i
  list.forEach((item, i) => {
    const { page = BigInt(i + 5), flags = 0x200, mm = MM, head = NODE } = item
    const next = item.next ?? (i + 1 < list.length ? i + 1 : 0n)
    memory.u64(place(i) + ITEM.rmapList, typeof next === 'number' ? direct(place(next)) : next)
    memory.u64(place(i) + ITEM.mm, mm)
    memory.u64(place(i) + ITEM.address, (page << 12n) + BigInt(flags))
    memory.u64(place(i) + ITEM.head, head)
    memory.u64(place(i) + 56, 0n)
  })
  return { memory, at: (i) => direct(place(i)) }
}

function walkOf(memory: HandMemory): { walk: RmapListWalk; heads: HeadCounts } {
  const heads = new HeadCounts(2)
  return { walk: new RmapListWalk(memory, directMap(memory), ITEM, heads), heads }
}

function count(memory: HandMemory, first: bigint, limit = 1000, slice = 1000): object {
  const { walk, heads } = walkOf(memory)
  walk.start(...halves(first), ...halves(MM), limit)
  let slices = 0
  while (!walk.run(slice)) if (++slices > 10_000) throw new Error('the walk does not end')
  const { items, stable, unstable, foreign, disorder, end, why } = walk
  return {
    items,
    stable,
    unstable,
    foreign,
    disorder,
    end,
    endAt: whole(walk.endLo, walk.endHi),
    why,
    byHead: [...headsOf(heads)],
  }
}

const nothing = {
  items: 0,
  stable: 0,
  unstable: 0,
  foreign: 0,
  disorder: 0,
  end: END_END,
  endAt: 0n,
  why: 0,
  byHead: [],
}

describe('a list that is whole', () => {
  test('no items', () => {
    expect(count(new HandMemory(16), 0n)).toEqual(nothing)
  })

  test('stable, unstable and volatile items, counted by head', () => {
    const { memory, at } = items([
      {},
      { flags: 0x107, head: 9n },
      { flags: 0 },
      { head: NODE + 64n },
      {},
      { flags: 0x200 },
    ])
    expect(count(memory, at(0))).toEqual({
      ...nothing,
      items: 6,
      stable: 4,
      unstable: 1,
      byHead: expect.arrayContaining([
        [NODE, 3],
        [NODE + 64n, 1],
      ]),
    })
  })

  test.each([1, 2, 3])('in slices of %i items', (slice) => {
    const { memory, at } = items(Array.from({ length: 20 }, (_, i) => ({ flags: i % 3 === 0 ? 0x101 : 0x200 })))
    expect(count(memory, at(0), 1000, slice)).toEqual(count(memory, at(0)))
  })

  test('an item at the address 0 comes first', () => {
    const { memory, at } = items([{ page: 0n }, { page: 1n }])
    expect(count(memory, at(0))).toMatchObject({ items: 2, end: END_END, disorder: 0 })
  })

  test('an item across two pages', () => {
    const { memory, at } = items([{}, { at: 0x20_0fe0 }, {}])
    expect(count(memory, at(0))).toMatchObject({ items: 3, stable: 3, end: END_END })
  })

  test('counts go on from list to list', () => {
    const { memory, at } = items([{}, {}, {}])
    const { walk, heads } = walkOf(memory)
    for (let i = 0; i < 2; i++) {
      walk.start(...halves(at(0)), ...halves(MM), 1000)
      expect(walk.run(1000)).toBe(true)
    }
    expect([walk.items, walk.stable, heads.get(...halves(NODE))]).toEqual([6, 6, 6])
  })
})

describe('a list that is not', () => {
  test('an address that does not ascend ends it: the item is not counted', () => {
    for (const page of [5n, 6n, 3n, 0n]) {
      const { memory, at } = items([{ page: 5n }, { page: 6n }, { page }, {}])
      expect(count(memory, at(0))).toEqual({
        ...nothing,
        items: 2,
        stable: 2,
        disorder: 1,
        end: END_CYCLE,
        endAt: at(2),
        byHead: [[NODE, 2]],
      })
    }
  })

  test('the upper half of an address counts, too', () => {
    const { memory, at } = items([{ page: 1n << 21n }, { page: (1n << 21n) + 1n }, { page: (1n << 20n) + 5n }])
    expect(count(memory, at(0))).toMatchObject({ items: 2, disorder: 1, endAt: at(2) })
    const up = items([{ page: (1n << 20n) + 5n }, { page: 1n << 21n }])
    expect(count(up.memory, up.at(0))).toMatchObject({ items: 2, disorder: 0, end: END_END })
  })

  test.each([0, 1, 2])('a cycle back to item %i is found at once', (to) => {
    const { memory, at } = items([{}, {}, { next: to }])
    expect(count(memory, at(0))).toMatchObject({ items: 3, stable: 3, disorder: 1, end: END_CYCLE, endAt: at(to) })
  })

  test('a cycle of items whose address is 0', () => {
    const { memory, at } = items([{ page: 0n }, { page: 0n, next: 0 }])
    expect(count(memory, at(0))).toMatchObject({ items: 1, stable: 1, disorder: 1, end: END_CYCLE, endAt: at(1) })
    const alone = items([{ page: 0n, next: 0 }])
    expect(count(alone.memory, alone.at(0))).toMatchObject({
      items: 1,
      disorder: 1,
      end: END_CYCLE,
      endAt: alone.at(0),
    })
  })

  test('items of another mm are counted as such, in either half; the one that ends the list is not', () => {
    const { memory, at } = items([{ mm: MM + 1n }, {}, { mm: MM ^ (1n << 40n) }, { page: 1n, mm: 5n }])
    expect(count(memory, at(0))).toMatchObject({ items: 3, foreign: 2, disorder: 1 })
  })

  test('a limit', () => {
    const { memory, at } = items([{}, {}, {}])
    expect(count(memory, at(0), 2)).toMatchObject({ items: 2, end: END_LIMIT, endAt: at(2) })
    expect(count(memory, at(0), 3)).toMatchObject({ items: 3, end: END_END, endAt: 0n })
    expect(count(memory, at(0), 0)).toMatchObject({ items: 0, end: END_LIMIT, endAt: at(0) })
  })

  test.each([
    ['misaligned', direct(0x20_0004), WHY_MISALIGNED],
    ['outside the direct map', 0xdead000000000100n, WHY_NOT_DIRECT],
    ['beyond the direct map', direct(0x5000_0000), WHY_NOT_DIRECT],
    ['before the direct map', direct(0) - 64n, WHY_NOT_DIRECT],
    ['to a page that is excluded', direct(0x20_0000), -1],
    ['to a page that is damaged', direct(0x20_1000), -2],
    ['to the last words of memory', direct(0x4fff_ffe0), -3],
    ['to a partial page without it', direct(0x20_2000), -1],
  ])('a pointer %s', (_name, next, why) => {
    const { memory, at } = items([{}, { next }])
    memory.damage(0x201)
    memory.page(0x202)
    memory.hole(0x202, 0x20, PAGE)
    memory.page(0x4ffff)
    expect(count(memory, at(0))).toMatchObject({ items: 2, end: END_UNREADABLE, endAt: next, why })
  })
})
