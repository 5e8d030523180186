import type { VirtAddr } from '../../src/base/units.ts'
import type { HandKernel } from './hand-kernel.ts'

/** Where a module says that its text is. @see include/linux/module.h (v6.4: mem; v4.5 to v6.3: core_layout; before: module_core) */
export type ModuleEra = 'mem' | 'core_layout' | 'module_core'

const COMMON = {
  list: 8,
  name: 24,
  kallsyms: 120,
  'arch.num_orcs': 136,
  'arch.orc_unwind_ip': 144,
  'arch.orc_unwind': 152,
}
const ERAS: Record<ModuleEra, Record<string, number>> = {
  mem: { mem: 96 },
  core_layout: { 'core_layout.base': 96, 'core_layout.size': 104 },
  module_core: { module_core: 96, core_size: 104 },
}
const MODULE_SIZE = 192
const LIST = 8n

/** A symbol of a module; of a section that it takes from others where it is undefined. */
export interface ModuleSymbol {
  name: string | null
  at: VirtAddr
  undefined?: boolean
}

export interface ModuleRecipe {
  name: string
  text: { start: VirtAddr; size: number }
  /** Left out: the module keeps no symbol table. */
  symbols?: readonly ModuleSymbol[]
}

/** The list of modules, each struct module in a page of its own. */
export class ModuleList {
  readonly head: VirtAddr
  private readonly kernel: HandKernel
  private readonly modules: VirtAddr[]

  constructor(kernel: HandKernel, recipes: readonly ModuleRecipe[], era: ModuleEra = 'mem') {
    this.kernel = kernel
    kernel.types.push({ name: 'module', size: MODULE_SIZE, members: { ...COMMON, ...ERAS[era] } })
    if (era === 'mem') kernel.types.push({ name: 'module_memory', size: 16, members: { base: 0, size: 8 } })
    kernel.types.push({ name: 'mod_kallsyms', size: 32, members: { symtab: 0, num_symtab: 8, strtab: 16 } })
    this.head = kernel.variable('modules', 0n, 16)
    this.modules = recipes.map((recipe) => this.module(recipe))
    const ring = [this.head, ...this.modules.map((module) => module + LIST)]
    ring.forEach((link, i) => {
      const next = ring[(i + 1) % ring.length]!
      kernel.set(link, next).set(next + 8n, link)
    })
  }

  /** Address of the `i`th struct module. */
  at(i: number): VirtAddr {
    return this.modules[i]!
  }

  /** Address of its link in the list. */
  link(i: number): VirtAddr {
    return this.at(i) + LIST
  }

  /** Address of its symbol table: 24 bytes a symbol. */
  symtab(i: number): VirtAddr {
    return this.kernel.get(this.kernel.get(this.at(i) + 120n))
  }

  /** Says where the module's ORC tables are. */
  orc(i: number, ip: VirtAddr, entries: VirtAddr, count: number): this {
    this.kernel.set32(this.at(i) + 136n, count)
    this.kernel.set(this.at(i) + 144n, ip).set(this.at(i) + 152n, entries)
    return this
  }

  private module({ name, text, symbols }: ModuleRecipe): VirtAddr {
    const { kernel } = this
    const module = kernel.object(MODULE_SIZE, 4096)
    kernel.text(module + 24n, name)
    kernel.set(module + 96n, text.start).set32(module + 104n, text.size)
    if (symbols) kernel.set(module + 120n, this.kallsyms(symbols))
    return module
  }

  /** A struct mod_kallsyms: Elf64_Sym entries in a page of their own, and their names. */
  private kallsyms(symbols: readonly ModuleSymbol[]): VirtAddr {
    const { kernel } = this
    const strings = kernel.object(1 + symbols.reduce((sum, { name }) => sum + (name?.length ?? 0) + 1, 0))
    const table = kernel.object(24 * symbols.length, 4096)
    let end = 1
    symbols.forEach((symbol, i) => {
      const at = table + BigInt(24 * i)
      if (symbol.name !== null) {
        kernel.set32(at, end).text(strings + BigInt(end), symbol.name)
        end += symbol.name.length + 1
      }
      kernel.set32(at + 4n, symbol.undefined ? 0x12 : 0x1_0012)
      kernel.set(at + 8n, symbol.at)
    })
    const kallsyms = kernel.object(32)
    kernel.set(kallsyms, table).set32(kallsyms + 8n, symbols.length)
    kernel.set(kallsyms + 16n, strings)
    return kallsyms
  }
}
