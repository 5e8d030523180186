import { describe, expect, test } from 'vitest'
import { HlistWalk, WHY_MISALIGNED, WHY_NO_ITEM, WHY_NOT_DIRECT } from '../../src/ksm/hlist-walk.hot.ts'
import { begin, chainOf, drive, ITEM, type ItemMemory, recipe, resultOf, walk } from '../support/hlist-recipe.ts'
import { direct, PAGE } from '../support/memory.ts'

const clean = { pprevBad: 0, headBad: 0, flagBad: 0 }
const MM = 0xffff888000001000n

describe('a list that is whole', () => {
  test('no item: length 0, a proper end', () => {
    expect(walk(recipe({}), 0n)).toEqual({
      length: 0,
      end: 'end',
      endAt: 0n,
      why: 0,
      checks: clean,
      checksums: { zero: 0, other: 0 },
      mms: [],
    })
  })

  test.each([1, 2, 3, 7, 64, 65, 1000])('%i items: exactly so many, a proper end, nothing to complain of', (count) => {
    const memory = chainOf(count)
    expect(walk(memory, memory.at('i0'))).toEqual({
      length: count,
      end: 'end',
      endAt: 0n,
      why: 0,
      checks: clean,
      checksums: { zero: 0, other: 0 },
      mms: [[MM, count]],
    })
  })

  test.each([1, 2, 3, 64, 1000])('%i items take so many steps: each is looked at once', (count) => {
    const memory = chainOf(count)
    const walker = new HlistWalk(memory, memory.map, ITEM, 0)
    drive(begin(walker, memory, memory.at('i0')))
    expect(walker.steps).toBe(count)
  })

  test('an item that crosses a page border is read whole, at each place that it can begin', () => {
    for (let at = 0x20_0000 + PAGE - 64; at <= 0x20_0000 + PAGE; at += 8) {
      const memory = recipe({ a: { next: 'b', at }, b: {} })
      memory.page(0x200)
      expect(walk(memory, memory.at('a'))).toMatchObject({ length: 2, end: 'end', checks: clean, mms: [[MM, 2]] })
    }
  })

  test('items in pages that are only partly there are read when they themselves are', () => {
    const memory = recipe({ a: { next: 'b' }, b: { next: 'c' }, c: {} })
    memory.hole(memory.pfn('b'), 0x200, PAGE)
    expect(walk(memory, memory.at('a'))).toMatchObject({ length: 3, end: 'end', checks: clean })
  })
})

describe('cycles', () => {
  test('a list that bends back to its second item ends as a cycle there', () => {
    const memory = recipe({
      a: { next: 'b', pprev: 'head' },
      b: { next: 'c', pprev: 'a' },
      c: { next: 'b', pprev: 'b' },
    })
    expect(walk(memory, memory.at('a'))).toEqual({
      length: 3,
      end: 'cycle',
      endAt: memory.at('b'),
      why: 0,
      checks: clean,
      checksums: { zero: 0, other: 0 },
      mms: [[MM, 3]],
    })
  })

  test.each([1, 2, 3, 4, 5, 8, 9, 31, 100])('%i items, the last bends back to each of them in turn', (count) => {
    for (let to = 0; to < count; to++) {
      const memory = chainOf(count, (i) => (i === count - 1 ? { next: `i${to}` } : {}))
      const found = walk(memory, memory.at('i0'))
      expect([to, found.end, found.length, found.endAt]).toEqual([to, 'cycle', count, memory.at(`i${to}`)])
      expect([to, found.checks, found.mms]).toEqual([to, clean, [[MM, count]]])
    }
  })

  test('bad items within a cycle are counted once', () => {
    const bad = { pprev: 0x1000n, flags: 0x200 }
    const memory = chainOf(9, (i) => (i === 8 ? { next: 'i2' } : i === 5 ? bad : i === 7 ? { head: null } : {}))
    expect(walk(memory, memory.at('i0'))).toMatchObject({
      length: 9,
      end: 'cycle',
      endAt: memory.at('i2'),
      checks: { pprevBad: 1, headBad: 1, flagBad: 0 },
    })
  })

  test('a cycle costs a few rounds, not many', () => {
    const memory = chainOf(1000, (i) => (i === 999 ? { next: 'i500' } : {}))
    const walker = new HlistWalk(memory, memory.map, ITEM, 0)
    expect(resultOf(drive(begin(walker, memory, memory.at('i0'))))).toMatchObject({ length: 1000, end: 'cycle' })
    expect(walker.steps).toBeGreaterThan(2000)
    expect(walker.steps).toBeLessThan(6 * 1000)
  })

  test('an item that proves nothing when it is met again is the bend of the cycle all the same', () => {
    // reached from a its pprev is right; reached from d its pprev, head and flag are all wrong
    const item = { head: null, flags: 0 }
    for (const more of [0, 1, 2, 3, 4, 5]) {
      const memory = chainOf(4 + more, (i) => (i === 3 + more ? { next: 'i1' } : i === 1 ? item : {}))
      expect(walk(memory, memory.at('i0'))).toMatchObject({
        length: 4 + more,
        end: 'cycle',
        endAt: memory.at('i1'),
        checks: { pprevBad: 0, headBad: 1, flagBad: 1 },
      })
    }
  })
})

