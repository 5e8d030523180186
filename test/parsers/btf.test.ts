import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Btf, BtfError, parseBtf } from '../../src/parsers/btf.ts'
import { type BtfRecipe, BtfWriter, KNOWN_LAYOUT, type MemberRecipe } from '../support/btf-writer.ts'

/** Writes types and reads them. */
function btf(write: (writer: BtfWriter) => void, recipe: BtfRecipe = {}): Btf {
  const writer = new BtfWriter()
  write(writer)
  return parseBtf(writer.bytes(recipe))
}

/** The error that a blob ends with. */
function refused(blob: Uint8Array): [at: number, message: string] {
  try {
    parseBtf(blob)
  } catch (error) {
    if (error instanceof BtfError) return [error.at, error.message]
    throw error
  }
  throw new Error('it is BTF')
}

/** Where a member of struct s lies, and its bits. */
function bitsOf(types: Btf, name: string): object {
  const found = types.member(types.structs('s')[0]!, name)!
  return { offset: found.offset, bits: found.bits }
}

/** Offset of a member of the only struct of a name. */
function offset(types: Btf, struct: string, path: string): number | null {
  const ids = types.structs(struct)
  expect(ids).toHaveLength(1)
  return types.member(ids[0]!, path)?.offset ?? null
}

const kinds = (writer: BtfWriter): void => {
  const long = writer.int('unsigned long', 8)
  writer.others(long)
  const list = writer.struct('list_head', 16, [
    { name: 'next', type: writer.ptr(writer.fwd('list_head')), bit: 0 },
    { name: 'prev', type: long, bit: 64 },
  ])
  writer.struct('ksm_mm_slot', 48, [
    { name: 'slot', type: writer.typedef('mm_slot_t', list), bit: 0 },
    { name: 'rmap_list', type: long, bit: 320 },
  ])
  writer.enum('pageflags', { PG_locked: 0, PG_lru: 5 })
}

describe('blobs', () => {
  test.each([
    ['a header of 24 bytes', {}],
    ['a header of 32 bytes without a layout section', { header: 32 }],
    ['a header of 32 bytes with one', { header: 32, layout: KNOWN_LAYOUT }],
    ['gaps between the sections', { gap: 20 }],
  ] as const)('%s', (_name, recipe) => {
    const types = btf(kinds, recipe)
    expect(types.structs('list_head')).toEqual([12])
    expect(offset(types, 'ksm_mm_slot', 'rmap_list')).toBe(40)
    expect(offset(types, 'ksm_mm_slot', 'slot.prev')).toBe(8)
    expect(types.enumerator('PG_lru')).toBe(5)
    expect(types.count).toBe(16)
  })

  test('an unknown kind is stepped over where a layout section says how', () => {
    const layout = [...KNOWN_LAYOUT, [8, 4]] as const
    const write = (writer: BtfWriter): void => {
      writer.type(20, 'novelty', 0, [1, 2, 3, 4, 5], 3)
      kinds(writer)
    }
    const types = btf(write, { header: 32, layout })
    expect(types.structs('list_head')).toEqual([13])
    expect(types.structs('novelty')).toEqual([])
    expect(offset(types, 'ksm_mm_slot', 'rmap_list')).toBe(40)
    const writer = new BtfWriter()
    write(writer)
    for (const recipe of [{}, { header: 32 }, { header: 32, layout: KNOWN_LAYOUT }] as const) {
      expect(refused(writer.bytes(recipe))[1]).toBe('type 1 has an unknown kind 20')
    }
  })

  test('bits 24 to 30 are the kind, 0 to 23 the number of members', () => {
    const layout = [...KNOWN_LAYOUT]
    for (let kind = layout.length; kind < 127; kind++) layout.push([0, 0])
    layout.push([4, 0])
    const types = btf((writer) => writer.type(127, '', 0, [7]), { header: 32, layout })
    expect(types.count).toBe(2)
    const many = Array.from({ length: 70_000 }, (_, i) => ({ name: i < 69_999 ? '' : 'last', type: 1, bit: 8 * i }))
    const large = btf((writer) => {
      writer.int('char', 1)
      writer.struct('large', 70_000, many)
    })
    expect(offset(large, 'large', 'last')).toBe(69_999)
  })

  const whole = (): Uint8Array<ArrayBuffer> => {
    const writer = new BtfWriter()
    kinds(writer)
    return writer.bytes()
  }
  /** A whole blob with one word changed. */
  const changed = (at: number, value: number): Uint8Array => {
    const blob = whole()
    new DataView(blob.buffer).setUint32(at, value, true)
    return blob
  }

  test('what is no BTF', () => {
    expect(refused(new Uint8Array(0))).toEqual([0, 'no BTF magic'])
    expect(refused(new Uint8Array(100))).toEqual([0, 'no BTF magic'])
    expect(refused(whole().subarray(0, 23))).toEqual([0, 'no BTF magic'])
    expect(refused(changed(0, 0x9feb))).toEqual([0, 'no BTF magic'])
  })

  test.each([0, 23, 4097, 0xffffffff])('a header length of %i', (length) => {
    expect(refused(changed(4, length))).toEqual([4, `header length ${length}`])
  })

  test('sections that reach outside', () => {
    const wrong = [8, 'sections reach outside the blob']
    for (const at of [8, 12, 16, 20]) expect(refused(changed(at, 0xffffffff))).toEqual(wrong)
    expect(refused(whole().subarray(0, -1))).toEqual(wrong)
  })

  test('types that are cut off, or have names outside of the strings', () => {
    const length = new DataView(whole().buffer).getUint32(12, true)
    expect(refused(changed(12, length - 1))).toEqual([24 + length, 'the last type reaches outside its section'])
    expect(refused(changed(12, length - 8))[1]).toBe('the last type reaches outside its section')
    expect(refused(changed(12, 20))).toEqual([40, 'a type is cut off'])
    expect(refused(changed(24, 0x10000))).toEqual([24, 'type 1 has a name outside the strings'])
    expect(refused(changed(28, 0x1f000000))).toEqual([24, 'type 1 has an unknown kind 31'])
    expect(refused(changed(28, 0))).toEqual([24, 'type 1 has an unknown kind 0'])
  })

  test('a layout section that reaches outside is not used', () => {
    const writer = new BtfWriter()
    kinds(writer)
    const blob = writer.bytes({ header: 32, layout: KNOWN_LAYOUT })
    new DataView(blob.buffer).setUint32(28, 0xffff0000, true)
    expect(offset(parseBtf(blob), 'ksm_mm_slot', 'rmap_list')).toBe(40)
  })
})

