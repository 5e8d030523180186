import type { PhysAddr, VirtAddr } from '../../src/base/units.ts'
import type { ItemLayout } from '../../src/ksm/eras.ts'
import { HlistWalk } from '../../src/ksm/hlist-walk.hot.ts'
import { type ListEnd, listEnd } from '../../src/ksm/list-end.ts'
import { direct, directMap, HandMemory, halves, PAGE, whole } from './memory.ts'

/** struct ksm_rmap_item of 6.1 to 7.2. */
export const ITEM: ItemLayout = {
  struct: 'ksm_rmap_item',
  byPageIndex: false,
  size: 64,
  rmapList: 0,
  mm: 16,
  address: 24,
  oldchecksum: 32,
  head: 40,
  hlist: 48,
}

/** Physical address of the stable_node that all recipes hang on, and where their items are, one after the other. */
const NODE_AT = 0x3fff_f000
/** The first item lies in the last 64 bytes before a border of 4 GiB (virtual), the others behind it. */
export const ITEMS_AT = 0x3fff_ffc0

/** An address: of the hlist_head or the stable_node ('head'), of an item's hlist_node (its name), of nothing (null), or a number. */
export type Link = string | bigint | null

/** One rmap_item. What is left out is as in a list that is whole. */
export interface ItemRecipe {
  next?: Link
  /** Default: the first item whose next leads here, 'head' when there is none. */
  pprev?: Link
  /** Default: 'head', the stable_node. */
  head?: Link
  /** Low 12 bits of address. */
  flags?: number
  mm?: bigint
  checksum?: number
  /** Physical address of the rmap_item. */
  at?: PhysAddr
}

/** rmap_items as a recipe makes them. */
export class ItemMemory extends HandMemory {
  readonly map = directMap(this)
  /** Address of the stable_node, and of the word that points at the first item. */
  readonly node: VirtAddr = direct(NODE_AT)
  readonly headLink: VirtAddr = this.node + 0x28n
  private readonly places = new Map<string, PhysAddr>()

  constructor(items: Readonly<Record<string, ItemRecipe>>) {
    super(0x50000)
    const names = Object.keys(items)
    names.forEach((name, i) => {
      this.places.set(name, items[name]!.at ?? ITEMS_AT + i * ITEM.size)
    })
    for (const [name, item] of Object.entries(items)) this.item(name, item, items)
  }

  private item(name: string, item: ItemRecipe, all: Readonly<Record<string, ItemRecipe>>): void {
    const { next = null, pprev = this.before(name, all), head = 'head', flags = 0x200, mm = 0xffff888000001000n } = item
    const at = this.places.get(name)!
    this.u64(at + ITEM.mm, mm)
    this.u64(at + ITEM.address, 0x7f0000001000n + BigInt(flags))
    this.u32(at + ITEM.oldchecksum!, item.checksum ?? 0)
    this.u64(at + ITEM.head, head === 'head' ? this.node : this.address(head))
    this.u64(at + ITEM.hlist, this.address(next))
    this.u64(at + ITEM.hlist + 8, this.address(pprev))
  }

  private before(name: string, all: Readonly<Record<string, ItemRecipe>>): Link {
    return Object.keys(all).find((each) => all[each]!.next === name) ?? 'head'
  }

  private address(link: Link): VirtAddr {
    return link === null ? 0n : typeof link === 'bigint' ? link : link === 'head' ? this.headLink : this.at(link)
  }

  /** Address of an item's hlist_node. */
  at(name: string): VirtAddr {
    const place = this.places.get(name)
    if (place === undefined) throw new Error(`the recipe has no item ${name}`)
    return direct(place + ITEM.hlist)
  }

  /** Page frame that an item begins in. */
  pfn(name: string): number {
    return Math.floor(this.places.get(name)! / PAGE)
  }
}

/** Memory with rmap_items. The order of the names is the order in memory. */
export function recipe(items: Readonly<Record<string, ItemRecipe>>): ItemMemory {
  return new ItemMemory(items)
}

/** A whole list of items named 0, 1, 2 ... */
export function chainOf(count: number, each: (i: number) => ItemRecipe = () => ({})): ItemMemory {
  const items: Record<string, ItemRecipe> = {}
  for (let i = 0; i < count; i++) {
    const next = i + 1 < count ? { next: `i${i + 1}` } : {}
    items[`i${i}`] = { ...next, pprev: i === 0 ? 'head' : `i${i - 1}`, ...each(i) }
  }
  return recipe(items)
}

/** All that a walk says. */
export interface WalkResult {
  length: number
  end: ListEnd
  endAt: VirtAddr
  why: number
  checks: { pprevBad: number; headBad: number; flagBad: number }
  checksums: { zero: number; other: number }
  /** Items by mm, in order of first sight. */
  mms: [mm: VirtAddr, items: number][]
}

/** The results of a walk that has ended. */
export function resultOf(walk: HlistWalk): WalkResult {
  const { length, why, pprevBad, headBad, flagBad, checksumZero, checksumOther, mms } = walk
  return {
    length,
    end: listEnd(walk.end),
    endAt: whole(walk.endLo, walk.endHi),
    why,
    checks: { pprevBad, headBad, flagBad },
    checksums: { zero: checksumZero, other: checksumOther },
    mms: Array.from({ length: mms.size }, (_, i) => [whole(mms.lo(i), mms.hi(i)), mms.count(i)]),
  }
}

export interface WalkOptions {
  limit?: number
  /** Items per call of `run`. */
  slice?: number
  zeroChecksum?: number
  layout?: ItemLayout
}

/** More slices than any walk over a recipe can need. */
const MOST_SLICES = 100_000

/** Begins a walk at `first`, as the list of the recipe's stable_node. */
export function begin(walk: HlistWalk, memory: ItemMemory, first: VirtAddr, limit = 1e6): HlistWalk {
  walk.start(...halves(first), ...halves(memory.headLink), ...halves(memory.node), limit)
  return walk
}

/** Drives a walk to its end. A walk that does not end is an error. */
export function drive(walk: HlistWalk, slice = 1e6): HlistWalk {
  for (let i = 0; i < MOST_SLICES; i++) if (walk.run(slice)) return walk
  throw new Error('the walk does not end')
}

/** Walks from `first` on, as the list of the recipe's stable_node. */
export function walk(memory: ItemMemory, first: VirtAddr, options: WalkOptions = {}): WalkResult {
  const walker = new HlistWalk(memory, memory.map, options.layout ?? ITEM, options.zeroChecksum ?? 0)
  return resultOf(drive(begin(walker, memory, first, options.limit), options.slice))
}
