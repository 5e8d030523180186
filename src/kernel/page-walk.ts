import { PHYS_LIMIT, type PhysAddr, type VirtAddr } from '../base/units.ts'
import type { PhysicalMemory } from '../image/types.ts'
import type { NotMapped } from './types.ts'

const PRESENT = 1n
const HUGE = 0x80n
/** Bits 12..51: the physical address in an entry. @see arch/x86/include/asm/pgtable_types.h (v6.12), PTE_PFN_MASK */
const ADDRESS = 0x000ffffffffff000n

/**
 * Walks x86_64 page tables of 4 or 5 levels, with 2 MiB and 1 GiB pages.
 * @param root - physical address of the top table
 * @param smeMask - memory-encryption bit that entries carry, 0n without SME
 * @returns the physical address, or why there is none; never throws for bad tables
 */
export function walkPageTables(
  memory: PhysicalMemory,
  root: PhysAddr,
  levels: 4 | 5,
  at: VirtAddr,
  smeMask: bigint,
): PhysAddr | NotMapped {
  const bits = levels === 5 ? 57 : 48
  if (BigInt.asUintN(64, BigInt.asIntN(bits, at)) !== at) return { notMapped: 'not a canonical address' }
  const buffer = new Uint8Array(8)
  const view = new DataView(buffer.buffer)
  let table = root
  for (let level: number = levels; level >= 1; level--) {
    const shift = BigInt(12 + 9 * (level - 1))
    const index = Number((at >> shift) & 0x1ffn)
    const got = memory.read(table + 8 * index, buffer)
    if (got.bytes < 8) return { notMapped: `page table of level ${level} is ${got.why ?? 'absent'}` }
    const entry = view.getBigUint64(0, true) & ~smeMask
    if (!(entry & PRESENT)) return { notMapped: `no page table entry (level ${level})` }
    if (level === 1 || ((level === 2 || level === 3) && entry & HUGE)) {
      const size = 1n << shift
      const base = entry & ADDRESS & ~(size - 1n)
      return Number(base | (at & (size - 1n)))
    }
    table = Number(entry & ADDRESS)
    if (table >= PHYS_LIMIT) return { notMapped: `damaged page table entry (level ${level})` }
  }
  return { notMapped: 'no page table entry' }
}
