/**
 * `ps` with any columns: by its line of headings, whatever options made it (`ps aux`, `ps -elfL`, `ps axo ...,wchan:20,...`, `ps -eo
 * pid,tid,stat,wchan:32,comm`), also `top`. Columns are told apart by blanks, as mail and web pages lose their width.
 * @see procps-ng ps/output.c (3.3.10, 4.0.4)
 */
import { Interner } from './klog/intern.ts'
import { Kept } from './klog/kept.ts'
import type { TextParser, Told, ToldState, ToldTask } from './told.ts'

type Meaning = 'pid' | 'tid' | 'ppid' | 'state' | 'wchan' | 'cpu' | 'command' | 'date'

/** What a heading means; other columns only count. */
const HEADINGS: Readonly<Record<string, Meaning>> = {
  ...{ PID: 'pid', TGID: 'pid', LWP: 'tid', TID: 'tid', SPID: 'tid', PPID: 'ppid' },
  ...{ S: 'state', STAT: 'state', STATE: 'state', WCHAN: 'wchan', PSR: 'cpu', P: 'cpu' },
  ...{ COMMAND: 'command', CMD: 'command', COMM: 'command', ARGS: 'command' },
  // `lstart`: "Mon Mar 20 07:12:44 2017"; `start`: "Mar 20", "07:12:44"
  STARTED: 'date',
}
const HEADING = /^[A-Z%+][A-Z\d%+_-]{0,19}$/
const STATE = /^[RSDTtXZPIW][<NLsl+]{0,6}$/
const WEEKDAY = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)$/
const MONTH = /^(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)$/
const MOST_COLUMNS = 40
/** Rows are longer than this only in their command, which is not needed whole. */
const LONGEST_LINE = 2048
/** Of a comm (TASK_COMM_LEN). */
const LONGEST_COMM = 15

/** Reads what `ps` prints; tables one after another may have different columns. */
export class PsTextParser implements TextParser {
  private readonly kept = new Kept<Told>(60_000)
  readonly told: Told[] = this.kept.items
  private readonly interner = new Interner()
  private columns: (Meaning | null)[] | null = null
  /** The process whose threads follow with "-" for their pid (`ps m`). */
  private process: number | null = null

  push(line: string, at: number): void {
    const words = wordsOf(line)
    if (words.length < 2) return
    const columns = headings(words)
    if (columns) {
      this.columns = columns
      this.process = null
      return
    }
    if (!this.columns) return
    const row = this.row(words, this.columns)
    if (row) this.tell(row, at)
  }

  end(): void {}

  /** The columns that matter of one row; null when it can't be a row. */
  private row(words: readonly string[], columns: readonly (Meaning | null)[]): Map<Meaning, string> | null {
    const row = new Map<Meaning, string>()
    const date = columns.indexOf('date')
    let extra = words.length - columns.length
    if (date >= 0) extra -= dateWords(words[date]) - 1
    // a command has blanks: what is too much is its
    const command = columns.lastIndexOf('command')
    if (extra < 0 && !(command === columns.length - 1 && extra === -1)) return null
    if (extra > 0 && command < 0) return null
    let at = 0
    for (const [index, meaning] of columns.entries()) {
      let width = 1
      if (index === command) width = Math.max(0, 1 + extra)
      else if (meaning === 'date') width = dateWords(words[at])
      if (meaning !== null && !row.has(meaning)) row.set(meaning, words.slice(at, at + width).join(' '))
      at += width
    }
    const state = row.get('state')
    if (state !== undefined && state !== '-' && !STATE.test(state)) return null
    const pid = row.get('pid') ?? row.get('tid')
    return pid !== undefined && /^(?:\d{1,10}|-)$/.test(pid) ? row : null
  }

  private tell(row: ReadonlyMap<Meaning, string>, line: number): void {
    const process = number(row.get('pid'))
    const thread = number(row.get('tid'))
    // threads of `ps m` have no number of their own
    const unnumbered = process === null && thread === null
    if (unnumbered && this.process === null) return
    if (process !== null) this.process = process
    const command = row.get('command') ?? '-'
    const wchan = row.get('wchan') ?? '-'
    const ppid = number(row.get('ppid'))
    const kthread = /^\[.{1,64}\]$/.test(command) ? true : ppid === null ? null : ppid === 2
    const task: ToldTask = {
      ...{ kind: 'task', line, source: 'ps (host)' },
      pid: thread ?? process,
      tgid: thread !== null || unnumbered ? this.process : null,
      comm: command === '-' ? null : this.interner.copy(commOf(command)),
      address: null,
      cpu: number(row.get('cpu')),
      state: stateOf(row.get('state')),
      running: null,
      kthread,
      idleSeconds: null,
      frames: [],
      wchan: /^[A-Za-z_]/.test(wchan) ? this.interner.copy(wchan) : null,
      doubt: null,
    }
    this.kept.push(task)
  }
}

const dateWords = (first = ''): number => (WEEKDAY.test(first) ? 5 : MONTH.test(first) ? 2 : 1)

function wordsOf(line: string): string[] {
  const cut = line.length > LONGEST_LINE ? line.slice(0, LONGEST_LINE) : line
  return cut
    .replace(/^[\s>|]{1,64}/, '')
    .split(/\s+/)
    .filter(Boolean)
}

/** Columns by their headings; null when the line has none: a task's number and one thing more that matters must be among them. */
function headings(words: readonly string[]): (Meaning | null)[] | null {
  if (words.length > MOST_COLUMNS || !words.every((word) => HEADING.test(word))) return null
  const columns = words.map((word) => HEADINGS[word] ?? null)
  const has = (meaning: Meaning): boolean => columns.includes(meaning)
  return (has('pid') || has('tid')) && (has('state') || has('wchan') || has('command')) ? columns : null
}

const number = (text: string | undefined): number | null =>
  text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : null

function stateOf(text: string | undefined): ToldState {
  const letter = text?.[0] ?? ''
  return letter !== '' && 'RSDTtXZPI'.includes(letter) ? (letter as ToldState) : null
}

/**
 * The task's comm, by what stands for it: the comm itself ("CPU 3/KVM"), in brackets for a kernel thread, or the command line, of which
 * it mostly is the program's name, cut.
 */
function commOf(command: string): string {
  const kernelThread = /^\[(.{1,64})\]$/.exec(command)?.[1]
  if (kernelThread !== undefined) return kernelThread.slice(0, 63)
  const program = command.split(/ -|: /, 1)[0]!
  const first = program.startsWith('/') || program.length > LONGEST_COMM ? program.split(' ', 1)[0]! : program
  const name = first.startsWith('/') ? first.slice(first.lastIndexOf('/') + 1) : first
  return name.slice(0, LONGEST_COMM)
}
