import { ByteWriter, noteBytes } from './byte-writer.ts'
import { type CodecName, encodePage, FLAGS, pageOf } from './page-encoders.ts'

/** One page of a kdump recipe. */
export interface PageRecipe {
  pfn: number
  /** Default: `pageOf(pfn)`. */
  content?: Uint8Array
  /** Default: raw. 'excluded': exists, but not in the dump. */
  codec?: CodecName | 'excluded'
  /** Bytes as they are stored, instead of the encoded content. */
  stored?: Uint8Array
  /** The descriptor says this instead of the truth. */
  offset?: number | bigint
  size?: number
  flags?: number
  /** Points at the data of this page. */
  sameAs?: number
}

/** A kdump file. Every member has a default. */
export interface KdumpRecipe {
  signature?: string
  version?: number
  wordSize?: 4 | 8
  endian?: 'little' | 'big'
  /** The 32-bit sub-header pads its u64 to 8 bytes (arm). */
  padded?: boolean
  blockSize?: number
  maxPfn?: number
  /** Header fields that say something else. */
  maxMapnr?: number
  maxMapnr64?: number | bigint
  headerBlockSize?: number
  status?: number
  dumpLevel?: number
  machine?: string
  release?: string
  timestamp?: number
  notes?: readonly { name: string; type: number; desc: Uint8Array | string }[]
  /** Put into the notes from version 4 on, with the sub-header pointing at it. */
  vmcoreinfo?: string
  /** Overrides of the sub-header's ranges. */
  notesRange?: { at: number | bigint; size: number | bigint }
  vmcoreinfoRange?: { at: number | bigint; size: number | bigint }
  eraseInfo?: string
  split?: { start: number; end: number }
  oneBitmap?: boolean
  pages: readonly PageRecipe[]
}

/** The file, and where its parts are. */
export interface KdumpFile {
  bytes: Uint8Array
  /** Offset of the sub-header, the bitmaps, the descriptors and the page data. */
  at: { subHeader: number; notes: number; existing: number; dumped: number; descriptors: number; data: number }
  /** Offset of a page's data. */
  page: Map<number, number>
  /** Every write in the order in which a writer makes them: what the flattened form has as records. */
  writes: { at: number; bytes: Uint8Array }[]
}