describe('pointers that lead nowhere', () => {
  /** A list of two items whose second leads to `next`. */
  const leads = (next: bigint): ItemMemory => recipe({ a: { next: 'b' }, b: { next } })

  test.each([
    ['misaligned', 0x10n + 4n, WHY_MISALIGNED],
    ['odd', 1n, WHY_MISALIGNED],
  ])('%s', (_name, by, why) => {
    const memory = leads(direct(0x20_0000) + by)
    expect(walk(memory, memory.at('a'))).toMatchObject({
      length: 2,
      end: 'unreadable',
      endAt: direct(0x20_0000) + by,
      why,
    })
  })

  test.each([
    ['user memory', 0x7f00_0000_1000n],
    ["the kernel's image", 0xffffffff81000000n],
    ['the list poison', 0xdead000000000100n],
    ['a small number', 8n],
    ['the last address', 0xfffffffffffffff8n],
    ['one word before the direct map', direct(0) - 8n],
    ['the end of memory', direct(0x5000_0000)],
  ])('%s is outside the direct map', (_name, next) => {
    const memory = leads(next)
    expect(walk(memory, memory.at('a'))).toMatchObject({
      length: 2,
      end: 'unreadable',
      endAt: next,
      why: WHY_NOT_DIRECT,
    })
  })

  test('an address before the first item that could be is no item', () => {
    const memory = leads(direct(0x28))
    memory.page(0)
    expect(walk(memory, memory.at('a'))).toMatchObject({
      length: 2,
      end: 'unreadable',
      endAt: direct(0x28),
      why: WHY_NO_ITEM,
    })
  })

  test('a first pointer that leads nowhere: length 0', () => {
    expect(walk(recipe({}), 0x1234n)).toMatchObject({
      length: 0,
      end: 'unreadable',
      endAt: 0x1234n,
      why: WHY_NOT_DIRECT,
    })
  })

  test.each([
    ['excluded', -1],
    ['damaged', -2],
  ])('a page that is %s', (kind, why) => {
    const memory = recipe({ a: { next: 'b' }, b: { next: 'c', at: 0x20_0000 }, c: {} })
    if (kind === 'excluded') memory.exclude(0x200)
    else memory.damage(0x200)
    expect(walk(memory, memory.at('a'))).toMatchObject({ length: 1, end: 'unreadable', endAt: memory.at('b'), why })
  })

  test('an item whose own bytes are missing from a partial page', () => {
    for (const [from, to] of [
      [0x230, 0x231],
      [0x210, 0x218],
      [0x23f, 0x240],
      [0, PAGE],
    ] as const) {
      const memory = recipe({ a: { next: 'b' }, b: { next: 'c', at: 0x20_0200 }, c: {} })
      memory.hole(0x200, from, to)
      expect(walk(memory, memory.at('a'))).toMatchObject({
        length: 1,
        end: 'unreadable',
        endAt: memory.at('b'),
        why: -1,
      })
    }
  })

  test.each([
    ['first half excluded', 0x200, 'excluded', -1],
    ['second half excluded', 0x201, 'excluded', -1],
    ['first half damaged', 0x200, 'damaged', -2],
    ['second half damaged', 0x201, 'damaged', -2],
  ])('an item across two pages, %s', (_name, pfn, kind, why) => {
    const memory = recipe({ a: { next: 'b' }, b: { at: 0x20_0fe0 } })
    if (kind === 'excluded') memory.exclude(pfn)
    else memory.damage(pfn)
    expect(walk(memory, memory.at('a'))).toMatchObject({ length: 1, end: 'unreadable', endAt: memory.at('b'), why })
  })

  test('an hlist_node at the end of memory, its last word beyond it', () => {
    const memory = leads(direct(0x4fff_fff8))
    memory.page(0x4ffff)
    expect(walk(memory, memory.at('a'))).toMatchObject({
      length: 2,
      end: 'unreadable',
      endAt: direct(0x4fff_fff8),
      why: -3,
    })
  })
})

