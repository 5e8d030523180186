import { blankHost, blankTask } from '../blank-told.ts'
import type { TextParser, Told, ToldHost, ToldTask } from '../told.ts'

/** Most that one input tells: more rows than any host has guests, nodes, units and counters. */
const MOST_TOLD = 4096
/** Longest text of one value, UTF-16 units. */
const LONGEST_TEXT = 1024

/** What a parser may say; the limits of memory are kept here. */
export interface Tell {
  /** @param name - of value-names.ts */
  value(name: string, text: string, line: number): void
  host(source: string, line: number, facts: Partial<Omit<ToldHost, 'kind' | 'line' | 'source'>>): void
  task(source: string, line: number, facts: Partial<Omit<ToldTask, 'kind' | 'line' | 'source'>>): void
  error(command: string, text: string, line: number): void
}

/** What a kind of text does with its lines. */
export interface LineReader {
  line(line: string, at: number): void
  end?(): void
}

/** A TextParser of one kind of text: `reader` gets what it may say with. */
export function tellingParser(reader: (tell: Tell) => LineReader): TextParser {
  const told: Told[] = []
  const add = (each: Told): void => {
    if (told.length < MOST_TOLD) told.push(each)
  }
  const lines = reader({
    value: (name, text, line) => add({ kind: 'value', line, name: kept(name), text: kept(text) }),
    host: (source, line, facts) => add({ ...blankHost(line, source), ...keptTexts(facts) }),
    task: (source, line, facts) => add({ ...blankTask(line, source), ...keptTexts(facts) }),
    error: (command, text, line) => add({ kind: 'error', line, command, text: kept(text) }),
  })
  return {
    told,
    push: (line, at) => lines.line(line, at),
    end: () => lines.end?.(),
  }
}

function keptTexts<T extends object>(facts: T): T {
  const entries = Object.entries(facts).map(([key, value]) => [key, typeof value === 'string' ? kept(value) : value])
  return Object.fromEntries(entries) as T
}

/** A text of its own: a slice would keep its whole line, of up to 64 KiB, in memory. */
function kept(text: string): string {
  const short = text.trimEnd().slice(0, LONGEST_TEXT)
  return short.length < 13 ? short : Array.from(short).join('')
}
