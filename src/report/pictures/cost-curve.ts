import { extent } from 'd3-array'
import { scaleLog, type ScaleLogarithmic } from 'd3-scale'
import { line as path } from 'd3-shape'
import { duration, grouped, size } from '../../base/words.ts'
import { markup, type Markup } from '../html-template.ts'
import { DEFAULT_LIMIT } from '../phrases.ts'
import { label, line, NARROW, type Picture, round } from './svg.ts'

export interface LimitCost {
  maxPageSharing: number
  /** Copies of the page. */
  dups: number
  /** Longest walk, estimate. */
  walkSeconds: number
}

const PANEL = { height: 120, top: 44, left: 64, right: 24, bottom: 44 } as const
const GAP = 28

/** What a limit costs in memory, and what it makes of the longest walk: two panels over one axis, all logarithmic. */
export function costPicture(
  rows: readonly LimitCost[],
  now: { pages: number; walkSeconds: number },
  pageSize: number,
  width: number,
): Picture {
  const side = width > NARROW * 1.5
  const each = side ? (width - GAP) / 2 : width
  const height = PANEL.top + PANEL.height + PANEL.bottom
  const walk = {
    title: 'longest walk (estimate)',
    values: rows.map(({ maxPageSharing, walkSeconds }) => [maxPageSharing, walkSeconds] as const),
    now: now.walkSeconds,
    nowText: `now ${duration(now.walkSeconds)}`,
    words: duration,
    base: 10,
  }
  const memory = {
    title: 'memory of its copies',
    values: rows.map(({ maxPageSharing, dups }) => [maxPageSharing, dups * pageSize] as const),
    now: now.pages * pageSize,
    nowText: `now ${short(size(now.pages * pageSize))}`,
    words: (bytes: number) => short(size(bytes)),
    base: 16,
  }
  return {
    width,
    height: side ? height : 2 * height,
    label: `By max_page_sharing: ${rows.map((row) => `${grouped(row.maxPageSharing)}: a walk of ${duration(row.walkSeconds)}, ${size(row.dups * pageSize)} for ${grouped(row.dups)} copies`).join('; ')}. Now: a walk of ${duration(now.walkSeconds)}, ${size(now.pages * pageSize)}.`,
    body: [panel(walk, 0, 0, each), side ? panel(memory, each + GAP, 0, each) : panel(memory, 0, height, each)],
  }
}

/** "1 MiB" for "1.0 MiB". */
const short = (words: string): string => words.replace('.0 ', ' ')

interface Panel {
  title: string
  values: readonly (readonly [limit: number, value: number])[]
  now: number
  nowText: string
  words: (value: number) => string
  /** Ticks stand at powers of this. */
  base: number
}

function panel({ title, values, now, nowText, words, base }: Panel, left: number, top: number, width: number): Markup {
  const [from = 2, to = 10_000] = extent(values, ([limit]) => limit)
  const x = scaleLog()
    .domain([from, Math.max(to, from * 10)])
    .range([left + PANEL.left, left + width - PANEL.right])
  const [low = 1, high = 1] = extent([now, ...values.map(([, value]) => value)])
  const floor = top + PANEL.top + PANEL.height
  const y = scaleLog()
    .domain([low / 2, high * 2])
    .range([floor, top + PANEL.top])
  const curve = path<readonly [number, number]>(
    ([limit]) => round(x(limit)),
    ([, value]) => round(y(value)),
  )(values.slice())
  return markup`${label(left, top + 14, title, 'name')}
${few(y, base).map((tick) => markup`${line(left + PANEL.left, y(tick), left + width - PANEL.right, y(tick), 'grid')}${label(left + PANEL.left - 8, y(tick) + 4, words(tick), 'axis end')}`)}
${values.map(([limit]) => markup`${line(x(limit), floor, x(limit), floor + 4, 'tick')}${label(x(limit), floor + 18, grouped(limit), 'axis middle')}`)}
${line(left + PANEL.left, floor, left + width - PANEL.right, floor, 'tick')}
${line(x(DEFAULT_LIMIT), top + PANEL.top - 6, x(DEFAULT_LIMIT), floor, 'mark')}${label(x(DEFAULT_LIMIT), top + PANEL.top - 10, `default ${DEFAULT_LIMIT}`, 'axis middle')}
${line(left + PANEL.left, y(now), left + width - PANEL.right, y(now), 'asis')}${label(left + width - PANEL.right, y(now) - 5, nowText, 'asistext end')}
<path d="${curve ?? ''}" class="curve"/>
${values.map(([limit, value]) => markup`<circle cx="${round(x(limit))}" cy="${round(y(value))}" r="3.5" class="dot"><title>max_page_sharing ${grouped(limit)}: ${words(value)}</title></circle>`)}
${label(left + (PANEL.left + width - PANEL.right) / 2, floor + 36, 'max_page_sharing', 'axis middle')}`
}

/** At most five ticks, powers thinned out. */
function few(scale: ScaleLogarithmic<number, number>, base: number): number[] {
  const [low, high] = scale.domain() as [number, number]
  const powers: number[] = []
  const power = (value: number): number => Math.log(value) / Math.log(base)
  for (let at = Math.ceil(power(low)); at <= power(high); at++) powers.push(base ** at)
  const step = Math.ceil(powers.length / 5)
  return powers.filter((_, i) => i % step === 0)
}
