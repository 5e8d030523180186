import { high, low } from '../base/halves.ts'
import { hex } from '../base/text.ts'
import type { VirtAddr } from '../base/units.ts'
import { NOT_DIRECT } from '../kernel/direct-map.hot.ts'
import type { Kernel } from '../kernel/types.ts'
import { type KsmLayout, PAGE_MAPPING_KSM, STABLE_FLAG, STABLE_NODE_CHAIN } from './eras.ts'
import { pageAddress, readPage } from './page-states.ts'

/** What a user may give to `walk`: an address, or a page frame number. */
export type WalkTarget = { address: VirtAddr } | { pfn: number }

export type TakenFor = 'stable_node' | 'hlist_node' | 'page' | 'pfn'

/** A list that an address leads to. */
export interface ListStart {
  found: true
  /** The address as given, or the struct page of a pfn. */
  address: VirtAddr
  takenFor: TakenFor
  /** The stable_node (a chain for a chain's address). */
  node: VirtAddr
  /** The hlist_node that the walk begins at; null: at the node's first. */
  from: VirtAddr | null
}

/** An address that leads to no list, and what stands there instead. */
export interface NoList {
  found: false
  address: VirtAddr
  instead: string
}

/**
 * Tells what an address is: a struct page lies in vmemmap; a stable_node's first item leads back to it; an hlist_node's head
 * is such a stable_node and its item has STABLE_FLAG. Nothing is taken on trust: each answer is proven by a second pointer.
 */
export function findListStart(kernel: Kernel, layout: KsmLayout, target: WalkTarget): ListStart | NoList {
  if ('pfn' in target) {
    const page = pageAddress(kernel, layout, target.pfn)
    if (target.pfn >= kernel.physical.maxPfn)
      return no(
        BigInt.asUintN(64, page),
        `beyond the end of memory, which has ${hex(kernel.physical.maxPfn)} page frames`,
      )
    return fromPage(kernel, layout, page, target.pfn, 'pfn')
  }
  const { address } = target
  const { space, physical } = kernel
  const vmemmapEnd = space.vmemmap + BigInt(physical.maxPfn) * BigInt(layout.page.size)
  if (address >= space.vmemmap && address < vmemmapEnd) {
    const offset = Number(address - space.vmemmap)
    const pfn = Math.floor(offset / layout.page.size)
    if (offset % layout.page.size !== 0)
      return no(address, `the middle of the struct page of pfn ${hex(pfn)} (${hex(pageAddress(kernel, layout, pfn))})`)
    return fromPage(kernel, layout, address, pfn, 'page')
  }
  if (address % 8n !== 0n) return no(address, 'a misaligned address: structures begin at multiples of 8')
  if (kernel.directMap.phys(low(address), high(address)) === NOT_DIRECT) {
    const symbol = kernel.symbols.at(address)
    return no(
      address,
      symbol
        ? `${symbol.names[0]}+${hex(symbol.offset)}, a part of the kernel's image`
        : 'an address outside the direct map of memory, where stable_nodes and rmap_items are',
    )
  }
  if (isNode(kernel, layout, address))
    return { found: true, address, takenFor: 'stable_node', node: address, from: null }
  const node = nodeOfLink(kernel, layout, address)
  if (node !== null) return { found: true, address, takenFor: 'hlist_node', node, from: address }
  return no(address, describe(kernel, layout, address))
}

function no(address: VirtAddr, instead: string): NoList {
  return { found: false, address, instead }
}

function fromPage(
  kernel: Kernel,
  layout: KsmLayout,
  page: VirtAddr,
  pfn: number,
  takenFor: 'page' | 'pfn',
): ListStart | NoList {
  const words = readPage(kernel, layout, page)
  if (!words) return no(page, `the struct page of pfn ${hex(pfn)}, which is not in the dump`)
  if ((words.mapping & 3n) !== BigInt(PAGE_MAPPING_KSM)) {
    const kind =
      words.mapping === 0n
        ? "a page without mapping (free, or the kernel's own)"
        : words.mapping & 1n
          ? 'an anonymous page'
          : 'a page of a file or of the kernel'
    return no(page, `the struct page of pfn ${hex(pfn)}: ${kind}, not a KSM page (mapping ${hex(words.mapping)})`)
  }
  const node = words.mapping & ~3n
  if (node === 0n)
    return no(
      page,
      `the struct page of pfn ${hex(pfn)}: a KSM page without a stable_node (mapping 3): it is being made, or was just migrated away from`,
    )
  const kpfn = kernel.memory.u64(node + BigInt(layout.node.kpfn))
  if (kpfn !== BigInt(pfn))
    return no(
      page,
      `the struct page of pfn ${hex(pfn)}, whose mapping names stable_node ${hex(node)}, which names ${kpfn === null ? 'nothing readable' : `pfn ${hex(kpfn)}`}`,
    )
  return { found: true, address: page, takenFor, node, from: null }
}

/** Whether the first item (or dup) of the hlist at `address` leads back to it. */
function isNode(kernel: Kernel, layout: KsmLayout, address: VirtAddr): boolean {
  const { memory } = kernel
  const hlist = address + BigInt(layout.node.hlist)
  const first = memory.u64(hlist)
  if (!first) return false
  if (memory.u64(first + 8n) !== hlist) return false
  const lengthAt = layout.node.rmapHlistLen
  if (
    lengthAt !== null &&
    layout.node.hlistDup !== null &&
    memory.s32(address + BigInt(lengthAt)) === STABLE_NODE_CHAIN
  ) {
    const dupHead = memory.u64(first - BigInt(layout.node.hlistDup) + BigInt(layout.node.head))
    return layout.migrateNodes === null || dupHead === layout.migrateNodes + 8n
  }
  return memory.u64(first - BigInt(layout.item.hlist) + BigInt(layout.item.head)) === address
}

/** The stable_node that the rmap_item around an hlist_node belongs to; null when it is none. */
function nodeOfLink(kernel: Kernel, layout: KsmLayout, link: VirtAddr): VirtAddr | null {
  const { memory } = kernel
  const item = link - BigInt(layout.item.hlist)
  const flags = memory.u64(item + BigInt(layout.item.address))
  const head = memory.u64(item + BigInt(layout.item.head))
  if (flags === null || !head || Number(flags & 0xfffn) !== STABLE_FLAG) return null
  return isNode(kernel, layout, head) ? head : null
}

/** What stands at a direct-map address that is no list, as far as it can be told. */
function describe(kernel: Kernel, layout: KsmLayout, address: VirtAddr): string {
  const link = address + BigInt(layout.item.hlist)
  if (nodeOfLink(kernel, layout, link) !== null)
    return `an rmap_item: give its hlist_node ${hex(link)} to walk from there`
  const hlist = address - BigInt(layout.node.hlist)
  if (isNode(kernel, layout, hlist)) return `the hlist_head inside stable_node ${hex(hlist)}: give that`
  if (layout.node.hlistDup !== null && layout.migrateNodes !== null) {
    const dup = address - BigInt(layout.node.hlistDup)
    if (kernel.memory.u64(dup + BigInt(layout.node.head)) === layout.migrateNodes + 8n && isNode(kernel, layout, dup))
      return `the hlist_dup of stable_node ${hex(dup)}: give that`
  }
  const words = kernel.memory.bytes(address, 32)
  if (!words) return 'memory that is not in the dump'
  const view = new DataView(words.buffer, words.byteOffset)
  const shown = [0, 8, 16, 24].map((at) => hex(view.getBigUint64(at, true))).join(' ')
  return `neither a stable_node with items nor an rmap_item's hlist_node; the words there are ${shown}`
}
