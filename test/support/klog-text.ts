import { KernelLogParser } from '../../src/parsers/klog-text.ts'
import type { ToldHost, ToldTask } from '../../src/parsers/told.ts'

/** A log, read to its end. */
export function readLog(lines: readonly string[]): KernelLogParser {
  const parser = new KernelLogParser()
  for (const [index, line] of lines.entries()) parser.push(line, index + 1)
  parser.end()
  return parser
}

export const tasks = ({ told }: KernelLogParser): ToldTask[] => told.filter((each) => each.kind === 'task')
export const hosts = ({ told }: KernelLogParser): ToldHost[] => told.filter((each) => each.kind === 'host')

/** Functions of a stack, innermost first. */
export const names = (frames: readonly { symbol: string }[]): string => frames.map(({ symbol }) => symbol).join(' ')

/** Lines with dmesg's stamps, a microsecond apart from second `time` on. */
export const stamped = (time: number, ...lines: readonly string[]): string[] =>
  lines.map((line, index) => `[${(time + index / 1e6).toFixed(6).padStart(12)}] ${line}`)
