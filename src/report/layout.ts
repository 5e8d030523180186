import { printable } from '../base/text.ts'

/**
 * Breaks text into lines of at most `width` columns at blanks; a word that is longer stands alone.
 * Everything is made safe to print.
 */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of printable(text, 20_000).split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  lines.push(line)
  return lines
}

/** Text behind a label, wrapped and indented: "  label      text". */
export function labelled(label: string, text: string, columns: number, labelWidth = 14): string {
  const indent = ' '.repeat(2 + labelWidth)
  return `${wrapText(text, Math.max(20, columns - indent.length))
    .map((line, i) => (i === 0 ? `  ${label.padEnd(labelWidth - 1)} ${line}` : `${indent}${line}`))
    .join('\n')}\n`
}

/** A paragraph with a common indent. */
export function paragraph(text: string, columns: number, indent = ''): string {
  return `${wrapText(text, Math.max(20, columns - indent.length))
    .map((line) => indent + line)
    .join('\n')}\n`
}
