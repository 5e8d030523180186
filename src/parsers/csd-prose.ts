import type { TextParser, Told } from './told.ts'

/** What goes on in a host that hangs: a clause that may stand before the statement. */
const GOES_ON = [
  '(?:the|our|all|these|those|my) \\w{1,20}',
  '(?: (?:is|are|was|were|do|does|did))?(?: (?:still|yet|again|now))?',
  ' (?:hang(?:s|ing)?|hung|stuck|blocked|go(?:es)? on|continues?|persists?|(?:experienc|see|hav)(?:e|ing) (?:the |these )?hangs?)',
].join('')
const WHERE =
  '(?: (?:any ?more|at all|here|now|either|(?:on|with) (?:this|that|the) (?:hotfix )?(?:host|machine|kernel)))'
/**
 * A sentence that plainly says "the csd_lock_wait timeout is not happening", of a kernel that has one. Anything else in the sentence
 * may ask, suppose, deny or take it back: only what is allowed here is believed. That no csd line is in a log is no such statement:
 * most kernels would print none.
 */
const NO_TIMEOUT = new RegExp(
  [
    `^(?:(?:However|But|And|So|Still|Now|Yet|Also),? )?(?:${GOES_ON}, (?:but|and|yet) )?(?:the )?`,
    "csd_lock_wait (?:timeouts?|messages?|prints?) (?:is|are|was|were|do|does|did)(?: not|n't)",
    ` (?:happen(?:ing|ed)?|seen|observed|printed|appear(?:ing)?|occur(?:ring)?)${WHERE}{0,3}[.!]?$`,
  ].join(''),
  'i',
)
/** Longer paragraphs are no statement of one sentence or two. */
const LONGEST = 600
/** Lines that a sentence may have before it names what it is about. */
const LINES = 6
/** Its last sentence may go on in the next line. */
const SENTENCES = /[^\s.!?](?:[^.!?]|[.!?](?! |$))*[.!?]*/g

/**
 * A bug report's statement that a kernel which times out on csd locks did not: the bug's own mail rules a lost IPI out by that.
 * Told as the value "said.csd-timeouts", "none". A sentence may be folded over lines.
 */
export class CsdProse implements TextParser {
  readonly told: Told[] = []
  /** The last lines of this paragraph, as long as none speaks of it: its sentence may begin in them. */
  private recent: string[] = []
  /** Sentences that have not ended, from one that speaks of it on; empty where none does. */
  private open = ''
  private line = 0

  push(line: string, at: number): void {
    if (/^\s*$/.test(line)) {
      this.end()
      return
    }
    if (this.open === '' && !line.includes('csd_lock_wait')) {
      // a sentence whose beginning is not kept is no plain statement
      this.recent = [...(this.recent.length < LINES ? this.recent : ['...', ...this.recent.slice(2)]), line]
      return
    }
    this.open = [this.open, ...this.recent, line]
      .map((each) => each.slice(0, LONGEST).trim())
      .join(' ')
      .trim()
    if (this.open.length > LONGEST) this.open = `... ${this.open.slice(-LONGEST / 2)}`
    this.recent = []
    this.line = at
    const sentences = this.open.match(SENTENCES) ?? []
    const last = sentences.at(-1) ?? ''
    const ended = /[.!?]$/.test(last)
    this.read(ended ? sentences : sentences.slice(0, -1))
    this.open = ended ? '' : last
  }

  /** What is open ends here: with its line, its paragraph or the text. */
  end(): void {
    this.read([this.open])
    this.open = ''
    this.recent = []
  }

  private read(sentences: readonly string[]): void {
    if (this.told.length === 0 && sentences.some((each) => NO_TIMEOUT.test(each.replace(/\s+/g, ' '))))
      this.told.push({ kind: 'value', line: this.line, name: 'said.csd-timeouts', text: 'none' })
  }
}
