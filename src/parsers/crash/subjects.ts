import { Stacks } from './bt.ts'
import { type Command, PROMPT, parseCommand } from './command.ts'
import { KmemTables } from './kmem.ts'
import { ListRun } from './list.ts'
import { Variables } from './p.ts'
import { Prose } from './prose.ts'
import { PsRows } from './ps.ts'
import { RawWords } from './rd.ts'
import { RunQueues } from './runq.ts'
import { Session } from './session.ts'
import { CurrentTask } from './set.ts'
import { StructBlock } from './struct.ts'
import { SystemScreen } from './sys.ts'
import { LineCounts } from './wc.ts'

/** The readers of all subjects, over one session. */
export class Subjects {
  readonly session = new Session()
  readonly stacks = new Stacks(this.session)
  readonly rows = new PsRows(this.session)
  readonly queues = new RunQueues(this.session)
  readonly current = new CurrentTask(this.session)
  readonly screen = new SystemScreen(this.session)
  readonly list = new ListRun(this.session)
  readonly structs = new StructBlock(this.session)
  readonly variables = new Variables(this.session, this.structs)
  readonly kmem = new KmemTables(this.session)
  readonly raw = new RawWords(this.session)
  readonly counts = new LineCounts(this.session)
  readonly prose = new Prose(this.session)

  constructor() {
    this.stacks.nameOf = (line) => this.prose.nameNear(line)
  }

  /** Blanks in front of the prompt behind which `help` prints examples: sessions of somebody else's. */
  private helping: number | null = null

  /** A line of what `help` prints. */
  isHelp(line: string, indent: number): boolean {
    return this.helping !== null && !(indent <= this.helping && PROMPT.test(line))
  }

  /** A command was typed into crash; @param indent - blanks in front of its prompt */
  typed(text: string, at: number, indent = 0): void {
    const { session } = this
    session.turn(null)
    session.command = null
    this.helping = null
    if (text.trim() === '') return
    const command = parseCommand(text, at)
    session.command = command
    if (command.name === 'help') this.helping = indent
    this.heard(command)
    this.stacks.typed()
    this.structs.typed(command)
  }

  /** A command was typed into a shell: crash's own goes on. */
  shell(text: string, at: number): void {
    this.session.turn(null)
    this.heard(parseCommand(text, at))
  }

  private heard(command: Command): void {
    this.session.writes(command)
    this.counts.typed(command)
  }
}
