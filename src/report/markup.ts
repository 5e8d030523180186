import { printable } from '../base/text.ts'

/** Words that a renderer would make a link, a mention, a formula or a picture of: they stand as code. */
const LIVELY = /[@$]|:\/\/|www\.|(?:^|\W)#\d|\/[^#]{0,99}#\d|GH-\d|:[a-z+-][\w+-]*:/i

/**
 * Text from outside in a line of Markdown, as nothing but text: GitHub's flavour and Python-Markdown (Launchpad's) show it alike.
 * Characters that both let escape get a backslash, the others are entities.
 * @param most - longest text in characters; what is longer ends in "..."
 * @see https://spec.commonmark.org/0.31.2/#backslash-escapes
 */
export function text(foreign: string, most = 600): string {
  const words = flat(foreign, most).split(/ +/)
  return startless(words.map((word) => (LIVELY.test(word) ? code(word.replaceAll('|', '¦')) : escaped(word))).join(' '))
}

/** Text from outside as code, between as many backticks as it takes. */
export function code(foreign: string, most = 600): string {
  const plain = flat(foreign, most)
  if (plain === '') return '-'
  const longest = Math.max(0, ...[...plain.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  const edge = plain.startsWith('`') || plain.endsWith('`') ? ' ' : ''
  return `${fence}${edge}${plain}${edge}${fence}`
}

/** A table. @param rows - cells that `text` made: no bar stands in them. @param right - columns of numbers */
export function table(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[],
): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`
  return `${line(heads)}${line(heads.map((_, i) => (right.includes(i) ? '---:' : '---')))}${rows.map(line).join('')}\n`
}

/** Lines that stand as they are: a block of code by its indent, which every flavour knows. */
export function block(foreign: readonly string[]): string {
  return `${foreign.map((line) => `    ${printable(line, 200)}\n`).join('')}\n`
}

/** One line, safe to print. */
function flat(foreign: string, most: number): string {
  const line = printable(foreign, most * 4).trim()
  return line.length > most ? `${line.slice(0, most - 3).trimEnd()}...` : line
}

const ENTITIES: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  '|': '&#124;',
  '~': '&#126;',
}

function escaped(word: string): string {
  return (
    word
      .replace(/[\\`*[\]{}]/g, '\\$&')
      // inside a word an underscore is nothing special
      .replace(/_+/g, (run, at: number, all: string) =>
        /[A-Za-z0-9]/.test(all[at - 1] ?? '') && /[A-Za-z0-9]/.test(all[at + run.length] ?? '')
          ? run
          : run.replaceAll('_', '\\_'),
      )
      .replace(/[<>&|~]/g, (sign) => ENTITIES[sign]!)
  )
}

/** At the start of a line these would begin a heading or a list. */
function startless(line: string): string {
  return line.replace(/^[#+-]/, '\\$&').replace(/^(\d{1,9})([.)])(?= |$)/, '$1\\$2')
}
