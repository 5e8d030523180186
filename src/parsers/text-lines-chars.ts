/** What terminals, browsers and chat clients put in place of plain characters, one entry a group. '' drops the character. */
const REPLACED: readonly (readonly [characters: string, plain: string])[] = [
  // blanks of other widths: Launchpad pages, word processors
  ['\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000', ' '],
  // zero width: joiners, direction marks, byte order mark, soft hyphen
  ['\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064\ufeff', ''],
  // smart quotes
  ['\u201c\u201d\u201e\u201f', '"'],
  ['\u2018\u2019\u201a\u201b', "'"],
  // what editors make of "-", "--", "..." and "->"
  ['\u2010\u2011\u2212', '-'],
  ['\u2013\u2014\u2015', '--'],
  ['\u2026', '...'],
  ['\u2192', '->'],
]

const PLAIN = new Map(REPLACED.flatMap(([characters, plain]) => [...characters].map((each) => [each, plain] as const)))
const ODD = /[^\t\x20-\x7e]/
const CODES = new RegExp(`[${[...PLAIN.keys()].join('')}]`, 'g')
/** CSI, OSC and two-character sequences; their 8-bit forms are C1 controls and go with these. */
const ESCAPES =
  /\x1b(?:\[[0-9;?]{0,32}[ -/]{0,4}[@-~]?|\][^\x07\x1b]{0,512}(?:\x07|\x1b\\)?|[ -/]{0,4}[0-~]?)|\x9b[0-9;?]{0,32}[@-~]/g
/** A UTF-8 no-break space that was read as Latin-1. */
const MOJIBAKE = /\u00c2[\u00a0 ]/g
const OVERSTRUCK = /[^\x08]\x08/g
const CONTROLS = /[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]/g
const BREAKS = /[\n\v\f\r\x85\u2028\u2029]/

/**
 * A line in plain characters. Where it holds line ends of another kind (CR of a progress line or an old Mac, form feeds), one
 * piece each; blank pieces beside others are dropped.
 */
export function plainCharacters(line: string): string | string[] {
  if (!ODD.test(line)) return line
  const plain = line
    .replace(ESCAPES, '')
    .replace(MOJIBAKE, ' ')
    .replace(CODES, (each) => PLAIN.get(each) ?? each)
    .replace(OVERSTRUCK, '')
    .replace(CONTROLS, '')
  if (!BREAKS.test(plain)) return plain
  const pieces = plain.split(BREAKS).filter((piece) => piece.trim() !== '')
  return pieces.length === 0 ? '' : pieces
}
