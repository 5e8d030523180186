import { grouped } from '../base/words.ts'
import { markup, Markup, type Piece } from './html-template.ts'

export interface HtmlColumn {
  head: string
  /** Numbers: right, in figures of one width. */
  right?: boolean
  /** Names its row. */
  rowHead?: boolean
  /** Long text: its lines may break. */
  wraps?: boolean
}

/** What a cell shows, and the number that it is sorted by where that is another. */
export type Cell = Piece | { shown: Piece; sort: number }

export interface HtmlTable {
  caption: string
  columns: readonly HtmlColumn[]
  rows: readonly (readonly Cell[])[]
  /** Rows that are not shown. */
  more?: number
  /** Readers with a script can sort it. */
  sortable?: boolean
}

/** A table that screen readers can read, in a frame that scrolls by keyboard where a window is narrow. */
export function table({ caption, columns, rows, more = 0, sortable = false }: HtmlTable): Markup {
  const heads = columns.map(
    ({ head, right }) => markup`<th scope="col"${right ? markup` class="right"` : null}>${head}</th>`,
  )
  const body = rows.map((row) => markup`<tr>${row.map((cell, i) => cellOf(cell, columns[i]!))}</tr>`)
  return markup`
<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table${sortable ? markup` class="sortable"` : null}>
<caption>${caption}</caption><thead><tr>${heads}</tr></thead><tbody>${body}</tbody></table></div>${notPrinted(rows.length)}${leftOut(more)}`
}

function cellOf(cell: Cell, { right, rowHead, wraps }: HtmlColumn): Markup {
  const valued = isValued(cell)
  const shown = valued ? cell.shown : cell
  const marks = markup`${(right || wraps) && markup` class="${right ? 'right' : 'wraps'}"`}${valued ? markup` data-sort="${cell.sort}"` : null}`
  return rowHead ? markup`<th scope="row"${marks}>${shown}</th>` : markup`<td${marks}>${shown}</td>`
}

function isValued(cell: Cell): cell is { shown: Piece; sort: number } {
  return typeof cell === 'object' && cell !== null && !(cell instanceof Markup) && 'sort' in cell
}

/** Rows of a table that are printed; the style sheet keeps the others off the paper. */
const PRINTED_ROWS = 10

/** Said on paper alone. */
function notPrinted(rows: number): Piece {
  return (
    rows > PRINTED_ROWS && markup`<p class="more printed">… and ${grouped(rows - PRINTED_ROWS)} more on the page.</p>`
  )
}

/** "... and 12 more": what is not shown is counted. */
export function leftOut(count: number): Piece {
  return count > 0 && markup`<p class="more">… and ${grouped(count)} more; <code>--json</code> has them all.</p>`
}

/** A list of labelled facts; those that are not known are left out. */
export function facts(rows: readonly (readonly [label: string, value: Piece])[]): Piece {
  const known = rows.filter(([, value]) => value !== null && value !== '' && value !== false && value !== undefined)
  return (
    known.length > 0 &&
    markup`<dl class="facts">${known.map(([dt, dd]) => markup`<div><dt>${dt}</dt><dd>${dd}</dd></div>`)}</dl>`
  )
}
