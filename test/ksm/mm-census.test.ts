import { describe, expect, test } from 'vitest'
import { finish } from '../../src/base/steps.ts'
import { ksmLayout } from '../../src/ksm/eras.ts'
import { countByMm, type MmCensus } from '../../src/ksm/mm-census.ts'
import { type KsmMemory, ksm } from '../support/ksm-memory.ts'
import { headsOf } from '../support/ksm-results.ts'
import { halves, PAGE } from '../support/memory.ts'
import { slowMmCensus } from '../support/slow-mm-census.ts'

const MOST = 5000

/** The census, which must agree with its slow twin. */
function count(memory: KsmMemory, most = MOST): MmCensus {
  const kernel = memory.kernel()
  const layout = ksmLayout(kernel, 'dump')
  const census = finish(countByMm(kernel, layout, 'dump', null, most, { aborted: false }))!
  const { heads, problems, ...counts } = census
  expect({ ...counts, heads: headsOf(heads) }).toEqual(slowMmCensus(kernel, layout, most))
  expect(problems.length > 0).toBe(!counts.complete)
  return census
}

const recipe = {
  trees: [
    [
      { name: 'a', items: 4 },
      {
        name: 'c',
        dups: [
          { name: 'd', items: 3 },
          { name: 'e', items: [{ mm: 'x' }] },
        ],
      },
    ],
  ],
  others: [{ mm: 'mm0' }, { mm: 'mm0', flags: 0 }, { mm: 'y' }],
}

describe('rmap_lists that are whole', () => {
  test.each(['6.1', '7.2', '5.10'] as const)('stable items by head, unstable ones, all: era of %s', (era) => {
    const memory = ksm({ ...recipe, era })
    const census = count(memory)
    expect(census).toMatchObject({ slots: 4, items: 11, stable: 8, unstable: 2, complete: true, problems: [] })
    expect(['a', 'c', 'd', 'e'].map((name) => census.heads.get(...halves(memory.at(name))))).toEqual([4, 0, 3, 1])
  })

  test('no process at all', () => {
    expect(count(ksm())).toMatchObject({ slots: 0, items: 0, complete: true, problems: [] })
  })

  test('a kernel without the symbol ksm_mm_head: no census', () => {
    const kernel = ksm({ without: ['ksm_mm_head'] }).kernel()
    expect(finish(countByMm(kernel, ksmLayout(kernel, 'dump'), 'dump', null, MOST, { aborted: false }))).toBeNull()
  })
})

describe('rmap_lists that are not', () => {
  const broken = (memory: KsmMemory): [string, string, string] => {
    const { code, message, at } = count(memory).problems[0]!
    return [code, message, at!]
  }
  const hex = (at: bigint): string => `0x${at.toString(16)}`

  test('a cycle', () => {
    const memory = ksm(recipe)
    const items = memory.itemsOf('mm0')
    memory.set(items.at(-1)!, items[1]!)
    expect(broken(memory)).toEqual([
      'list-damaged',
      `The rmap_list of mm ${hex(memory.mm('mm0'))} breaks off: addresses do not ascend (a cycle or a damaged item).`,
      hex(items[1]!),
    ])
  })

  test('items out of order', () => {
    const memory = ksm(recipe)
    const items = memory.itemsOf('mm0')
    memory.poke(items[2]!, 'rmap_item', 'address', 0x1000n)
    expect(broken(memory)[2]).toBe(hex(items[2]!))
  })

  test('the other lists are counted all the same', () => {
    const memory = ksm(recipe)
    memory.set(memory.slot('mm0') + 40n, 0x1004n)
    expect(count(memory)).toMatchObject({ slots: 4, items: 5, complete: false })
    expect(broken(memory)).toEqual([
      'list-damaged',
      `The rmap_list of mm ${hex(memory.mm('mm0'))} breaks off: a misaligned pointer.`,
      '0x1004',
    ])
  })

  test('an item in a page that is not there', () => {
    const memory = ksm(recipe)
    const far = memory.seek(0x1000_0000 - PAGE).object(64)
    memory.set(memory.slot('mm1') + 40n, far).exclude(far)
    expect(broken(memory)).toEqual([
      'pages-absent',
      `The rmap_list of mm ${hex(memory.mm('mm1'))} breaks off: its page is not in the dump (excluded).`,
      hex(far),
    ])
  })

  test('items of another mm', () => {
    const memory = ksm(recipe)
    memory.poke(memory.itemsOf('mm1')[0]!, 'rmap_item', 'mm', memory.mm('y'))
    memory.poke(memory.itemsOf('mm0')[2]!, 'rmap_item', 'mm', 0n)
    expect(broken(memory)).toEqual([
      'list-damaged',
      '2 rmap_items stand in the list of another mm than they name.',
      hex(memory.mmHead),
    ])
    expect(count(memory)).toMatchObject({ items: 11, stable: 8, complete: false })
  })

  test('more items than the dump can hold', () => {
    const memory = ksm(recipe)
    const census = count(memory, 8)
    expect(census).toMatchObject({ items: 8, complete: false })
    expect(census.problems[0]!.message).toContain('it is longer than the dump can hold')
  })
})

describe('a list of mm_slots that is not whole', () => {
  test.each([
    [
      'its head in a page that is not there',
      'pages-absent',
      'ksm_mm_head is not in the dump.',
      0,
      (memory: KsmMemory): void => {
        const far = memory.seek(0x1000_0000 - PAGE).object(64)
        memory.symbols.set('ksm_mm_head', [far])
        memory.exclude(far)
      },
    ],
    [
      'it leads to a slot again',
      'damaged-structure',
      'breaks off: it leads to a slot that was there before.',
      4,
      (memory: KsmMemory): void => {
        memory.set(memory.slot('y') + 16n, memory.slot('mm1') + 16n)
      },
    ],
    [
      'a back link is wrong',
      'damaged-structure',
      'breaks off: its back link is wrong.',
      1,
      (memory: KsmMemory): void => {
        memory.set(memory.slot('mm1') + 24n, memory.mmHead + 16n)
      },
    ],
    [
      'a slot in a page that is not there',
      'pages-absent',
      'breaks off: its page is not in the dump (excluded).',
      1,
      (memory: KsmMemory): void => {
        const far = memory.seek(0x1000_0000 - PAGE).object(64)
        memory.set(memory.slot('mm0') + 16n, far + 16n)
        memory.exclude(far)
      },
    ],
    [
      'a null pointer',
      'pages-absent',
      'breaks off: a pointer outside the direct map of memory.',
      2,
      (memory: KsmMemory): void => {
        memory.set(memory.slot('mm1') + 16n, 0n)
      },
    ],
    [
      'a misaligned pointer',
      'pages-absent',
      'breaks off: a misaligned pointer.',
      2,
      (memory: KsmMemory): void => {
        memory.set(memory.slot('mm1') + 16n, memory.slot('y') + 17n)
      },
    ],
  ] as const)('%s', (_name, code, message, slots, damage) => {
    const memory = ksm(recipe)
    damage(memory)
    const census = count(memory)
    expect(census).toMatchObject({ slots, complete: false })
    expect(census.problems).toHaveLength(1)
    expect(census.problems[0]!.code).toBe(code)
    expect(census.problems[0]!.message).toContain(message)
  })

  test('Ctrl-C: not complete', () => {
    const kernel = ksm(recipe).kernel()
    const census = finish(countByMm(kernel, ksmLayout(kernel, 'dump'), 'dump', null, MOST, { aborted: true }))
    expect(census).toMatchObject({ slots: 0, items: 0, complete: false, problems: [] })
  })
})
