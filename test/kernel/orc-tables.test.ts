import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { VirtAddr } from '../../src/base/units.ts'
import type { Module } from '../../src/kernel/modules.ts'
import { orcTables } from '../../src/kernel/orc-tables.ts'
import { CodeMemory, FUNCTION_SIZE, TEXT } from '../support/code-memory.ts'
import { orcBytes, type OrcRecipe, type OrcVersionId } from '../support/orc-writer.ts'

/** An entry that is told by its offset. */
const entry = (id: number): OrcRecipe => ({ sp: ['sp', 8 * id] })

function build(version: OrcVersionId | null = 3): CodeMemory {
  const code = new CodeMemory(version)
  code.fn('a', entry(1))
  code.fn('b', {
    parts: [
      [0, entry(2)],
      [16, entry(3)],
      [16, entry(4)],
      [40, { type: 'undefined' }],
    ],
  })
  return code
}

/** What the table says for an address: the entry's number, null where it has none. */
function lookUp(code: CodeMemory, at: VirtAddr, modules: readonly Module[] = []): number | null {
  const found = orcTables(code.kernel(), modules)!.find(at)
  return found && found.spOffset / 8
}

describe("the kernel's table", () => {
  test.each([1, 2, 3, 4] as const)('of version %i is known by its header, and read', (version) => {
    const code = build(version)
    expect(orcTables(code.kernel(), [])?.version.id).toBe(version)
    expect(lookUp(code, code.at('a', 5))).toBe(1)
  })

  test('the entry is the last that begins at or before the address; of equal ones the later', () => {
    const code = build()
    const at = (name: string, offset: number): number | null => lookUp(code, code.at(name, offset))
    expect([at('a', 0), at('a', 63), at('b', 0), at('b', 15), at('b', 16), at('b', 39)]).toEqual([1, 1, 2, 2, 4, 4])
    expect(orcTables(code.kernel(), [])!.find(code.at('b', 40))).toMatchObject({ type: 'undefined' })
  })

  test('before the first entry, and outside of the kernel, there is none', () => {
    const code = build()
    for (const at of [TEXT, TEXT + FUNCTION_SIZE - 1n, TEXT - 1n, code.textEnd, 0n]) expect(lookUp(code, at)).toBeNull()
  })

  test('a page of it that is absent: no entry', () => {
    for (const name of ['__start_orc_unwind_ip', '__start_orc_unwind']) {
      const code = build()
      const kernel = code.kernel()
      const tables = orcTables(kernel, [])!
      const at = code.symbols.get(name)![0]!
      const bytes = kernel.memory.bytes
      // one page holds both tables: only reads of this one fail
      const fails = (place: VirtAddr): boolean => place >= at && place < at + 24n
      kernel.memory.bytes = (place, length) => (fails(place) ? null : bytes(place, length))
      const { s32 } = kernel.memory
      kernel.memory.s32 = (place) => (fails(place) ? null : s32(place))
      expect(tables.find(code.at('a'))).toBeNull()
    }
  })

  test('there is none in a kernel without ORC, nor where a symbol is missing or the table is empty', () => {
    expect(orcTables(build(null).kernel(), [])).toBeNull()
    for (const name of ['__start_orc_unwind_ip', '__stop_orc_unwind_ip', '__start_orc_unwind', '_end']) {
      const code = build()
      const kernel = code.kernel()
      code.symbols.delete(name)
      expect(orcTables(kernel, [])).toBeNull()
    }
    const code = build()
    const kernel = code.kernel()
    code.symbols.set('__stop_orc_unwind_ip', code.symbols.get('__start_orc_unwind_ip')!)
    expect(orcTables(kernel, [])).toBeNull()
  })

  test('a header that nobody knows, that is not in the dump or has another size is not taken for version 1', () => {
    const unknown = build()
    const kernel = unknown.kernel()
    unknown.set(unknown.symbols.get('__start_orc_header')![0]!, 0n)
    expect(orcTables(kernel, [])).toBeNull()
    const gone = build()
    const unread = gone.kernel()
    gone.exclude(gone.symbols.get('__start_orc_header')![0]!)
    expect(orcTables(unread, [])).toBeNull()
    const longer = build()
    const other = longer.kernel()
    longer.symbols.set('__stop_orc_header', [longer.symbols.get('__start_orc_header')![0]! + 32n])
    expect(orcTables(other, [])).toBeNull()
  })

  test('any table gives what going through it from the start gives (property)', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0x200), { minLength: 1, maxLength: 40 }), fc.nat(0x240), (starts, offset) => {
        const sorted = [...starts].sort((a, b) => a - b)
        const code = new CodeMemory()
        code.fn('all', { parts: sorted.map((start, i) => [start, entry(i + 1)] as const) })
        for (let i = 0; i < 8; i++) code.fn(`f${i}`)
        const below = sorted.filter((start) => start <= offset).length
        const inside = BigInt(offset) < 9n * FUNCTION_SIZE
        expect(lookUp(code, code.at('all', offset))).toBe(inside && below > 0 ? below : null)
      }),
      { numRuns: 150 },
    )
  })
})

describe("a module's table", () => {
  /** A module whose code lies beside its table, of two entries. */
  function withModule(count = 2): { code: CodeMemory; module: Module } {
    const code = build()
    const table = code.object(64)
    const start = table + 0x1000n
    for (const [i, offset] of [0n, 32n].entries()) {
      const place = table + BigInt(4 * i)
      code.set32(place, Number(start + offset - place))
      code.bytes(table + 16n + BigInt(6 * i), orcBytes(3, entry(11 + i)))
    }
    const orc = { ip: table, entries: table + 16n, count }
    return { code, module: { name: 'kvm', text: { start, size: 0x100 }, orc, symtab: null } }
  }

  test('covers the text of the module, and no more', () => {
    const { code, module } = withModule()
    const at = (offset: bigint): number | null => lookUp(code, module.text.start + offset, [module])
    expect([at(-1n), at(0n), at(31n), at(32n), at(0xffn), at(0x100n)]).toEqual([null, 11, 11, 12, 12, null])
    expect(lookUp(code, code.at('a', 5), [module])).toBe(1)
  })

  test('has as many entries as the module says', () => {
    const { code, module } = withModule(1)
    expect(lookUp(code, module.text.start + 40n, [module])).toBe(11)
  })

  test('may be missing', () => {
    const { code, module } = withModule()
    expect(lookUp(code, module.text.start, [{ ...module, orc: null }])).toBeNull()
  })
})
