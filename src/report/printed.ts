import { printable } from '../base/text.ts'

/** Longest text of one member. */
const LONGEST = 20_000

/**
 * A document with every text in it, names of members as well, made safe for a terminal: what would move its cursor, colour it, break
 * a line or turn the direction of writing is a dot. A saved report may hold anything, so this is done once, before the layout.
 */
export function printed<D>(document: D): D {
  return made(document) as D
}

function made(value: unknown): unknown {
  if (typeof value === 'string') return printable(value, LONGEST)
  if (Array.isArray(value)) return value.map(made)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [printable(name, LONGEST), made(each)]))
}