describe('structs by name', () => {
  test('two of one name, told apart by a member; forward declarations are left out', () => {
    const types = btf((writer) => {
      const long = writer.int('long', 8)
      writer.fwd('mm_slot')
      writer.struct('mm_slot', 32, [{ name: 'mm', type: long, bit: 64 }])
      writer.typedef('mm_slot', 3)
      writer.union('mm_slot', 48, [{ name: 'rmap_list', type: long, bit: 320 }])
    })
    const ids = types.structs('mm_slot')
    expect(ids).toEqual([3, 5])
    expect(ids.map((id) => types.member(id, 'rmap_list')?.offset ?? null)).toEqual([null, 40])
    expect(ids.map((id) => types.size(id))).toEqual([32, 48])
  })

  test('a name is the whole name', () => {
    const types = btf((writer) => {
      const long = writer.int('page_frag', 8)
      writer.struct('page', 64, [{ name: 'flags', type: long, bit: 0 }])
      writer.struct('subpage', 8, [])
    })
    expect(types.structs('page')).toEqual([2])
    for (const name of ['pag', 'age', 'page_', 'page_frag', '', 'x'.repeat(300)])
      expect(types.structs(name)).toEqual([])
    expect(types.member(2, 'flag')).toBeNull()
    expect(types.member(2, 'flagsx')).toBeNull()
    expect(types.member(2, '')).toBeNull()
  })

  test('names of the same hash are told apart', () => {
    const types = btf((writer) => {
      for (const name of ['AaAa', 'BBBB', 'AaBB']) writer.struct(name, 1, [])
    })
    expect(['AaAa', 'BBBB', 'AaBB', 'BBAa'].map((name) => types.structs(name))).toEqual([[1], [2], [3], []])
  })

  test('long names that begin alike are not mixed up', () => {
    const long = 'y'.repeat(140)
    const types = btf((writer) => {
      writer.struct(`${long}a`, 1, [])
      writer.struct(`${long}b`, 2, [])
    })
    expect(types.structs(`${long}a`)).toEqual([1])
    expect(types.structs(`${long}b`)).toEqual([2])
    expect(types.structs(long)).toEqual([])
  })

  test('strings that are the end of others (one string table for both)', () => {
    // no writer merges tails, but the format allows it: "tail" may begin within "retail"
    const writer = new BtfWriter()
    const at = writer.text('retail')
    writer.type(4, 'placeholder', 8)
    const blob = writer.bytes()
    new DataView(blob.buffer).setUint32(24, at + 2, true)
    expect(parseBtf(blob).structs('tail')).toEqual([1])
  })
})