describe('checks', () => {
  test.each([
    ['pprev', { pprev: 0x1000n }, { pprevBad: 1, headBad: 0, flagBad: 0 }],
    ['pprev, its low half only', { pprev: direct(0x1000) }, { pprevBad: 1, headBad: 0, flagBad: 0 }],
    ['pprev, the item itself', { pprev: 'b' }, { pprevBad: 1, headBad: 0, flagBad: 0 }],
    ['head', { head: 0x1000n }, { pprevBad: 0, headBad: 1, flagBad: 0 }],
    ['head, null', { head: null }, { pprevBad: 0, headBad: 1, flagBad: 0 }],
    ['flag, none', { flags: 0 }, { pprevBad: 0, headBad: 0, flagBad: 1 }],
    ['flag, unstable', { flags: 0x107 }, { pprevBad: 0, headBad: 0, flagBad: 1 }],
    ['flag, stable and a seqnr', { flags: 0x201 }, { pprevBad: 0, headBad: 0, flagBad: 1 }],
    ['pprev and head', { pprev: null, head: null }, { pprevBad: 1, headBad: 1, flagBad: 0 }],
    ['pprev and flag', { pprev: null, flags: 0 }, { pprevBad: 1, headBad: 0, flagBad: 1 }],
    ['head and flag', { head: null, flags: 0 }, { pprevBad: 0, headBad: 1, flagBad: 1 }],
  ])('a wrong %s is counted, and the walk goes on', (_name, wrong, checks) => {
    const memory = recipe({ a: { next: 'b' }, b: { next: 'c', ...wrong }, c: {} })
    expect(walk(memory, memory.at('a'))).toMatchObject({ length: 3, end: 'end', checks })
  })

  test('halves count: a pprev or head that differs in the upper half only is wrong', () => {
    const memory = recipe({ a: { next: 'b' }, b: {} })
    const flip = 1n << 40n
    const torn = recipe({ a: { next: 'b' }, b: { pprev: memory.at('a') ^ flip, head: memory.node ^ flip } })
    expect(walk(torn, torn.at('a')).checks).toEqual({ pprevBad: 1, headBad: 1, flagBad: 0 })
  })

  test("the first item's pprev must be the word that points at it", () => {
    const memory = recipe({ a: { next: 'b', pprev: 'b' }, b: {} })
    expect(walk(memory, memory.at('a'))).toMatchObject({ length: 2, checks: { pprevBad: 1, headBad: 0, flagBad: 0 } })
  })

  test('wrong in pprev, head and flag at once: what stands there is no rmap_item', () => {
    const memory = recipe({ a: { next: 'b' }, b: { next: 'c', pprev: null, head: null, flags: 0 }, c: {} })
    expect(walk(memory, memory.at('a'))).toEqual({
      length: 1,
      end: 'unreadable',
      endAt: memory.at('b'),
      why: WHY_NO_ITEM,
      checks: clean,
      checksums: { zero: 0, other: 0 },
      mms: [[MM, 1]],
    })
  })
})

describe('limits and slices', () => {
  test('a limit stops the walk, and says where', () => {
    const memory = chainOf(10)
    expect(walk(memory, memory.at('i0'), { limit: 4 })).toMatchObject({
      length: 4,
      end: 'limit',
      endAt: memory.at('i4'),
      why: 0,
    })
    expect(walk(memory, memory.at('i0'), { limit: 0 })).toMatchObject({
      length: 0,
      end: 'limit',
      endAt: memory.at('i0'),
    })
  })

  test('a limit that is just enough is no limit', () => {
    const memory = chainOf(10)
    expect(walk(memory, memory.at('i0'), { limit: 10 })).toMatchObject({ length: 10, end: 'end' })
    expect(walk(recipe({}), 0n, { limit: 0 })).toMatchObject({ length: 0, end: 'end' })
  })

  test('a limit within a cycle: no item is counted twice', () => {
    for (let limit = 0; limit <= 40; limit++) {
      const memory = chainOf(10, (i) => (i === 9 ? { next: 'i4' } : {}))
      const found = walk(memory, memory.at('i0'), { limit })
      const wanted = limit < 10 ? [limit, 'limit', memory.at(`i${limit}`)] : [10, 'cycle', memory.at('i4')]
      expect([limit, found.length, found.end, found.endAt]).toEqual([limit, ...wanted])
    }
  })

  test.each([1, 2, 3, 5])('slices of %i items give the same as one run', (slice) => {
    const bent = chainOf(23, (i) => (i === 22 ? { next: 'i7' } : i === 3 ? { pprev: null, mm: 5n, checksum: 7 } : {}))
    const torn = chainOf(23, (i) => (i === 22 ? { pprev: null, head: null, flags: 0 } : { mm: BigInt(i >> 1) }))
    for (const memory of [chainOf(23), bent, torn]) {
      for (const limit of [5, 1000]) {
        const at = memory.at('i0')
        const once = walk(memory, at, { limit, zeroChecksum: 7 })
        expect(walk(memory, at, { limit, slice, zeroChecksum: 7 })).toEqual(once)
      }
    }
  })

  test('a slice walks so many items at most', () => {
    const memory = chainOf(10)
    const walker = begin(new HlistWalk(memory, memory.map, ITEM, 0), memory, memory.at('i0'))
    expect(walker.run(4)).toBe(false)
    expect([walker.length, walker.end, walker.steps]).toEqual([4, 0, 4])
    expect(walker.run(6)).toBe(false)
    expect(walker.run(1)).toBe(true)
    expect([walker.length, walker.steps]).toEqual([10, 10])
  })

  test('one object walks one list after the other: nothing is left of the first', () => {
    const bad = { pprev: null, head: null, mm: 9n, checksum: 3 }
    const memory = chainOf(5, (i) => (i === 4 ? { next: 'i1' } : i === 2 ? bad : {}))
    const walker = new HlistWalk(memory, memory.map, ITEM, 3)
    const first = resultOf(drive(begin(walker, memory, memory.at('i0'))))
    expect(first).toMatchObject({
      length: 5,
      end: 'cycle',
      checks: { pprevBad: 1, headBad: 1 },
      checksums: { zero: 1 },
    })
    expect(resultOf(drive(begin(walker, memory, 0n)))).toEqual(walk(memory, 0n))
    expect(resultOf(drive(begin(walker, memory, memory.at('i0'))))).toEqual(first)
  })

  test('a walk that is begun anew before it ended starts over', () => {
    const memory = chainOf(100, (i) => (i === 99 ? { next: 'i0' } : {}))
    const walker = begin(new HlistWalk(memory, memory.map, ITEM, 0), memory, memory.at('i0'))
    for (let i = 0; i < 40; i++) walker.run(7) // in the middle of measuring the cycle
    expect(resultOf(drive(begin(walker, memory, memory.at('i0')), 3))).toMatchObject({ length: 100, end: 'cycle' })
  })
})

