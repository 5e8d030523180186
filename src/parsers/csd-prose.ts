import type { TextParser, Told } from './told.ts'

/**
 * "the csd_lock_wait timeout is not happening": said of a kernel that has one. That no csd line is in a log is no such statement:
 * most kernels would print none.
 */
const NO_TIMEOUT =
  /csd_lock_wait (?:timeouts?|messages?|prints?)\b[^.?]{0,40}? (?:is|are|was|were|does|do|did) not (?:happen|happening|seen|observed|printed|appear|occur)\b(?!\w{0,3}\?)/i
const LONGEST = 300
/** Before it in its sentence: it is asked, supposed or denied. Behind it: it is taken back. */
const HEDGES = /\b(?:if|whether|unless|check|verify|please|not true|wrong|unknown)\b/i
const TAKEN_BACK = /\bbut\b/i

/**
 * A bug report's statement that a kernel which times out on csd locks did not: the bug's own mail rules a lost IPI out by that.
 * Told as the value "said.csd-timeouts", "none". A sentence may be folded over two lines.
 */
export class CsdProse implements TextParser {
  readonly told: Told[] = []
  private before = ''

  push(line: string, at: number): void {
    const here = line.trim().slice(0, LONGEST)
    const both = here === '' ? '' : `${this.before} ${here}`
    this.before = here
    if (this.told.length === 0 && both.includes('csd_lock_wait') && states(both))
      this.told.push({ kind: 'value', line: at, name: 'said.csd-timeouts', text: 'none' })
  }

  end(): void {
    this.before = ''
  }
}

/** Whether the text says so, and nothing in the same sentence takes it back. */
function states(text: string): boolean {
  const found = NO_TIMEOUT.exec(text)
  if (!found) return false
  const before = text
    .slice(0, found.index)
    .split(/[.!?] /)
    .at(-1)!
  const [behind] = text.slice(found.index + found[0].length).split(/[.!?](?: |$)/)
  return !HEDGES.test(before) && !TAKEN_BACK.test(behind!)
}
