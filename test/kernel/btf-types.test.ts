import { expect, test } from 'vitest'
import { btfTypes } from '../../src/kernel/btf-types.ts'
import { addressOf, numberVariable, pointerVariable } from '../../src/kernel/variables.ts'
import { type Btf, parseBtf } from '../../src/parsers/btf.ts'
import { BtfWriter } from '../support/btf-writer.ts'
import { HandKernel } from '../support/hand-kernel.ts'

/** Two structs named mm_slot, khugepaged's first; a pair of enumerators. */
function blob(): Btf {
  const writer = new BtfWriter()
  const long = writer.int('long', 8)
  writer.struct('mm_slot', 112, [{ name: 'mm_node', type: long, bit: 128 }])
  writer.struct('mm_slot', 48, [{ name: 'rmap_list', type: long, bit: 256 }])
  writer.union('u', 8, [])
  writer.enum('pageflags', { PG_locked: 0, PG_lru: 5 })
  return parseBtf(writer.bytes())
}

test('a struct by name is the first one; with a member, the one that has it', () => {
  const types = btfTypes(blob())
  expect(types.struct('mm_slot')).toMatchObject({ name: 'mm_slot', size: 112 })
  expect(types.struct('mm_slot', 'mm_node')).toMatchObject({ size: 112 })
  expect(types.struct('mm_slot', 'rmap_list')).toMatchObject({ size: 48 })
  expect(types.struct('mm_slot', 'rmap_list')!.member('rmap_list')).toEqual({
    offset: 32,
    size: 8,
    bits: null,
    type: 1,
  })
  expect(types.struct('mm_slot', 'rmap_list')!.member('mm_node')).toBeNull()
  expect(types.struct('mm_slot', 'nobody')).toBeNull()
  expect(types.struct('nobody')).toBeNull()
  expect(types.struct('u')).toMatchObject({ size: 8 })
})

test('enumerators', () => {
  const types = btfTypes(blob())
  expect([types.enumerator('PG_locked'), types.enumerator('PG_lru'), types.enumerator('PG_none')]).toEqual([0, 5, null])
})

test('each is looked up once', () => {
  const btf = blob()
  const asked: string[] = []
  const noted = <A>(name: string, answer: A): A => {
    asked.push(name)
    return answer
  }
  const counting: Btf = {
    ...btf,
    structs: (name) => noted(name, btf.structs(name)),
    member: (id, path) => noted(path, btf.member(id, path)),
    enumerator: (name) => noted(name, btf.enumerator(name)),
  }
  const types = btfTypes(counting)
  for (let i = 0; i < 3; i++) {
    types.struct('mm_slot')!.member('mm_node')
    types.struct('mm_slot')!.member('nobody')
    types.struct('nobody')
    types.enumerator('PG_lru')
    types.enumerator('PG_none')
  }
  expect(asked).toEqual(['mm_slot', 'mm_node', 'nobody', 'nobody', 'PG_lru', 'PG_none'])
})

test('variables: by type, null where there is none, or two of the name, or no memory', () => {
  const hand = new HandKernel()
  hand.variable('flag', 0x1ff, 4)
  hand.variable('signed', -5, 4)
  hand.variable('long', 0xffff888000000000n)
  hand.variable('small', 77)
  hand.variable('twice', 1)
  hand.variable('twice', 2)
  hand.symbols.set('far', [0xffffffffa0000000n])
  const kernel = hand.kernel()
  expect(addressOf(kernel, 'flag')).toBe(0xffffffff82000000n)
  expect([addressOf(kernel, 'twice'), addressOf(kernel, 'nobody')]).toEqual([null, null])
  expect(numberVariable(kernel, 'flag', 'bool')).toBe(0xff)
  expect(numberVariable(kernel, 'flag', 'uint')).toBe(0x1ff)
  expect(numberVariable(kernel, 'signed', 'int')).toBe(-5)
  expect(numberVariable(kernel, 'signed', 'uint')).toBe(0xfffffffb)
  expect(numberVariable(kernel, 'small', 'ulong')).toBe(77)
  expect(numberVariable(kernel, 'long', 'ulong')).toBeNull()
  expect(pointerVariable(kernel, 'long')).toBe(0xffff888000000000n)
  for (const type of ['bool', 'int', 'uint', 'ulong'] as const) {
    expect([numberVariable(kernel, 'twice', type), numberVariable(kernel, 'far', type)]).toEqual([null, null])
  }
  expect([pointerVariable(kernel, 'twice'), pointerVariable(kernel, 'far')]).toEqual([null, null])
})
