import { describe, expect, test } from 'vitest'
import { listModules, type Module } from '../../src/kernel/modules.ts'
import { type CodePlace, symbolizer, type Symbolizer } from '../../src/kernel/symbolize.ts'
import { CodeMemory, TEXT } from '../support/code-memory.ts'
import { type ModuleEra, ModuleList, type ModuleRecipe, type ModuleSymbol } from '../support/module-writer.ts'

const KVM = 0xffffffffc0200000n
const VHOST = 0xffffffffc0400000n
const SYMBOLS: readonly ModuleSymbol[] = [
  { name: null, at: 0n, undefined: true },
  { name: 'kvm_init', at: KVM },
  { name: 'kvm_irqfd', at: KVM + 0x400n },
  { name: 'kvm_exit', at: KVM + 0x200n },
]
const MODULES: readonly ModuleRecipe[] = [
  { name: 'kvm', text: { start: KVM, size: 0x1000 }, symbols: SYMBOLS },
  { name: 'vhost_net', text: { start: VHOST, size: 0x2000 }, symbols: [{ name: 'vhost_poll', at: VHOST + 0x10n }] },
]

function build(
  recipes: readonly ModuleRecipe[] = MODULES,
  era: ModuleEra = 'mem',
): { code: CodeMemory; list: ModuleList } {
  const code = new CodeMemory()
  for (const name of ['down_read', 'down_write']) code.fn(name)
  return { code, list: new ModuleList(code, recipes, era) }
}

const modules = (code: CodeMemory): Module[] => listModules(code.kernel())
const moduleNames = (code: CodeMemory): string[] => modules(code).map(({ name }) => name)
const symbols = (code: CodeMemory): Symbolizer => symbolizer(code.kernel(), modules(code))
const withSymbols = (...more: readonly ModuleSymbol[]): CodeMemory =>
  build([{ ...MODULES[0]!, symbols: [...SYMBOLS, ...more] }]).code

describe("the kernel's text", () => {
  test('every address of it has the function below it', () => {
    const { code } = build()
    const place = (offset: number): CodePlace | null => symbols(code).at(code.at('down_read', offset))
    expect(place(0)).toEqual({ symbol: 'down_read', offset: 0, module: null })
    expect(place(63)).toEqual({ symbol: 'down_read', offset: 63, module: null })
    expect(place(64)).toEqual({ symbol: 'down_write', offset: 0, module: null })
  })

  test('of names that share an address the first is shown', () => {
    const { code } = build()
    const kernel = code.kernel()
    const found = { names: ['first', 'second'], offset: 4, module: null }
    const aliased = { ...kernel, symbols: { ...kernel.symbols, at: () => found } }
    expect(symbolizer(aliased, []).at(TEXT)).toEqual({ symbol: 'first', offset: 4, module: null })
  })

  test('begins at _text, ends before _etext', () => {
    const { code } = build()
    const { at, isText } = symbols(code)
    for (const inside of [TEXT, code.textEnd - 1n]) expect([isText(inside), at(inside) !== null]).toEqual([true, true])
    for (const outside of [0n, 5n, TEXT - 1n, code.textEnd, KVM - 1n, 0xffff9a15c0000000n, 0xffffffffffffffffn])
      expect([isText(outside), at(outside)]).toEqual([false, null])
  })

  test('without _text it begins at _stext; without _etext nothing is code', () => {
    const { code } = build([])
    const kernel = code.kernel()
    code.symbols.delete('_text')
    code.symbols.set('_stext', [TEXT + 8n])
    const { isText } = symbolizer(kernel, [])
    expect([isText(TEXT + 7n), isText(TEXT + 8n)]).toEqual([false, true])
    code.symbols.delete('_etext')
    expect(symbolizer(kernel, []).isText(TEXT + 8n)).toBe(false)
  })
})

