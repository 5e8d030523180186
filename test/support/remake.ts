import { finish } from '../../src/base/steps.ts'
import type { Pfn, PhysAddr, VirtAddr } from '../../src/base/units.ts'
import { fileSource } from '../../src/io/file-source.ts'
import { openImage } from '../../src/image/open.ts'
import { type KernelOpening, openKernel } from '../../src/kernel/open.ts'
import { type Contents, contentsOf } from './containers.ts'
import { type KdumpRecipe, type PageRecipe, writeKdump } from './dump-writer.ts'

const PAGE = 4096

/** A real dump, changed: its memory page by page, then written again as a kdump; pages that were added are zlib, the others raw. */
export class Remake {
  readonly pages = new Map<Pfn, Uint8Array>()
  maxPfn: Pfn
  /** Members that differ from the dump's. */
  recipe: Partial<KdumpRecipe> = {}
  /** The kernel of the dump as it was. */
  readonly kernel: KernelOpening
  private readonly contents: Contents
  private readonly added = new Set<Pfn>()

  private constructor(contents: Contents, kernel: KernelOpening) {
    this.contents = contents
    this.kernel = kernel
    this.maxPfn = contents.maxPfn
    for (const { pfn, content } of contents.pages) this.pages.set(pfn, content)
  }

  static async of(path: string): Promise<Remake> {
    const contents = await contentsOf(path)
    const image = finish(openImage([fileSource(path)], { cacheBytes: 64 * 1024 * 1024 }, { aborted: false }))
    return new Remake(contents, openKernel(image, path))
  }

  /** The notes of the dump. */
  get notes(): readonly { name: string; type: number; desc: Uint8Array }[] {
    return this.contents.notes
  }

  /** Physical address of something in the kernel's image or its direct map. */
  phys(at: VirtAddr): PhysAddr {
    const phys = this.kernel.memory!.translate(at)
    if (typeof phys !== 'number') throw new Error(`${at.toString(16)} is not mapped`)
    return phys
  }

  /** Virtual address in the direct map, of pages that were added too. */
  direct(at: PhysAddr): VirtAddr {
    return this.kernel.space!.pageOffset + BigInt(at)
  }

  /** The only address of a symbol. */
  symbol(name: string): VirtAddr {
    const [address] = this.kernel.symbols!.addresses(name)
    if (address === undefined) throw new Error(`no symbol ${name}`)
    return address
  }

  u64(at: PhysAddr): bigint {
    return this.view(at, 8).getBigUint64(0, true)
  }

  setU64(at: PhysAddr, value: bigint): void {
    this.view(at, 8).setBigUint64(0, BigInt.asUintN(64, value), true)
  }

  private view(at: PhysAddr, size: number): DataView {
    const page = this.pages.get(Math.floor(at / PAGE))
    if (!page) throw new Error(`0x${at.toString(16)} is not in the dump`)
    return new DataView(page.buffer, page.byteOffset + (at % PAGE), size)
  }

  /** Overwrites every occurrence of a text in memory that lies in one page. @returns how many there were */
  overwrite(text: string, by: string): number {
    if (by.length > text.length) throw new Error('what replaces must not be longer')
    const old = Buffer.from(text, 'latin1')
    const bytes = Buffer.from(by.padEnd(text.length, '\0'), 'latin1')
    let count = 0
    for (const page of this.pages.values()) {
      const buffer = Buffer.from(page.buffer, page.byteOffset, page.length)
      for (let at = buffer.indexOf(old); at >= 0; at = buffer.indexOf(old, at + 1)) {
        bytes.copy(buffer, at)
        count++
      }
    }
    return count
  }

  /** Leaves out the pages of a range of the kernel's image. @returns how many were in the dump */
  exclude(from: VirtAddr, to: VirtAddr): number {
    let count = 0
    for (let at = from & ~0xfffn; at < to; at += BigInt(PAGE))
      if (this.pages.delete(Math.floor(this.phys(at) / PAGE))) count++
    return count
  }

  /** Adds an empty page behind all others. */
  addPage(): { pfn: Pfn; page: Uint8Array } {
    const page = new Uint8Array(PAGE)
    const pfn = this.maxPfn++
    this.pages.set(pfn, page)
    this.added.add(pfn)
    return { pfn, page }
  }

  /** The dump as a file. */
  bytes(more: Partial<KdumpRecipe> = {}): Uint8Array {
    const pages = [...this.pages].map(([pfn, content]): PageRecipe => {
      return { pfn, content, codec: this.added.has(pfn) ? 'zlib' : 'raw' }
    })
    return writeKdump({ ...this.contents.recipe, maxPfn: this.maxPfn, pages, ...this.recipe, ...more }).bytes
  }
}

/** Offsets in struct ksm_rmap_item and ksm_stable_node of the fixtures (their truth files say so too). */
const ITEM = { size: 64, mm: 16, address: 24, head: 40, next: 48, pprev: 56 }
const NODE = { hlist: 40, rmapHlistLen: 56 }
const STABLE_FLAG = 0x200n

/**
 * Gives a stable_node a list of `count` rmap_items on new pages. Neighbours in the list lie on different pages, so that a walk
 * with a small page cache unpacks a page for each of them.
 * @param node - a stable_node that is no chain
 * @param mm - the mm_struct of all items
 */
export function growList(remake: Remake, node: VirtAddr, mm: VirtAddr, count: number): void {
  const pages = Math.ceil(count / (PAGE / ITEM.size))
  const made = Array.from({ length: pages }, () => remake.addPage())
  const addressOf = (i: number): { view: DataView; at: VirtAddr } => {
    const { pfn, page } = made[i % pages]!
    const offset = Math.floor(i / pages) * ITEM.size
    return { view: new DataView(page.buffer, offset, ITEM.size), at: remake.direct(pfn * PAGE + offset) }
  }
  let pprev = node + BigInt(NODE.hlist)
  for (let i = 0; i < count; i++) {
    const { view, at } = addressOf(i)
    view.setBigUint64(ITEM.mm, mm, true)
    view.setBigUint64(ITEM.address, (BigInt(i) << 12n) | STABLE_FLAG, true)
    view.setBigUint64(ITEM.head, node, true)
    view.setBigUint64(ITEM.next, i + 1 < count ? addressOf(i + 1).at + BigInt(ITEM.next) : 0n, true)
    view.setBigUint64(ITEM.pprev, pprev, true)
    pprev = at + BigInt(ITEM.next)
  }
  const at = remake.phys(node)
  remake.setU64(at + NODE.hlist, addressOf(0).at + BigInt(ITEM.next))
  const lengthAndNid = remake.u64(at + NODE.rmapHlistLen)
  remake.setU64(at + NODE.rmapHlistLen, (lengthAndNid & ~0xffffffffn) | BigInt(count))
  const counter = remake.phys(remake.symbol('ksm_pages_sharing'))
  remake.setU64(counter, remake.u64(counter) + BigInt(count) - (lengthAndNid & 0xffffffffn))
}
