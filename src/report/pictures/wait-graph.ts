import { hierarchy, type HierarchyPointNode, tree } from 'd3-hierarchy'
import { linkHorizontal } from 'd3-shape'
import { markup, type Markup } from '../html-template.ts'
import { label, type Picture, rect, round, shortened } from './svg.ts'

/** A box of the graph. */
export interface WaitBox {
  title: string
  detail: string
  kind: 'list' | 'walker' | 'waiter' | 'more'
  /** Whom it waits for: an index of the boxes before it; null: the first of all. */
  parent: number | null
}

const BOX = { height: 40, gap: 10, column: 64, indent: 22, widest: 380, text: 12, small: 11 } as const
/** Columns beside each other are no narrower than this: else the boxes stand below each other. */
const NARROWEST = 170

/** Who waits for whom: from the waiters to the walker and the list that it walks. @param boxes - parents first */
export function waitPicture(boxes: readonly WaitBox[], width: number): Picture {
  const children = new Map<number | null, number[]>()
  for (const [i, { parent }] of boxes.entries()) children.set(parent, [...(children.get(parent) ?? []), i])
  const root = hierarchy(children.get(null)?.[0] ?? 0, (i) => children.get(i))
  const columns = root.height + 1
  const box = (width - (columns - 1) * BOX.column) / columns
  const label = `Who waits for whom. ${boxes.map((each) => `${each.title}: ${each.detail}${each.parent === null ? '' : `, behind ${boxes[each.parent]!.title}`}`).join('. ')}.`
  return box >= NARROWEST
    ? { width, label, ...sideBySide(root, boxes, width, Math.min(box, 250)) }
    : { width, label, ...belowEachOther(root, boxes, width) }
}

type Root = ReturnType<typeof hierarchy<number>>

/** A tidy tree from right (the list) to left (who waits). */
function sideBySide(
  root: Root,
  boxes: readonly WaitBox[],
  width: number,
  box: number,
): Pick<Picture, 'height' | 'body'> {
  const columns = root.height
  const step = columns === 0 ? 0 : (width - box) / columns
  const laid = tree<number>()
    .nodeSize([BOX.height + BOX.gap, 1])
    .separation(() => 1)(root)
  const top = Math.min(...laid.descendants().map(({ x }) => x))
  const place = (node: HierarchyPointNode<number>): { x: number; y: number } => ({
    x: width - box - node.depth * step,
    y: node.x - top + 1,
  })
  const bend = linkHorizontal<{ source: [number, number]; target: [number, number] }, [number, number]>()
  const links = laid.links().map(({ source, target }) => {
    const [to, from] = [place(source), place(target)]
    const path = bend({
      source: [from.x + box, round(from.y + BOX.height / 2)],
      target: [to.x - 7, round(to.y + BOX.height / 2)],
    })
    return markup`<path d="${path ?? ''}" class="link"/>${arrow(to.x, to.y + BOX.height / 2, 1)}`
  })
  const drawn = laid.descendants().map((node) => {
    const { x, y } = place(node)
    return drawBox(boxes[node.data]!, x, y, box)
  })
  const bottom = Math.max(...laid.descendants().map(({ x }) => x))
  return { height: bottom - top + BOX.height + 2, body: [links, drawn] }
}

/** The same tree with every box on a line of its own, those who wait below whom they wait for. */
function belowEachOther(root: Root, boxes: readonly WaitBox[], width: number): Pick<Picture, 'height' | 'body'> {
  const rows = new Map<number, number>()
  root.eachBefore((node) => {
    rows.set(node.data, rows.size)
  })
  // a chain may be longer than a page is wide
  const indent = Math.min(BOX.indent, (width * 0.5) / Math.max(1, root.height))
  const x = (depth: number): number => depth * indent + 1
  const y = (i: number): number => rows.get(i)! * (BOX.height + BOX.gap) + 1
  const links = root.links().map(({ source, target }) => {
    const down = x(source.depth) + indent / 2
    const middle = y(target.data) + BOX.height / 2
    const from = y(source.data) + BOX.height
    return markup`<path d="M${round(x(target.depth))},${round(middle)}H${round(down)}V${round(from + 6)}" class="link"/>${arrow(down, from, 0)}`
  })
  const drawn = root
    .descendants()
    .map((node) =>
      drawBox(boxes[node.data]!, x(node.depth), y(node.data), Math.min(width - x(node.depth) - 1, BOX.widest)),
    )
  return { height: rows.size * (BOX.height + BOX.gap) - BOX.gap + 2, body: [links, drawn] }
}

/** An arrow's head, to the right or up. */
function arrow(x: number, y: number, right: 0 | 1): Markup {
  const at = `${round(x)},${round(y)}`
  return markup`<path d="M${at}${right ? 'l-8,-4v8z' : 'l-4,8h8z'}" class="arrow"/>`
}

function drawBox({ title, detail, kind }: WaitBox, x: number, y: number, width: number): Markup {
  return markup`<g>${rect(x, y, width, BOX.height, `box ${kind}`, `${title}: ${detail}`)}${label(x + 10, y + 17, shortened(title, width - 18, BOX.text), 'boxname')}${label(x + 10, y + 32, shortened(detail, width - 18, BOX.small), 'boxtext')}</g>`
}
