import type { ToldCount } from '../told.ts'
import { addressOf, type Command, has, isCounted } from './command.ts'
import type { Session } from './session.ts'

/** "170000 rmap_item.lst", "$ 8 file" */
export const WC_ROW = /^ *(?:\$ )?(\d{1,15})(?: +\d{1,15} +\d{1,15})? +(\S{1,256})$/
/** Names of files that hold what a command printed; a number before one of these stands for its lines. */
const WRITTEN = /\.(?:lst|list|txt|out)$/
/** "170000" alone: of a pipe, or of `wc -l < file` */
export const WC_LONE = /^ *(?:\$ )?(\d{1,15})$/

/**
 * Lines that `wc` counted. A number before a word is one only behind a wc command, or when the word is a file that a command
 * wrote, or has a name like one: kernel logs are full of the like.
 */
export class LineCounts {
  /** A wc command's answers may follow. */
  private expected = false
  /** The answer is one number: of this file, or of this command's output. */
  private lone: { file: string | null; of: Command | null } | null = null
  private readonly session: Session

  constructor(session: Session) {
    this.session = session
  }

  /** A command was typed into crash or a shell. */
  typed(command: Command): void {
    this.expected = false
    this.lone = null
    const { name, words, pipes } = command
    const file = words.find((word) => !word.startsWith('-') && word !== '<' && !/^\d+$/.test(word)) ?? null
    if (name === 'wc') {
      if (words.includes('<') || words.some((word) => word.startsWith('<'))) {
        this.lone = { file: file?.replace(/^</, '') ?? null, of: null }
      } else this.expected = true
    } else if (isCounted(command)) {
      if (name === 'cat') this.lone = { file, of: null }
      // counts of other commands' lines are no lists'
      else if ((name === 'list' || name === 'tree') && pipes.length > 0) this.lone = { file: null, of: command }
    }
  }

  row(count: string, file: string, at: number): boolean {
    if (file === 'total' && this.expected) return true
    const writer = this.session.files.get(file) ?? null
    if (!this.expected && writer === null && !WRITTEN.test(file)) return false
    this.session.turn(null)
    this.tell(Number(count), file, at)
    if (writer) this.listOf(writer, Number(count), at)
    return true
  }

  /** @returns false when no such number is waited for */
  number(count: string, at: number): boolean {
    const { lone } = this
    if (!lone) return false
    this.lone = null
    this.session.turn(null)
    this.tell(Number(count), lone.file, at)
    const writer = lone.of ?? (lone.file === null ? null : (this.session.files.get(lone.file) ?? null))
    if (writer) this.listOf(writer, Number(count), at)
    return true
  }

  /** Something else followed: the answer, if there was one, is over. */
  passes(): void {
    this.expected = false
    this.lone = null
  }

  private tell(count: number, file: string | null, at: number): void {
    const told: ToldCount = {
      kind: 'count',
      line: at,
      count,
      file: file === null ? null : this.session.own.name(file),
    }
    this.session.tell(told)
  }

  /** The list whose lines were counted, when its command says where it begins: with -H the head is not in it. */
  private listOf(command: Command, length: number, at: number): void {
    if ((command.name !== 'list' && command.name !== 'tree') || has(command, 'H') || length === 0) return
    const first = addressOf(command)
    if (first === null || command.name === 'tree') return
    this.session.tell({
      kind: 'list',
      line: at,
      command: this.session.own.text(command.text),
      first,
      length,
      duplicates: null,
      implausible: 0,
      end: 'end',
      endAt: null,
    })
  }
}
