import type { AnyReport } from '../document/schema.ts'
import type { Write } from './paint.ts'

/**
 * Writes a document as JSON: members on lines of their own, large arrays element by element (a host has a million nodes, and
 * one string of them all would not fit).
 */
export function writeJson(document: AnyReport, write: Write): void {
  write('{\n')
  let first = true
  for (const [name, value] of Object.entries(document)) {
    if (value === undefined) continue
    write(`${first ? '' : ',\n'}  ${JSON.stringify(name)}: `)
    first = false
    if (isLazy(value)) writeElements(value, write)
    else write(JSON.stringify(value, null, 2).replaceAll('\n', '\n  '))
  }
  write('\n}\n')
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
