import Table from 'cli-table3'
import { printable } from '../base/text.ts'
import type { Write } from './paint.ts'

/** A column: its heading, and whether it is a number. */
export interface Column {
  head: string
  right?: boolean
}

const NO_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: ' ',
} as const

/** Rows laid out at once: a host has a million nodes, and a table needs all its rows. */
const PIECE = 2000

/** A plain table: no borders, a blank between columns, numbers to the right. Cells are made safe to print. */
export function writeTable(
  columns: readonly Column[],
  rows: Iterable<readonly string[]>,
  write: Write,
  indent = '  ',
): void {
  let piece: (readonly string[])[] = []
  let widths: number[] | null = null
  let first = true
  const flush = (): void => {
    const safe = piece.map((row) => row.map((cell) => printable(cell, 120)))
    const needed = columns.map((column, i) => Math.max(column.head.length, ...safe.map((row) => row[i]!.length)))
    // later pieces keep the widths of the first, unless a cell needs more
    widths = needed.map((width, i) => Math.max(width, widths?.[i] ?? 0))
    const table = new Table({
      ...(first ? { head: columns.map((column) => column.head) } : {}),
      chars: NO_BORDERS,
      colWidths: widths,
      colAligns: columns.map((column) => (column.right ? 'right' : 'left')),
      style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
    })
    table.push(...safe.map((row) => [...row]))
    write(
      `${table
        .toString()
        .split('\n')
        .map((line) => (indent + line).trimEnd())
        .join('\n')}\n`,
    )
    piece = []
    first = false
  }
  for (const row of rows) {
    piece.push(row)
    if (piece.length === PIECE) flush()
  }
  if (piece.length > 0 || first) flush()
}
