import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeOrc,
  ORC_ENTRY_BYTES,
  ORC_VERSIONS,
  type OrcEntry,
  type OrcRegister,
  orcVersion,
} from '../../src/parsers/orc.ts'
import {
  headerBytes,
  ORC_HEADERS,
  ORC_NUMBERS,
  orcBytes,
  type OrcRecipe,
  type OrcVersionId,
} from '../support/orc-writer.ts'

const IDS = [1, 2, 3, 4] as const
const version = (id: OrcVersionId) => ORC_VERSIONS.find((each) => each.id === id)!
const decode = (id: OrcVersionId, recipe: OrcRecipe): OrcEntry | null => decodeOrc(version(id), orcBytes(id, recipe))

/** An entry by its flag word, with an offset of 8 for the stack pointer. */
const word = (id: OrcVersionId, flags: number): OrcEntry | null =>
  decodeOrc(version(id), Uint8Array.of(8, 0, 0, 0, flags & 0xff, flags >>> 8))

describe('the version', () => {
  test.each([2, 3, 4] as const)('%i is told by the header', (id) => {
    expect(orcVersion(headerBytes(ORC_HEADERS[id]))?.id).toBe(id)
  })

  test('1 has no header', () => {
    expect(orcVersion(null)?.id).toBe(1)
  })

  test('of a header that nobody knows is none', () => {
    const almost = headerBytes(ORC_HEADERS[3])
    almost[19]! ^= 1
    for (const header of [almost, new Uint8Array(20), new Uint8Array(0), headerBytes(ORC_HEADERS[3]).subarray(1)])
      expect(orcVersion(header)).toBeNull()
  })
})

describe.each(IDS)('version %i', (id) => {
  const registers = Object.keys(ORC_NUMBERS[id]) as OrcRegister[]

  test('knows every register, of the stack pointer and of rbp', () => {
    for (const register of registers) {
      if (register !== 'undefined')
        expect(decode(id, { sp: [register, 8] })).toMatchObject({ type: 'call', spReg: register, bpReg: 'undefined' })
      expect(decode(id, { sp: ['sp', 8], bp: [register, -16] })).toMatchObject({ spReg: 'sp', bpReg: register })
    }
  })

  test('has signed offsets, that of the stack pointer first', () => {
    for (const [sp, bp] of [
      [32_767, -32_768],
      [-32_768, 32_767],
      [8, -16],
      [-1, 1],
    ] as const) {
      const entry = decode(id, { sp: ['sp', sp], bp: ['prev-sp', bp] })
      expect(entry).toMatchObject({ type: 'call', spReg: 'sp', spOffset: sp, bpReg: 'prev-sp', bpOffset: bp })
    }
  })

  test('knows every type, with and without the signal bit', () => {
    for (const type of ['call', 'regs', 'regs-partial'] as const) {
      for (const signal of [false, true]) expect(decode(id, { type, sp: ['sp', 8], signal })?.type).toBe(type)
    }
    expect(decode(id, { type: 'end' })?.type).toBe('end')
    expect(decode(id, { type: 'undefined' })?.type).toBe('undefined')
  })

  test('a register that it does not have makes the entry none', () => {
    const numbers: number[] = Object.values(ORC_NUMBERS[id])
    const call = orcBytes(id, { sp: ['sp', 8] })
    for (let unknown = 0; unknown < 16; unknown++) {
      if (numbers.includes(unknown)) continue
      for (const shift of [0, 4]) {
        const bytes = Uint8Array.from(call)
        bytes[4] = (bytes[4]! & ~(15 << shift)) | (unknown << shift)
        expect(decodeOrc(version(id), bytes)).toBeNull()
      }
    }
  })

  test('is read from the middle of a table', () => {
    const entry = orcBytes(id, { sp: ['bp', 16], bp: ['prev-sp', -16] })
    const table = Uint8Array.from([...new Uint8Array(7).fill(0xff), ...entry, 0xff])
    const view = table.subarray(7, 7 + ORC_ENTRY_BYTES)
    expect(decodeOrc(version(id), view)).toEqual(decodeOrc(version(id), entry))
  })

  test('any bytes give an entry of its own registers, or none (property)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: ORC_ENTRY_BYTES, maxLength: ORC_ENTRY_BYTES }), (bytes) => {
        const entry = decodeOrc(version(id), bytes)
        const name = (number: number): OrcRegister | undefined =>
          registers.find((register) => ORC_NUMBERS[id][register] === number)
        const [sp, bp] = [name(bytes[4]! & 15), name(bytes[4]! >>> 4)]
        const known = id >= 3 ? (bytes[5]! & 7) <= 4 : (bytes[5]! & 3) !== 3
        if (entry === null) {
          expect(sp === undefined || bp === undefined || !known).toBe(true)
          return
        }
        const signed = (at: number): number => ((bytes[at]! | (bytes[at + 1]! << 8)) << 16) >> 16
        const read = { spReg: sp, spOffset: signed(0), bpReg: bp, bpOffset: signed(2) }
        expect(entry).toMatchObject(read)
        // written again, it says the same
        const { type, spOffset, bpOffset } = entry
        const again = decode(id, { type, sp: [sp!, spOffset], bp: [bp!, bpOffset] })
        expect(again).toMatchObject({ type, ...read })
      }),
      { numRuns: 500 },
    )
  })
})

describe('the flag word', () => {
  const SP = { 1: 5, 2: 5, 3: 5, 4: 3 } as const

  test('of versions 1 and 2: type in bits 8 and 9; the end is bit 10, and bit 11 since there is a signal bit', () => {
    for (const id of [1, 2] as const) {
      const types = [0, 1, 2, 3].map((bits) => word(id, SP[id] | (bits << 8))?.type)
      expect(types).toEqual(['call', 'regs', 'regs-partial', undefined])
    }
    expect(word(1, 1 << 10)?.type).toBe('end')
    expect(word(2, 1 << 11)?.type).toBe('end')
    expect(word(2, SP[2] | (1 << 10))?.type).toBe('call')
    expect(word(1, 0)?.type).toBe('undefined')
    expect(word(2, 0)?.type).toBe('undefined')
  })

  test('of versions 3 and 4: type in bits 8 to 10, whatever the registers', () => {
    for (const id of [3, 4] as const) {
      for (const register of [0, SP[id]]) {
        const types = [0, 1, 2, 3, 4, 5, 6, 7].map((bits) => word(id, register | (bits << 8))?.type)
        expect(types.slice(0, 5)).toEqual(['undefined', 'end', 'call', 'regs', 'regs-partial'])
        expect(types.slice(5)).toEqual([undefined, undefined, undefined])
      }
    }
  })

  test('number 3 of the registers is DI up to version 3 and SP in version 4', () => {
    expect([word(3, 0x203)?.spReg, word(4, 0x203)?.spReg]).toEqual(['di', 'sp'])
  })
})
