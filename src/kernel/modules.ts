import { printable } from '../base/text.ts'
import type { VirtAddr } from '../base/units.ts'
import { eachLink } from './list-heads.ts'
import type { Kernel } from './types.ts'
import { addressOf } from './variables.ts'

/** A loaded module: where its code is, its symbols and its ORC tables. */
export interface Module {
  name: string
  /** Code: address and bytes. */
  text: { start: VirtAddr; size: number }
  orc: { ip: VirtAddr; entries: VirtAddr; count: number } | null
  /** ELF symbol table of the module, as the kernel keeps it. */
  symtab: { symbols: VirtAddr; count: number; strings: VirtAddr } | null
}

const MOST_MODULES = 4096
const MOST_ENTRIES = 4_000_000
/** MODULE_NAME_LEN. @see include/linux/moduleparam.h */
const NAME_LENGTH = 56

/** Where a module's text is: three ways in three eras, by members. @see include/linux/module.h (v5.10, v6.4) */
function textOf(kernel: Kernel, module: VirtAddr): Module['text'] | null {
  const type = kernel.types.struct('module', 'list')
  const { memory } = kernel
  const read = (base: string, size: string): Module['text'] | null => {
    const [b, s] = [type?.member(base), type?.member(size)]
    if (!b || !s) return null
    const start = memory.u64(module + BigInt(b.offset))
    const bytes = memory.u32(module + BigInt(s.offset))
    return start && bytes ? { start, size: bytes } : null
  }
  // 6.4+: mem[MOD_TEXT], the first element of an array of struct module_memory
  const mem = type?.member('mem')
  const part = kernel.types.struct('module_memory', 'base')
  const [base, size] = [part?.member('base'), part?.member('size')]
  if (mem && base && size) {
    const start = memory.u64(module + BigInt(mem.offset + base.offset))
    const bytes = memory.u32(module + BigInt(mem.offset + size.offset))
    return start && bytes ? { start, size: bytes } : null
  }
  return read('core_layout.base', 'core_layout.size') ?? read('module_core', 'core_size')
}

/** The modules in the kernel's list, as far as it can be followed. */
export function listModules(kernel: Kernel): Module[] {
  const type = kernel.types.struct('module', 'list')
  const head = addressOf(kernel, 'modules')
  const at = (path: string): number | null => type?.member(path)?.offset ?? null
  const [list, nameAt] = [at('list'), at('name')]
  if (head === null || list === null || nameAt === null) return []
  const { memory } = kernel
  const [ipAt, orcAt, countAt] = [at('arch.orc_unwind_ip'), at('arch.orc_unwind'), at('arch.num_orcs')]
  const kallsymsAt = at('kallsyms')
  const symbols = kernel.types.struct('mod_kallsyms', 'symtab')
  const modules: Module[] = []
  for (const link of eachLink(memory, head, MOST_MODULES, false)) {
    const module = link - BigInt(list)
    const text = textOf(kernel, module)
    const name = memory.cstring(module + BigInt(nameAt), NAME_LENGTH)
    if (!text || name === null) continue
    const word = (offset: number | null): bigint | null =>
      offset === null ? null : memory.u64(module + BigInt(offset))
    const [ip, entries, count] = [
      word(ipAt),
      word(orcAt),
      countAt === null ? null : memory.u32(module + BigInt(countAt)),
    ]
    const kallsyms = word(kallsymsAt)
    const inner = (path: string): bigint | null => {
      const member = symbols?.member(path)
      return kallsyms && member ? memory.u64(kallsyms + BigInt(member.offset)) : null
    }
    const [symtab, strtab] = [inner('symtab'), inner('strtab')]
    const numAt = symbols?.member('num_symtab')
    const num = kallsyms && numAt ? memory.u32(kallsyms + BigInt(numAt.offset)) : null
    modules.push({
      name: printable(name, NAME_LENGTH),
      text,
      orc: ip && entries && count && count <= MOST_ENTRIES ? { ip, entries, count } : null,
      symtab: symtab && strtab && num && num <= MOST_ENTRIES ? { symbols: symtab, count: num, strings: strtab } : null,
    })
  }
  return modules
}
