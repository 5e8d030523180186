import { Args, Command, Errors, Flags, type Interfaces } from '@oclif/core'
import { configDefaults } from '../app/config.ts'
import { finish } from '../app/finish.ts'
import type { Outcome } from '../app/outcome.ts'
import { parseSize, SIZE_IS } from '../app/size.ts'
import { type StartedRun, startRun } from '../app/start-run.ts'
import type { CommonOptions } from '../app/session.ts'
import { EXIT, KsmDumpError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { printable } from '../base/text.ts'
import type { AnyReport } from '../document/schema.ts'
import type { RenderOptions, Write } from '../report/paint.ts'

const memoryFlag = Flags.custom<number>({
  parse: async (input) => {
    const bytes = parseSize(input)
    if (bytes === null) throw new Errors.CLIError(`Expected ${SIZE_IS}, but received: ${input}`, { exit: EXIT.usage })
    return bytes
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

/** The flag of every command. */
export const jsonFlag = Flags.boolean({ description: 'print one JSON document (docs/json.md) instead of text' })

/** Flags of every command that reads a dump. */
export const commonFlags = {
  json: jsonFlag,
  memory: memoryFlag({
    description: 'most memory for pages of the dump, e.g. 512M [default: a quarter of RAM, at most 1G]',
  }),
  timings: Flags.boolean({ description: 'add how long the steps took and what was read' }),
  progress: Flags.boolean({ description: 'show progress on a terminal', default: true, allowNo: true }),
  quiet: Flags.boolean({
    char: 'q',
    description: 'print nothing but errors, and what a format flag or -o asks for: the exit code tells',
  }),
  debug: Flags.boolean({ description: 'show the stack trace when ksm-dump itself fails' }),
}

/** Parsed flags or arguments, by name. */
type Values = Record<string, unknown>

export type CommonFlags = Interfaces.InferredFlags<typeof commonFlags>

/** What all commands share: what flags may not be, and how errors are told. */
export abstract class OurCommand extends Command {
  protected debugging = false

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

  /** "Did you mean" for a mistyped flag; empty for all other errors. */
  private flagMeant({ flags }: { flags?: unknown }): string {
    const known = Object.entries(this.ctor.flags ?? {}).flatMap(([name, flag]) =>
      flag.type === 'boolean' && flag.allowNo ? [`--${name}`, `--no-${name}`] : `--${name}`,
    )
    const meant = (Array.isArray(flags) ? flags : []).flatMap((flag: string) => nearest(flag, known) ?? [])
    return meant.length === 0 ? '' : `\nDid you mean ${meant.join(', ')}?`
  }

  /** Errors about a dump have become documents by now: what comes here is about a file of a report, a usage error or a bug. */
  protected override async catch(
    error: Error & { parse?: unknown; flags?: unknown; exitCode?: number; oclif?: { exit?: number } },
  ): Promise<void> {
    if (error.parse !== undefined || error.oclif?.exit === EXIT.usage) {
      error.message = error.message.replace(/\nSee more help with --help$/, '') + this.flagMeant(error)
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

/** What the commands that read a dump share: options out of flags, one tail that prints. */
export abstract class DumpCommand extends OurCommand {
  private running: StartedRun | null = null

  /** What the user's file of defaults says counts where the command line says nothing. */
  protected override async parse<F extends Values, B extends Values, A extends Values>(
    options?: Interfaces.Input<F, B, A>,
    argv?: string[],
  ): Promise<Interfaces.ParserOutput<F, B, A>> {
    const parsed = await super.parse(options, argv)
    const given = new Set(parsed.raw.flatMap((token) => (token.type === 'flag' ? token.flag : [])))
    const defaults = Object.entries(await configDefaults())
    const wanted = defaults.filter(([name]) => name in this.ctor.flags && !given.has(name))
    Object.assign(parsed.flags, Object.fromEntries(wanted))
    return parsed
  }

  /** Starts a run: Ctrl-C, progress. */
  protected async begin(flags: CommonFlags): Promise<StartedRun> {
    this.debugging = flags.debug
    this.running = await startRun(flags.progress && !flags.json && !flags.quiet)
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
      quiet: flags.quiet,
      text: (write, options) => text(outcome.document, write, options),
    })
  }

  /** However a command ends, the spinner does too: it would keep the process alive. */
  protected override async finally(error: Error | undefined): Promise<void> {
    this.running?.stop()
    await super.finally(error)
  }
}
