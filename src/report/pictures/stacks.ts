import { hierarchy, partition } from 'd3-hierarchy'
import { plural } from '../../base/words.ts'
import { markup } from '../html-template.ts'
import { type Picture, round, shortened } from './svg.ts'

export interface Stack {
  /** The state, in words. */
  state: string
  kind: 'waits' | 'runs' | 'sleeps'
  tasks: number
  /** Functions, innermost first. */
  frames: readonly string[]
}

interface Block {
  name: string
  kind: Stack['kind'] | 'all'
  tasks: number
  children: Map<string, Block>
}

const ROW = 20
const TEXT = 10.5
/** Blocks that are narrower than this would not be seen. */
const NARROWEST = 0.5
/** Blocks that are drawn: the widest first levels of any picture fit. */
const MOST_BLOCKS = 1500

/**
 * An icicle: all tasks on top, then their states, then the functions from the outermost to the innermost; as wide as the tasks
 * that are in them. Blocks carry what the zoom of the page needs.
 */
export function stacksPicture(stacks: readonly Stack[], width: number, matters: RegExp): Picture {
  const root: Block = { name: 'tasks', kind: 'all', tasks: 0, children: new Map() }
  for (const { state, kind, tasks, frames } of stacks) {
    let block = root
    for (const name of [state, ...frames.toReversed()]) {
      block.tasks += tasks
      const next = block.children.get(name) ?? { name, kind, tasks: 0, children: new Map() }
      block.children.set(name, next)
      block = next
    }
    block.tasks += tasks
  }
  root.name = plural(root.tasks, 'task')
  const tree = hierarchy(root, ({ children }) => [...children.values()])
    // what ends in a block itself, not in one below it
    .sum(({ tasks, children }) => tasks - [...children.values()].reduce((all, child) => all + child.tasks, 0))
    .sort((a, b) => (b.value ?? 0) - (a.value ?? 0) || (a.data.name < b.data.name ? -1 : 1))
  const laid = partition<Block>().size([width, (tree.height + 1) * ROW])(tree)
  const blocks = laid.descendants().filter(({ x0, x1 }) => x1 - x0 >= NARROWEST)
  return {
    width,
    height: (tree.height + 1) * ROW,
    label: `Stacks of ${root.name} by state, outermost function on top: ${stacks
      .slice(0, 8)
      .map(({ state, tasks, frames }) => `${plural(tasks, 'task')} ${state}, innermost ${frames[0] ?? 'unknown'}`)
      .join('; ')}.`,
    body: blocks.slice(0, MOST_BLOCKS).map(({ x0, x1, y0, depth, data }) => {
      const kind = depth > 1 && matters.test(data.name) ? `${data.kind} matters` : data.kind
      const tip = `${data.name}: ${plural(data.tasks, 'task')}`
      return markup`<g class="block ${kind}" data-start="${round(x0)}" data-stop="${round(x1)}" data-name="${data.name}"><title>${tip}</title><rect x="${round(x0 + 0.5)}" y="${y0 + 0.5}" width="${round(Math.max(0.5, x1 - x0 - 1))}" height="${ROW - 1}" rx="2"/><text x="${round(x0 + 5)}" y="${y0 + 14}">${shortened(data.name, x1 - x0 - 9, TEXT, 'mono')}</text></g>`
    }),
  }
}
