import type { ByteStream } from '../base/bytes.ts'
import { StreamEnded } from './stream-ended.ts'

/** The functions of the package's WebAssembly module (xz-embedded). Pointers are offsets in its memory. */
interface Xz {
  memory: { readonly buffer: ArrayBuffer }
  create_context(): number
  destroy_context(context: number): void
  /** Says how many bytes were put at the context's input. */
  supply_input(context: number, size: number): void
  /** Decodes until the output is full or the input is used up. */
  get_next_output(context: number): number
}

/** xz_ret. @see https://github.com/tukaani-project/xz-embedded linux/include/linux/xz.h */
const XZ_STREAM_END = 1
/** No xz where a stream was to begin: told of the second and later ones, where it is what stands behind the last. */
const XZ_FORMAT_ERROR = 5
const FAULTS: Readonly<Record<number, string>> = {
  3: 'no memory is left for it',
  4: 'it wants a dictionary of more than 64 MiB',
  6: 'it has a filter or check that is not known',
  7: 'its data are damaged',
}

/** Words of a context: the size of its buffers, then xz_buf: input, its position, its size, output, its position. */
const BUFFER_SIZE = 0
const INPUT = 1
const INPUT_AT = 2
const INPUT_SIZE = 3
const OUTPUT = 4
const OUTPUT_AT = 5

/** What the package has beside its documented stream. */
interface Package {
  XzReadableStream: { _getModuleInstance(): Promise<void>; _moduleInstance: { exports: Xz } }
}

let loading: Promise<Xz> | null = null

/**
 * The package's own stream lets only one decoder live at a time (an xz inside an xz waits for itself) and does not tell a cut from
 * damage; so only its WebAssembly module is used, as it makes it for itself. The version is pinned.
 */
async function load(): Promise<Xz> {
  const { default: package_ } = (await import('xz-decompress')) as unknown as { default: Package }
  const { XzReadableStream: stream } = package_
  await stream._getModuleInstance()
  return stream._moduleInstance.exports
}

/** One stream's decoder. Its memory is given back by `free`. */
class Decoder {
  private readonly xz: Xz
  private readonly context: number

  constructor(xz: Xz) {
    this.xz = xz
    this.context = xz.create_context()
    if (this.context === 0) throw new StreamEnded('limit', 'no memory is left to unpack xz')
  }

  private words(): Uint32Array {
    return new Uint32Array(this.xz.memory.buffer, this.context, 6)
  }

  /** Hands input over; none: it was the last. @returns how many bytes were taken */
  give(piece: Uint8Array): number {
    const words = this.words()
    const some = piece.subarray(0, words[BUFFER_SIZE])
    new Uint8Array(this.xz.memory.buffer).set(some, words[INPUT])
    this.xz.supply_input(this.context, some.length)
    return some.length
  }

  /** One step. @returns what came, xz's word, and whether some input is left */
  step(): { piece: Uint8Array; word: number; more: boolean } {
    const word = this.xz.get_next_output(this.context)
    const words = this.words()
    const from = words[OUTPUT]!
    const piece = new Uint8Array(this.xz.memory.buffer).slice(from, from + words[OUTPUT_AT]!)
    words[OUTPUT_AT] = 0
    return { piece, word, more: words[INPUT_AT]! < words[INPUT_SIZE]! }
  }

  free(): void {
    this.xz.destroy_context(this.context)
  }
}

/**
 * xz, also several streams in a row and the padding between them (pixz, pxz, appended logs).
 * @throws StreamEnded cut or damaged, after all bytes up to there; and what the input throws
 */
export async function* unxz(input: ByteStream): AsyncGenerator<Uint8Array> {
  loading ??= load()
  const decoder = new Decoder(await loading)
  try {
    for await (const chunk of input)
      for (let at = 0; at < chunk.length; ) {
        at += decoder.give(chunk.subarray(at))
        let word: number
        let goesOn: boolean
        do {
          const step = decoder.step()
          word = step.word
          if (step.piece.length > 0) yield step.piece
          if (word in FAULTS) throw new StreamEnded('damaged', `the xz stream can't be read further: ${FAULTS[word]}`)
          goesOn = step.more || step.piece.length > 0
        } while (goesOn && word !== XZ_FORMAT_ERROR)
        if (word === XZ_FORMAT_ERROR) return
      }
    decoder.give(new Uint8Array(0))
    if (decoder.step().word !== XZ_STREAM_END) throw new StreamEnded('cut', 'the xz stream is cut off')
  } finally {
    decoder.free()
  }
}
