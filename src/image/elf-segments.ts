import type { ByteSource } from '../base/bytes.ts'
import { KsmDumpError, type Problem } from '../base/errors.ts'
import type { Steps } from '../base/steps.ts'
import { hex } from '../base/text.ts'
import {
  ELF_HEADER_SIZE,
  ELF_PHENT_SIZE,
  ELF_SECTION,
  type ElfHeader,
  type ElfSegment,
  parseElfHeader,
  parseProgramHeaders,
  PN_XNUM,
} from '../parsers/elf.ts'
import { readStructure, readWhole, storedSize } from './source.ts'

/** Program headers that are read at once. */
const BATCH = 4096
/** Most program headers that are kept: makedumpfile -E writes one for every run of left-out pages. */
const MOST = 1024 * 1024

function damaged(src: ByteSource, message: string, at: number): KsmDumpError {
  return new KsmDumpError('damaged-header', `${src.name}: damaged ELF header: ${message}.`, {
    input: src.name,
    at: Number.isFinite(at) ? hex(at) : null,
    advice: 'Compare the file with its original.',
  })
}

/**
 * Reads the ELF header of a core.
 * @throws KsmDumpError truncated-header, damaged-header
 */
export function readElfHeader(src: ByteSource): ElfHeader {
  const bytes = new Uint8Array(ELF_HEADER_SIZE[8])
  const got = readStructure(src, 0, bytes)
  const header = parseElfHeader(bytes.subarray(0, got))
  if (!('fault' in header)) return header
  if (got >= bytes.length) throw damaged(src, header.fault, 0)
  throw new KsmDumpError('truncated-header', `${src.name}: damaged ELF header: ${header.fault}.`, {
    input: src.name,
    at: hex(got),
    advice: 'The file is cut off: copy it again.',
  })
}

/** Number of program headers; with PN_XNUM it is in sh_info of section header 0 (gABI). */
function countOf(src: ByteSource, header: ElfHeader): number {
  if (header.phnum !== PN_XNUM || header.shoff === 0) return header.phnum
  const { size, info } = ELF_SECTION[header.wordSize]
  const section = Number.isFinite(header.shoff) ? readWhole(src, header.shoff, size) : null
  if (section === null)
    throw damaged(
      src,
      `section header 0 with the number of segments is not in the file, at offset ${header.shoff}`,
      header.shoff,
    )
  return new DataView(section.buffer).getUint32(info, header.endian === 'little')
}

/**
 * Reads all program headers. Where they are is said by e_phoff and e_phentsize, never by e_ehsize.
 * @param problems - gets an entry when the file ends before the last one
 * @throws KsmDumpError damaged-header when none can be read
 */
export function* readSegments(src: ByteSource, header: ElfHeader, problems: Problem[]): Steps<ElfSegment[]> {
  const { phoff, phentsize, wordSize } = header
  const count = countOf(src, header)
  if (count === 0) throw damaged(src, 'it has no program headers, so no memory', phoff)
  if (phentsize < ELF_PHENT_SIZE[wordSize])
    throw damaged(src, `e_phentsize is ${phentsize}, less than ${ELF_PHENT_SIZE[wordSize]}`, 54)
  if (!(phoff + ELF_PHENT_SIZE[wordSize] <= src.size)) {
    throw damaged(src, `the program headers should be at offset ${phoff}, the file has ${src.size} bytes`, phoff)
  }
  const fit = Math.floor(Math.min(src.size - phoff, storedSize(src)) / phentsize)
  if (count > fit && header.phnum === PN_XNUM) {
    throw damaged(
      src,
      `${count} program headers of ${phentsize} bytes at offset ${phoff} do not fit into ${src.size} bytes`,
      phoff,
    )
  }
  const segments: ElfSegment[] = []
  const readable = Math.min(count, fit, MOST)
  for (let first = 0; first < readable; first += BATCH) {
    const bytes = new Uint8Array(Math.min(BATCH, readable - first) * phentsize)
    readStructure(src, phoff + first * phentsize, bytes)
    parseProgramHeaders(bytes, header, segments)
    yield { what: 'reading program headers', done: first, total: readable, unit: 'items' }
  }
  if (readable < count) {
    problems.push({
      code: 'file-truncated',
      message: `${src.name}: ${readable} of ${count} program headers at offset ${phoff} could be read; memory of the others is missing.`,
      input: src.name,
      at: hex(phoff + readable * phentsize),
    })
  }
  return segments
}
