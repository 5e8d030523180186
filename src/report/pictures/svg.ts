import { markup, type Markup, type Piece } from '../html-template.ts'

/** A picture of one width; `label` says in words what it shows. */
export interface Picture {
  width: number
  height: number
  label: string
  body: Piece
}

/** Widths that pictures are drawn for: a column of a desktop, and a telephone or a column of print. */
export const WIDE = 760
export const NARROW = 320

/** Width of a letter by its font's size, on the safe side: fonts differ. */
const LETTER = { sans: 0.6, mono: 0.61 } as const
const CAPITAL = 0.78
const BROAD = 1.1

/** A picture as SVG: its colours come from classes, so that it follows light, dark and print. */
export function svg({ width, height, label, body }: Picture): Markup {
  return markup`<svg viewBox="0 0 ${width} ${round(height)}" width="${width}" height="${round(height)}" role="img" aria-label="${label}">${body}</svg>`
}

/** Coordinates to a tenth of a pixel. */
export const round = (value: number): number => Math.round(value * 10) / 10

/** Text of one line. */
export function label(x: number, y: number, text: Piece, kind = ''): Markup {
  return markup`<text x="${round(x)}" y="${round(y)}"${kind === '' ? null : markup` class="${kind}"`}>${text}</text>`
}

export function line(x1: number, y1: number, x2: number, y2: number, kind: string): Markup {
  return markup`<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" class="${kind}"/>`
}

export function rect(x: number, y: number, width: number, height: number, kind: string, tip: Piece = null): Markup {
  return markup`<rect x="${round(x)}" y="${round(y)}" width="${round(Math.max(0, width))}" height="${round(Math.max(0, height))}" rx="2" class="${kind}">${tip === null ? null : markup`<title>${tip}</title>`}</rect>`
}

/** Pixels that a text takes, about; letters of the east are two wide. */
export function widthOf(text: string, size: number, font: keyof typeof LETTER = 'sans'): number {
  let width = 0
  for (const letter of text) width += letterWidth(letter, font)
  return width * size
}

function letterWidth(letter: string, font: keyof typeof LETTER): number {
  if (letter.codePointAt(0)! >= 0x1100) return 2 * LETTER[font]
  if (font === 'mono') return LETTER.mono
  return /[WMmw@%]/.test(letter) ? BROAD : /[A-Z]/.test(letter) ? CAPITAL : LETTER.sans
}

/** A text cut to a width, with an ellipsis; empty where not even three letters would fit. */
export function shortened(text: string, width: number, size: number, font: keyof typeof LETTER = 'sans'): string {
  if (widthOf(text, size, font) <= width) return text
  let cut = ''
  for (const letter of text) {
    if (widthOf(`${cut}${letter}…`, size, font) > width) break
    cut += letter
  }
  return cut.length < 3 ? '' : `${cut}…`
}
