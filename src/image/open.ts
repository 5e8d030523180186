import type { ByteSource } from '../base/bytes.ts'
import { KsmDumpError, type Problem } from '../base/errors.ts'
import type { Abort, Steps } from '../base/steps.ts'
import { isFlattened } from '../parsers/flattened.ts'
import { indexFlattened } from './flattened.ts'
import { formatOf, readHead } from './formats.ts'
import type { CacheOptions, DumpImage } from './types.ts'

/**
 * Opens a dump: looks through the flattened form of each part, then lets the format open it.
 * @param parts - one file, or the files of a split set in any order, flattened or not
 * @param abort - looked at while a flattened file is indexed
 * @throws KsmDumpError when the content is no dump, its headers can't be used at all, or `abort` was set
 */
export function* openImage(parts: readonly ByteSource[], options: CacheOptions, abort: Abort): Steps<DumpImage> {
  const problems: Problem[] = []
  const sources: ByteSource[] = []
  let flattened = false
  for (const part of parts) {
    if (!isFlattened(readHead(part))) {
      sources.push(part)
      continue
    }
    const index = yield* indexFlattened(part, abort)
    flattened = true
    sources.push(index.source)
    problems.push(...index.problems)
  }
  const [first, ...others] = sources.map((src) => ({ src, format: formatOf(src) }))
  if (first === undefined) throw new KsmDumpError('not-found', 'No file was given.', { advice: 'Give a dump.' })
  const odd = others.find(({ format }) => format !== first.format)
  if (odd !== undefined) {
    throw new KsmDumpError(
      'split-set',
      `${odd.src.name}: of format ${odd.format.name}, but ${first.src.name} is ${first.format.name}.`,
      {
        input: odd.src.name,
        advice: 'Analyze one dump at a time.',
      },
    )
  }
  const image = yield* first.format.open(sources, options)
  image.flattened = flattened
  if (flattened) image.kind = `flattened-${first.format.name}`
  image.problems.unshift(...problems)
  return image
}
