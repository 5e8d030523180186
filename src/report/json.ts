import type { AnyReport, ExplainReport } from '../document/schema.ts'
import type { Write } from './paint.ts'

/**
 * Writes a document as JSON: members on lines of their own, large arrays element by element (a host has a million nodes, and
 * one string of them all would not fit).
 */
export function writeJson(document: AnyReport | ExplainReport, write: Write): void {
  write('{\n')
  let first = true
  for (const [name, value] of Object.entries(document)) {
    if (value === undefined) continue
    write(`${first ? '' : ',\n'}  ${JSON.stringify(name)}: `)
    first = false
    if (isLazy(value)) writeElements(value, write)
    else write(harmless(JSON.stringify(value, null, 2)).replaceAll('\n', '\n  '))
  }
  write('\n}\n')
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

function writeElements(values: Iterable<unknown>, write: Write): void {
  let first = true
  for (const value of values) {
    write(`${first ? '[\n' : ',\n'}    ${JSON.stringify(value)}`)
    first = false
  }
  write(first ? '[]' : '\n  ]')
}
