import type { Told, ToldError } from '../told.ts'
import type { Command } from './command.ts'
import { OwnText } from './own.ts'

/** Most statements of a kind that one input gives: a host has some ten thousand tasks, an attacker 20 GB. */
const MOST: Readonly<Record<Told['kind'], number>> = {
  task: 100_000,
  list: 10_000,
  count: 10_000,
  value: 20_000,
  struct: 20_000,
  host: 1_000,
  error: 10_000,
  samples: 0,
}
/** Most frames of all stacks together. */
const MOST_FRAMES = 500_000
/** Most struct members together. */
const MOST_MEMBERS = 200_000
/** Most words of stacks together. */
const MOST_WORDS = 50_000
const MOST_FILES = 256

/** What reads lines until others come: a stack, a list, a struct. */
export interface Subject {
  /** Lines of another kind follow. */
  close(): void
}

/** What a whole session shares: what it told, the command that prints now, and whose lines they are. */
export class Session {
  readonly told: Told[] = []
  readonly own = new OwnText()
  command: Command | null = null
  /** Machine by `sys`, null as long as it is not told. */
  arch: string | null = null
  /** Files that commands wrote to, and by which command. */
  readonly files = new Map<string, Command>()
  /** Statements, frames and members that were left out because there are too many. */
  leftOut = 0
  private open: Subject | null = null
  private readonly counts = new Map<Told['kind'], number>()
  private frames = 0
  private members = 0
  private words = 0

  /** The line is of this subject: any other is closed. */
  turn(subject: Subject | null): void {
    if (this.open === subject) return
    const before = this.open
    this.open = subject
    before?.close()
  }

  /** @returns false when there are too many of its kind; the first that is left out is reported */
  tell(told: Told): boolean {
    const count = (this.counts.get(told.kind) ?? 0) + 1
    this.counts.set(told.kind, count)
    if (count <= MOST[told.kind]) {
      this.told.push(told)
      return true
    }
    this.leftOut++
    if (count === MOST[told.kind] + 1)
      this.tellLeftOut(told.line, `more than ${MOST[told.kind]} of kind "${told.kind}"`)
    return false
  }

  /** Takes one frame off what is allowed. */
  mayFrame(line: number): boolean {
    this.frames++
    if (this.frames > MOST_FRAMES) this.leftOut++
    if (this.frames === MOST_FRAMES + 1) this.tellLeftOut(line, `more than ${MOST_FRAMES} frames`)
    return this.frames <= MOST_FRAMES
  }

  /** Takes one member off what is allowed. */
  mayMember(line: number): boolean {
    this.members++
    if (this.members > MOST_MEMBERS) this.leftOut++
    if (this.members === MOST_MEMBERS + 1) this.tellLeftOut(line, `more than ${MOST_MEMBERS} struct members`)
    return this.members <= MOST_MEMBERS
  }

  /** Takes one word of a stack off what is allowed. Words are only further evidence: what is left out is not missed. */
  mayWord(): boolean {
    return ++this.words <= MOST_WORDS
  }

  /** A command writes to a file: its lines are counted later, or come as another input. */
  writes(command: Command): void {
    if (command.to === null) return
    if (this.files.size >= MOST_FILES) this.files.clear()
    this.files.set(this.own.name(command.to), command)
  }

  private tellLeftOut(line: number, what: string): void {
    const error: ToldError = { kind: 'error', line, command: 'crash', text: `${what}: the rest is left out` }
    this.told.push(error)
  }
}
