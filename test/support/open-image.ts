import type { ByteSource } from '../../src/base/bytes.ts'
import { KsmDumpError } from '../../src/base/errors.ts'
import { finish } from '../../src/base/steps.ts'
import { openImage } from '../../src/image/open.ts'
import type { DumpImage } from '../../src/image/types.ts'
import { MemorySource } from './memory-source.ts'

/** Opens files that are bytes in memory. */
export function openBytes(parts: Uint8Array | readonly Uint8Array[], cacheBytes = 1024 * 1024): DumpImage {
  const sources = Array.isArray(parts)
    ? (parts as Uint8Array[]).map((bytes, i) => new MemorySource(bytes, `part ${i + 1}`))
    : [new MemorySource(parts as Uint8Array)]
  return openSources(sources, cacheBytes)
}

/** Opens sources. */
export function openSources(sources: readonly ByteSource[], cacheBytes = 1024 * 1024): DumpImage {
  return finish(openImage(sources, { cacheBytes }, { aborted: false }))
}

/** The error that opening ends with; anything but a KsmDumpError is thrown on. */
export function openError(parts: Uint8Array | readonly Uint8Array[]): KsmDumpError {
  try {
    openBytes(parts)
  } catch (error) {
    if (error instanceof KsmDumpError) return error
    throw error
  }
  throw new Error('it opened')
}

/** A page through `read`: its bytes, or why they are not there. */
export function readPage(image: DumpImage, pfn: number): Uint8Array | string {
  const { memory } = image
  const page = new Uint8Array(memory.pageSize)
  const { why } = memory.read(pfn * memory.pageSize, page)
  return why ?? page
}
