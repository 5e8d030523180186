import { Parser } from 'binary-parser/dist/binary_parser.js'
import { cText } from '../base/text.ts'

/** Byte order and word size of the dumped machine: a kdump file has no field for either. */
export interface KdumpLayout {
  wordSize: 4 | 8
  endian: 'little' | 'big'
}

/** struct disk_dump_header, versions 0 to 6 and above: makedumpfile diskdump_mod.h (1.7.9). */
export interface KdumpHeader extends KdumpLayout {
  /** True for the signature of the old diskdump, whose sub-header has another shape. */
  diskdump: boolean
  version: number
  nodename: string
  release: string
  /** utsname.version, as "#1 SMP ...". */
  buildVersion: string
  machine: string
  /** tv_sec, seconds since 1970; Infinity when it is above 2^53. */
  timestamp: number
  /** Bits: compression that was asked for (1 zlib, 2 LZO, 4 snappy, 0x20 zstd), STATUS_INCOMPLETE. */
  status: number
  /** Bytes; equals the page size. */
  blockSize: number
  /** Blocks. */
  subHdrSize: number
  /** Blocks, of both bitmaps together. */
  bitmapBlocks: number
  /** Pages; only the low 32 bits where the sub-header has max_mapnr_64. */
  maxMapnr: number
}

/** The header can't be used; one phrase for a person. */
export interface HeaderFault {
  fault: string
}

/** Status bit: the writer ran out of space; page descriptors that were never written are zero. */
export const STATUS_INCOMPLETE = 8

/** Bytes of the header that must be there. */
export const KDUMP_HEADER_SIZE = { 4: 452, 8: 464 } as const

/** Offset of block_size; sub_hdr_size, bitmap_blocks and max_mapnr follow it, 4 bytes each. */
const BLOCK_SIZE_AT = { 4: 416, 8: 428 } as const
const MACHINE_AT = 8 + 4 + 4 * 65

const LAYOUTS: readonly KdumpLayout[] = [
  { wordSize: 4, endian: 'little' },
  { wordSize: 4, endian: 'big' },
  { wordSize: 8, endian: 'little' },
  { wordSize: 8, endian: 'big' },
]

/** True for the block sizes that a kernel can have as page size: a power of two, 4 KiB to 256 KiB. */
export function isPageSize(size: number): boolean {
  return size >= 4096 && size <= 262_144 && Number.isInteger(Math.log2(size))
}

function fits(bytes: Uint8Array, { wordSize, endian }: KdumpLayout): boolean {
  if (bytes.length < KDUMP_HEADER_SIZE[wordSize]) return false
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const at = BLOCK_SIZE_AT[wordSize]
  const little = endian === 'little'
  const blockSize = view.getInt32(at, little)
  const subHdrSize = view.getInt32(at + 4, little)
  const bitmapBlocks = view.getUint32(at + 8, little)
  const maxMapnr = view.getUint32(at + 12, little)
  return isPageSize(blockSize) && subHdrSize >= 1 && subHdrSize <= 65_536 && 8 * bitmapBlocks * blockSize >= maxMapnr
}

/** What utsname.machine says about the layout; null where it says nothing. */
function machineFits(machine: string, { wordSize, endian }: KdumpLayout): boolean | null {
  if (/^(x86_64|aarch64|riscv64|ppc64le|loongarch64)$/.test(machine)) return wordSize === 8 && endian === 'little'
  if (/^(s390x|ppc64)$/.test(machine)) return wordSize === 8 && endian === 'big'
  if (/^i[3-6]86$/.test(machine)) return wordSize === 4 && endian === 'little'
  return null
}

/**
 * Finds word size and byte order by trying which of the four makes block_size a page size and the bitmap large enough for
 * max_mapnr; where several do, utsname.machine chooses, else the first.
 */
function layoutOf(bytes: Uint8Array): KdumpLayout | null {
  const candidates = LAYOUTS.filter((layout) => fits(bytes, layout))
  const machine = cText(bytes.subarray(MACHINE_AT, MACHINE_AT + 65))
  return candidates.find((layout) => machineFits(machine, layout) === true) ?? candidates[0] ?? null
}

const parsers = new Map<string, Parser>()

function headerParser({ wordSize, endian }: KdumpLayout): Parser {
  const key = `${wordSize}${endian}`
  let parser = parsers.get(key)
  if (!parser) {
    parser = new Parser().endianness(endian).buffer('signature', { length: 8 }).int32('version')
    for (const name of ['sysname', 'nodename', 'release', 'buildVersion', 'machine', 'domainname']) {
      parser.buffer(name, { length: 65 })
    }
    parser.seek(wordSize === 8 ? 6 : 2)
    if (wordSize === 8) parser.uint64('seconds').uint64('microseconds')
    else parser.uint32('seconds').uint32('microseconds')
    parser.uint32('status').int32('blockSize').int32('subHdrSize').uint32('bitmapBlocks').uint32('maxMapnr')
    parsers.set(key, parser)
  }
  return parser
}

/** A field that is u64 in one layout and u32 in the other, as number; above 2^53 - 1 it becomes Infinity. */
export function exact(value: number | bigint): number {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : Number.POSITIVE_INFINITY
}

/**
 * Reads the header of a kdump-compressed file.
 * @param bytes - the first bytes of the (unflattened) file; signature already seen or not
 * @returns the header, or what makes it unusable
 */
export function parseKdumpHeader(bytes: Uint8Array): KdumpHeader | HeaderFault {
  const signature = String.fromCharCode(...bytes.subarray(0, 8))
  if (signature !== 'KDUMP   ' && signature !== 'DISKDUMP') return { fault: 'no kdump signature at offset 0' }
  if (bytes.length < KDUMP_HEADER_SIZE[4])
    return { fault: `the file ends inside the header, at offset ${bytes.length}` }
  const layout = layoutOf(bytes)
  if (layout === null) {
    return {
      fault:
        'block_size, sub_hdr_size, bitmap_blocks and max_mapnr at offset 416 (32-bit) or 428 (64-bit) do not fit together',
    }
  }
  const raw = headerParser(layout).parse(bytes.subarray(0, KDUMP_HEADER_SIZE[layout.wordSize]))
  return {
    ...layout,
    diskdump: signature === 'DISKDUMP',
    version: raw.version,
    nodename: cText(raw.nodename),
    release: cText(raw.release),
    buildVersion: cText(raw.buildVersion),
    machine: cText(raw.machine),
    timestamp: exact(raw.seconds),
    status: raw.status,
    blockSize: raw.blockSize,
    subHdrSize: raw.subHdrSize,
    bitmapBlocks: raw.bitmapBlocks,
    maxMapnr: raw.maxMapnr,
  }
}
