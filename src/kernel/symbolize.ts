import type { VirtAddr } from '../base/units.ts'
import type { Module } from './modules.ts'
import type { Kernel } from './types.ts'
import { addressOf } from './variables.ts'

/** The function that an instruction belongs to. */
export interface CodePlace {
  /** Where several names share the address, the one that the kernel's own stack traces print: the first of them. */
  symbol: string
  /** Bytes from the symbol's start. */
  offset: number
  module: string | null
}

/** Names for addresses of code, the kernel's and its modules'. */
export interface Symbolizer {
  /** @param address - an instruction; for a return address, the one before it tells the caller */
  at(address: VirtAddr): CodePlace | null
  /** Whether an address lies in code of the kernel or of a module. */
  isText(address: VirtAddr): boolean
}

/** Elf64_Sym. @see include/uapi/linux/elf.h */
const SYM_BYTES = 24
const LONGEST_NAME = 512

export function symbolizer(kernel: Kernel, modules: readonly Module[]): Symbolizer {
  const start = addressOf(kernel, '_text') ?? addressOf(kernel, '_stext') ?? 0n
  const end = addressOf(kernel, '_etext') ?? 0n
  const moduleOf = (address: VirtAddr): Module | undefined =>
    modules.find(({ text }) => address >= text.start && address < text.start + BigInt(text.size))
  const inKernel = (address: VirtAddr): boolean => address >= start && address < end
  return {
    isText: (address) => inKernel(address) || moduleOf(address) !== undefined,
    at(address) {
      if (inKernel(address)) {
        const found = kernel.symbols.at(address)
        const [symbol] = found?.names ?? []
        return found && symbol !== undefined ? { symbol, offset: found.offset, module: null } : null
      }
      const module = moduleOf(address)
      return module ? inModule(kernel, module, address) : null
    },
  }
}

/** The nearest symbol below an address in a module's own table. */
function inModule(kernel: Kernel, module: Module, address: VirtAddr): CodePlace | null {
  const { symtab } = module
  if (!symtab) return null
  const bytes = kernel.memory.bytes(symtab.symbols, Math.min(symtab.count, 65_536) * SYM_BYTES)
  if (!bytes) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let best = -1
  let bestAt = 0n
  for (let at = 0; at + SYM_BYTES <= bytes.length; at += SYM_BYTES) {
    const value = view.getBigUint64(at + 8, true)
    const undefinedSection = view.getUint16(at + 6, true) === 0
    if (undefinedSection || view.getUint32(at, true) === 0) continue
    if (
      value <= address &&
      value > bestAt &&
      value >= module.text.start &&
      kernel.memory.bytes(symtab.strings + BigInt(view.getUint32(at, true)), 1)?.[0] !== 0
    ) {
      bestAt = value
      best = at
    }
  }
  if (best < 0) return null
  const name = kernel.memory.cstring(symtab.strings + BigInt(view.getUint32(best, true)), LONGEST_NAME)
  return name ? { symbol: name, offset: Number(address - bestAt), module: module.name } : null
}
