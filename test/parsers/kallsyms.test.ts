import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type AddressForm,
  indexNames,
  type KallsymsNames,
  MAX_SYMBOLS,
  type NameTables,
  symbolAddress,
} from '../../src/parsers/kallsyms.ts'
import { writeKallsyms } from '../support/kallsyms-writer.ts'

function tables(names: readonly string[], twoByteLengths = true): NameTables {
  const recipe = { form: 'base-relative', base: 0n, offsetsAt: 0n, twoByteLengths } as const
  return {
    ...writeKallsyms(
      names.map((name) => ({ name, address: 0n })),
      recipe,
    ),
    twoByteLengths,
  }
}

function index(names: readonly string[], twoByteLengths = true): KallsymsNames {
  const found = indexNames(tables(names, twoByteLengths))
  if (typeof found === 'string') throw new Error(found)
  return found
}

/** A name that takes so many tokens, its type letter included. */
const tokens = (count: number): string => 'Zq'.repeat(count).slice(0, count - 1)

const NAMES = [
  '_stext',
  'ksm_stable_node_chains',
  'root_stable_tree',
  'mm_slots_hash',
  'page_offset_base',
  'mm_slots_hash',
  '__ksm_exit',
  'a',
]

describe('names', () => {
  test.each([true, false])(
    'are expanded out of tokens, the type letter left out (two-byte lengths: %s)',
    (twoByteLengths) => {
      const found = index(NAMES, twoByteLengths)
      expect(found.count).toBe(8)
      expect(NAMES.map((_, i) => found.name(i))).toEqual(NAMES)
      expect(found.bytes).toBe(tables(NAMES, twoByteLengths).names.length)
    },
  )

  test('are found by name; static ones repeat', () => {
    const found = index(NAMES)
    expect(found.find('root_stable_tree')).toEqual([2])
    expect(found.find('mm_slots_hash')).toEqual([3, 5])
    expect(found.find('a')).toEqual([7])
    expect(found.find('root_stable_tre')).toEqual([])
    expect(found.find('Troot_stable_tree')).toEqual([])
    expect(found.find('')).toEqual([])
  })

  test('names of the same hash are told apart', () => {
    const found = index(['costarring', 'liquid', 'declinate', 'macallums', 'liquid'])
    expect(found.find('liquid')).toEqual([1, 4])
    expect(found.find('costarring')).toEqual([0])
    expect(found.find('macallums')).toEqual([3])
  })

  test.each([126, 127, 128, 129, 255])('one-byte lengths: a name of %i tokens', (count) => {
    const names = ['before', tokens(count), 'after']
    expect(index(names, false).find(tokens(count))).toEqual([1])
    expect(index(names, false).find('after')).toEqual([2])
  })

  test.each([126, 127, 128, 129, 255, 256, 511])('two-byte lengths: a name of %i tokens', (count) => {
    const names = ['before', tokens(count), 'after']
    expect(index(names).find(tokens(count))).toEqual([1])
    expect(index(names).name(2)).toBe('after')
  })

  test('the wrong reading of lengths does not find what stands behind', () => {
    const wrong = indexNames({ ...tables(['before', tokens(200), 'after'], false), twoByteLengths: true })
    expect(typeof wrong === 'string' ? [] : wrong.find('after')).toEqual([])
  })

  test('as a list of strings would (property)', () => {
    const name = fc.stringMatching(/^[a-z_.]{1,12}$/)
    fc.assert(
      fc.property(
        fc.array(fc.oneof(name, fc.constantFrom(...NAMES)), { minLength: 1, maxLength: 80 }),
        fc.boolean(),
        (names, two) => {
          const found = index(names, two)
          expect(names.map((_, i) => found.name(i))).toEqual(names)
          for (const each of new Set([...names, 'nobody'])) {
            expect(found.find(each)).toEqual(names.flatMap((other, i) => (other === each ? [i] : [])))
          }
        },
      ),
    )
  })
})

