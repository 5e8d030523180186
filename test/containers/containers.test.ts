import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { analyze } from '../../src/app/analyze.ts'
import { DEFAULT_THRESHOLDS } from '../../src/app/thresholds.ts'
import { type Contents, contentsOf, packed, scratchFolder } from '../support/containers.ts'
import { FIXTURES } from '../support/corpus.ts'
import { writeKdump, writeSplit } from '../support/dump-writer.ts'
import { writeElf } from '../support/elf-writer.ts'
import { flatten, pieces } from '../support/flat-writer.ts'

// The same memory in every container gives the same answer, `inputs` and `image` aside.

const folder = scratchFolder()
afterAll(folder.remove)

async function answer(...files: string[]): Promise<object> {
  const { document, exit, close } = await analyze(
    files,
    { memory: null, timings: false, thresholds: DEFAULT_THRESHOLDS },
    { abort: { aborted: false }, show: () => {} },
  )
  close()
  expect(document.problems).toEqual([])
  expect(exit).toBe(0)
  const { inputs: _inputs, image, ...rest } = document
  // evidence names the file that it stands in
  const nameless = JSON.parse(JSON.stringify(rest, (key, value) => (key === 'input' ? null : value))) as object
  return { ...nameless, pages: image?.pages }
}

// every container once, and those that differ most for a second kernel: packing is slow, reading is not
describe.each([
  { name: '6.1-small', all: true },
  { name: '7.2-small', all: false },
])('$name', ({ name, all }) => {
  const original = join(FIXTURES, `${name}.vmcore`)
  let contents: Contents
  let wanted: object
  beforeAll(async () => {
    contents = await contentsOf(original)
    wanted = await answer(original)
  })

  test.skipIf(!all).each([['zlib'], ['lzo'], ['snappy'], ['zstd']] as const)('kdump, pages %s', async (codec) => {
    expect(await answer(folder.file('kdump', writeKdump(packed(contents, codec)).bytes))).toEqual(wanted)
  })

  test('kdump, pages raw, and all codecs in one file', async () => {
    expect(await answer(folder.file('kdump', writeKdump(packed(contents, 'raw')).bytes))).toEqual(wanted)
    expect(
      await answer(folder.file('kdump', writeKdump(packed(contents, 'raw', 'zlib', 'lzo', 'zstd')).bytes)),
    ).toEqual(wanted)
  })

  test('flattened, in order and backwards', async () => {
    const { writes } = writeKdump(packed(contents, 'zlib', 'raw'))
    const forwards = folder.file('flat', flatten(writes, { most: 16_384 }))
    expect(await answer(forwards)).toEqual(wanted)
    const backwards = folder.file('flat-back', flatten([...writes].reverse(), { most: 5000 }))
    expect(await answer(backwards)).toEqual(wanted)
  })

  test('split in three, in any order, one part flattened', async () => {
    const third = Math.floor(contents.maxPfn / 3)
    const ranges: [number, number][] = [
      [0, third],
      [third, 2 * third],
      [2 * third, contents.maxPfn],
    ]
    const parts = writeSplit(packed(contents, 'zlib'), ranges)
    const files = parts.map((part, i) => folder.file(`part${i}`, i === 1 ? flatten(part.writes) : part.bytes))
    expect(await answer(...files)).toEqual(wanted)
    expect(await answer(files[2]!, files[0]!, files[1]!)).toEqual(wanted)
  })

  test('ELF, plain and flattened', async () => {
    const bytes = elfOf(contents)
    expect(await answer(folder.file('elf', bytes))).toEqual(wanted)
    expect(await answer(folder.file('elf-flat', flatten(pieces(bytes, 10_000))))).toEqual(wanted)
  })

  test.skipIf(!all)("packed by the codecs' own libraries", async ({ skip }) => {
    const script = fileURLToPath(new URL('../../bench/repack.py', import.meta.url))
    const raw = folder.file('raw', writeKdump(packed(contents, 'raw')).bytes)
    for (const codec of ['lzo', 'snappy', 'zstd', 'mixed']) {
      const out = join(folder.path, `by-library-${codec}`)
      const made = spawnSync('python3', [script, raw, out, '--codec', codec], { encoding: 'utf8' })
      if (made.status !== 0) {
        const why = made.error?.message ?? made.stderr.trim().split('\n').at(-1)
        console.warn(`SKIPPED: python3 with liblzo2, libsnappy and libzstd is needed to pack ${codec}: ${why}`)
        skip(`no library for ${codec}`)
      }
      expect(await answer(out)).toEqual(wanted)
      execFileSync('rm', [out])
    }
  })
})

/** An ELF core with one LOAD for each run of present pages, and the notes of the dump. */
function elfOf(contents: Contents): Uint8Array {
  const segments: Parameters<typeof writeElf>[0]['segments'][number][] = [{ type: 'note', notes: contents.notes }]
  const { pages } = contents
  for (let first = 0; first < pages.length; ) {
    let last = first
    while (last + 1 < pages.length && pages[last + 1]!.pfn === pages[last]!.pfn + 1) last++
    const bytes = new Uint8Array((last - first + 1) * 4096)
    for (let i = first; i <= last; i++) bytes.set(pages[i]!.content, (i - first) * 4096)
    segments.push({ paddr: pages[first]!.pfn * 4096, bytes })
    first = last + 1
  }
  // memory ends where the kdump says it does
  segments.push({ paddr: (contents.maxPfn - 1) * 4096, bytes: new Uint8Array(0), memsz: 4096 })
  return writeElf({ segments }).bytes
}
