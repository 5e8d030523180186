import type { Problem } from '../base/errors.ts'
import type { PhysAddr, VirtAddr } from '../base/units.ts'
import type { MemoryRead, PhysicalMemory } from '../image/types.ts'
import type { VmcoreInfo } from '../parsers/vmcoreinfo.ts'
import type { DirectMap } from './direct-map.hot.ts'

/** Where names and addresses come from. First implementation: the dump's own kallsyms. */
export interface SymbolSource {
  readonly kind: 'kallsyms' | 'kallsyms-scan' | 'system-map' | 'vmlinux'
  /** Addresses of all symbols of that name, ascending by index: two mm_slots_hash exist, a caller that needs one says which. */
  addresses(name: string): readonly VirtAddr[]
  /** Symbols at or before an address; aliases share one. Null outside the kernel's image. */
  at(address: VirtAddr): { names: readonly string[]; offset: number; module: string | null } | null
}

/** Where layouts come from. First implementation: the dump's own BTF. */
export interface TypeSource {
  readonly kind: 'btf' | 'dwarf' | 'layout'
  /** The struct of that name, and where two share it, the one that has the member `having`. Null when there is none. */
  struct(name: string, having?: string): StructType | null
  /** Value of an enumerator, e.g. PG_lru. */
  enumerator(name: string): number | null
}

export interface StructType {
  readonly name: string
  /** Bytes. */
  readonly size: number
  /** A member by path ("slot.mm_node"); members of anonymous structs are the outer one's. Offsets and sizes in bytes. */
  member(path: string): { offset: number; size: number; bits: { start: number; length: number } | null } | null
}

/** A virtual address without a physical one, and why. */
export interface NotMapped {
  notMapped: string
}

export interface VirtualMemory {
  /** Physical address behind a kernel virtual address. */
  translate(at: VirtAddr): PhysAddr | NotMapped
  /** Fills `into` from `at` on, across pages. Why something is missing is in the words of physical memory, or 'excluded' with the detail "not mapped ...". */
  read(at: VirtAddr, into: Uint8Array): MemoryRead
  /** `length` bytes, null unless all are there. */
  bytes(at: VirtAddr, length: number): Uint8Array | null
  u32(at: VirtAddr): number | null
  s32(at: VirtAddr): number | null
  u64(at: VirtAddr): bigint | null
  /** Text up to its NUL, at most `max` bytes; null when it can't be read. */
  cstring(at: VirtAddr, max: number): string | null
}

/** The kernel's address space, all of it at run time (KASLR included). */
export interface AddressSpace {
  levels: 4 | 5
  /** Physical minus virtual of the image, relative to __START_KERNEL_map; signed, taken modulo 2^64. */
  physBase: bigint
  /** Virtual KASLR shift (KERNELOFFSET); null where the kernel doesn't say. */
  kaslrOffset: bigint | null
  pageOffset: VirtAddr
  vmemmap: VirtAddr
  /** Physical address of the top page table. */
  pageTable: PhysAddr
  smeMask: bigint
  /** Where pageOffset and vmemmap come from: the kernel's variables, or the constants of kernels without them. */
  basesFrom: 'variables' | 'constants'
}

/** A kernel whose symbols and types are known. */
export interface Kernel {
  release: string
  /** utsname.version, e.g. "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)"; null when unreadable. */
  version: string | null
  buildId: string | null
  vmcoreinfo: VmcoreInfo
  space: AddressSpace
  symbols: SymbolSource
  types: TypeSource
  memory: VirtualMemory
  /** The same memory for guesses (is this word a pointer?): what is absent does not count as needed for the answer. */
  probe: VirtualMemory
  physical: PhysicalMemory
  /** Hot translation of slab pointers. */
  directMap: DirectMap
  problems: Problem[]
}
