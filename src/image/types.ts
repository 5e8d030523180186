import type { ByteSource } from '../base/bytes.ts'
import type { Problem } from '../base/errors.ts'
import type { Steps } from '../base/steps.ts'
import type { FileOffset, Pfn, PhysAddr } from '../base/units.ts'

export type Arch =
  | 'x86_64'
  | 'i386'
  | 'aarch64'
  | 'arm'
  | 'ppc64'
  | 'ppc'
  | 's390x'
  | 's390'
  | 'riscv64'
  | 'riscv32'
  | 'loongarch64'
  | 'mips'
  | 'unknown'

/** What an input is, told by its content; the words of docs/json.md. */
export type DumpKind = 'kdump' | 'elf' | 'flattened-kdump' | 'flattened-elf'

/**
 * Why bytes are not there. `excluded`: left out by the dump's filter, or a hole; `damaged`: should be there but can't be read
 * or decoded; `beyond`: at or after the end of the dump's memory.
 */
export type Absence = 'excluded' | 'damaged' | 'beyond'

/**
 * How far a read came. An ELF page may have data and a hole: then `bytes` is smaller than asked and `why` is that of the
 * first missing byte.
 */
export interface MemoryRead {
  /** Bytes that were filled in, from the start of the buffer. */
  bytes: number
  /** Why the first missing byte is missing; null when all bytes came. */
  why: Absence | null
  /** Offset in the file that the damage was seen at, where there is one. */
  at: FileOffset | null
  /** One phrase for a person, e.g. "page descriptor 812: zlib: bad checksum". */
  detail: string | null
}

/** Results of `PhysicalMemory.slot` below zero. */
export const PAGE_EXCLUDED = -1
export const PAGE_DAMAGED = -2
export const PAGE_BEYOND = -3
/** Parts of the page are there: read it with `read`. */
export const PAGE_PARTIAL = -4

/** Work done so far; asserted in tests and shown by `--timings`. */
export interface WorkCounts {
  /** Pages that were asked for and not found in the small look-aside table. */
  pagesAsked: number
  /** Of these, found in the page cache. */
  cacheHits: number
  /** Pages read from the file. */
  pagesRead: number
  /** Of these, decompressed. */
  pagesDecompressed: number
  /** Bytes read from the file for pages. */
  bytesRead: number
}

/** How many distinct page frames the answers rest on, and how many of them were not there (json.md, `image.pages`). */
export interface PageNeeds {
  needed: number
  excluded: number
  damaged: number
  beyond: number
}

/**
 * The physical memory of a dump, through a page cache with a byte budget.
 * Every page that is looked at is noted once for `needs`, unless it is only peeked at.
 */
export interface PhysicalMemory {
  readonly pageSize: number
  /** Page frames from here on are `beyond`. */
  readonly maxPfn: Pfn
  readonly little: boolean
  /** Fills `into` from `at` on; never throws for what the dump holds. */
  read(at: PhysAddr, into: Uint8Array): MemoryRead
  /** As `read`, for contents that are left out by design (user and KSM pages): not counted in `needs`. */
  peek(at: PhysAddr, into: Uint8Array): MemoryRead
  /**
   * Hot, for chasing pointers: index in `words` of the first 32-bit word of the whole page `pfn`, valid until the next call
   * of `slot`, `read` or `peek`; or PAGE_EXCLUDED, PAGE_DAMAGED, PAGE_BEYOND, PAGE_PARTIAL.
   */
  slot(pfn: Pfn): number
  /** The page cache as 32-bit words in this machine's (little) byte order. Little-endian dumps only: others use `read`. */
  readonly words: Uint32Array
  readonly work: WorkCounts
  needs(): PageNeeds
}

/** The same memory, with every read a peek. */
export function peeking(memory: PhysicalMemory): PhysicalMemory {
  return {
    pageSize: memory.pageSize,
    maxPfn: memory.maxPfn,
    little: memory.little,
    words: memory.words,
    work: memory.work,
    read: (at, into) => memory.peek(at, into),
    peek: (at, into) => memory.peek(at, into),
    slot: (pfn) => memory.slot(pfn),
    needs: () => memory.needs(),
  }
}

/** Registers of one CPU as a note holds them; the bytes stay undecoded until somebody asks. */
export interface CpuNote {
  /** Index in the order of the notes. */
  index: number
  kind: 'prstatus' | 'qemu'
  desc: Uint8Array
}

export interface Note {
  name: string
  type: number
  desc: Uint8Array
  /** Offset of the desc in the (unflattened) file. */
  at: FileOffset
}

/** Facts of a container that has been opened. */
export interface DumpImage {
  kind: DumpKind
  /** `kdump`, `elf`. */
  format: 'kdump' | 'elf' | 'diskdump'
  /** disk_dump_header.header_version; null for ELF. */
  headerVersion: number | null
  arch: Arch
  endian: 'little' | 'big'
  wordSize: 4 | 8
  /** True where the dump came in the flattened form (any part of a split set). */
  flattened: boolean
  /** makedumpfile's filter level (bits 1 zero, 2 cache, 4 private cache, 8 user, 16 free); null where the format has none. */
  dumpLevel: number | null
  /** The header's own claim of compression methods, e.g. ['zlib']; pages may differ. */
  compression: string[]
  /** Page frames that have data in the file. */
  pagesPresent: number
  notes: Note[]
  /** Text of the VMCOREINFO note, null when there is none. */
  vmcoreinfo: string | null
  /** makedumpfile's list of what was wiped on purpose (ERASEINFO), null when there is none. */
  eraseInfo: string | null
  cpus: CpuNote[]
  /** disk_dump_header's utsname, where the format has it and it is not empty. */
  uts: { nodename: string; release: string; version: string; machine: string } | null
  /** disk_dump_header's timestamp, seconds since 1970; null where 0 or absent. */
  timestamp: number | null
  memory: PhysicalMemory
  /** What did not fit while opening; the rest stands. */
  problems: Problem[]
}

export interface CacheOptions {
  /** Budget of the page cache, bytes. The cache never takes more than the dump has pages. */
  cacheBytes: number
}

/** One dump format. Opening goes down the table of formats and asks each. */
export interface DumpFormat {
  name: 'kdump' | 'elf'
  /**
   * @param head - the first bytes of the file, up to 64 KiB
   * @returns 'mine', 'not-mine', or the reason why a file that looks like ours can't be opened
   */
  probe(head: Uint8Array, src: ByteSource): 'mine' | 'not-mine' | Problem
  /**
   * @param parts - one file, or the parts of a split set in any order
   * @throws KsmDumpError when the headers can't be used at all
   */
  open(parts: readonly ByteSource[], options: CacheOptions): Steps<DumpImage>
}
