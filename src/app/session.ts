import { ERROR_CODES, EXIT, KsmDumpError, type Problem } from '../base/errors.ts'
import type { Opened } from '../document/common.ts'
import type { AnyReport } from '../document/schema.ts'
import { missedCodecs, prepareCodecs } from '../image/codecs.ts'
import { openImage } from '../image/open.ts'
import type { DumpImage } from '../image/types.ts'
import { fileSource, type FileSource } from '../io/file-source.ts'
import { readAhead } from '../io/read-ahead.ts'
import { defaultCacheBytes } from '../io/system.ts'
import { type KernelOpening, openKernel } from '../kernel/open.ts'
import type { Kernel } from '../kernel/types.ts'
import { exitCode, type Outcome } from './outcome.ts'
import { TOOL } from './tool.ts'
import { type Run, runSteps } from './run-steps.ts'

/** Options that every command has. */
export interface CommonOptions {
  /** Budget of the page cache, bytes; null: the default. */
  memory: number | null
  /** Put `timings` into the document. */
  timings: boolean
}

/** The problem of a run that Ctrl-C ended. */
export const INTERRUPTED: Problem = {
  code: 'interrupted',
  message: 'Interrupted: this is only what was found so far.',
  input: null,
  at: null,
}

/** What a command has opened so far, and what went wrong. */
export class Session {
  readonly problems: Problem[] = []
  readonly run: Run
  readonly options: CommonOptions
  image: DumpImage | null = null
  opening: KernelOpening | null = null
  /** The error that ended it, null when there was none. */
  error: KsmDumpError | null = null
  /** What documents and messages call the files. */
  private readonly names: readonly string[]
  private readonly files: readonly string[]
  private readonly sources: FileSource[] = []
  private readonly started = performance.now()
  private readonly marks: Record<string, number> = {}

  /** @param names - what the files are called where that is not their path: a dump out of an archive */
  constructor(files: readonly string[], options: CommonOptions, run: Run, names: readonly string[] = files) {
    this.files = files
    this.names = names
    this.options = options
    this.run = run
  }

  /** Name of the dump for messages: a split set goes by its first file. */
  get input(): string {
    return this.names[0] ?? ''
  }

  /** Milliseconds since the last mark, for --timings. */
  mark(step: string): void {
    const sum = Object.values(this.marks).reduce((all, each) => all + each, 0)
    this.marks[step] = performance.now() - this.started - sum
  }

  /** Opens the files and the image. @throws KsmDumpError */
  async openImage(): Promise<DumpImage> {
    if (this.sources.length === 0)
      for (const [i, name] of this.names.entries()) this.sources.push(readAhead(fileSource(this.files[i]!, name)))
    const image = await runSteps(
      openImage(this.sources, { cacheBytes: this.options.memory ?? defaultCacheBytes() }, this.run.abort),
      this.run,
    )
    this.image = image
    // only those that the header names: the others cost time, and few files lie (see `attempt`)
    await prepareCodecs(image.compression)
    this.problems.push(...image.problems)
    this.mark('image')
    return image
  }

  /** Finds the kernel; what is missing is in `opening.stopped`. */
  findKernel(): KernelOpening {
    if (!this.image) throw new Error('the image is opened first')
    this.opening = openKernel(this.image, this.input)
    this.problems.push(...this.opening.problems)
    this.mark('kernel')
    return this.opening
  }

  /** Opens image and kernel. @throws KsmDumpError when the kernel is not understood */
  async openKernel(): Promise<Kernel> {
    await this.openImage()
    const opening = this.findKernel()
    if (opening.stopped || !opening.kernel) throw opening.stopped ?? new Error('no kernel and no reason')
    return opening.kernel
  }

  /** What every document begins with. */
  opened(): Opened {
    const { image } = this
    const inputs = this.names.map((name, i) => ({
      name,
      kind: image?.kind ?? null,
      bytes: this.sources[i]?.size ?? null,
    }))
    return { tool: TOOL, inputs, image, opening: this.opening, problems: this.problems }
  }

  /**
   * Runs the steps of a command; an error that is not ours to explain goes on, all others end up in the document.
   * Where pages turn out to use a codec that the header does not name, its decoder is loaded and the steps run again.
   */
  async attempt(steps: () => Promise<void>): Promise<void> {
    await this.once(steps)
    const missed = missedCodecs()
    if (missed.length > 0 && !this.run.abort.aborted) {
      await prepareCodecs(missed)
      this.error = null
      this.problems.length = 0
      await this.once(steps)
    }
    this.noteDamage()
    if (this.run.abort.aborted) this.problems.push({ ...INTERRUPTED })
  }

  /** Damaged pages that nothing else speaks of: what rests on them is missing from the answer. */
  private noteDamage(): void {
    const damaged = this.image?.memory.needs().damaged ?? 0
    if (damaged === 0 || this.error || this.problems.some((problem) => ERROR_CODES[problem.code] === EXIT.incomplete))
      return
    this.problems.push({
      code: 'pages-absent',
      message: `${damaged} page(s) that were looked at are damaged in the file: what rests on them is missing.`,
      input: this.input,
      at: null,
    })
  }

  private async once(steps: () => Promise<void>): Promise<void> {
    try {
      await steps()
    } catch (error) {
      if (!(error instanceof KsmDumpError)) {
        this.close()
        throw error
      }
      this.error = error
      this.problems.push(error.toProblem())
    }
  }

  /** Wraps the finished document. */
  outcome<D extends AnyReport>(document: D): Outcome<D> {
    const timings = this.options.timings ? { timings: this.timings() } : {}
    return {
      document: { ...document, ...timings },
      exit: exitCode(this.error, this.problems),
      error: this.error,
      close: () => this.close(),
    }
  }

  /** Milliseconds by step, and the work that was done. */
  private timings(): Record<string, unknown> {
    const milliseconds = Object.fromEntries(Object.entries(this.marks).map(([step, ms]) => [step, Math.round(ms)]))
    return { milliseconds, work: this.image ? { ...this.image.memory.work } : null }
  }

  private close(): void {
    for (const source of this.sources) source.close()
  }
}
