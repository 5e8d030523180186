import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { CrashParser } from '../../src/parsers/crash-text.ts'
import { TextLines } from '../../src/parsers/text-lines.ts'
import type { Told } from '../../src/parsers/told.ts'
import { CORPUS } from './corpus.ts'

/** What crash's lines tell, as they are. */
export function crashTold(...lines: readonly string[]): Told[] {
  const parser = new CrashParser()
  lines.forEach((line, i) => void parser.push(line, i + 1))
  parser.end()
  return parser.told
}

/** The clean lines of a text, with the numbers of the lines that they come from. */
export function cleanLines(text: string): { text: string; at: number }[] {
  const clean: { text: string; at: number }[] = []
  const lines = new TextLines((line, at) => void clean.push({ text: line, at }))
  text.split('\n').forEach((line, i) => void lines.push(line, i + 1))
  lines.end()
  return clean
}

/** The clean lines alone. */
export function cleanText(text: string): string[] {
  return cleanLines(text).map((line) => line.text)
}

/** What a text tells, however mail and browsers left it. */
export function textTold(text: string): Told[] {
  const parser = new CrashParser()
  for (const { text: line, at } of cleanLines(text)) parser.push(line, at)
  parser.end()
  return parser.told
}

type OfKind<K extends Told['kind']> = Extract<Told, { kind: K }>

/** The statements of one kind. */
export function ofKind<K extends Told['kind']>(told: readonly Told[], kind: K): OfKind<K>[] {
  return told.filter((each): each is OfKind<K> => each.kind === kind)
}

/** Symbols of a stack, innermost first. */
export function symbols(told: { frames: readonly { symbol: string }[] }): string[] {
  return told.frames.map(({ symbol }) => symbol)
}

/** Told without line numbers: what changes of the text's shape must not change. */
export function withoutLines(told: readonly Told[]): Told[] {
  return told.map((each) => ({ ...each, line: 0 }))
}

/** The folder of recorded texts beside the corpus of dumps, null when there is none. */
export const INPUTS = CORPUS !== null && existsSync(join(CORPUS, '..', 'inputs')) ? join(CORPUS, '..', 'inputs') : null

/** A recorded text by its path in the folder; *.gz unpacked. */
export function recorded(path: string): string {
  const bytes = readFileSync(join(INPUTS!, path))
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
}
