/**
 * Stacks folded to one line each, as flame graphs are made of: `numad;do_migrate_pages;...;rmap_walk_ksm;try_to_unmap_one 1234`.
 * @see Brendan Gregg's FlameGraph, stackcollapse-perf.pl; perf script report flamegraph
 */
import { Interner } from './klog/intern.ts'
import type { TextParser, Told, ToldSamples } from './told.ts'

const MOST = 20_000
const MOST_FRAMES = 512
const LONGEST_COUNT = 16
const ZERO = 48
const NINE = 57

/**
 * Reads folded stacks. Of more than 20,000 the ones with the most samples are kept; the others are told together at the end, as one
 * without frames, so that shares of the whole stay right.
 */
export class FoldedStacksParser implements TextParser {
  readonly told: Told[] = []
  private readonly interner = new Interner()
  private kept: ToldSamples[] = []
  /** Samples of those that were not kept. */
  private rest = 0
  private restLine = 0
  /** Stacks with no more than this many can not be among those that are kept. */
  private least = 0

  push(line: string, at: number): void {
    const text = line.replace(/^[\s>|]{1,64}/, '').trimEnd()
    const blank = text.lastIndexOf(' ')
    const semicolon = text.indexOf(';')
    // prose has a blank behind its semicolons
    if (semicolon < 1 || semicolon > blank || text.includes('; ')) return
    if (text.length - blank > LONGEST_COUNT || !digits(text, blank + 1)) return
    const count = Number(text.slice(blank + 1))
    if (count <= this.least) {
      this.leave(count, at)
      return
    }
    const frames = text
      .slice(0, blank)
      .split(';', MOST_FRAMES)
      .map((frame) => this.interner.copy(frame.trim()))
    if (frames.some((frame) => frame === '')) return
    this.kept.push({ kind: 'samples', line: at, frames, count })
    if (this.kept.length >= 2 * MOST) this.thin()
  }

  end(): void {
    if (this.kept.length > MOST) this.thin()
    this.told.push(...this.kept.sort((a, b) => a.line - b.line))
    if (this.rest > 0) this.told.push({ kind: 'samples', line: this.restLine, frames: [], count: this.rest })
    this.kept = []
  }

  private thin(): void {
    this.kept.sort((a, b) => b.count - a.count || a.line - b.line)
    for (const { count, line } of this.kept.splice(MOST)) this.leave(count, line)
    this.least = this.kept.at(-1)!.count
  }

  private leave(count: number, line: number): void {
    this.rest += count
    this.restLine ||= line
  }
}

function digits(text: string, from: number): boolean {
  for (let i = from; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c < ZERO || c > NINE) return false
  }
  return text.length > from
}
