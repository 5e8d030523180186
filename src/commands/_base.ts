import { Args, Command, Errors, Flags, type Interfaces } from '@oclif/core'
import { finish } from '../app/finish.ts'
import type { Outcome } from '../app/outcome.ts'
import { type StartedRun, startRun } from '../app/start-run.ts'
import type { CommonOptions } from '../app/session.ts'
import { EXIT, KsmDumpError } from '../base/errors.ts'
import { printable } from '../base/text.ts'
import type { AnyReport } from '../document/schema.ts'
import type { RenderOptions, Write } from '../report/paint.ts'

/** Sizes as people type them: 512M, 2G, 1048576. */
const memoryFlag = Flags.custom<number>({
  parse: async (input) => {
    const found = /^(\d{1,9}(?:\.\d+)?)\s*([kmgt]?)i?b?$/i.exec(input.trim())
    const bytes = found
      ? Number(found[1]) * 1024 ** ['', 'k', 'm', 'g', 't'].indexOf(found[2]!.toLowerCase())
      : Number.NaN
    if (!(bytes >= 1024 * 1024 && bytes <= Number.MAX_SAFE_INTEGER))
      throw new Errors.CLIError(`Expected a size of 1M or more, as 512M or 2G, but received: ${input}`, {
        exit: EXIT.usage,
      })
    return Math.floor(bytes)
  },
})

/** The argument of every command; further ones are more parts of a split dump, so commands are not `strict` (oclif does not inherit that). */
export const dumpArg = Args.string({
  required: true,
  ignoreStdin: true,
  description: 'the dump (vmcore), or all parts of a split one',
})

/** The argument of a command that takes text as well. */
export const inputArg = Args.string({
  required: true,
  ignoreStdin: true,
  description: 'the dump (vmcore), all parts of a split one, or texts, packed or not; "-" for standard input',
})

/** Flags of every command. */
export const commonFlags = {
  json: Flags.boolean({ description: 'print one JSON document (docs/json.md) instead of text' }),
  memory: memoryFlag({
    description: 'most memory for pages of the dump, e.g. 512M [default: a quarter of RAM, at most 1G]',
  }),
  timings: Flags.boolean({ description: 'add how long the steps took and what was read' }),
  progress: Flags.boolean({ description: 'show progress on a terminal', default: true, allowNo: true }),
  debug: Flags.boolean({ description: 'show the stack trace when ksm-dump itself fails' }),
}

export type CommonFlags = Interfaces.InferredFlags<typeof commonFlags>

/** What all commands share: options out of flags, one tail that prints. */
export abstract class DumpCommand extends Command {
  private debugging = false
  private running: StartedRun | null = null

  /** A flag that takes no value is not to take one silently: `--json=1` would be read as `--json` and an argument `1`. */
  override async init(): Promise<void> {
    await super.init()
    const flags = this.ctor.flags as Record<string, { type: string }>
    for (const word of this.argv) {
      if (word === '--') return
      const name = /^--([^=]+)=/.exec(word)?.[1]
      if (name !== undefined && (flags[name] ?? flags[name.replace(/^no-/, '')])?.type === 'boolean')
        throw new Errors.CLIError(`--${name} takes no value: write it without =.`, { exit: EXIT.usage })
    }
  }

  /** Starts a run: Ctrl-C, progress. */
  protected async begin(flags: CommonFlags): Promise<StartedRun> {
    this.debugging = flags.debug
    this.running = await startRun(flags.progress && !flags.json)
    return this.running
  }

  protected options(flags: CommonFlags): CommonOptions {
    return { memory: flags.memory ?? null, timings: flags.timings }
  }

  /** Ends a run: prints its outcome as JSON or as text, and sets the exit code. */
  protected show<D extends AnyReport>(
    run: StartedRun,
    flags: CommonFlags,
    outcome: Outcome<D>,
    text: (document: D, write: Write, options: RenderOptions) => void,
  ): void {
    run.stop()
    process.exitCode = finish({
      outcome,
      json: flags.json,
      text: (write, options) => text(outcome.document, write, options),
    })
  }

  /** However a command ends, the spinner does too: it would keep the process alive. */
  protected override async finally(error: Error | undefined): Promise<void> {
    this.running?.stop()
    await super.finally(error)
  }

  /** Errors about a dump have become documents by now: what comes here is about a file of a report, a usage error or a bug. */
  protected override async catch(
    error: Error & { parse?: unknown; exitCode?: number; oclif?: { exit?: number } },
  ): Promise<void> {
    if (error.parse !== undefined || error.oclif?.exit === EXIT.usage) {
      error.message = error.message.replace(/\nSee more help with --help$/, '')
      throw error
    }
    if (error.name === 'OutputClosed' || error.name === 'ExitError') throw error
    if (error instanceof KsmDumpError) {
      process.exitCode = error.exit
      process.stderr.write(`ksm-dump: ${printable(error.message)}${error.advice ? `\n${error.advice}` : ''}\n`)
      return
    }
    if (error.name === 'OutputFailed') {
      process.exitCode = EXIT.incomplete
      process.stderr.write(`ksm-dump: ${error.message}\n`)
      return
    }
    process.exitCode = EXIT.internal
    process.stderr.write(`ksm-dump: internal error: ${error.message}\n`)
    process.stderr.write(
      this.debugging
        ? `${error.stack}\n`
        : 'This is a bug in ksm-dump. Run again with --debug and report what it prints.\n',
    )
  }
}
