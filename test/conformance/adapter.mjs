// Our reader behind the runner's interface. KSM_DUMP_DIST names another build than ../../dist.
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const dist = process.env.KSM_DUMP_DIST ?? fileURLToPath(new URL('../../dist', import.meta.url))
const load = (file) => import(pathToFileURL(resolve(dist, file)).href)

const [{ fileSource }, { openImage }, { prepareCodecs }, { finish }] = await Promise.all([
  load('io/file-source.js'),
  load('image/open.js'),
  load('image/codecs.js'),
  load('base/steps.js'),
])

/** @param path - a file, or the files of a split set */
export function open(path) {
  const sources = [path].flat().map(fileSource)
  const image = finish(openImage(sources, { cacheBytes: 64 * 1024 * 1024 }, { aborted: false }))
  const { memory } = image
  return {
    format: image.format === 'diskdump' ? 'diskdump' : image.kind,
    arch: image.arch,
    endian: image.endian,
    pageSize: memory.pageSize,
    maxPfn: memory.maxPfn,
    vmcoreinfo: image.vmcoreinfo,
    async readPhysical(address, length) {
      const bytes = new Uint8Array(length)
      let read = memory.read(Number(address), bytes)
      if (read.detail?.includes('not loaded')) {
        // most cases need neither of the two decoders that take their time to load
        await prepareCodecs()
        read = memory.read(Number(address), bytes)
      }
      return read.why === null ? { status: 'ok', bytes } : { status: read.why }
    },
    close() {
      for (const source of sources) source.close()
    },
  }
}
