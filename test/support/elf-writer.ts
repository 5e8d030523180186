import { ByteWriter, noteBytes } from './byte-writer.ts'

/** One program header and what it points at. */
export interface SegmentRecipe {
  /** Default: LOAD. */
  type?: 'load' | 'note' | number
  paddr?: number | bigint
  bytes?: Uint8Array
  notes?: Parameters<typeof noteBytes>[0]
  /** The header says this instead of the truth. */
  offset?: number | bigint
  filesz?: number | bigint
  memsz?: number | bigint
}

/** An ELF file. Every member has a default. */
export interface ElfRecipe {
  wordSize?: 4 | 8
  endian?: 'little' | 'big'
  type?: number
  machine?: number
  /** Offset of the program headers. */
  phoff?: number
  ehsize?: number
  phentsize?: number
  phnum?: number
  /** Puts the number of segments into section header 0. */
  manySegments?: boolean
  segments: readonly SegmentRecipe[]
}

const TYPES = { load: 1, note: 4 }

/** Writes an ELF core: gABI, elf.h. */
export function writeElf(recipe: ElfRecipe): { bytes: Uint8Array; at: number[] } {
  const { wordSize = 8, endian = 'little', segments } = recipe
  const wide = wordSize === 8
  const headerSize = wide ? 64 : 52
  const entry = recipe.phentsize ?? (wide ? 56 : 32)
  const phoff = recipe.phoff ?? headerSize
  const tableEnd = phoff + segments.length * entry
  const shoff = recipe.manySegments ? tableEnd : 0
  const out = new ByteWriter(endian)
  out.raw(Uint8Array.from([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, endian === 'little' ? 1 : 2, 1])).seek(16)
  out
    .u16(recipe.type ?? 4)
    .u16(recipe.machine ?? 62)
    .u32(1)
    .word(0, wordSize)
    .word(phoff, wordSize)
    .word(shoff, wordSize)
  out
    .u32(0)
    .u16(recipe.ehsize ?? headerSize)
    .u16(entry)
  out
    .u16(recipe.phnum ?? (recipe.manySegments ? 0xffff : segments.length))
    .u16(wide ? 64 : 40)
    .u16(recipe.manySegments ? 1 : 0)
    .u16(0)
  if (recipe.manySegments) out.seek(shoff + (wide ? 44 : 28)).u32(segments.length)

  const at: number[] = []
  let next = Math.ceil((tableEnd + 64) / 4096) * 4096
  segments.forEach((segment, i) => {
    const bytes = segment.notes ? noteBytes(segment.notes, endian) : (segment.bytes ?? new Uint8Array(0))
    const place = next
    at.push(place)
    next += Math.ceil(bytes.length / 4096) * 4096
    const type =
      typeof segment.type === 'number' ? segment.type : TYPES[segment.type ?? (segment.notes ? 'note' : 'load')]
    const offset = segment.offset ?? place
    const filesz = segment.filesz ?? bytes.length
    const memsz = segment.memsz ?? filesz
    out.seek(phoff + i * entry).u32(type)
    if (wide)
      out
        .u32(7)
        .u64(offset)
        .u64(0)
        .u64(segment.paddr ?? 0)
        .u64(filesz)
        .u64(memsz)
        .u64(0)
    else
      out
        .u32(offset)
        .u32(0)
        .u32(segment.paddr ?? 0)
        .u32(filesz)
        .u32(memsz)
        .u32(7)
        .u32(0)
    out.seek(place).raw(bytes)
  })
  return { bytes: out.bytes(), at }
}
