import type { ByteSource } from '../base/bytes.ts'
import { KsmDumpError, type Problem } from '../base/errors.ts'
import { hex } from '../base/text.ts'
import type { Pfn } from '../base/units.ts'
import { KDUMP_HEADER_SIZE, type KdumpHeader, parseKdumpHeader } from '../parsers/kdump-header.ts'
import { KDUMP_SUB_HEADER_SIZE, type KdumpSubHeader, parseKdumpSubHeader } from '../parsers/kdump-sub-header.ts'
import { readStructure } from './source.ts'

/** One file with its headers. */
export interface KdumpFile {
  src: ByteSource
  header: KdumpHeader
  sub: KdumpSubHeader
}

/**
 * Reads the headers of one file.
 * @throws KsmDumpError truncated-header, damaged-header
 */
export function readHeaders(src: ByteSource): KdumpFile {
  const first = new Uint8Array(KDUMP_HEADER_SIZE[8])
  const got = readStructure(src, 0, first)
  const header = parseKdumpHeader(first.subarray(0, got))
  if ('fault' in header) {
    const cut = got < first.length
    throw new KsmDumpError(
      cut ? 'truncated-header' : 'damaged-header',
      `${src.name}: damaged kdump header: ${header.fault}.`,
      {
        input: src.name,
        at: hex(cut ? got : 0),
        advice: cut ? 'The file is cut off: copy it again.' : 'Compare the file with its original.',
      },
    )
  }
  const bytes = new Uint8Array(KDUMP_SUB_HEADER_SIZE)
  if (readStructure(src, header.blockSize, bytes) === 0) {
    throw new KsmDumpError(
      'truncated-header',
      `${src.name}: the file ends at offset ${src.size}, before its sub-header at ${header.blockSize}.`,
      {
        input: src.name,
        at: hex(src.size),
        advice: 'The file is cut off: copy it again.',
      },
    )
  }
  return { src, header, sub: parseKdumpSubHeader(bytes, header) }
}

/**
 * Page frames by the youngest field that can be true: max_mapnr_64, else max_mapnr.
 * @param problems - gets one entry when max_mapnr_64 can't be true
 */
export function pageFrames({ src, header, sub }: KdumpFile, problems: Problem[]): Pfn {
  const bits = header.bitmapBlocks * header.blockSize * 8
  if (sub.maxMapnr === null || sub.maxMapnr === 0) return header.maxMapnr
  if (sub.maxMapnr <= bits) return sub.maxMapnr
  problems.push({
    code: 'implausible-value',
    message: `${src.name}: max_mapnr_64 says ${sub.maxMapnr} page frames, the bitmap has ${bits} bits; max_mapnr (${header.maxMapnr}) is used.`,
    input: src.name,
    at: hex(header.blockSize),
  })
  return header.maxMapnr
}
