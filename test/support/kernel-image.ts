import type { DumpImage } from '../../src/image/types.ts'
import { START_KERNEL_MAP } from '../../src/kernel/virtual-memory.ts'
import type { AddressForm } from '../../src/parsers/kallsyms.ts'
import { btfOf, type BtfRecipe, KNOWN_LAYOUT } from './btf-writer.ts'
import { type HandKernel, PHYS_BASE, VMEMMAP } from './hand-kernel.ts'
import { type SymbolRecipe, writeKallsyms } from './kallsyms-writer.ts'
import { PAGE_OFFSET } from './memory.ts'

export const STEXT = START_KERNEL_MAP + 0x1000000n
/** kallsyms_relative_base. */
export const TEXT = START_KERNEL_MAP + 0x1000000n
const UTS = { 'name.nodename': 65, 'name.release': 130, 'name.version': 195 }
const RELEASE = '6.1.0-hand'
export const VERSION = '#1 SMP PREEMPT_DYNAMIC by hand'

export interface ImageRecipe {
  form?: AddressForm
  twoByteLengths?: boolean
  /** null: a kernel without BTF. */
  btf?: BtfRecipe | null
  /** page_offset_base and vmemmap_base are variables (CONFIG_RANDOMIZE_MEMORY). */
  variables?: boolean
  /** The kernel's variable phys_base. */
  physBase?: bigint
  /** Symbols beside those of the hand-made kernel. */
  symbols?: readonly SymbolRecipe[]
}

/** Where the parts of the symbol table are. */
export type TableName = 'names' | 'num_syms' | 'token_table' | 'token_index' | 'offsets' | 'relative_base'

/** An opened dump of a hand-made kernel: its own kallsyms, BTF and VMCOREINFO, in its own memory. */
export class KernelImage {
  /** Lines of VMCOREINFO. */
  readonly info: string[]
  readonly tables = {} as Record<TableName, bigint>
  readonly hand: HandKernel

  constructor(hand: HandKernel, recipe: ImageRecipe = {}) {
    this.hand = hand
    if (recipe.variables !== false) {
      hand.variable('page_offset_base', PAGE_OFFSET)
      hand.variable('vmemmap_base', VMEMMAP)
    }
    hand.variable('phys_base', recipe.physBase ?? BigInt(PHYS_BASE))
    hand.types.push({ name: 'uts_namespace', size: 424, members: UTS })
    const uts = hand.variable('init_uts_ns', 0n, 424)
    hand
      .text(uts + 65n, 'host\0')
      .text(uts + 130n, `${RELEASE}\0`)
      .text(uts + 195n, `${VERSION}\0`)
    if (recipe.btf !== null) this.writeBtf(recipe.btf ?? { header: 32, layout: KNOWN_LAYOUT })
    this.writeSymbols(recipe)
    this.info = [
      `OSRELEASE=${RELEASE}`,
      'BUILD-ID=00112233',
      'PAGESIZE=4096',
      `SYMBOL(init_uts_ns)=${uts.toString(16)}`,
      `SYMBOL(_stext)=${STEXT.toString(16)}`,
      `SYMBOL(swapper_pg_dir)=${(START_KERNEL_MAP + BigInt(hand.space.pageTable - PHYS_BASE)).toString(16)}`,
      `NUMBER(phys_base)=${PHYS_BASE}`,
      `NUMBER(pgtable_l5_enabled)=${hand.space.levels === 5 ? 1 : 0}`,
      `NUMBER(sme_mask)=${hand.space.smeMask}`,
      'KERNELOFFSET=0',
      ...Object.entries(this.tables).map(([name, at]) => `SYMBOL(kallsyms_${name})=${at.toString(16)}`),
    ]
  }

  private writeBtf(recipe: BtfRecipe): void {
    const blob = btfOf(this.hand.types, this.hand.enumerators).bytes(recipe)
    const at = this.hand.variable('__start_BTF', 0n, blob.length)
    this.hand.bytes(at, blob)
    this.hand.symbols.set('__stop_BTF', [at + BigInt(blob.length)])
  }

  private writeSymbols({ form = 'base-relative', twoByteLengths = true, symbols = [] }: ImageRecipe): void {
    const all: SymbolRecipe[] = [{ name: '_stext', address: STEXT }, { name: '_text', address: STEXT }, ...symbols]
    for (const [name, places] of this.hand.symbols) for (const address of places) all.push({ name, address, type: 'b' })
    all.sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0))
    const offsets = this.place('offsets', new Uint8Array(4 * all.length))
    const tables = writeKallsyms(all, { form, base: TEXT, offsetsAt: offsets, twoByteLengths })
    this.hand.bytes(offsets, tables.offsets)
    this.place('names', tables.names)
    this.place('token_table', tables.tokenTable)
    this.place('token_index', tables.tokenIndex)
    this.place('num_syms', Uint8Array.from([tables.count & 0xff, tables.count >> 8, 0, 0]))
    if (form !== 'place-relative') this.hand.set(this.place('relative_base', new Uint8Array(8)), TEXT)
  }

  /** Puts a table into the image; it has no symbol of its own. */
  private place(name: TableName, bytes: Uint8Array): bigint {
    const at = this.hand.variable(name, 0n, bytes.length)
    this.hand.symbols.delete(name)
    this.hand.bytes(at, bytes)
    this.tables[name] = at
    return at
  }

  /** Replaces a line of VMCOREINFO, or takes it away. */
  line(key: string, value: string | null): this {
    const at = this.info.findIndex((line) => line.startsWith(`${key}=`))
    if (at >= 0) this.info.splice(at, 1)
    if (value !== null) this.info.push(`${key}=${value}`)
    return this
  }

  /** The dump, opened; any of its members may be another. */
  image(other: Partial<DumpImage> = {}): DumpImage {
    return {
      kind: 'kdump',
      format: 'kdump',
      headerVersion: 6,
      arch: 'x86_64',
      endian: 'little',
      wordSize: 8,
      flattened: false,
      dumpLevel: 31,
      compression: [],
      pagesPresent: 64,
      notes: [],
      vmcoreinfo: this.info.join('\n'),
      eraseInfo: null,
      cpus: [],
      uts: null,
      timestamp: null,
      memory: this.hand.memory,
      problems: [],
      ...other,
    }
  }
}
