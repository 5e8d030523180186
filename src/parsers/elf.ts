import { Parser } from 'binary-parser/dist/binary_parser.js'
import type { FileOffset, PhysAddr } from '../base/units.ts'

/** The fields of an ELF file header that a dump needs (gABI; elf.h). Offsets above 2^53 come as Infinity. */
export interface ElfHeader {
  wordSize: 4 | 8
  endian: 'little' | 'big'
  /** ET_REL 1, ET_EXEC 2, ET_DYN 3, ET_CORE 4. */
  type: number
  machine: number
  /** Where the program headers are. e_ehsize says nothing about it: QEMU writes 8 there and section headers in between. */
  phoff: FileOffset
  phentsize: number
  /** PN_XNUM: the real number is in section header 0. */
  phnum: number
  shoff: FileOffset
  shentsize: number
}

/** The header can't be used; one phrase for a person. */
export interface ElfFault {
  fault: string
}

export const ET_REL = 1
export const ET_EXEC = 2
export const ET_DYN = 3
export const ET_CORE = 4
/** e_phnum for "more than fits": see sh_info of section header 0. */
export const PN_XNUM = 0xffff
export const PT_LOAD = 1
export const PT_NOTE = 4

/** Bytes of the file header. */
export const ELF_HEADER_SIZE = { 4: 52, 8: 64 } as const
/** Smallest step between program headers. */
export const ELF_PHENT_SIZE = { 4: 32, 8: 56 } as const
/** Bytes of a section header, and where sh_info is in it. */
export const ELF_SECTION = { 4: { size: 40, info: 28 }, 8: { size: 64, info: 44 } } as const

const parsers = new Map<string, Parser>()

function headerParser(wordSize: 4 | 8, endian: 'little' | 'big'): Parser {
  const key = `${wordSize}${endian}`
  let parser = parsers.get(key)
  if (!parser) {
    parser = new Parser().endianness(endian).seek(16).uint16('type').uint16('machine').uint32('version')
    for (const name of ['entry', 'phoff', 'shoff']) {
      if (wordSize === 8) parser.uint64(name)
      else parser.uint32(name)
    }
    parser.uint32('flags').uint16('ehsize').uint16('phentsize').uint16('phnum').uint16('shentsize').uint16('shnum')
    parsers.set(key, parser)
  }
  return parser
}

/** True when the bytes begin as any ELF file does. */
export function isElf(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46
}

/**
 * Reads an ELF file header.
 * @param bytes - the first 64 bytes of the file, fewer when it is shorter
 */
export function parseElfHeader(bytes: Uint8Array): ElfHeader | ElfFault {
  if (!isElf(bytes)) return { fault: 'no ELF magic at offset 0' }
  const wordSize = bytes[4] === 1 ? 4 : bytes[4] === 2 ? 8 : null
  const endian = bytes[5] === 1 ? 'little' : bytes[5] === 2 ? 'big' : null
  if (wordSize === null) return { fault: `EI_CLASS at offset 4 is ${bytes[4]}, neither 32-bit (1) nor 64-bit (2)` }
  if (endian === null) return { fault: `EI_DATA at offset 5 is ${bytes[5]}, neither little (1) nor big-endian (2)` }
  if (bytes.length < ELF_HEADER_SIZE[wordSize])
    return { fault: `the file ends inside the header, at offset ${bytes.length}` }
  const raw = headerParser(wordSize, endian).parse(bytes.subarray(0, ELF_HEADER_SIZE[wordSize]))
  return {
    wordSize,
    endian,
    type: raw.type,
    machine: raw.machine,
    phoff: exact(raw.phoff),
    phentsize: raw.phentsize,
    phnum: raw.phnum,
    shoff: exact(raw.shoff),
    shentsize: raw.shentsize,
  }
}

function exact(value: number | bigint): number {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : Number.POSITIVE_INFINITY
}

/** One program header of a kind that dumps use. What is above 2^53 comes as Infinity. */
export interface ElfSegment {
  /** PT_LOAD or PT_NOTE. */
  type: number
  offset: FileOffset
  /** Null for all ones: the segment has no physical address (old /proc/kcore). */
  paddr: PhysAddr | null
  filesz: number
  memsz: number
}

/** Offsets of p_offset, p_paddr, p_filesz, p_memsz. */
const FIELDS = { 4: [4, 12, 16, 20], 8: [8, 24, 32, 40] } as const

/**
 * Reads program headers of kinds PT_LOAD and PT_NOTE; others are passed over.
 * @param bytes - the table, as many whole entries as there are
 * @param into - gets the segments, in file order
 */
export function parseProgramHeaders(bytes: Uint8Array, header: ElfHeader, into: ElfSegment[]): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const little = header.endian === 'little'
  const wide = header.wordSize === 8
  const word = (at: number): number => {
    if (!wide) return view.getUint32(at, little)
    const low = view.getUint32(little ? at : at + 4, little)
    const high = view.getUint32(little ? at + 4 : at, little)
    return high < 0x200000 ? high * 4_294_967_296 + low : Number.POSITIVE_INFINITY
  }
  const ones = (at: number) => view.getUint32(at) === 0xffffffff && (!wide || view.getUint32(at + 4) === 0xffffffff)
  const [offset, paddr, filesz, memsz] = FIELDS[header.wordSize]
  const size = ELF_PHENT_SIZE[header.wordSize]
  for (let at = 0; at + size <= bytes.length; at += header.phentsize) {
    const type = view.getUint32(at, little)
    if (type !== PT_LOAD && type !== PT_NOTE) continue
    into.push({
      type,
      offset: word(at + offset),
      paddr: ones(at + paddr) ? null : word(at + paddr),
      filesz: word(at + filesz),
      memsz: word(at + memsz),
    })
  }
}