describe("a module's text", () => {
  test.each(['mem', 'core_layout', 'module_core'] as const)('is found by %s, with its own symbols', (era) => {
    const { code } = build(MODULES, era)
    const { at, isText } = symbols(code)
    expect(modules(code).map(({ name, text }) => ({ name, text }))).toEqual(
      MODULES.map(({ name, text }) => ({ name, text })),
    )
    expect(at(KVM + 0x3ffn)).toEqual({ symbol: 'kvm_exit', offset: 0x1ff, module: 'kvm' })
    expect(at(KVM + 0xfffn)).toEqual({ symbol: 'kvm_irqfd', offset: 0xbff, module: 'kvm' })
    expect(at(VHOST + 0x11n)).toEqual({ symbol: 'vhost_poll', offset: 1, module: 'vhost_net' })
    expect([KVM - 1n, KVM, KVM + 0xfffn, KVM + 0x1000n].map(isText)).toEqual([false, true, true, false])
  })

  test('symbols of other modules, of other sections and without a name are passed over', () => {
    const code = withSymbols(
      { name: 'printk', at: KVM + 0x210n, undefined: true },
      { name: null, at: KVM + 0x210n },
      { name: '', at: KVM + 0x210n },
      { name: 'init_text', at: KVM - 0x10n },
      { name: 'data', at: KVM + 0x8000n },
    )
    expect(symbols(code).at(KVM + 0x220n)).toEqual({ symbol: 'kvm_exit', offset: 0x20, module: 'kvm' })
  })

  test('of two symbols at one address the first is shown', () => {
    const code = withSymbols({ name: 'alias', at: KVM + 0x200n })
    expect(symbols(code).at(KVM + 0x200n)?.symbol).toBe('kvm_exit')
  })

  test('before its first symbol it is code without a name', () => {
    const { at, isText } = symbols(build().code)
    expect([isText(VHOST), at(VHOST)]).toEqual([true, null])
  })

  test('without a symbol table, or with one that is not in the dump, it is code without a name', () => {
    const bare = build([{ name: 'bare', text: { start: KVM, size: 0x1000 } }]).code
    const { code: gone, list } = build()
    gone.exclude(list.symtab(0))
    for (const code of [bare, gone]) {
      const { at, isText } = symbols(code)
      expect([isText(KVM + 0x500n), at(KVM + 0x500n)]).toEqual([true, null])
    }
  })

  test('a table that claims more symbols than a module can have is none', () => {
    const { code, list } = build()
    code.set32(code.get(list.at(0) + 120n) + 8n, 0xffff_ffff)
    expect(modules(code)[0]!.symtab).toBeNull()
    expect(modules(code)[1]!.symtab).toMatchObject({ count: 1 })
  })

  test('ORC tables are taken where all three words of them are there and can be', () => {
    const { code, list } = build()
    const orc = (): (Module['orc'] | undefined)[] => modules(code).map((module) => module.orc)
    list.orc(0, KVM, KVM + 64n, 16)
    expect(orc()).toEqual([{ ip: KVM, entries: KVM + 64n, count: 16 }, null])
    for (const [ip, entries, count] of [
      [0n, KVM, 16],
      [KVM, 0n, 16],
      [KVM, KVM, 0],
      [KVM, KVM, 0xffff_ffff],
    ] as const) {
      list.orc(0, ip, entries, count)
      expect(orc()).toEqual([null, null])
    }
  })
})

describe('a module list that is not whole gives the modules before the damage', () => {
  const THREE = [...MODULES, { name: 'ext4', text: { start: VHOST + 0x10_0000n, size: 0x1000 } }]

  test('a struct module that is absent', () => {
    const { code, list } = build(THREE)
    code.exclude(list.at(1))
    expect(moduleNames(code)).toEqual(['kvm'])
    expect(symbols(code).at(KVM)).toMatchObject({ symbol: 'kvm_init' })
  })

  test('a module without text, as one that is being loaded, is left out; those behind it are not', () => {
    const { code, list } = build(THREE)
    code.set(list.at(1) + 96n, 0n)
    expect(moduleNames(code)).toEqual(['kvm', 'ext4'])
  })

  test.each([
    ['its own successor', 1],
    ['led back to the first', 0],
  ])('a list whose second module is %s', (_name, to) => {
    const { code, list } = build(THREE)
    code.set(list.link(1), list.link(to))
    expect(moduleNames(code)).toEqual(['kvm', 'vhost_net'])
  })

  test('a null link, and a head that is absent or unknown', () => {
    const { code, list } = build(THREE)
    code.set(list.link(0), 0n)
    expect(moduleNames(code)).toEqual(['kvm'])
    code.set(list.head, 0n)
    expect(moduleNames(code)).toEqual([])
    code.symbols.delete('modules')
    expect(moduleNames(code)).toEqual([])
  })

  test('names are made safe to print', () => {
    const { code } = build([{ name: 'a\x1b[31m', text: { start: KVM, size: 1 } }])
    expect(moduleNames(code)).toEqual(['a.[31m'])
  })
})
