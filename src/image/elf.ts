import type { ByteSource } from '../base/bytes.ts'
import { KsmDumpError, type Problem } from '../base/errors.ts'
import type { Steps } from '../base/steps.ts'
import { hex } from '../base/text.ts'
import {
  type ElfSegment,
  ET_CORE,
  ET_DYN,
  ET_EXEC,
  ET_REL,
  isElf,
  parseElfHeader,
  PT_LOAD,
  PT_NOTE,
} from '../parsers/elf.ts'
import { isPageSize } from '../parsers/kdump-header.ts'
import { factsOf, type ElfNote, NOTES_LIMIT, parseNotes } from '../parsers/notes.ts'
import { archOfElf, usualPageSize } from './arch.ts'
import { ElfPages } from './elf-pages.ts'
import { readElfHeader, readSegments } from './elf-segments.ts'
import { mapMemory } from './memory-map.ts'
import { PagedMemory } from './page-cache.hot.ts'
import { readStructure } from './source.ts'
import type { CacheOptions, DumpFormat, DumpImage } from './types.ts'

/** Reads the notes of all PT_NOTE segments: one for each CPU in old kernels, one for all in newer ones. */
function readNotes(
  src: ByteSource,
  segments: readonly ElfSegment[],
  endian: 'little' | 'big',
  problems: Problem[],
): ElfNote[] {
  const notes: ElfNote[] = []
  let budget = NOTES_LIMIT
  for (const { type, offset, filesz } of segments) {
    if (type !== PT_NOTE || filesz === 0) continue
    const size = Math.max(0, Math.min(filesz, src.size - offset, budget))
    budget -= size
    const bytes = new Uint8Array(size)
    const got = size === 0 ? 0 : readStructure(src, offset, bytes)
    const list = parseNotes(bytes.subarray(0, got), endian, offset)
    for (const note of list.notes) notes.push(note)
    const why = list.damaged?.detail ?? (got < filesz ? `${got} of ${filesz} bytes are in the file` : null)
    if (why === null) continue
    const at = list.damaged?.at ?? offset
    problems.push({
      code: 'notes-damaged',
      message: `${src.name}: damaged notes at offset ${at}: ${why}.`,
      input: src.name,
      at: Number.isFinite(at) ? hex(at) : null,
    })
  }
  return notes
}

/** A core of a program has its segments at virtual addresses, all p_paddr are 0. */
function checkPhysical(src: ByteSource, loads: readonly ElfSegment[]): void {
  if (loads.length < 2 || loads.some(({ paddr }) => paddr !== 0)) return
  throw new KsmDumpError(
    'not-a-dump',
    `${src.name}: an ELF core without physical addresses: it is the core of a program, not of a kernel.`,
    {
      input: src.name,
      advice: 'Give a vmcore: a copy of /proc/vmcore, or what makedumpfile, kdump or QEMU wrote.',
    },
  )
}

/** PAGESIZE of VMCOREINFO, when it can be one. */
function pageSizeOf(vmcoreinfo: string | null): number | null {
  const size = Number(/^PAGESIZE=(\d+)$/m.exec(vmcoreinfo ?? '')?.[1] ?? 0)
  return isPageSize(size) ? size : null
}

function* open(parts: readonly ByteSource[], options: CacheOptions): Steps<DumpImage> {
  const [src, second] = parts
  if (src === undefined) throw new KsmDumpError('not-found', 'No file was given.')
  if (second !== undefined) {
    throw new KsmDumpError('split-set', `${second.name}: ELF cores are not split.`, {
      input: second.name,
      advice: 'Analyze one dump at a time.',
    })
  }
  const problems: Problem[] = []
  const header = readElfHeader(src)
  const segments = yield* readSegments(src, header, problems)
  const loads = segments.filter(({ type }) => type === PT_LOAD)
  checkPhysical(src, loads)
  const notes = readNotes(src, segments, header.endian, problems)
  const { vmcoreinfo, eraseInfo, cpus } = factsOf(notes)
  const arch = archOfElf(header.machine, header.wordSize)
  const map = mapMemory(src, loads)
  problems.push(...checkMap(src, map.lost.count === 0 ? null : map.lost.offset[0]!, map.unusable))
  const pages = new ElfPages(src, map, pageSizeOf(vmcoreinfo) ?? usualPageSize(arch), header.endian === 'little')
  return {
    kind: 'elf',
    format: 'elf',
    headerVersion: null,
    arch,
    endian: header.endian,
    wordSize: header.wordSize,
    flattened: false,
    dumpLevel: null,
    compression: [],
    pagesPresent: pages.present,
    notes,
    vmcoreinfo,
    eraseInfo,
    cpus,
    uts: null,
    timestamp: null,
    memory: new PagedMemory(pages, options.cacheBytes),
    problems,
  }
}

function checkMap(src: ByteSource, lostAt: number | null, unusable: number): Problem[] {
  const problems: Problem[] = []
  if (lostAt !== null) {
    problems.push({
      code: 'file-truncated',
      message: `${src.name}: the file ends at offset ${src.size}, its segments go further; memory from there on is damaged.`,
      input: src.name,
      at: hex(src.size),
    })
  }
  if (unusable > 0) {
    problems.push({
      code: 'damaged-structure',
      message: `${src.name}: ${unusable} segments have addresses that no machine has; they are left out.`,
      input: src.name,
      at: null,
    })
  }
  return problems
}

/** What an ELF file is that is no core. */
const OTHER_TYPES: Readonly<Record<number, string>> = {
  [ET_REL]: 'a kernel module or object file (ELF type 1)',
  [ET_EXEC]: 'a vmlinux or a program (ELF type 2)',
  [ET_DYN]: 'a vmlinux, a library or a program (ELF type 3)',
}

/** ELF cores: /proc/vmcore, makedumpfile -E, QEMU's dump-guest-memory, virsh dump --memory-only. */
export const elfFormat: DumpFormat = {
  name: 'elf',
  probe(head, src) {
    if (!isElf(head)) return 'not-mine'
    const header = parseElfHeader(head.subarray(0, 64))
    if ('fault' in header || header.type === ET_CORE) return 'mine'
    const what = OTHER_TYPES[header.type]
    return {
      code: what === undefined ? 'not-a-dump' : 'is-a-vmlinux',
      message: `${src.name}: ${what ?? `ELF of the unknown type ${header.type}`}, not a dump. Give the vmcore; symbols and types come from the dump itself.`,
      input: src.name,
      at: hex(16),
    }
  },
  open,
}