describe('sizes', () => {
  test('of every kind, through modifiers', () => {
    let ids: Record<string, number> = {}
    const types = btf((writer) => {
      const int = writer.int('int', 4)
      const struct = writer.struct('s', 24, [])
      const array = writer.array(struct, 3)
      ids = {
        int,
        struct,
        array,
        nested: writer.array(array, 5),
        pointer: writer.ptr(struct),
        modified: writer.const(writer.volatile(writer.typedef('t', writer.typeTag('user', array)))),
        enum: writer.enum('e', { a: 1 }),
        enum64: writer.enum64('f', { b: 1n }),
        fwd: writer.fwd('g'),
        proto: writer.type(13, '', int),
        huge: writer.array(array, 0xffffffff),
      }
    })
    const sizes = Object.fromEntries(Object.entries(ids).map(([name, id]) => [name, types.size(id)]))
    expect(sizes).toEqual({
      int: 4,
      struct: 24,
      array: 72,
      nested: 360,
      pointer: 8,
      modified: 72,
      enum: 4,
      enum64: 8,
      fwd: null,
      proto: null,
      huge: null,
    })
    expect([types.size(0), types.size(999), types.size(-1)]).toEqual([null, null, null])
  })

  test('a circle of modifiers, or of arrays, has none', () => {
    const types = btf((writer) => {
      writer.typedef('a', 2)
      writer.typedef('b', 1)
      writer.array(3, 1)
      writer.struct('s', 8, [{ name: 'x', type: 1, bit: 0 }])
    })
    expect([types.size(1), types.size(3)]).toEqual([null, null])
    expect(types.member(4, 'x')).toEqual({ offset: 0, size: 0, bits: null, type: 1 })
  })
})