describe('mms and checksums', () => {
  test('items by mm, whatever their order', () => {
    const mms = [1n, 1n, 0xffff888100000000n, 1n, 0xffff888000000000n, 0xffff888100000000n, 0n]
    const memory = chainOf(mms.length, (i) => ({ mm: mms[i]! }))
    expect(walk(memory, memory.at('i0')).mms).toEqual([
      [1n, 3],
      [0xffff888100000000n, 2],
      [0xffff888000000000n, 1],
      [0n, 1],
    ])
  })

  test('checksums: equal to zero_checksum, other, and 0, which says nothing', () => {
    const checksums = [0, 0xfffffff1, 5, 0, 0xfffffff1, 0xfffffff2]
    const memory = chainOf(checksums.length, (i) => ({ checksum: checksums[i]! }))
    const at = memory.at('i0')
    expect(walk(memory, at, { zeroChecksum: 0xfffffff1 }).checksums).toEqual({ zero: 2, other: 2 })
    expect(walk(memory, at, { zeroChecksum: 77 }).checksums).toEqual({ zero: 0, other: 4 })
  })

  test('an unknown zero_checksum or no oldchecksum: nothing is counted, so nothing can be inferred', () => {
    const memory = chainOf(3, () => ({ checksum: 5 }))
    const none = { zero: 0, other: 0 }
    expect(walk(memory, memory.at('i0'), { zeroChecksum: 0 }).checksums).toEqual(none)
    expect(
      walk(memory, memory.at('i0'), { zeroChecksum: 5, layout: { ...ITEM, oldchecksum: null } }).checksums,
    ).toEqual(none)
  })
})

describe('what the memory does', () => {
  test('looking where a torn list might lead asks for no page that the walk did not need', () => {
    const torn = { next: direct(0x30_0030), pprev: null, head: null, flags: 0, at: 0x20_0000 }
    const memory = recipe({ a: { next: 'b' }, b: { next: 'c' }, c: { next: 'd' }, d: torn })
    expect(walk(memory, memory.at('a'))).toMatchObject({ length: 3, why: WHY_NO_ITEM })
    expect(memory.needs()).toEqual({ needed: 3, excluded: 0, damaged: 0, beyond: 0 })
  })

  test('a page that can not be read any more while a cycle is measured: the walk ends', () => {
    for (let reads = 0; reads < 60; reads++) {
      const memory = chainOf(6, (i) => (i === 5 ? { next: 'i2' } : {}))
      const peek = memory.peek.bind(memory)
      let left = reads
      memory.peek = (at, into) => (left-- === 0 ? { bytes: 0, why: 'damaged', at: null, detail: null } : peek(at, into))
      const found = walk(memory, memory.at('i0'))
      expect(found.end).toBe('cycle')
      expect(found.length).toBeLessThanOrEqual(6)
    }
  })
})
