import { printable } from '../base/text.ts'

/** Text of a report that is markup already. Only `markup` and `trusted` make it: no document can hold one. */
export class Markup {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** What stands in a template: text and numbers are escaped, markup is taken as it is, null and false are nothing. */
export type Piece = Markup | string | number | null | undefined | false | readonly Piece[]

/** Longest text of one place, in UTF-16 units: nobody reads more, and a name of a megabyte must not fill the file. */
const LONGEST = 2000

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
}

/**
 * Foreign text as text, in elements and in quoted attributes of HTML and SVG. Control characters and those that turn the
 * direction of writing become visible dots. The one place where text becomes markup.
 */
export function escapeMarkup(text: string): string {
  return printable(text, LONGEST).replace(/[&<>"'`]/g, (letter) => ENTITIES[letter]!)
}

/** A template whose pieces are escaped unless they are markup. Attributes are to be quoted. */
export function markup(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  let text = strings[0]!
  for (const [i, piece] of pieces.entries()) text += textOf(piece) + strings[i + 1]!
  return new Markup(text)
}

/** Our own style sheet and script, which no text of a document is part of. */
export function trusted(text: string): Markup {
  return new Markup(text)
}

function textOf(piece: Piece): string {
  if (piece instanceof Markup) return piece.text
  if (typeof piece === 'string' || typeof piece === 'number') return escapeMarkup(String(piece))
  return Array.isArray(piece) ? piece.map(textOf).join('') : ''
}

/** Prose, its addresses set as code. */
export function prose(text: string): Piece {
  // a split by a capturing group gives what is between and what matches in turn
  return printable(text, LONGEST)
    .split(/\b(0x[0-9a-f]{4,16})\b/)
    .map((part, i) => (i % 2 === 1 ? markup`<code>${part}</code>` : part))
}

/** An address, or a dash for what is not known. */
export function code(text: string | null): Piece {
  return text === null ? '–' : markup`<code>${text}</code>`
}

/** A link to the web; anything but http is text: a document may come from anywhere. */
export function link(url: string, text: string): Piece {
  return /^https?:\/\//i.test(url) ? markup`<a href="${url}" rel="noreferrer">${text}</a>` : text
}