describe('tables that do not fit', () => {
  const whole = tables(NAMES)

  test('a stream that ends too early is short, wherever it is cut', () => {
    for (let length = 0; length < whole.names.length; length++) {
      expect(indexNames({ ...whole, names: whole.names.subarray(0, length) })).toBe('short')
    }
    const long = tables([tokens(200)])
    for (let length = 0; length < long.names.length; length++) {
      expect(indexNames({ ...long, names: long.names.subarray(0, length) })).toBe('short')
    }
  })

  test('bytes behind the last name are not read', () => {
    const found = indexNames({ ...whole, names: Uint8Array.from([...whole.names, 0, 0, 5]) })
    expect(found).toMatchObject({ count: 8, bytes: whole.names.length })
  })

  test('a name without tokens', () => {
    expect(indexNames({ ...whole, names: Uint8Array.of(0, ...whole.names) })).toBe('damaged')
  })

  test.each([0, -1, MAX_SYMBOLS + 1, Number.NaN])('%d symbols', (count) => {
    expect(indexNames({ ...whole, count })).toBe('damaged')
  })

  test('a token index that is too short, or points outside of the table', () => {
    expect(indexNames({ ...whole, tokenIndex: whole.tokenIndex.subarray(0, 511) })).toBe('damaged')
    const wild = Uint8Array.from(whole.tokenIndex)
    wild.set([0xff, 0xff], 2 * 0x80)
    expect(indexNames({ ...whole, tokenIndex: wild })).toBe('damaged')
  })

  test('a token without an end, and one that is too long', () => {
    expect(indexNames({ ...whole, tokenTable: whole.tokenTable.subarray(0, -1) })).toBe('damaged')
    const endless = new Uint8Array(whole.tokenTable.length).fill(0x61)
    endless[endless.length - 1] = 0
    expect(indexNames({ ...whole, tokenTable: endless })).toBe('damaged')
  })

  test('any bytes give an answer (property)', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.oneof(fc.constant(whole.tokenTable), fc.uint8Array({ maxLength: 600 })),
        fc.oneof(fc.constant(whole.tokenIndex), fc.uint8Array({ minLength: 500, maxLength: 520 })),
        fc.oneof(fc.nat(60), fc.constantFrom(1e6, 2 ** 32 - 1)),
        fc.boolean(),
        (names, tokenTable, tokenIndex, count, twoByteLengths) => {
          const found = indexNames({ names, tokenTable, tokenIndex, count, twoByteLengths })
          if (typeof found === 'string') return void expect(['short', 'damaged']).toContain(found)
          expect(found.bytes).toBeLessThanOrEqual(names.length)
          for (let i = 0; i < found.count; i++) {
            const name = found.name(i)
            if (name.length < 1000) expect(found.find(name)).toContain(i)
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  test('changed bytes of whole tables give an answer (property)', () => {
    const change = fc.array(fc.tuple(fc.constantFrom('names', 'tokenTable', 'tokenIndex'), fc.nat(), fc.nat(255)), {
      minLength: 1,
      maxLength: 6,
    })
    fc.assert(
      fc.property(change, (changes) => {
        const damaged = structuredClone({ ...whole, tokenTable: whole.tokenTable, tokenIndex: whole.tokenIndex })
        for (const [part, at, byte] of changes) {
          const bytes = damaged[part as 'names']
          bytes[at % bytes.length] = byte
        }
        const found = indexNames(damaged)
        if (typeof found !== 'string')
          for (let i = 0; i < found.count; i++) expect(found.name(i).length).toBeLessThan(2000)
      }),
      { numRuns: 500 },
    )
  })
})

describe('addresses', () => {
  const base = 0xffffffff81000000n
  const place = 0xffffffff82000010n

  test.each([
    ['base-relative', 0, base],
    ['base-relative', 0x1234, base + 0x1234n],
    ['base-relative', 0xffffffff, base + 0xffffffffn],
    ['absolute-percpu', 0x1c0, 0x1c0n],
    ['absolute-percpu', 0x7fffffff, 0x7fffffffn],
    ['absolute-percpu', 0xffffffff, base],
    ['absolute-percpu', 0xfffffffe, base + 1n],
    ['absolute-percpu', 0x80000000, base + 0x7fffffffn],
    ['place-relative', 0, place],
    ['place-relative', 0x10, place + 0x10n],
    ['place-relative', 0xfffffff0, place - 0x10n],
  ] as const)('%s, entry %i', (form, entry, address) => {
    expect(symbolAddress(form, entry, place, base)).toBe(BigInt.asUintN(64, address))
  })

  test('are what was written, in every form (property)', () => {
    const form = fc.constantFrom<AddressForm[]>('base-relative', 'absolute-percpu', 'place-relative')
    fc.assert(
      fc.property(form, fc.array(fc.nat(0x3fffffff)), (each, distances) => {
        const recipe = { form: each, base, offsetsAt: place, twoByteLengths: true }
        const addresses = distances.map((distance) => base + BigInt(distance))
        const { offsets } = writeKallsyms(
          addresses.map((address) => ({ name: 'a', address })),
          recipe,
        )
        const view = new DataView(offsets.buffer)
        expect(
          addresses.map((_, i) => symbolAddress(each, view.getUint32(4 * i, true), place + BigInt(4 * i), base)),
        ).toEqual(addresses)
      }),
    )
  })
})
