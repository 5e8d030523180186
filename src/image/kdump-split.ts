import { KsmDumpError, type Problem } from '../base/errors.ts'
import { hex } from '../base/text.ts'
import type { Pfn } from '../base/units.ts'
import type { KdumpFile } from './kdump-file.ts'

function refuse(file: KdumpFile, message: string, advice: string | null): never {
  throw new KsmDumpError('split-set', `${file.src.name}: ${message}`, { input: file.src.name, advice })
}

/**
 * Puts the files of a split set (makedumpfile --split) in the order of their ranges and checks that they belong together.
 * @throws KsmDumpError split-set for files that are no set, damaged-header for a range that ends before it starts
 */
export function orderParts(files: readonly KdumpFile[]): [KdumpFile, ...KdumpFile[]] {
  const [first, ...others] = files
  if (first === undefined) throw new KsmDumpError('not-found', 'No file was given.')
  for (const file of files) {
    const { sub, src } = file
    if (sub.split && !(sub.startPfn <= sub.endPfn)) {
      throw new KsmDumpError(
        'damaged-header',
        `${src.name}: the part ends at page frame ${sub.endPfn}, before its start ${sub.startPfn}.`,
        {
          input: src.name,
          at: hex(file.header.blockSize),
        },
      )
    }
    if (others.length > 0 && !sub.split)
      refuse(file, 'the file is a whole dump, not a part of a split one.', 'Analyze one dump at a time.')
    for (const key of [
      'wordSize',
      'endian',
      'blockSize',
      'maxMapnr',
      'bitmapBlocks',
      'machine',
      'release',
      'nodename',
    ] as const) {
      if (file.header[key] !== first.header[key]) {
        refuse(
          file,
          `${key} is ${file.header[key]}, that of ${first.src.name} is ${first.header[key]}: not parts of one dump.`,
          null,
        )
      }
    }
  }
  if (others.length === 0) return [first]
  const ordered = files.toSorted((a, b) => a.sub.startPfn - b.sub.startPfn) as [KdumpFile, ...KdumpFile[]]
  for (let i = 1; i < ordered.length; i++) {
    const before = ordered[i - 1]!
    const file = ordered[i]!
    if (file.sub.startPfn < before.sub.endPfn) {
      refuse(
        file,
        `page frames from ${hex(file.sub.startPfn)} on are in ${before.src.name} too.`,
        'Give each part once.',
      )
    }
  }
  return ordered
}

/** Says which ranges of page frames no file of the set has: their pages count as excluded. */
export function checkSet(files: readonly KdumpFile[], maxPfn: Pfn): Problem[] {
  if (files[0]?.sub.split !== true) return []
  const missing: string[] = []
  let next = 0
  for (const { sub } of files) {
    if (sub.startPfn > next) missing.push(`${hex(next)} to ${hex(sub.startPfn - 1)}`)
    next = Math.max(next, sub.endPfn)
  }
  if (next < maxPfn) missing.push(`${hex(next)} to ${hex(maxPfn - 1)}`)
  if (missing.length === 0) return []
  return [
    {
      code: 'split-part-missing',
      message: `The dump was split, and no file given has page frames ${missing.join(', ')}: pages from there count as excluded.`,
      input: files.length === 1 ? files[0].src.name : null,
      at: null,
    },
  ]
}
