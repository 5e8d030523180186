import { describe, expect, test } from 'vitest'
import { AddressSweep } from '../../src/ksm/address-sweep.hot.ts'
import { chainOf, type ItemMemory, recipe } from '../support/hlist-recipe.ts'
import { direct, halves, PAGE, whole } from '../support/memory.ts'

/** All addresses from `first` on, in batches. */
function sweep(memory: ItemMemory, first: bigint, batch: number, most: number): bigint[] {
  const sweeper = new AddressSweep(memory, memory.map, batch)
  const found: bigint[] = []
  sweeper.start(...halves(first))
  while (found.length < most) {
    const count = sweeper.run(most - found.length)
    for (let i = 0; i < count; i++) found.push(whole(sweeper.lo[i]!, sweeper.hi[i]!))
    if (count === 0) break
  }
  return found
}

describe.each([1, 2, 7, 100])('in batches of %i', (batch) => {
  test('every address of a list, in order', () => {
    const memory = chainOf(70)
    const wanted = Array.from({ length: 70 }, (_, i) => memory.at(`i${i}`))
    expect(sweep(memory, memory.at('i0'), batch, 1000)).toEqual(wanted)
    expect(sweep(memory, memory.at('i30'), batch, 1000)).toEqual(wanted.slice(30))
  })

  test('a cycle: as many as it is asked for', () => {
    const memory = chainOf(4, (i) => (i === 3 ? { next: 'i1' } : {}))
    const wanted = ['i0', 'i1', 'i2', 'i3', 'i1', 'i2'].map((name) => memory.at(name))
    expect(sweep(memory, memory.at('i0'), batch, 6)).toEqual(wanted)
  })

  test.each([
    ['misaligned', direct(0x20_0004)],
    ['outside the direct map', 0x7f0000001000n],
    ['in a page that is not there', direct(0x20_0000)],
  ])('a pointer that is %s is the last address', (_name, next) => {
    const memory = recipe({ a: { next: 'b' }, b: { next } })
    // a word that a misaligned read would take for a pointer
    if (next % 8n !== 0n) memory.page(0x200).fill(0x11)
    expect(sweep(memory, memory.at('a'), batch, 1000)).toEqual([memory.at('a'), memory.at('b'), next])
  })

  test('partial pages are read where they have the word', () => {
    const memory = recipe({ a: { next: 'b' }, b: { next: 'c', at: 0x20_0000 }, c: { at: 0x20_0100 } })
    memory.hole(0x200, 0x38, PAGE)
    expect(sweep(memory, memory.at('a'), batch, 1000)).toEqual(['a', 'b', 'c'].map((name) => memory.at(name)))
    memory.hole(0x200, 0x34, PAGE)
    expect(sweep(memory, memory.at('a'), batch, 1000)).toEqual(['a', 'b'].map((name) => memory.at(name)))
  })
})

test('nothing at all', () => {
  expect(sweep(recipe({}), 0n, 8, 10)).toEqual([])
})
