/** A blank that no line may be broken at. */
export const HARD = '\u00a0'

/** Whole where it stands: "numad (pid 101)", "LP: #1680513", a command. */
export function whole(text: string): string {
  return text.replaceAll(' ', HARD)
}

/**
 * Text from outside as printable ASCII that is nothing but text in Markdown, too, and that Launchpad makes no link of.
 * @param most - what is longer is cut and ends in "..."
 */
export function asciiText(text: string, most = 200): string {
  const clean = text
    .slice(0, most * 2)
    .replace(/[^\x20-\x7e]/g, '.')
    .replace(/[<[\]*&]/g, '.')
    .replace(/[\\|]/g, '/')
    .replace(/`/g, "'")
    .replace(/~/g, '-')
    // an underscore at the end of a word closes emphasis; inside and before a word it does nothing alone
    .replace(/_+/g, (run, at: number, all: string) => (/\w/.test(all[at + run.length] ?? '') ? run : '.'))
    .replace(/ {2,}/g, ' ')
    .trim()
  const cut = clean.length > most ? `${clean.slice(0, most - 3)}...` : clean
  // links of Launchpad and of GitHub
  return cut
    .replace(/:\/\//g, ':.')
    .replace(/\/{2,}/g, '/')
    .replace(/\b(www)\./gi, '$1 ')
    .replace(/\b(lp):(?=\S)/gi, '$1 ')
    .replace(/\b(bug|faq)[ =#-]{1,9}(?=\d)/gi, '$1: ')
    .replace(/@/g, ' at ')
}

/** What would make a line a heading, a quote, an item of a list or a rule of a table when it stands first. */
const NO_START = /^(?:[^A-Za-z0-9("']|\d{1,9}[.)](?:\u00a0|$))/

/** A word without what may not stand first. */
function startable(word: string): string {
  return word.replace(/^[^A-Za-z0-9]+/, '').replace(/^(\d{1,9})[.)](?=\u00a0|$)/, '$1')
}

/**
 * Breaks a text at blanks into lines; none of them begins with a sign that Markdown or Launchpad takes for markup.
 * @param width - most columns; a word that is longer is cut
 */
export function lines(text: string, width: number): string[] {
  const units: string[] = []
  for (const word of text.split(' ')) {
    const last = units.at(-1)
    // what may not stand first stays with the word before it
    if (last !== undefined && NO_START.test(word) && last.length + 1 + word.length <= width)
      units[units.length - 1] = `${last} ${word}`
    else {
      const unit = NO_START.test(word) && last !== undefined ? startable(word) : word
      if (unit !== '') units.push(unit)
    }
  }
  const out: string[] = []
  let line = ''
  for (const unit of units) {
    const fit = unit.length > width ? `${unit.slice(0, width - 3)}...` : unit
    if (line !== '' && line.length + 1 + fit.length > width) {
      out.push(line)
      line = fit
    } else line = line === '' ? fit : `${line} ${fit}`
  }
  out.push(line)
  return out.map((each) => each.replaceAll(HARD, ' '))
}
