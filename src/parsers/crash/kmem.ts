import type { Session, Subject } from './session.ts'

/**     TOTAL MEM    51039     199.4 MB         ----   pages of `kmem -i` */
export const KMEM_MEMORY =
  /^ *(TOTAL MEM|FREE|USED|SHARED|BUFFERS|CACHED|SLAB|TOTAL HIGH|FREE HIGH|TOTAL LOW|FREE LOW|TOTAL HUGE|HUGE FREE|TOTAL SWAP|SWAP USED|SWAP FREE|COMMIT LIMIT|COMMITTED) +(\d{1,16}) +(?:\d{1,9}(?:\.\d{1,3})? [KMGT]B|0) +(?:-{2,8}|\d{1,5}% of )/
/** ffff880000090b00       64     170782    170880   2670     4k  kmalloc-64 */
export const KMEM_CACHE =
  /^ *[0-9a-f]{8,16} +\d{1,9} +(\d{1,16}) +\d{1,16} +\d{1,16} +\d{1,9}k? +([A-Za-z_][^ ]{0,127})$/
/** ffff88000c443800 posix_timers_cache         216          0         0      0     4k   (7.0 and before) */
export const KMEM_CACHE_OLD =
  /^ *[0-9a-f]{8,16} +([A-Za-z_][^ ]{0,127}) +\d{1,9} +(\d{1,16}) +\d{1,16} +\d{1,16} +\d{1,9}k?$/
/** Heads of `kmem PAGE`, `kmem -p`, and of objects of a slab. */
export const KMEM_PAGE_HEAD = /^ *PAGE +PHYSICAL +MAPPING +INDEX +CNT +FLAGS$/
export const KMEM_OTHER = /^ *(?:CACHE +(?:OBJSIZE|NAME) .{0,100}|SLAB +MEMORY .{0,100}|PAGES +TOTAL +PERCENTAGE)$/
/** The objects of a slab follow, one bare address a line. */
export const KMEM_OBJECTS = /^ *FREE \/ \[ALLOCATED\]$/
/**      ffffb7a0801bee40  6fb9000 ffff8a114a404143 7fa17b4fd 100841 fffffc008000f locked,referenced */
export const KMEM_PAGE =
  /^ *([0-9a-f]{8,16}) +([0-9a-f]{1,16}) +([0-9a-f]{1,16}) +([0-9a-f]{1,16}) +(-?\d{1,10}) +([0-9a-f]{1,16})(?: +\S{1,400})?$/

/** Memory by `kmem -i`, caches by `kmem -s`, pages by `kmem PAGE`. @see crash 9.0.2, memory.c, dump_kmeminfo, dump_mem_map */
export class KmemTables implements Subject {
  private pages = false
  /** Bare addresses are a slab's objects. */
  objects = false
  private readonly session: Session

  constructor(session: Session) {
    this.session = session
  }

  /** "kmem.TOTAL MEM", in pages. */
  memory(name: string, pages: string, at: number): void {
    this.session.turn(this)
    this.session.tell({ kind: 'value', line: at, name: this.session.own.name(`kmem.${name}`), text: pages })
  }

  /** "kmem.cache.kmalloc-64": objects that are in use. */
  cache(name: string, allocated: string, at: number): void {
    this.session.turn(this)
    this.session.tell({ kind: 'value', line: at, name: this.session.own.name(`kmem.cache.${name}`), text: allocated })
  }

  heads(of: 'pages' | 'objects' | 'other'): void {
    this.session.turn(this)
    this.pages = of === 'pages'
    this.objects = of === 'objects'
  }

  /** @returns false when no head stood above: then the numbers may be anything */
  page(found: RegExpExecArray, at: number): boolean {
    if (!this.pages) return false
    this.session.turn(this)
    const [, page, physical, mapping, index, count, flags] = found
    const members = new Map([
      ['physical', physical!],
      ['mapping', mapping!],
      ['index', index!],
      ['_refcount', count!],
      ['flags', flags!],
    ])
    if (!this.session.mayMember(at)) return true
    for (const [name, value] of members) members.set(name, this.session.own.text(value))
    this.session.tell({ kind: 'struct', line: at, type: 'page', address: BigInt(`0x${page}`), members })
    return true
  }

  close(): void {
    this.pages = false
    this.objects = false
  }
}
