import { Parser } from 'binary-parser/dist/binary_parser.js'
import type { FileOffset } from '../base/units.ts'
import { exact, type KdumpHeader } from './kdump-header.ts'

/** A range of the (unflattened) file. Both numbers are Infinity where the file says more than 2^53. */
export interface Extent {
  at: FileOffset
  size: number
}

/** struct kdump_sub_header: makedumpfile diskdump_mod.h (1.7.9). Fields younger than the header's version are null. */
export interface KdumpSubHeader {
  /** makedumpfile's filter level; since version 1. */
  dumpLevel: number | null
  /** This file is one of a set (makedumpfile --split); since version 2. */
  split: boolean
  /** First page frame of this part, and the one after its last; 0 and 0 where not split. */
  startPfn: number
  endPfn: number
  /** VMCOREINFO text (no note header); since version 3. */
  vmcoreinfo: Extent | null
  /** ELF notes; since version 4. */
  notes: Extent | null
  /** Since version 5. */
  eraseInfo: Extent | null
  /** Page frames; since version 6. */
  maxMapnr: number | null
}

type Shape = '64' | 'packed' | 'padded'

/** Bytes of the sub-header, version 6: i386 packs its u64 at 4 bytes, arm and others at 8. */
const SIZES: Record<Shape, number> = { 64: 104, packed: 80, padded: 96 }

/** Bytes that hold every shape. */
export const KDUMP_SUB_HEADER_SIZE = SIZES[64]

const NONE: KdumpSubHeader = {
  dumpLevel: null,
  split: false,
  startPfn: 0,
  endPfn: 0,
  vmcoreinfo: null,
  notes: null,
  eraseInfo: null,
  maxMapnr: null,
}

const parsers = new Map<string, Parser>()

function subHeaderParser(shape: Shape, endian: 'little' | 'big'): Parser {
  const key = shape + endian
  let parser = parsers.get(key)
  if (!parser) {
    parser = new Parser().endianness(endian)
    const made = parser
    const word = (name: string) => (shape === '64' ? made.uint64(name) : made.uint32(name))
    const gap = () => (shape === 'padded' ? made.seek(4) : made)
    word('physBase')
    made.int32('dumpLevel').int32('split')
    word('startPfn')
    word('endPfn')
    for (const range of ['vmcoreinfo', 'notes', 'eraseInfo']) {
      gap()
      made.uint64(`${range}At`)
      word(`${range}Size`)
    }
    gap()
    made.uint64('startPfn64').uint64('endPfn64').uint64('maxMapnr64')
    parsers.set(key, parser)
  }
  return parser
}

/**
 * 32-bit files come in two shapes and no field tells which: packed when there is no VMCOREINFO, or when the packed reading of
 * its range lies inside the sub-header's blocks.
 */
function shapeOf(bytes: Uint8Array, header: KdumpHeader): Shape {
  if (header.wordSize === 8) return '64'
  const packed = subHeaderParser('packed', header.endian).parse(bytes)
  const at = exact(packed.vmcoreinfoAt)
  const size = exact(packed.vmcoreinfoSize)
  if (at === 0 && size === 0) return 'packed'
  const start = header.blockSize
  const end = (1 + header.subHdrSize) * header.blockSize
  return at >= start && at + size <= end ? 'packed' : 'padded'
}

/**
 * Reads the sub-header that follows the first block.
 * @param bytes - KDUMP_SUB_HEADER_SIZE bytes from offset block_size on; missing ones as zeros
 */
export function parseKdumpSubHeader(bytes: Uint8Array, header: KdumpHeader): KdumpSubHeader {
  const version = header.version
  if (header.diskdump || version < 1) return NONE
  const raw = subHeaderParser(shapeOf(bytes, header), header.endian).parse(bytes)
  const extent = (name: string): Extent | null => {
    const at = exact(raw[`${name}At`])
    const size = exact(raw[`${name}Size`])
    return size === 0 ? null : { at, size }
  }
  const wide = version >= 6
  return {
    dumpLevel: raw.dumpLevel,
    split: version >= 2 && raw.split !== 0,
    startPfn: version < 2 ? 0 : exact(wide ? raw.startPfn64 : raw.startPfn),
    endPfn: version < 2 ? 0 : exact(wide ? raw.endPfn64 : raw.endPfn),
    vmcoreinfo: version >= 3 ? extent('vmcoreinfo') : null,
    notes: version >= 4 ? extent('notes') : null,
    eraseInfo: version >= 5 ? extent('eraseInfo') : null,
    maxMapnr: wide ? exact(raw.maxMapnr64) : null,
  }
}