/** Writes a kdump file as makedumpfile lays it out (diskdump_mod.h, 1.7.9). */
export function writeKdump(recipe: KdumpRecipe): KdumpFile {
  const { version = 6, wordSize = 8, endian = 'little', blockSize = 4096, maxPfn = 64, pages, split } = recipe
  const writes: KdumpFile['writes'] = []
  const put = (at: number, bytes: Uint8Array) => {
    if (bytes.length > 0) writes.push({ at, bytes })
  }
  const subSize = wordSize === 8 ? 104 : recipe.padded ? 96 : 80
  const notesAt = blockSize + subSize
  const inNotes = recipe.vmcoreinfo !== undefined && version >= 4
  const info = inNotes ? [{ name: 'VMCOREINFO', type: 0, desc: recipe.vmcoreinfo ?? '' }] : []
  const notes = version >= 4 ? noteBytes([...(recipe.notes ?? []), ...info], endian) : new Uint8Array(0)
  const text = recipe.vmcoreinfo ?? ''
  const textAt = inNotes ? notesAt + notes.length - Math.ceil(text.length / 4) * 4 : notesAt + notes.length
  const erase = recipe.eraseInfo ?? ''
  const eraseAt = notesAt + notes.length + (inNotes ? 0 : text.length)
  const subBlocks = Math.ceil((eraseAt + erase.length - blockSize) / blockSize)

  const bitmapBlocks = Math.max(1, Math.ceil(maxPfn / 8 / blockSize))
  const allBlocks = recipe.oneBitmap ? bitmapBlocks : 2 * bitmapBlocks
  const existing = (1 + subBlocks) * blockSize
  const dumped = recipe.oneBitmap ? existing : existing + bitmapBlocks * blockSize
  const descriptors = existing + allBlocks * blockSize

  const header = new ByteWriter(endian).text(recipe.signature ?? 'KDUMP   ').u32(version)
  for (const name of ['Linux', 'node', recipe.release ?? '6.1.0-test', '#1 SMP', recipe.machine ?? 'x86_64', '(none)'])
    header.text(name, 65)
  header
    .skip(wordSize === 8 ? 6 : 2)
    .word(recipe.timestamp ?? 0, wordSize)
    .word(0, wordSize)
  header
    .u32(recipe.status ?? 0)
    .u32(recipe.headerBlockSize ?? blockSize)
    .u32(subBlocks)
    .u32(allBlocks)
  header
    .u32(recipe.maxMapnr ?? maxPfn)
    .u32(0)
    .u32(0)
    .u32(0)
    .u32(0)
    .u32(2)
  put(0, header.bytes())

  if (version >= 1) {
    const sub = new ByteWriter(endian)
    const word = (value: number | bigint) => sub.word(value, wordSize)
    const gap = () => (wordSize === 4 && recipe.padded ? sub.u32(0) : sub)
    word(0)
    sub.u32(recipe.dumpLevel ?? 31).u32(split ? 1 : 0)
    word(split?.start ?? 0)
    word(split?.end ?? 0)
    const ranges = [
      recipe.vmcoreinfoRange ?? { at: text ? textAt : 0, size: text.length },
      recipe.notesRange ?? { at: notes.length ? notesAt : 0, size: notes.length },
      { at: erase ? eraseAt : 0, size: erase.length },
    ]
    for (const { at, size } of ranges) {
      gap().u64(at)
      word(size)
    }
    gap()
      .u64(split?.start ?? 0)
      .u64(split?.end ?? 0)
      .u64(recipe.maxMapnr64 ?? maxPfn)
    put(blockSize, sub.bytes())
    put(notesAt, notes)
    if (!inNotes) put(textAt, new ByteWriter().text(text).bytes())
    put(eraseAt, new ByteWriter().text(erase).bytes())
  }

  const inDump = pages.filter(({ codec }) => codec !== 'excluded')
  const bitmap = (list: readonly PageRecipe[]) => {
    const bits = new Uint8Array(bitmapBlocks * blockSize)
    for (const { pfn } of list) bits[pfn >> 3]! |= 1 << (pfn & 7)
    return bits
  }
  if (!recipe.oneBitmap) put(existing, bitmap(pages))
  put(dumped, bitmap(inDump))

  const mine = inDump
    .filter(({ pfn }) => !split || (pfn >= split.start && pfn < split.end))
    .toSorted((a, b) => a.pfn - b.pfn)
  const data = descriptors + mine.length * 24
  const page = new Map<number, number>()
  const table = new ByteWriter(endian)
  let next = data
  const bodies: KdumpFile['writes'] = []
  for (const item of mine) {
    const codec = item.codec ?? 'raw'
    const stored =
      item.stored ?? encodePage(item.content ?? pageOf(item.pfn, blockSize), codec === 'excluded' ? 'raw' : codec)
    const shared = item.sameAs === undefined ? undefined : page.get(item.sameAs)
    const at = shared ?? next
    if (shared === undefined) {
      bodies.push({ at, bytes: stored })
      next += stored.length
    }
    page.set(item.pfn, at)
    table
      .u64(item.offset ?? at)
      .u32(item.size ?? stored.length)
      .u32(item.flags ?? FLAGS[codec === 'excluded' ? 'raw' : codec])
      .u64(0)
  }
  put(descriptors, table.bytes())
  for (const body of bodies) put(body.at, body.bytes)

  return {
    bytes: assemble(writes, descriptors),
    at: { subHeader: blockSize, notes: notesAt, existing, dumped, descriptors, data },
    page,
    writes,
  }
}

/** Puts writes together into the file that they make. */
export function assemble(writes: readonly { at: number; bytes: Uint8Array }[], smallest = 0): Uint8Array {
  const bytes = new Uint8Array(writes.reduce((end, write) => Math.max(end, write.at + write.bytes.length), smallest))
  for (const write of writes) bytes.set(write.bytes, write.at)
  return bytes
}

/** The parts of a split set, one for each range. */
export function writeSplit(recipe: KdumpRecipe, ranges: readonly [start: number, end: number][]): KdumpFile[] {
  return ranges.map(([start, end]) => writeKdump({ ...recipe, split: { start, end } }))
}
