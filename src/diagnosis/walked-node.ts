import { high, low } from '../base/halves.ts'
import { hex } from '../base/text.ts'
import type { VirtAddr } from '../base/units.ts'
import type { Kernel } from '../kernel/types.ts'
import type { Frame } from '../kernel/unwind.ts'
import { type KsmLayout, PAGE_MAPPING_KSM, STABLE_FLAG } from '../ksm/eras.ts'
import { KIND_CHAIN, type NodeColumns } from '../ksm/node-columns.ts'
import { readPage } from '../ksm/page-states.ts'

/** How a word of a stack leads to a stable_node. */
export type WordKind = 'page' | 'stable_node' | 'rmap_item'

/** The stable_node that a walker is on. */
export interface WalkedNode {
  /** Its row in the survey's columns. */
  row: number
  address: VirtAddr
  /** What led there, each with the word and its place, as sentences. */
  validatedBy: string[]
  /** rmap_items of the list that stood in the words: one of them is the walk's current one. */
  items: VirtAddr[]
}

/** Frames outwards of rmap_walk_ksm whose words are looked at: its caller keeps the page too. */
const OUTWARD = 2
/** Words looked at: frames of a walk are a few hundred bytes each. */
const MOST_WORDS = 2048

/**
 * Finds the node under a walk from the words of the frames around rmap_walk_ksm and from saved registers. Nothing is taken on
 * trust: a page's mapping must name a stable_node whose kpfn names the page; an rmap_item's head must be a known node and its
 * flag STABLE_FLAG. The node that most kinds of words agree on wins; the longest list of the host is not assumed to be it.
 * @param stack - innermost first; `at`: index of the rmap_walk_ksm frame
 * @param registers - of the CPU, for a walker that runs
 * @returns null when no word leads to a node, or two nodes are led to equally well
 */
export function findWalkedNode(
  kernel: Kernel,
  layout: KsmLayout,
  nodes: NodeColumns,
  stack: readonly Frame[],
  at: number,
  registers: readonly VirtAddr[],
): WalkedNode | null {
  const rowOf = new Map<VirtAddr, number>()
  for (let row = 0; row < nodes.count; row++) if (nodes.kind[row] !== KIND_CHAIN) rowOf.set(nodes.address(row), row)
  const found = new Map<number, { kinds: Map<WordKind, string>; items: Set<VirtAddr> }>()
  const note = (node: VirtAddr, kind: WordKind, text: string, item?: VirtAddr): void => {
    const row = rowOf.get(node)
    if (row === undefined) return
    const known = found.get(row) ?? { kinds: new Map<WordKind, string>(), items: new Set<VirtAddr>() }
    found.set(row, known)
    if (!known.kinds.has(kind)) known.kinds.set(kind, text)
    if (item !== undefined) known.items.add(item)
  }
  for (const { word, where } of words(kernel, stack, at, registers)) {
    const page = pageWord(kernel, layout, word)
    if (page !== null)
      note(
        page,
        'page',
        `${where} is a struct page whose mapping names stable_node ${hex(page)}, whose kpfn names the page`,
      )
    if (rowOf.has(word)) note(word, 'stable_node', `${where} is the address of stable_node ${hex(word)}`)
    const item = itemWord(kernel, layout, word)
    if (item !== null) note(item, 'rmap_item', `${where} is an rmap_item whose head is stable_node ${hex(item)}`, word)
  }
  const ranked = [...found].sort((a, b) => b[1].kinds.size - a[1].kinds.size)
  const [best, second] = ranked
  if (!best || (second && second[1].kinds.size === best[1].kinds.size)) return null
  // an rmap_item alone may be a left-over of an earlier list
  if (best[1].kinds.size === 1 && best[1].kinds.has('rmap_item')) return null
  return {
    row: best[0],
    address: nodes.address(best[0]),
    validatedBy: [...best[1].kinds.values()],
    items: [...best[1].items],
  }
}

function* words(
  kernel: Kernel,
  stack: readonly Frame[],
  at: number,
  registers: readonly VirtAddr[],
): Generator<{ word: VirtAddr; where: string }> {
  for (const word of registers) yield { word, where: `a register (${hex(word)})` }
  const from = stack[0]?.sp ?? 0n
  const to = (stack[Math.min(stack.length - 1, at + OUTWARD)]?.sp ?? 0n) + 8n
  // an interrupt on top: its stack is another one, the walk's own begins at the frame below
  const start = to > from && to - from < BigInt(8 * MOST_WORDS) ? from : (stack[at]?.sp ?? 0n) - 1024n
  for (let place = start & ~7n; place < to && place - start < BigInt(8 * MOST_WORDS); place += 8n) {
    const word = kernel.memory.u64(place)
    if (word !== null && word !== 0n) yield { word, where: `the word ${hex(word)} at ${hex(place)}` }
  }
}

/** The stable_node of a word that is the address of a KSM page's struct page, else null. */
function pageWord(kernel: Kernel, layout: KsmLayout, word: VirtAddr): VirtAddr | null {
  const offset = word - kernel.space.vmemmap
  if (
    offset < 0n ||
    offset >= BigInt(kernel.physical.maxPfn) * BigInt(layout.page.size) ||
    offset % BigInt(layout.page.size) !== 0n
  )
    return null
  const page = readPage(kernel, layout, word)
  if (!page || (page.mapping & 3n) !== BigInt(PAGE_MAPPING_KSM)) return null
  const node = page.mapping & ~3n
  const kpfn = node === 0n ? null : kernel.probe.u64(node + BigInt(layout.node.kpfn))
  return kpfn === offset / BigInt(layout.page.size) ? node : null
}

/** The stable_node of a word that is the address of a stable rmap_item, else null. */
function itemWord(kernel: Kernel, layout: KsmLayout, word: VirtAddr): VirtAddr | null {
  if (word % 8n !== 0n || kernel.directMap.phys(low(word), high(word)) < 0) return null
  const flags = kernel.probe.u64(word + BigInt(layout.item.address))
  if (flags === null || Number(flags & 0xfffn) !== STABLE_FLAG) return null
  return kernel.probe.u64(word + BigInt(layout.item.head))
}
