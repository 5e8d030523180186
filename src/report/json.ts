import type { AnyReport, ExplainReport } from '../document/schema.ts'
import type { Write } from './paint.ts'

/**
 * Writes a document as JSON: members on lines of their own, large arrays element by element (a host has a million nodes, and
 * one string of them all would not fit).
 */
export function writeJson(document: AnyReport | ExplainReport, write: Write): void {
  writeMembers(document, write, PAGE)
}

/** Writes a document as one line of JSON (NDJSON): the same members, no line feed but the last. */
export function writeJsonLine(document: AnyReport, write: Write): void {
  writeMembers(document, write, LINE)
}

/** What stands between the parts of a document. */
interface Layout {
  /** A new line of that depth. */
  line(depth: number): string
  colon: string
  /** Spaces for JSON.stringify. */
  indent: number
}

const PAGE: Layout = { line: (depth) => `\n${'  '.repeat(depth)}`, colon: ': ', indent: 2 }
const LINE: Layout = { line: () => '', colon: ':', indent: 0 }

function writeMembers(document: AnyReport | ExplainReport, write: Write, layout: Layout): void {
  let first = true
  for (const [name, value] of Object.entries(document)) {
    if (value === undefined) continue
    write(`${first ? '{' : ','}${layout.line(1)}${JSON.stringify(name)}${layout.colon}`)
    first = false
    if (isLazy(value)) writeElements(value, write, layout)
    else write(harmless(JSON.stringify(value, null, layout.indent)).replaceAll('\n', layout.line(1)))
  }
  write(`${layout.line(0)}}\n`)
}

/**
 * JSON escapes only the first 32 control characters; a terminal obeys others too (DEL, C1, text direction). They are escaped
 * here, so names keep their exact characters.
 */
function harmless(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function isLazy(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Symbol.iterator in value
}

function writeElements(values: Iterable<unknown>, write: Write, layout: Layout): void {
  let first = true
  for (const value of values) {
    write(`${first ? '[' : ','}${layout.line(2)}${JSON.stringify(value)}`)
    first = false
  }
  write(first ? '[]' : `${layout.line(1)}]`)
}
