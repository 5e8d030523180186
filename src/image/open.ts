import type { ByteSource } from '../base/bytes.ts'
import { KsmDumpError } from '../base/errors.ts'
import type { Abort, Steps } from '../base/steps.ts'
import { FORMATS } from './formats.ts'
import type { CacheOptions, DumpImage } from './types.ts'

/**
 * Opens a dump: looks through the flattened form of each part, then asks the formats.
 * @param parts - one file, or the files of a split set in any order
 * @throws KsmDumpError when the content is no dump or its headers can't be used at all
 */
export function* openImage(parts: readonly ByteSource[], options: CacheOptions, _abort: Abort): Steps<DumpImage> {
  const [first] = parts
  if (first === undefined) throw new KsmDumpError('not-found', 'No file was given.')
  const head = new Uint8Array(4096)
  const bytes = head.subarray(0, first.read(0, head))
  for (const format of FORMATS) if (format.probe(bytes, first) === 'mine') return yield* format.open(parts, options)
  throw new KsmDumpError('not-a-dump', `${first.name}: not a dump.`, { input: first.name })
}
