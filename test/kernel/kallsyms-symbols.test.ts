import { describe, expect, test } from 'vitest'
import { KsmDumpError } from '../../src/base/errors.ts'
import { type Kallsyms, openKallsyms } from '../../src/kernel/kallsyms-symbols.ts'
import { parseVmcoreInfo } from '../../src/parsers/vmcoreinfo.ts'
import { HandKernel } from '../support/hand-kernel.ts'
import { type ImageRecipe, KernelImage, STEXT, type TableName } from '../support/kernel-image.ts'
import { PAGE } from '../support/memory.ts'

function image(recipe: ImageRecipe = {}): KernelImage {
  const hand = new HandKernel()
  hand.variable('mm_slots_hash', 0n, 64)
  hand.variable('ksm_mm_head', 0n, 48)
  hand.variable('mm_slots_hash', 0n, 64)
  return new KernelImage(hand, { btf: null, ...recipe })
}

const open = (made: KernelImage): Kallsyms =>
  openKallsyms(made.hand.kernel().memory, parseVmcoreInfo(made.info.join('\n')), 'dump')

function refused(made: KernelImage): KsmDumpError {
  try {
    open(made)
  } catch (error) {
    if (error instanceof KsmDumpError) return error
    throw error
  }
  throw new Error('it has symbols')
}

const FORMS = ['base-relative', 'absolute-percpu', 'place-relative'] as const

describe.each(FORMS)('%s addresses', (form) => {
  test.each([true, false])('are found out by _stext (two-byte lengths: %s)', (twoByteLengths) => {
    const made = image({ form, twoByteLengths })
    const symbols = open(made)
    expect(symbols).toMatchObject({ kind: 'kallsyms', form, disagreements: [] })
    expect(symbols.addresses('_stext')).toEqual([STEXT])
    for (const name of ['mm_slots_hash', 'ksm_mm_head', 'init_uts_ns', 'phys_base']) {
      expect([name, symbols.addresses(name)]).toEqual([name, made.hand.symbols.get(name)])
    }
    expect(symbols.addresses('nobody')).toEqual([])
    expect(symbols.count).toBe(9)
  })

  test('names longer than 127 tokens', () => {
    const name = 'Zq'.repeat(100)
    const made = image({ form, symbols: [{ name, address: STEXT + 0x100n }] })
    expect(open(made).addresses(name)).toEqual([STEXT + 0x100n])
    const old = image({ form, symbols: [{ name, address: STEXT + 0x100n }], twoByteLengths: false })
    expect(open(old).addresses(name)).toEqual([STEXT + 0x100n])
    expect(open(old).addresses('ksm_mm_head')).toEqual(old.hand.symbols.get('ksm_mm_head'))
  })
})

test('per-cpu symbols are small numbers, where the form has such', () => {
  const symbols = open(image({ form: 'absolute-percpu', symbols: [{ name: 'numa_node', address: 0x1c0n, type: 'A' }] }))
  expect(symbols.addresses('numa_node')).toEqual([0x1c0n])
  expect(symbols.at(STEXT + 5n)).toMatchObject({ offset: 5 })
})

describe('symbols at an address', () => {
  const made = image({
    symbols: [
      { name: 'rmap_walk_ksm', address: STEXT + 0x200n },
      { name: 'alias', address: STEXT + 0x200n },
    ],
  })
  const symbols = open(made)

  test('the nearest below, with its aliases', () => {
    expect(symbols.at(STEXT)).toEqual({ names: ['_stext', '_text'], offset: 0, module: null })
    expect(symbols.at(STEXT + 0x1ffn)).toEqual({ names: ['_stext', '_text'], offset: 0x1ff, module: null })
    expect(symbols.at(STEXT + 0x200n)).toEqual({ names: ['rmap_walk_ksm', 'alias'], offset: 0, module: null })
    expect(symbols.at(STEXT + 0x234n)).toEqual({ names: ['rmap_walk_ksm', 'alias'], offset: 0x34, module: null })
    const head = made.hand.symbols.get('ksm_mm_head')![0]!
    expect(symbols.at(head + 16n)).toEqual({ names: ['ksm_mm_head'], offset: 16, module: null })
  })

  test('null below the first one and far behind the last one', () => {
    expect(symbols.at(STEXT - 1n)).toBeNull()
    expect(symbols.at(0n)).toBeNull()
    expect(symbols.at(0xffffffffffffffffn)).toBeNull()
    expect(symbols.at(STEXT + 0x200n + 0xffffffn)).not.toBeNull()
  })
})