describe('members', () => {
  test('of anonymous structs and unions are those of the outer one, however deep, through modifiers', () => {
    const types = btf((writer) => {
      const long = writer.int('long', 8)
      const inner = writer.union('', 16, [
        { name: 'a', type: long, bit: 0 },
        { name: 'b', type: long, bit: 64 },
      ])
      const middle = writer.struct('', 24, [
        { type: writer.const(inner), bit: 64 },
        { name: 'c', type: long, bit: 0 },
      ])
      writer.struct('outer', 64, [
        { name: 'd', type: long, bit: 0 },
        { type: writer.typedef('anonymous', middle), bit: 128 },
        { name: 'e', type: inner, bit: 384 },
      ])
    })
    const at = (path: string): number | null => offset(types, 'outer', path)
    expect(['d', 'c', 'a', 'b', 'e', 'e.a', 'e.b'].map(at)).toEqual([0, 16, 24, 32, 48, 48, 56])
    expect(['f', 'e.c', 'd.a', 'e.', '.e', 'e..a', 'anonymous'].map(at)).toEqual(Array(7).fill(null))
  })

  test('the first of a name counts', () => {
    const types = btf((writer) => {
      const long = writer.int('long', 8)
      const inner = writer.struct('', 16, [{ name: 'x', type: long, bit: 64 }])
      writer.struct('s', 32, [
        { type: inner, bit: 0 },
        { name: 'x', type: long, bit: 128 },
      ])
    })
    expect(offset(types, 's', 'x')).toBe(8)
  })

  test('sizes and types', () => {
    const types = btf((writer) => {
      const int = writer.int('int', 4)
      writer.struct('s', 32, [
        { name: 'i', type: int, bit: 32 },
        { name: 'a', type: writer.array(int, 4), bit: 64 },
        { name: 'p', type: writer.ptr(1), bit: 192 },
      ])
    })
    const id = types.structs('s')[0]!
    expect(['i', 'a', 'p'].map((name) => types.member(id, name))).toEqual([
      { offset: 4, size: 4, bits: null, type: 1 },
      { offset: 8, size: 16, bits: null, type: 2 },
      { offset: 24, size: 8, bits: null, type: 3 },
    ])
  })

  test('bit fields, as the members say (kind_flag 1)', () => {
    const types = btf((writer) => {
      const int = writer.int('unsigned int', 4)
      writer.struct('s', 8, [
        { name: 'whole', type: int, bit: 0, width: 0 },
        { name: 'a', type: int, bit: 32, width: 3 },
        { name: 'b', type: int, bit: 35, width: 1 },
        { name: 'c', type: int, bit: 45, width: 19 },
      ])
    })
    expect(bitsOf(types, 'whole')).toEqual({ offset: 0, bits: null })
    expect(bitsOf(types, 'a')).toEqual({ offset: 4, bits: { start: 0, length: 3 } })
    expect(bitsOf(types, 'b')).toEqual({ offset: 4, bits: { start: 3, length: 1 } })
    expect(bitsOf(types, 'c')).toEqual({ offset: 5, bits: { start: 5, length: 19 } })
  })

  test('bit fields, as their INTs say (kind_flag 0)', () => {
    const types = btf((writer) => {
      const int = writer.int('unsigned int', 4)
      const three = writer.int('unsigned int', 4, 3)
      const shifted = writer.int('unsigned int', 4, 5, 6)
      writer.struct('s', 8, [
        { name: 'whole', type: int, bit: 0 },
        { name: 'a', type: writer.typedef('u3', three), bit: 32 },
        { name: 'b', type: three, bit: 35 },
        { name: 'c', type: shifted, bit: 45 },
      ])
    })
    expect(bitsOf(types, 'whole')).toEqual({ offset: 0, bits: null })
    expect(bitsOf(types, 'a')).toEqual({ offset: 4, bits: { start: 0, length: 3 } })
    expect(bitsOf(types, 'b')).toEqual({ offset: 4, bits: { start: 3, length: 3 } })
    expect(bitsOf(types, 'c')).toEqual({ offset: 6, bits: { start: 3, length: 5 } })
  })

  test('offsets above 2 MiB, where members are no bit fields', () => {
    const types = btf((writer) => {
      const long = writer.int('long', 8)
      writer.struct('s', 0x4000_0000, [{ name: 'far', type: long, bit: 0xffff_ffc0 }])
    })
    expect(offset(types, 's', 'far')).toBe(0x1fff_fff8)
  })

  test('of what is no struct', () => {
    const types = btf(kinds)
    for (const id of [0, 1, 2, 999]) expect(types.member(id, 'next')).toBeNull()
  })
})

test('enumerators: negative ones, those of enum64 on both sides of 2^32', () => {
  const types = btf((writer) => {
    writer.enum('a', { A: 7, MINUS: -2, LARGE: 0x7fffffff })
    writer.enum64('b', { B: 1n << 40n, SMALL: 3n, NEGATIVE: -5n, HALF: 0x80000000n })
    writer.enum('c', { A: 9 })
  })
  const values = ['A', 'MINUS', 'LARGE', 'B', 'SMALL', 'NEGATIVE', 'HALF'].map((name) => types.enumerator(name))
  expect(values).toEqual([7, -2, 0x7fffffff, 2 ** 40, 3, -5, 0x80000000])
  expect(['C', '', 'MINU', 'a'].map((name) => types.enumerator(name))).toEqual([null, null, null, null])
})

