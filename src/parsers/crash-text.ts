import { settleStacks } from './crash/bt.ts'
import { KINDS_BY_FIRST } from './crash/line-kinds.ts'
import { Subjects } from './crash/subjects.ts'
import type { TextParser, Told } from './told.ts'

/** Progress of the start-up, in front of its first line. */
const PROGRESS = /please wait\.\.\. \([^)]{0,80}\) */g

/**
 * Reads what the crash utility prints: a session with its prompts or without, single commands' output, or pieces of it within a
 * mail. Takes clean lines (`TextLines`). Lines of the kernel's log are left alone. What it tells of a list is told at its end.
 * @see crash-utility 7.x to 9.0.2, help.c; each form stands beside its pattern in crash/
 */
export class CrashParser implements TextParser {
  private readonly subjects = new Subjects()
  readonly told: Told[] = this.subjects.session.told

  /** Takes a line of a list that is long already. @returns false when the line is none: then it has to be pushed */
  counts(line: string): boolean {
    const { list } = this.subjects
    return list.isLong && list.fast(line)
  }

  push(line: string, at: number): void {
    if (this.counts(line)) return
    let text = line.trimEnd()
    if (text.includes('\t')) text = text.replaceAll('\t', ' ')
    if (text.includes('please wait...')) text = text.replace(PROGRESS, '').trimEnd()
    if (text === '') return
    let i = 0
    while (text.charCodeAt(i) === 0x20) i++
    if (this.subjects.isHelp(text, i)) return
    const code = text.charCodeAt(i)
    for (const { pattern, take } of KINDS_BY_FIRST[Math.min(code, 128)]!) {
      const found = pattern.exec(text)
      if (found && take(found, this.subjects, at)) return
    }
  }

  end(): void {
    this.subjects.session.turn(null)
    settleStacks(this.told)
  }

  /** Statements, frames and members that were left out because there are too many. */
  get leftOut(): number {
    return this.subjects.session.leftOut
  }

  /** Bytes held to tell the addresses of the present list apart. */
  get bytes(): number {
    return this.subjects.list.bytes
  }
}
