import { writeSync } from 'node:fs'
import type { Progress } from '../base/steps.ts'

/** The reader of our output went away (EPIPE): nothing is wrong, there is just nobody left to write for. */
export class OutputClosed extends Error {
  constructor() {
    super('output closed')
    this.name = 'OutputClosed'
  }
}

/** Our output can't be written: a full disk, a closed descriptor. Neither the dump's fault nor ours. */
export class OutputFailed extends Error {
  /** What the system says. */
  readonly why: string

  constructor(why: string) {
    super(`standard output can not be written: ${why}. Free some space or write elsewhere.`)
    this.name = 'OutputFailed'
    this.why = why
  }
}

const pause = new Int32Array(new SharedArrayBuffer(4))

/**
 * Writes to a file descriptor to the end, whatever it is: a full non-blocking pipe is waited for.
 * @throws OutputClosed when the reader is gone, OutputFailed when it can't be written
 */
export function writeAll(fd: number, bytes: Uint8Array): void {
  let done = 0
  while (done < bytes.length) {
    try {
      done += writeSync(fd, bytes, done)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EPIPE') throw new OutputClosed()
      if (code !== 'EAGAIN') throw new OutputFailed(error instanceof Error ? error.message : String(error))
      Atomics.wait(pause, 0, 0, 1)
    }
  }
}

/** Standard output, gathered into large writes. */
export class Output {
  private pieces: string[] = []
  private held = 0

  /** Text or bytes; goes out in order, at the latest with `flush`. */
  write(piece: string | Uint8Array): void {
    if (typeof piece !== 'string') {
      this.flush()
      writeAll(1, piece)
      return
    }
    this.pieces.push(piece)
    this.held += piece.length
    if (this.held > 65_536) this.flush()
  }

  flush(): void {
    if (this.held === 0) return
    const text = this.pieces.join('')
    this.pieces = []
    this.held = 0
    writeAll(1, Buffer.from(text))
  }
}

/** One line or more on standard error; where that can't be written there is nobody left to tell. */
export function writeError(text: string): void {
  try {
    writeAll(2, Buffer.from(text.endsWith('\n') ? text : `${text}\n`))
  } catch (error) {
    if (!(error instanceof OutputClosed) && !(error instanceof OutputFailed)) throw error
  }
}

/** What the terminal can show. */
export interface Terminal {
  /** Colours on standard output: a terminal, and NO_COLOR isn't set. */
  colors: boolean
  /** Columns of standard output, 80 where it is no terminal. */
  columns: number
  /** Rows of standard output; null where it is no terminal, or one that does not say. */
  rows: number | null
  /** A person watches standard error. */
  interactive: boolean
}

export function terminal(): Terminal {
  const { env, stdout, stderr } = process
  const tty = stdout.isTTY === true
  return {
    colors: tty && !env['NO_COLOR'] && env['TERM'] !== 'dumb',
    columns: tty && stdout.columns ? stdout.columns : 80,
    rows: tty && stdout.rows ? stdout.rows : null,
    // a terminal of no width (some pseudo-terminals) has no room, and a spinner would clear lines of it without end
    interactive: stderr.isTTY === true && stderr.columns >= 20 && env['TERM'] !== 'dumb' && !env['CI'],
  }
}

/** Shows progress while work goes on. */
export interface ProgressLine {
  show(progress: Progress): void
  /** Empties the line until the next tick. */
  clear(): void
  stop(): void
}

/** Progress with ora on standard error, only where a person watches; ora is loaded only then. */
export async function progressLine(wanted: boolean): Promise<ProgressLine> {
  if (!wanted || !terminal().interactive) return { show: () => {}, clear: () => {}, stop: () => {} }
  const { default: ora } = await import('ora')
  const spinner = ora({ stream: process.stderr, discardStdin: false })
  // what is done before the first tick needs no spinner
  const timer = setTimeout(() => spinner.start(), 150)
  return {
    show(progress) {
      spinner.text = describe(progress)
    },
    clear() {
      spinner.clear()
    },
    stop() {
      clearTimeout(timer)
      if (spinner.isSpinning) spinner.stop()
    },
  }
}

function describe({ what, done, total, unit }: Progress): string {
  const count = done.toLocaleString('en-US')
  if (total === null || total <= 0 || done > total) return `${what}: ${count} ${unit}`
  return `${what}: ${count} of ${total.toLocaleString('en-US')} ${unit} (${Math.min(100, Math.floor((100 * done) / total))} %)`
}
