import { joined } from '../base/halves.ts'
import type { Pfn, VirtAddr } from '../base/units.ts'

/** Kinds and places of stable_nodes, as codes for columns; the words of docs/json.md. */
export const KINDS = ['node', 'chain', 'dup'] as const
export const WHERES = ['tree', 'migrate', 'chain'] as const
export const PAGE_STATES = ['unknown', 'live', 'freed', 'migrating'] as const
export type NodeKind = (typeof KINDS)[number]
export type NodeWhere = (typeof WHERES)[number]
export type PageState = (typeof PAGE_STATES)[number]
export const KIND_NODE = 0
export const KIND_CHAIN = 1
export const KIND_DUP = 2

/**
 * All stable_nodes of a dump in columns, not objects: a host has 300,000 of them and more.
 * A row is an index. Rows come in the order in which they were reached: a chain, then its dups.
 */
export class NodeColumns {
  count = 0
  addressLo = new Uint32Array(256)
  addressHi = new Uint32Array(256)
  /** Index in KINDS. */
  kind = new Uint8Array(256)
  /** Index in WHERES. */
  where = new Uint8Array(256)
  /** Index of the tree, -1 for none. */
  tree = new Int32Array(256)
  /** The member nid, as it stands there; NO_NID where the kernel has none or (chains) it means nothing. */
  nid = new Int32Array(256)
  /** -1 for a chain. */
  kpfn = new Float64Array(256)
  /** The member rmap_hlist_len; NO_LEN where the kernel has none. */
  rmapHlistLen = new Int32Array(256)
  /** Row of a dup's chain, -1. */
  chain = new Int32Array(256)
  /** hlist.first. */
  firstLo = new Uint32Array(256)
  firstHi = new Uint32Array(256)
  /** Items as walked; of a chain: the sum of its dups'. */
  length = new Float64Array(256)
  /** END_ code of the walk (a chain: of its list of dups), 0 before it. */
  end = new Uint8Array(256)
  endLo = new Uint32Array(256)
  endHi = new Uint32Array(256)
  /** PAGE_ or WHY_ code of an unreadable end. */
  why = new Int8Array(256)
  /** Distinct mms; of a chain: over all its dups. */
  mms = new Uint32Array(256)
  pprevBad = new Uint32Array(256)
  headBad = new Uint32Array(256)
  flagBad = new Uint32Array(256)
  /** Bit 0: an item's oldchecksum equals zero_checksum; bit 1: an item has another known one. */
  checksums = new Uint8Array(256)
  /** Index in PAGE_STATES. */
  pageState = new Uint8Array(256)
  /** Index in ZERO_PAGES of zero-page.ts. */
  zero = new Uint8Array(256)
  /** page->_mapcount + 1, -1 where unknown. */
  mapcount = new Int32Array(256)

  /** Adds an empty row. @returns its index */
  add(): number {
    if (this.count === this.kind.length) this.grow()
    const row = this.count++
    this.tree[row] = -1
    this.nid[row] = NO_NID
    this.kpfn[row] = -1
    this.rmapHlistLen[row] = NO_LEN
    this.chain[row] = -1
    this.mapcount[row] = -1
    return row
  }

  private grow(): void {
    const columns = this as unknown as Record<string, unknown>
    for (const [name, column] of Object.entries(columns)) {
      if (!ArrayBuffer.isView(column)) continue
      const old = column as Uint32Array
      const bigger = new (old.constructor as Uint32ArrayConstructor)(old.length * 2)
      bigger.set(old)
      columns[name] = bigger
    }
  }

  address(row: number): VirtAddr {
    return joined(this.addressLo[row]!, this.addressHi[row]!)
  }

  endAt(row: number): VirtAddr {
    return joined(this.endLo[row]!, this.endHi[row]!)
  }

  pfn(row: number): Pfn | null {
    const kpfn = this.kpfn[row]!
    return kpfn < 0 ? null : kpfn
  }

  isChain(row: number): boolean {
    return this.kind[row] === KIND_CHAIN
  }

  /** Below zero when row `a` comes before row `b`: longer lists first, ties by address. */
  compare(a: number, b: number): number {
    return (
      this.length[b]! - this.length[a]! ||
      this.addressHi[a]! - this.addressHi[b]! ||
      this.addressLo[a]! - this.addressLo[b]!
    )
  }

  /**
   * Rows from the longest list to the shortest, ties by address: the order of every list of nodes that we show.
   * @param keep - which rows to take
   */
  sorted(keep: (row: number) => boolean = () => true): Uint32Array {
    const rows: number[] = []
    for (let row = 0; row < this.count; row++) if (keep(row)) rows.push(row)
    return Uint32Array.from(rows).sort((a, b) => this.compare(a, b))
  }
}

export const NO_NID = -2147483648
export const NO_LEN = 2147483647
