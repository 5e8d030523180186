import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileSource } from '../../src/io/file-source.ts'
import { openImage } from '../../src/image/open.ts'
import { prepareCodecs } from '../../src/image/codecs.ts'
import type { DumpImage } from '../../src/image/types.ts'
import { finish } from '../../src/base/steps.ts'
import type { PageRecipe, KdumpRecipe } from './dump-writer.ts'

/** Everything that a dump holds: to be written again in another container. */
export interface Contents {
  /** Present pages by frame, ascending. */
  pages: { pfn: number; content: Uint8Array }[]
  maxPfn: number
  notes: { name: string; type: number; desc: Uint8Array }[]
  recipe: KdumpRecipe
}

/** Reads all pages and notes of a dump. */
export async function contentsOf(path: string): Promise<Contents> {
  await prepareCodecs()
  const source = fileSource(path)
  const image: DumpImage = finish(openImage([source], { cacheBytes: 1 << 30 }, { aborted: false }))
  const { memory } = image
  const pages: Contents['pages'] = []
  for (let pfn = 0; pfn < memory.maxPfn; pfn++) {
    const content = new Uint8Array(memory.pageSize)
    if (memory.peek(pfn * memory.pageSize, content).bytes === content.length) pages.push({ pfn, content })
  }
  source.close()
  const notes = image.notes.map(({ name, type, desc }) => ({ name, type, desc: Uint8Array.from(desc) }))
  const recipe: KdumpRecipe = {
    maxPfn: memory.maxPfn,
    notes,
    pages: pages.map(({ pfn, content }): PageRecipe => ({ pfn, content })),
    ...(image.dumpLevel === null ? {} : { dumpLevel: image.dumpLevel }),
  }
  return { pages, maxPfn: memory.maxPfn, notes, recipe }
}

/** A recipe with every page in a codec, or in each of several in turn. */
export function packed(
  contents: Contents,
  ...codecs: NonNullable<Exclude<PageRecipe['codec'], 'excluded'>>[]
): KdumpRecipe {
  return {
    ...contents.recipe,
    pages: contents.pages.map((page, i) => ({ ...page, codec: codecs[i % codecs.length]! })),
  }
}

/** A private folder that is gone after the test. */
export function scratchFolder(): { path: string; file(name: string, bytes: Uint8Array): string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'ksm-dump-test-'))
  return {
    path,
    file(name, bytes) {
      writeFileSync(join(path, name), bytes)
      return join(path, name)
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  }
}
