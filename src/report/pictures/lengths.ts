import { max } from 'd3-array'
import { format } from 'd3-format'
import { scaleLog } from 'd3-scale'
import { grouped, plural } from '../../base/words.ts'
import { markup } from '../html-template.ts'
import { DEFAULT_LIMIT } from '../phrases.ts'
import { label, line, type Picture, rect } from './svg.ts'

export interface LengthBin {
  from: number
  to: number
  lists: number
  items: number
}

const si = format('~s')
/** Height of the plot, and what stands around it. */
const PLOT = { height: 160, top: 26, left: 46, right: 12, bottom: 46 } as const
/** What the words beside the limit's line take, about. */
const LIMIT_WIDTH = 130
/** Bars stand on this: a bar of one list is to be seen on a scale that knows no zero. */
const FLOOR = 0.5

/** How many lists there are of each length, both axes logarithmic. */
export function lengthsPicture(bins: readonly LengthBin[], width: number): Picture {
  const filled = bins.filter(({ lists }) => lists > 0)
  const longest = max(filled, ({ to }) => to + 1) ?? 2
  const x = scaleLog()
    .domain([1, Math.max(1024, longest)])
    .range([PLOT.left, width - PLOT.right])
  const most = max(filled, ({ lists }) => lists) ?? 1
  const y = scaleLog()
    .domain([FLOOR, Math.max(10, most * 1.5)])
    .range([PLOT.top + PLOT.height, PLOT.top])
  const floor = y(FLOOR)
  const powers = (from: number, to: number): number[] => {
    const all: number[] = []
    for (let power = from; power <= to; power *= 10) all.push(power)
    return all
  }
  const xTicks = powers(1, x.domain()[1]!)
  const yTicks = powers(1, y.domain()[1]!)
  const limit = x(DEFAULT_LIMIT)
  return {
    width,
    height: floor + PLOT.bottom,
    label: `Lists by their length: ${filled.map((bin) => `${plural(bin.lists, 'list')} of ${span(bin)}`).join('; ')} rmap_items.`,
    body: [
      label(PLOT.left - 34, 12, 'lists', 'axis'),
      yTicks.map((tick) => [
        line(PLOT.left, y(tick), width - PLOT.right, y(tick), 'grid'),
        label(PLOT.left - 8, y(tick) + 4, si(tick), 'axis end'),
      ]),
      xTicks.map((tick) => [
        line(x(tick), floor, x(tick), floor + 4, 'tick'),
        label(x(tick), floor + 18, si(tick), `axis ${x(tick) > width - 30 ? 'end' : 'middle'}`),
      ]),
      filled.map((bin) => {
        const [left, right] = [x(Math.max(1, bin.from)), x(bin.to + 1)]
        const top = y(bin.lists)
        return markup`${rect(left + 1, top, right - left - 2, floor - top, bin.from > DEFAULT_LIMIT ? 'bar beyond' : 'bar', `${span(bin)} rmap_items: ${plural(bin.lists, 'list')}, ${grouped(bin.items)} rmap_items`)}${label((left + right) / 2, top - 5, grouped(bin.lists), 'value middle')}`
      }),
      line(limit, PLOT.top - 8, limit, floor, 'mark'),
      limit > width - LIMIT_WIDTH
        ? label(limit - 5, PLOT.top - 1, `default limit ${DEFAULT_LIMIT}`, 'axis end')
        : label(limit + 5, PLOT.top - 1, `default limit ${DEFAULT_LIMIT}`, 'axis'),
      line(PLOT.left, floor, width - PLOT.right, floor, 'tick'),
      label((PLOT.left + width - PLOT.right) / 2, floor + 38, 'rmap_items in a list', 'axis middle'),
    ],
  }
}

const span = ({ from, to }: LengthBin): string => (from === to ? grouped(from) : `${grouped(from)} to ${grouped(to)}`)
