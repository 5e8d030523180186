import { KsmDumpError } from '../base/errors.ts'
import type { VirtAddr } from '../base/units.ts'
import {
  type AddressForm,
  indexNames,
  type KallsymsNames,
  MAX_NAME_BYTES,
  MAX_SYMBOLS,
  symbolAddress,
} from '../parsers/kallsyms.ts'
import type { VmcoreInfo } from '../parsers/vmcoreinfo.ts'
import type { SymbolSource, VirtualMemory } from './types.ts'
import { START_KERNEL_MAP } from './virtual-memory.ts'

const FORMS: readonly AddressForm[] = ['base-relative', 'absolute-percpu', 'place-relative']

/** Symbols of the dump's own kallsyms, and what did not fit. */
export interface Kallsyms extends SymbolSource {
  readonly form: AddressForm
  readonly count: number
  /** Symbols that VMCOREINFO and kallsyms place differently: empty in an undamaged dump. */
  readonly disagreements: string[]
}

/**
 * Reads the symbol table that VMCOREINFO points at (kernels since 6.0).
 * The way in which offsets are to be read is the one that gives `_stext` its address of VMCOREINFO.
 * @throws KsmDumpError `no-symbols` with what is missing
 */
export function openKallsyms(memory: VirtualMemory, info: VmcoreInfo, input: string): Kallsyms {
  const at = (name: string): VirtAddr => {
    const address = info.symbol(`kallsyms_${name}`)
    if (address === null) {
      throw new KsmDumpError(
        'no-symbols',
        `VMCOREINFO of this kernel (${info.get('OSRELEASE') ?? 'unknown release'}) does not say where its symbol table is: no SYMBOL(kallsyms_${name}).`,
        {
          input,
          advice: 'Kernels have it since 6.0; older ones are not supported yet.',
        },
      )
    }
    return address
  }
  const tables = {
    names: at('names'),
    count: at('num_syms'),
    tokens: at('token_table'),
    index: at('token_index'),
    offsets: at('offsets'),
  }
  const unreadable = (what: string, address: VirtAddr): KsmDumpError =>
    new KsmDumpError('no-symbols', `The kernel's symbol table can't be read: ${what}.`, {
      input,
      at: `0x${address.toString(16)}`,
      advice: 'The dump is damaged, or was filtered too hard.',
    })

  const count = memory.u32(tables.count)
  if (count === null) throw unreadable('kallsyms_num_syms is absent', tables.count)
  if (count === 0 || count > MAX_SYMBOLS) throw unreadable(`kallsyms_num_syms says ${count}`, tables.count)
  const tokenIndex = memory.bytes(tables.index, 512)
  if (!tokenIndex) throw unreadable('kallsyms_token_index is absent', tables.index)
  const tokenTable = readUpTo(memory, tables.tokens, (tokenIndex[510]! | (tokenIndex[511]! << 8)) + 128)
  const entryBytes = readUpTo(memory, tables.offsets, 4 * count)
  if (entryBytes.length < 4 * count) throw unreadable('kallsyms_offsets is not whole', tables.offsets)
  const entries = new DataView(entryBytes.buffer, entryBytes.byteOffset, entryBytes.byteLength)
  const relativeBase = info.symbol('kallsyms_relative_base')
  const base = relativeBase === null ? null : memory.u64(relativeBase)

  const stext = info.symbol('_stext')
  const address = (form: AddressForm, index: number): VirtAddr =>
    symbolAddress(form, entries.getUint32(4 * index, true), tables.offsets + BigInt(4 * index), base ?? 0n)
  let names: KallsymsNames | null = null
  let form: AddressForm | null = null
  for (const twoByteLengths of [true, false]) {
    const indexed = readNames(memory, tables.names, count, tokenTable, tokenIndex, twoByteLengths)
    if (!indexed) continue
    const candidates = indexed.find('_stext')
    form =
      FORMS.find(
        (each) => (each === 'place-relative' || base !== null) && candidates.some((i) => address(each, i) === stext),
      ) ?? null
    if (form) {
      names = indexed
      break
    }
  }
  if (!names || !form) throw unreadable('no reading of it places _stext where VMCOREINFO does', tables.names)

  const found = names
  const chosen = form
  const cache = new Map<string, readonly VirtAddr[]>()
  const addresses = (name: string): readonly VirtAddr[] => {
    let known = cache.get(name)
    if (!known) {
      known = found.find(name).map((i) => address(chosen, i))
      cache.set(name, known)
    }
    return known
  }
  const disagreements = info.symbols().filter((name) => {
    const says = info.symbol(name)
    const ours = addresses(name)
    // SYMBOL(mem_section) and SYMBOL(vmemmap) are values of variables, outside the image; names that kallsyms does not have say nothing
    return ours.length > 0 && says !== null && says >= START_KERNEL_MAP && !ours.includes(says)
  })
  return {
    kind: 'kallsyms',
    form,
    count,
    disagreements,
    addresses,
    at: (where) => nearest(found, (i) => address(chosen, i), where),
  }
}

/** Bytes from `at` on, as many as can be read up to `length`; bounded by the caller. */
function readUpTo(memory: VirtualMemory, at: VirtAddr, length: number): Uint8Array {
  const into = new Uint8Array(length)
  return into.subarray(0, memory.read(at, into).bytes)
}

/** Reads the names in growing pieces, because nothing says how many bytes they take. */
function readNames(
  memory: VirtualMemory,
  at: VirtAddr,
  count: number,
  tokenTable: Uint8Array,
  tokenIndex: Uint8Array,
  twoByteLengths: boolean,
): KallsymsNames | null {
  for (let length = Math.min(MAX_NAME_BYTES, 24 * count); ; length = Math.min(MAX_NAME_BYTES, 2 * length)) {
    const names = readUpTo(memory, at, length)
    const indexed = indexNames({ names, count, tokenTable, tokenIndex, twoByteLengths })
    if (indexed === 'damaged') return null
    if (indexed !== 'short') return indexed
    if (names.length < length || length === MAX_NAME_BYTES) return null
  }
}

/** The symbols nearest below an address: kallsyms is sorted by address (scripts/kallsyms.c), percpu 'A' symbols first. */
function nearest(
  names: KallsymsNames,
  address: (index: number) => VirtAddr,
  where: VirtAddr,
): ReturnType<SymbolSource['at']> {
  let low = 0
  let high = names.count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (address(middle) <= where) low = middle + 1
    else high = middle
  }
  if (low === 0) return null
  const start = address(low - 1)
  const aliases: string[] = []
  for (let i = low - 1; i >= 0 && aliases.length < 16 && address(i) === start; i--) aliases.unshift(names.name(i))
  const offset = where - start
  return offset < 0x1000000n ? { names: aliases, offset: Number(offset), module: null } : null
}
