import { sum } from 'd3-array'
import { scaleLinear } from 'd3-scale'
import { markup } from '../html-template.ts'
import { label, type Picture, rect, shortened, widthOf } from './svg.ts'

export interface Share {
  name: string
  /** What the share is of: rmap_items. */
  items: number
  /** Beside the per cent: "200,300 rmap_items". */
  amount: string
  /** What no name is known for, and the rest: paler. */
  rest?: boolean
}

const ROW = 40
const TEXT = 12

/** Shares of a whole as bars, each on a bar of the whole. */
export function sharesPicture(shares: readonly Share[], what: string, width: number): Picture {
  const whole = sum(shares, ({ items }) => items) || 1
  const x = scaleLinear().domain([0, whole]).range([0, width])
  return {
    width,
    height: shares.length * ROW,
    label: `${what}: ${shares.map(({ name, items, amount }) => `${name} ${percent(items / whole)}, ${amount}`).join('; ')}.`,
    body: shares.map(({ name, items, amount, rest }, i) => {
      const top = i * ROW
      const right = `${percent(items / whole)} · ${amount}`
      const room = width - widthOf(right, TEXT) - 12
      return markup`${label(0, top + 14, shortened(name, room, TEXT), 'name')}${label(width, top + 14, right, 'value end')}${rect(0, top + 20, width, 10, 'rail')}${rect(0, top + 20, Math.max(1, x(items)), 10, rest ? 'bar pale' : 'bar', `${name}: ${right}`)}`
    }),
  }
}

function percent(fraction: number): string {
  return fraction > 0 && fraction < 0.001 ? '< 0.1 %' : `${(fraction * 100).toFixed(1)} %`
}
