import type { VirtAddr } from '../base/units.ts'
import type { Kernel } from './types.ts'

/** How a kernel variable is read; `bool` is one byte, `atomic64` and `ulong` are eight. */
export type VariableType = 'bool' | 'int' | 'uint' | 'ulong' | 'pointer'

type Reader = Pick<Kernel, 'symbols' | 'memory'>

/** The address of a variable with a unique name; null when the kernel has no such symbol, or several. */
export function addressOf(kernel: Pick<Kernel, 'symbols'>, name: string): VirtAddr | null {
  const found = kernel.symbols.addresses(name)
  return found.length === 1 ? found[0]! : null
}

/** A kernel variable as number; null when there is no such symbol, it can't be read, or it does not fit 2^53. */
export function numberVariable(kernel: Reader, name: string, type: Exclude<VariableType, 'pointer'>): number | null {
  const at = addressOf(kernel, name)
  if (at === null) return null
  switch (type) {
    case 'bool':
      return kernel.memory.bytes(at, 1)?.[0] ?? null
    case 'int':
      return kernel.memory.s32(at)
    case 'uint':
      return kernel.memory.u32(at)
    case 'ulong': {
      const value = kernel.memory.u64(at)
      return value !== null && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : null
    }
  }
}

/** A pointer variable's value; null when there is no such symbol or it can't be read. */
export function pointerVariable(kernel: Reader, name: string): VirtAddr | null {
  const at = addressOf(kernel, name)
  return at === null ? null : kernel.memory.u64(at)
}