describe('hostile blobs', () => {
  test('structs that hold themselves a hundred times over: a look-up ends soon', () => {
    const types = btf((writer) => {
      const long = writer.int('long', 8)
      const again = Array.from({ length: 100 }, () => ({ type: 2, bit: 0 }))
      writer.struct('s', 8, [...again, { name: 'x', type: long, bit: 0 }])
    })
    const began = performance.now()
    expect(types.member(2, 'nobody')).toBeNull()
    expect(performance.now() - began).toBeLessThan(2000)
  })

  test('many structs of one name, each a struct that holds itself', () => {
    const types = btf((writer) => {
      for (let i = 0; i < 30; i++) {
        const id = 2 * i + 1
        writer.struct(
          '',
          8,
          Array.from({ length: 50 }, () => ({ type: id, bit: 0 })),
        )
        writer.struct('s', 8, [{ type: id, bit: 0 }])
      }
    })
    const began = performance.now()
    expect(types.structs('s').filter((id) => types.member(id, 'nobody') !== null)).toEqual([])
    expect(performance.now() - began).toBeLessThan(3000)
  })

  const names = ['list_head', 'ksm_mm_slot', 'nobody', '']
  /** Asks all that can be asked; answers must be numbers in range, or null. */
  const ask = (types: Btf): void => {
    for (const name of names) {
      for (const id of types.structs(name)) {
        for (const path of ['next', 'slot.prev', 'slot', 'x.y', '']) {
          const found = types.member(id, path)
          if (found)
            expect([found.offset >= 0, found.size >= 0, Number.isFinite(found.size)]).toEqual([true, true, true])
        }
      }
      types.enumerator(name)
    }
    types.enumerator('PG_lru')
    for (let id = 0; id < Math.min(types.count, 40); id++) {
      types.size(id)
      types.member(id, 'next')
    }
  }
  const outcome = (blob: Uint8Array): void => {
    try {
      ask(parseBtf(blob))
    } catch (error) {
      if (!(error instanceof BtfError)) throw error
      expect(error.at).toBeLessThanOrEqual(2 ** 32 + blob.length)
    }
  }

  test('any bytes behind a whole header: BTF, or a BtfError (property)', () => {
    const words = fc.array(
      fc.oneof(
        fc.nat(40),
        fc.nat(0xffffffff),
        fc.integer({ min: 1, max: 20 }).map((kind) => kind << 24),
      ),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(words, fc.nat(60), fc.constantFrom(24, 32), (body, share, header) => {
        const types = Math.min(body.length, share)
        const all = [(1 << 16) | 0xeb9f, header, 0, 4 * types, 4 * types, 4 * (body.length - types), 0, 0]
        outcome(new Uint8Array(Uint32Array.from([...all.slice(0, header / 4), ...body]).buffer))
      }),
      { numRuns: 1000 },
    )
  })

  test('changed bytes of a whole blob: BTF, or a BtfError (property)', () => {
    const writer = new BtfWriter()
    kinds(writer)
    const blobs = [writer.bytes(), writer.bytes({ header: 32, layout: KNOWN_LAYOUT })]
    const change = fc.tuple(fc.nat(), fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 4, 5, 0xff)))
    fc.assert(
      fc.property(
        fc.constantFrom(...blobs),
        fc.array(change, { minLength: 1, maxLength: 8 }),
        fc.option(fc.nat()),
        (blob, changes, cut) => {
          const damaged = Uint8Array.from(blob)
          for (const [at, byte] of changes) damaged[at % damaged.length] = byte
          outcome(cut === null ? damaged : damaged.subarray(0, cut % damaged.length))
        },
      ),
      { numRuns: 1500 },
    )
  })

  /** Structs nested at random; the offset of every member is known from the writing. */
  interface Nest {
    members: { name: string; bytes: number; anonymous: Nest | null }[]
  }
  const nest: fc.Arbitrary<Nest> = fc.letrec<{ nest: Nest }>((tie) => ({
    nest: fc.record({
      members: fc.array(
        fc.record({
          name: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
          bytes: fc.integer({ min: 1, max: 300 }),
          anonymous: fc.option(tie('nest'), { freq: 3, depthSize: 'small' }),
        }),
        { maxLength: 5 },
      ),
    }),
  })).nest

  test('members are where a plain count of bytes has them (property)', () => {
    fc.assert(
      fc.property(nest, fc.constantFrom<BtfRecipe>({}, { header: 32, layout: KNOWN_LAYOUT }), (outer, recipe) => {
        const wanted = new Map<string, number>()
        const writer = new BtfWriter()
        const char = writer.int('char', 1)
        const write = ({ members }: Nest, name: string, base: number): { type: number; size: number } => {
          let at = 0
          const written: MemberRecipe[] = []
          for (const each of members) {
            if (each.anonymous) {
              const { type, size } = write(each.anonymous, '', base + at)
              written.push({ type, bit: 8 * at })
              at += size
            } else {
              if (!wanted.has(each.name)) wanted.set(each.name, base + at)
              written.push({ name: each.name, type: char, bit: 8 * at })
              at += each.bytes
            }
          }
          return { type: writer.struct(name, at, written), size: at }
        }
        const { type, size } = write(outer, 'outer', 0)
        const types = parseBtf(writer.bytes(recipe))
        expect([types.structs('outer'), types.size(type)]).toEqual([[type], size])
        for (const name of ['a', 'b', 'c', 'd', 'e', 'f'])
          expect(types.member(type, name)?.offset).toBe(wanted.get(name))
      }),
    )
  })
})
