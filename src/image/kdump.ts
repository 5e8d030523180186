import type { ByteSource } from '../base/bytes.ts'
import type { Problem } from '../base/errors.ts'
import type { Steps } from '../base/steps.ts'
import { hex } from '../base/text.ts'
import type { FileOffset, Pfn } from '../base/units.ts'
import { archOfMachine } from './arch.ts'
import { codecNames } from './codecs.ts'
import { type KdumpFile, pageFrames, readHeaders } from './kdump-file.ts'
import { planBitmaps, readBitmaps } from './kdump-bitmap.ts'
import { checkPart } from './kdump-checks.ts'
import { readKdumpNotes } from './kdump-notes.ts'
import { KdumpPages, type KdumpPart } from './kdump-pages.ts'
import { checkSet, orderParts } from './kdump-split.ts'
import type { PageBits } from './page-bits.ts'
import { PagedMemory } from './page-cache.hot.ts'
import { PageDescriptors } from './page-descriptors.ts'
import type { CacheOptions, DumpFormat, DumpImage } from './types.ts'

function* openPart(file: KdumpFile, maxMapnr: Pfn, first: PageBits | null, problems: Problem[]): Steps<KdumpPart> {
  const { src, header, sub } = file
  const plan = planBitmaps(header, maxMapnr)
  const { dumped: own, known, lostAt, problem } = yield* readBitmaps(src, plan)
  if (problem !== null) problems.push(problem)
  const same = first?.equals(own) ?? false
  const dumped = same && first !== null ? first : own
  if (first !== null && !same) problems.push(differs(src, plan.dumped))
  const start = sub.split ? Math.min(sub.startPfn, plan.maxPfn) : 0
  const end = sub.split ? Math.min(sub.endPfn, plan.maxPfn) : plan.maxPfn
  const before = dumped.rank(start)
  const promised = dumped.rank(end) - before
  const descriptors = new PageDescriptors(src, plan.descriptors, promised, header.endian === 'little')
  const part: KdumpPart = { src, start, end, dumped, before, descriptors, known, lostAt, base: 0 }
  problems.push(...checkPart(part, header))
  return part
}

function differs(src: ByteSource, at: FileOffset): Problem {
  return {
    code: 'bitmap-mismatch',
    message: `${src.name}: its bitmap of dumped pages at offset ${at} differs from that of the first part: one of them is damaged, and pages may be mixed up.`,
    input: src.name,
    at: hex(at),
  }
}

function* open(sources: readonly ByteSource[], options: CacheOptions): Steps<DumpImage> {
  const problems: Problem[] = []
  const files = orderParts(sources.map(readHeaders))
  const [first] = files
  const { header, sub } = first
  const maxPfn = planBitmaps(header, pageFrames(first, problems)).maxPfn
  const parts: KdumpPart[] = []
  for (const file of files) parts.push(yield* openPart(file, maxPfn, parts[0]?.dumped ?? null, problems))
  problems.push(...checkSet(files, maxPfn))
  const facts = readKdumpNotes(first, problems)
  const pages = new KdumpPages(
    parts as [KdumpPart, ...KdumpPart[]],
    header.blockSize,
    maxPfn,
    header.endian === 'little',
  )
  const { nodename, release, buildVersion, machine } = header
  return {
    kind: 'kdump',
    format: header.diskdump ? 'diskdump' : 'kdump',
    headerVersion: header.version,
    arch: archOfMachine(machine),
    endian: header.endian,
    wordSize: header.wordSize,
    flattened: false,
    dumpLevel: sub.dumpLevel,
    compression: codecNames(header.status),
    pagesPresent: pages.pages,
    ...facts,
    uts: nodename || release || buildVersion ? { nodename, release, version: buildVersion, machine } : null,
    timestamp: header.timestamp > 0 && Number.isFinite(header.timestamp) ? header.timestamp : null,
    memory: new PagedMemory(pages, options.cacheBytes),
    problems,
  }
}

/** kdump-compressed: makedumpfile, QEMU's dump-guest-memory; also the old diskdump's signature. */
export const kdumpFormat: DumpFormat = {
  name: 'kdump',
  probe(head) {
    const signature = String.fromCharCode(...head.subarray(0, 8))
    return signature === 'KDUMP   ' || signature === 'DISKDUMP' ? 'mine' : 'not-mine'
  },
  open,
}
