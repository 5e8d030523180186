import { describe, expect, test } from 'vitest'
import { KsmDumpError } from '../../src/base/errors.ts'
import { type KsmLayout, ksmLayout } from '../../src/ksm/eras.ts'
import { type KsmMemory, type KsmRecipe, ksm } from '../support/ksm-memory.ts'

const layoutOf = (memory: KsmMemory): KsmLayout => ksmLayout(memory.kernel(), 'dump')

/** The error that the layout of a kernel ends with. */
function refused(memory: KsmMemory): KsmDumpError {
  try {
    layoutOf(memory)
  } catch (error) {
    if (error instanceof KsmDumpError) return error
    throw error
  }
  throw new Error('it has a layout')
}

const item = { size: 64, rmapList: 0, mm: 16, address: 24, oldchecksum: 32, head: 40, hlist: 48 }
const node = { size: 64, node: 0, head: 0, hlistDup: 8, list: 24, hlist: 40, kpfn: 48, rmapHlistLen: 56, nid: 60 }
const newSlot = { list: 16, rmapList: 40, mm: 32 }
const oldSlot = { list: 16, rmapList: 32, mm: 40 }
const bare = { ...node, hlistDup: null, rmapHlistLen: null, hlist: 24, kpfn: 32 }

describe('layouts by era', () => {
  const eras: [string, KsmRecipe, object][] = [
    ['6.1', {}, { era: 'ksm-6.1', item, node, slot: newSlot }],
    ['6.1 without NUMA', { numa: false }, { era: 'ksm-6.1', item, node: { ...node, nid: null } }],
    ['7.2', { era: '7.2' }, { era: 'ksm-6.1', item, node, slot: newSlot }],
    [
      'linear_page_index, which takes the place of oldchecksum',
      { era: 'linear' },
      { era: 'ksm-6.1', item: { ...item, oldchecksum: null }, node },
    ],
    [
      '5.10, where khugepaged has a struct mm_slot too',
      { era: '5.10' },
      { era: 'ksm-before-6.1', item, node, slot: oldSlot },
    ],
    [
      '3.9, before chains',
      { era: '3.9' },
      { era: 'ksm-before-6.1', item, node: { ...bare, size: 48, list: 8, nid: 40 } },
    ],
    ['3.1, before NUMA', { era: '3.1' }, { era: 'ksm-before-6.1', node: { ...bare, size: 40, list: null, nid: null } }],
  ]
  test.each(eras)('%s', (_name, recipe, layout) => {
    expect(layoutOf(ksm(recipe))).toMatchObject(layout)
  })

  test('addresses, bits and the rest', () => {
    const memory = ksm({ zeroChecksum: 0x89abcdef })
    expect(layoutOf(memory)).toMatchObject({
      page: { size: 64, flags: 0, mapping: 0x18, mapcount: 0x30 },
      rb: { right: 8, left: 16 },
      trees: { address: memory.symbols.get('one_stable_tree')![0], count: 1 },
      migrateNodes: memory.migrateNodes,
      mmHead: memory.mmHead,
      zeroChecksum: 0x89abcdef,
      lockedBit: 0,
      lruBit: 5,
    })
  })

  test('several trees are where root_stable_tree points, as many as ksm_nr_node_ids says', () => {
    const memory = ksm({ trees: [[], [], [], []] })
    expect(layoutOf(memory).trees).toEqual({ address: memory.roots, count: 4, counted: true })
  })

  test('what a kernel lacks is null', () => {
    const without = ['migrate_nodes', 'ksm_mm_head', 'zero_checksum']
    const memory = ksm({ without })
    delete memory.enumerators['PG_locked']
    delete memory.enumerators['PG_lru']
    expect(layoutOf(memory)).toMatchObject({
      migrateNodes: null,
      mmHead: null,
      zeroChecksum: null,
      lockedBit: null,
      lruBit: null,
    })
  })
})

describe('kernels without a layout', () => {
  test('no root_stable_tree: built without KSM', () => {
    expect(refused(ksm({ without: ['root_stable_tree'] }))).toMatchObject({ code: 'no-ksm', input: 'dump' })
  })

  test.each(['rmap_item', 'stable_node', 'mm_slot'])('no struct %s', (struct) => {
    const memory = ksm()
    memory.types.splice(
      memory.types.findIndex(({ name }) => name === `ksm_${struct}`),
      1,
    )
    const error = refused(memory)
    expect(error.code).toBe('no-types')
    expect(error.message).toContain(`struct ${struct}`)
  })

  test.each(['page', 'rb_node'])('no struct %s', (struct) => {
    const memory = ksm()
    memory.types.splice(
      memory.types.findIndex(({ name }) => name === struct),
      1,
    )
    const error = refused(memory)
    expect(error.code).toBe('no-types')
    expect(error.message).toBe(`The types of 6.1.0-hand lack struct ${struct}.`)
  })

  test.each([
    ['ksm_rmap_item', 'head'],
    ['ksm_rmap_item', 'hlist'],
    ['ksm_stable_node', 'hlist'],
    ['ksm_mm_slot', 'slot.mm_node'],
    ['page', 'mapping'],
    ['rb_node', 'rb_right'],
  ])('struct %s without the member %s', (struct, member) => {
    const memory = ksm()
    const at = memory.types.findIndex(({ name }) => name === struct)
    const { [member]: _gone, ...members } = memory.types[at]!.members
    memory.types[at] = { ...memory.types[at]!, members }
    expect(refused(memory)).toMatchObject({
      code: 'no-types',
      message: `struct ${struct} of 6.1.0-hand has no member ${member}.`,
    })
  })

  test.each([
    ['ksm_rmap_item', 'hlist', 60, 64],
    ['ksm_rmap_item', 'hlist', 44, 64],
    ['ksm_stable_node', 'nid', 62, 64],
    ['ksm_stable_node', 'nid', 61, 64],
    ['ksm_stable_node', 'kpfn', 48, 50],
    ['page', '_mapcount', 0x1000, 64],
    ['rb_node', 'rb_left', 16, 0x10000],
  ])('struct %s with %s at %i of %i bytes', (struct, member, offset, size) => {
    const memory = ksm()
    const at = memory.types.findIndex(({ name }) => name === struct)
    memory.types[at] = { name: struct, size, members: { ...memory.types[at]!.members, [member]: offset } }
    const error = refused(memory)
    expect(error.code).toBe('no-types')
    expect(error.message).toContain('The types of 6.1.0-hand can not be right: member ')
    expect(error.message).toContain(`of struct ${struct}, which has ${size} bytes.`)
  })

  test('root_stable_tree in a page that is not there', () => {
    const memory = ksm()
    memory.exclude(memory.symbols.get('root_stable_tree')![0]!)
    expect(refused(memory)).toMatchObject({ code: 'no-ksm', message: 'root_stable_tree can not be read.' })
  })

  test.each([0, -1, 1025, 0x7fffffff])('ksm_nr_node_ids of %i', (count) => {
    const memory = ksm()
    memory.set32(memory.symbols.get('ksm_nr_node_ids')![0]!, count)
    expect(refused(memory)).toMatchObject({ code: 'no-ksm', message: `ksm_nr_node_ids says ${count} trees.` })
  })
})
