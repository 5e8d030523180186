import type { AnalyzeReport } from '../document/schema.ts'

/** How text is laid out. */
export interface RenderOptions {
  colors: boolean
  /** Columns that a line may take. */
  columns: number
  /** Rows of the screen that text is to fit in; null: everything is shown. */
  rows: number | null
  /** Names in the document are stand-ins. */
  redacted?: boolean
}

/** Writes a piece of output; a renderer calls it as it goes. */
export type Write = (piece: string) => void

/** Terminal colours, or plain text. */
export interface Paint {
  bold(text: string): string
  dim(text: string): string
  level(level: AnalyzeReport['verdict']['level'], text: string): string
}

const CODES = { critical: '31;1', warning: '33;1', ok: '32;1', unknown: '35;1' } as const

export function paint(colors: boolean): Paint {
  const wrap = (code: string, text: string): string => (colors ? `\u001b[${code}m${text}\u001b[0m` : text)
  return {
    bold: (text) => wrap('1', text),
    dim: (text) => wrap('2', text),
    level: (level, text) => wrap(CODES[level], text),
  }
}