describe('VMCOREINFO and kallsyms', () => {
  test('that place symbols differently disagree', () => {
    const made = image()
    made.line('SYMBOL(init_uts_ns)', (STEXT + 8n).toString(16))
    made.line('SYMBOL(mm_slots_hash)', made.hand.symbols.get('mm_slots_hash')![1]!.toString(16))
    expect(open(made).disagreements).toEqual(['init_uts_ns'])
  })

  test('values of variables, and names that kallsyms does not have, do not', () => {
    const made = image()
    made
      .line('SYMBOL(phys_base)', '1000')
      .line('SYMBOL(vmemmap)', 'ffffda1500000000')
      .line('SYMBOL(nobody)', 'ffffffff81000000')
    expect(open(made).disagreements).toEqual([])
  })
})

describe('no symbols', () => {
  const NAMES: TableName[] = ['names', 'num_syms', 'token_table', 'token_index', 'offsets']

  test.each(NAMES)('VMCOREINFO without kallsyms_%s', (name) => {
    const error = refused(image().line(`SYMBOL(kallsyms_${name})`, null))
    expect(error).toMatchObject({ code: 'no-symbols', input: 'dump' })
    expect(error.message).toContain(`(6.1.0-hand) does not say where its symbol table is: no SYMBOL(kallsyms_${name})`)
  })

  test.each(NAMES)('kallsyms_%s in memory that is not there', (name) => {
    const made = image().line(`SYMBOL(kallsyms_${name})`, 'ffffffffa0000000')
    expect(refused(made)).toMatchObject({ code: 'no-symbols' })
  })

  test.each([
    [0, 'kallsyms_num_syms says 0'],
    [2_000_001, 'kallsyms_num_syms says 2000001'],
    [0xffffffff, 'kallsyms_num_syms says 4294967295'],
  ])('%i symbols', (count, message) => {
    const made = image()
    made.hand.set32(made.tables.num_syms, count)
    expect(refused(made).message).toContain(message)
  })

  test('more symbols than there are names or offsets', () => {
    const made = image()
    made.hand.set32(made.tables.num_syms, 5000)
    expect(refused(made)).toMatchObject({ code: 'no-symbols' })
  })

  test('tables that are only partly there', () => {
    for (const name of ['names', 'offsets', 'token_index'] as const) {
      const made = image()
      const at = made.hand.phys(made.tables[name])
      made.hand.memory.hole(Math.floor(at / PAGE), (at % PAGE) + 8, PAGE)
      expect(refused(made)).toMatchObject({ code: 'no-symbols' })
    }
  })

  test('an address of _stext that no form gives, or none at all', () => {
    const wrong = 'no reading of it places _stext where VMCOREINFO does'
    expect(refused(image().line('SYMBOL(_stext)', 'ffffffff81234560')).message).toContain(wrong)
    expect(refused(image().line('SYMBOL(_stext)', null)).message).toContain(wrong)
  })

  test('a relative base that is not there: only place-relative addresses can be read', () => {
    const placed = image({ form: 'place-relative' })
    expect(open(placed).form).toBe('place-relative')
    expect(refused(image().line('SYMBOL(kallsyms_relative_base)', null))).toMatchObject({ code: 'no-symbols' })
    expect(refused(image().line('SYMBOL(kallsyms_relative_base)', 'ffffffffa0000000'))).toMatchObject({
      code: 'no-symbols',
    })
  })

  test('a kernel that does not say its release', () => {
    expect(refused(image().line('OSRELEASE', null).line('SYMBOL(kallsyms_names)', null)).message).toContain(
      '(unknown release)',
    )
  })
})
