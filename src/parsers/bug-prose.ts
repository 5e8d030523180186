import type { TextParser, Told } from './told.ts'

/** A statement that people make in the prose of a bug report. */
interface Statement {
  /** A word that every such sentence has, in lower case: what lacks it is not looked at further. */
  word: string
  /** Group 1: the name or release that it gives. */
  pattern: RegExp
  told(found: RegExpExecArray, line: number): Told
}

const noCsd = (pattern: RegExp): Statement => ({
  word: 'csd',
  pattern,
  told: (_, line) => ({ kind: 'value', line, name: 'said.csd-timeouts', text: 'none' }),
})

/** One entry a wording; the subject's words must be there, so that prose about it is no match. */
const STATEMENTS: readonly Statement[] = [
  // that a kernel which reports csd locks reported none
  noCsd(
    /csd_lock_wait (?:timeouts?|messages?|prints?)\b[^.]{0,40}? (?:is|are|was|were|does|do|did) not (?:happen|happening|seen|observed|printed|appear|occur)/i,
  ),
  noCsd(/\bcsd locks?\b[^.]{0,40}? (?:is|was|are|were) not (?:stuck|the (?:actual |real |root )?cause)/i),
  noCsd(/\b(?:no|without|absence of(?: the| any)?) csd\b[^.]{0,30}?\b(?:messages?|timeouts?|lines?|output)\b/i),
  // "The numad process initiates a migration of memory", "The numad kernel task is holding a semaphore lock mmap_sem"
  {
    word: 'the ',
    pattern:
      /\bthe ([a-z][\w:./-]{1,14}) (?:kernel )?(?:process|task|thread|daemon) (?:initiates|starts|does|is doing|is holding|holds|is migrating|migrates|is walking|walks)\b/i,
    told: (found, line) => ({ kind: 'value', line, name: 'said.walker', text: found[1] ?? '' }),
  },
]
const LONGEST = 300

/** Reads statements out of prose, each wording once. A sentence may be folded over two lines. */
export class BugProse implements TextParser {
  readonly told: Told[] = []
  private readonly said = new Set<Statement>()
  private before = ''

  push(line: string, at: number): void {
    const here = line.trim().slice(0, LONGEST)
    if (here === '') {
      this.before = ''
      return
    }
    const both = this.before === '' ? here : `${this.before} ${here}`
    this.before = here
    const lower = both.toLowerCase()
    for (const statement of STATEMENTS) {
      if (this.said.has(statement) || !lower.includes(statement.word)) continue
      const found = statement.pattern.exec(both)
      if (!found) continue
      this.said.add(statement)
      this.told.push(statement.told(found, at))
    }
  }

  end(): void {
    this.before = ''
  }
}
