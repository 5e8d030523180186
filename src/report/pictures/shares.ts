import { sum } from 'd3-array'
import { scaleLinear } from 'd3-scale'
import { markup } from '../html-template.ts'
import { label, type Picture, rect, shortened, widthOf } from './svg.ts'

export interface Share {
  name: string
  /** Its part of the whole, in the unit of all shares. */
  part: number
  /** Beside the per cent: "780.1 MiB". */
  amount: string
  /** What no name is known for, and the rest: paler. */
  rest?: boolean
}

const ROW = 40
const TEXT = 12
/** Where a name and what stands beside it do not fit in one line, they take two. */
const LINE = 16

/** Shares of a whole as bars, each on a bar of the whole. */
export function sharesPicture(shares: readonly Share[], what: string, width: number): Picture {
  const whole = sum(shares, ({ part }) => part) || 1
  const x = scaleLinear().domain([0, whole]).range([0, width])
  const amounts = shares.map(({ part, amount }) => `${percent(part / whole)} · ${amount}`)
  const room = (i: number): number => width - widthOf(amounts[i]!, TEXT) - 12
  const more = shares.some(({ name }, i) => widthOf(name, TEXT) > room(i)) ? LINE : 0
  return {
    width,
    height: shares.length * (ROW + more),
    label: `${what}: ${shares.map(({ name, part, amount }) => `${name} ${percent(part / whole)}, ${amount}`).join('; ')}.`,
    body: shares.map(({ name, part, rest }, i) => {
      const top = i * (ROW + more)
      const bar = top + 20 + more
      return markup`${label(0, top + 14, shortened(name, more > 0 ? width : room(i), TEXT), 'name')}${more > 0 ? label(0, top + 14 + more, amounts[i], 'value') : label(width, top + 14, amounts[i], 'value end')}${rect(0, bar, width, 10, 'rail')}${rect(0, bar, Math.max(1, x(part)), 10, rest ? 'bar pale' : 'bar', `${name}: ${amounts[i]}`)}`
    }),
  }
}

function percent(fraction: number): string {
  return fraction > 0 && fraction < 0.001 ? '< 0.1 %' : `${(fraction * 100).toFixed(1)} %`
}
