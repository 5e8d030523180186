import { ERROR_CODES, EXIT, type Problem } from '../base/errors.ts'
import { hex } from '../base/text.ts'
import type { DumpImage, DumpKind } from '../image/types.ts'
import type { KernelOpening } from '../kernel/open.ts'
import type { Host } from '../kernel/host.ts'
import type { ContentCoverage } from '../ksm/zero-page.ts'
import type { AnalyzeReport } from './schema.ts'

/** What every document begins with. */
export interface Opened {
  tool: { name: string; version: string }
  inputs: { name: string; kind: DumpKind | null; bytes: number | null }[]
  image: DumpImage | null
  opening: KernelOpening | null
  problems: Problem[]
}

type Common = Pick<AnalyzeReport, 'tool' | 'inputs' | 'partial' | 'problems' | 'kernel' | 'image' | 'coverage'>

/** Whether a problem leaves an answer open (as against a check that failed on a whole answer). */
export function leavesOpen(problem: Problem): boolean {
  return ERROR_CODES[problem.code] === EXIT.incomplete || problem.code === 'interrupted'
}

/**
 * The members that all documents share.
 * @param content - KSM pages whose content was looked for; null when none was
 * @param guests - processes whose command line was looked for, to name their virtual machine; null when none was
 */
export function commonMembers(
  opened: Opened,
  content: ContentCoverage | null,
  guests: ContentCoverage | null = null,
): Common {
  const { image, opening } = opened
  return {
    tool: opened.tool,
    inputs: opened.inputs,
    partial: opened.problems.some(leavesOpen),
    problems: opened.problems,
    kernel: kernelMembers(image, opening),
    image: image && {
      format: image.format,
      headerVersion: image.headerVersion,
      compression: image.compression,
      maxPfn: hex(image.memory.maxPfn),
      dumpLevel: image.dumpLevel,
      flattened: image.flattened,
      pagesPresent: image.pagesPresent,
      pages: image.memory.needs(),
    },
    coverage: [
      ...coverageMembers(image, 'contents of KSM pages', content),
      ...coverageMembers(image, 'guest names', guests),
    ],
  }
}

function kernelMembers(image: DumpImage | null, opening: KernelOpening | null): Common['kernel'] {
  if (!image || !opening) return null
  const info = opening.vmcoreinfo
  const pageSize = info?.get('PAGESIZE')
  return {
    release: info?.get('OSRELEASE') ?? (image.uts?.release || null),
    version: opening.kernel?.version ?? (image.uts?.version || null),
    arch: image.arch === 'unknown' ? null : image.arch,
    buildId: buildIdOf(info?.get('BUILD-ID') ?? null),
    pageSize: pageSize && /^\d{1,7}$/.test(pageSize) ? Number(pageSize) : image.memory.pageSize,
    kaslrOffset: hexOrNull(opening.space?.kaslrOffset),
    physBase: hexOrNull(opening.space?.physBase),
    symbols: opening.symbols?.kind ?? null,
    types: opening.types?.kind ?? null,
  }
}

/** A build id is 20 bytes in hex, in some kernels 16 or 32; what is none is not shown. */
function buildIdOf(text: string | null): string | null {
  return text !== null && /^([0-9a-f]{2}){8,32}$/.test(text) ? text : null
}

function hexOrNull(value: bigint | null | undefined): string | null {
  return value === null || value === undefined ? null : hex(BigInt.asUintN(64, value))
}

/** Bit of the dump level that leaves user pages out. @see makedumpfile(8), -d */
const LEVEL_USER = 8

function coverageMembers(image: DumpImage | null, what: string, content: ContentCoverage | null): Common['coverage'] {
  if (!image || !content || content.present + content.absent === 0) return []
  const erased = image.eraseInfo !== null
  const byLevel = image.dumpLevel === null || (image.dumpLevel & LEVEL_USER) !== 0
  return [
    {
      what,
      present: content.present,
      absent: content.absent,
      why: content.absent === 0 ? null : byLevel ? 'dump-level' : erased ? 'erased' : null,
    },
  ]
}

/** A host of which nothing is known. */
export const UNKNOWN_HOST: Host = {
  name: null,
  time: null,
  uptimeSeconds: null,
  cpus: null,
  memoryBytes: null,
  panic: null,
}
