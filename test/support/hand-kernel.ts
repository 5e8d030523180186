import type { PhysAddr, VirtAddr } from '../../src/base/units.ts'
import type { AddressSpace, Kernel, SymbolSource } from '../../src/kernel/types.ts'
import { START_KERNEL_MAP, virtualMemory } from '../../src/kernel/virtual-memory.ts'
import { parseVmcoreInfo } from '../../src/parsers/vmcoreinfo.ts'
import { type HandStruct, handTypes } from './hand-types.ts'
import { directMap, HandMemory, PAGE, PAGE_OFFSET } from './memory.ts'
import { GIB1, MIB2, PageTables } from './page-tables.ts'

/** 2 GiB of page frames, nearly all of them excluded. */
export const MAX_PFN = 0x80000
export const VMEMMAP = 0xffffda1500000000n
const PAGE_STRUCT = 64

export const PHYS_BASE = 0x500_0000
/** Where variables are, in the image; where page tables, struct pages and slab objects are, physically. */
const VARIABLES = START_KERNEL_MAP + 0x200_0000n
/** Within the image, as swapper_pg_dir is. */
const TABLES_AT = 0x580_0000
const VMEMMAP_AT = 0x1000_0000
/** Two pages before a border of 4 GiB in virtual addresses. */
const HEAP_AT = 0x3fff_e000

/** A kernel by hand: variables, slab objects and struct pages in hand-made memory, symbols and types from tables. */
export class HandKernel {
  readonly memory = new HandMemory(MAX_PFN)
  readonly types: HandStruct[] = []
  readonly enumerators: Record<string, number> = { PG_locked: 0, PG_lru: 5 }
  readonly symbols = new Map<string, VirtAddr[]>()
  /** Lines of VMCOREINFO. */
  readonly info: string[] = ['OSRELEASE=6.1.0-hand', 'PAGESIZE=4096']
  readonly space: AddressSpace = {
    levels: 4,
    physBase: BigInt(PHYS_BASE),
    kaslrOffset: null,
    pageOffset: PAGE_OFFSET,
    vmemmap: VMEMMAP,
    pageTable: TABLES_AT,
    smeMask: 0n,
    basesFrom: 'variables',
  }
  readonly tables: PageTables
  private nextVariable = VARIABLES
  private nextObject: PhysAddr = HEAP_AT

  /** @param levels - of its page tables; @param smeMask - memory-encryption bit of their entries */
  constructor({ levels = 4, smeMask = 0n }: { levels?: 4 | 5; smeMask?: bigint } = {}) {
    const tables = new PageTables(this.memory, TABLES_AT, levels, smeMask)
    this.tables = tables
    this.space.levels = levels
    this.space.smeMask = smeMask
    const bytes = MAX_PFN * PAGE_STRUCT
    for (let at = 0; at < bytes; at += MIB2) tables.map(VMEMMAP + BigInt(at), VMEMMAP_AT + at, MIB2)
    for (let at = 0; at < MAX_PFN * PAGE; at += GIB1) tables.map(PAGE_OFFSET + BigInt(at), at, GIB1)
  }

  /** A variable of the kernel's image, by symbol. */
  variable(name: string, value: bigint | number = 0n, size = 8): VirtAddr {
    const at = this.nextVariable
    this.nextVariable += BigInt(Math.ceil(size / 8) * 8)
    this.symbols.set(name, [...(this.symbols.get(name) ?? []), at])
    this.bytes(at, new Uint8Array(size))
    if (size >= 8) this.set(at, value)
    else this.set32(at, Number(value))
    return at
  }

  /** A slab object, zeroed. */
  object(size: number, align = 64): VirtAddr {
    const at = Math.ceil(this.nextObject / align) * align
    this.nextObject = at + size
    this.memory.put(at, new Uint8Array(size))
    return PAGE_OFFSET + BigInt(at)
  }

  /** Addresses of all words that objects were allotted, from the heap's start on. */
  heapWords(): VirtAddr[] {
    const words = Math.ceil((this.nextObject - HEAP_AT) / 8)
    return Array.from({ length: words }, (_, i) => PAGE_OFFSET + BigInt(HEAP_AT + 8 * i))
  }

  /** Where the next object comes: a physical address. */
  seek(at: PhysAddr): this {
    this.nextObject = at
    return this
  }

  /** Virtual address of a struct page; its page is there from now on. */
  page(pfn: number): VirtAddr {
    this.memory.page(Math.floor((VMEMMAP_AT + pfn * PAGE_STRUCT) / PAGE))
    return VMEMMAP + BigInt(pfn) * BigInt(PAGE_STRUCT)
  }

  /** Physical address of the image, the direct map or vmemmap. */
  phys(at: VirtAddr): PhysAddr {
    if (at >= START_KERNEL_MAP) return Number(at - START_KERNEL_MAP) + PHYS_BASE
    return at >= VMEMMAP ? Number(at - VMEMMAP) + VMEMMAP_AT : Number(at - PAGE_OFFSET)
  }

  set(at: VirtAddr, value: bigint | number): this {
    this.memory.u64(this.phys(at), value)
    return this
  }

  set32(at: VirtAddr, value: number): this {
    this.memory.u32(this.phys(at), value)
    return this
  }

  bytes(at: VirtAddr, bytes: Uint8Array): this {
    this.memory.put(this.phys(at), bytes)
    return this
  }

  text(at: VirtAddr, text: string): this {
    return this.bytes(at, Uint8Array.from(Buffer.from(text, 'latin1')))
  }

  get(at: VirtAddr): bigint {
    const bytes = new Uint8Array(8)
    this.memory.read(this.phys(at), bytes)
    return new DataView(bytes.buffer).getBigUint64(0, true)
  }

  /** Leaves the page around an address out. */
  exclude(at: VirtAddr): this {
    this.memory.exclude(Math.floor(this.phys(at) / PAGE))
    return this
  }

  /** Makes the page around an address one that can't be read. */
  damage(at: VirtAddr): this {
    this.memory.damage(Math.floor(this.phys(at) / PAGE))
    return this
  }

  symbolSource(): SymbolSource {
    const all = [...this.symbols].flatMap(([name, places]) => places.map((at) => ({ name, at })))
    return {
      kind: 'system-map',
      addresses: (name) => this.symbols.get(name) ?? [],
      at(address) {
        const below = all.filter(({ at }) => at <= address).sort((a, b) => (a.at < b.at ? -1 : 1))
        const nearest = below.at(-1)
        if (!nearest || address < START_KERNEL_MAP) return null
        return { names: [nearest.name], offset: Number(address - nearest.at), module: null }
      },
    }
  }

  /** The kernel as it is now; what is written later is seen too. */
  kernel(): Kernel {
    return {
      release: '6.1.0-hand',
      version: '#1 SMP by hand',
      buildId: null,
      vmcoreinfo: parseVmcoreInfo(this.info.join('\n')),
      space: this.space,
      symbols: this.symbolSource(),
      types: handTypes(this.types, this.enumerators),
      memory: virtualMemory(this.memory, this.space),
      probe: virtualMemory(this.memory, this.space),
      physical: this.memory,
      directMap: directMap(this.memory),
      problems: [],
    }
  }
}
