import { cText } from '../base/text.ts'
import type { PhysAddr, VirtAddr } from '../base/units.ts'
import type { MemoryRead, PhysicalMemory } from '../image/types.ts'
import { walkPageTables } from './page-walk.ts'
import type { AddressSpace, NotMapped, VirtualMemory } from './types.ts'

/** __START_KERNEL_map and the largest KERNEL_IMAGE_SIZE. @see arch/x86/include/asm/page_64_types.h (v6.12) */
export const START_KERNEL_MAP = 0xffffffff80000000n
const KERNEL_IMAGE_SIZE = 0x40000000n

const PAGE = 4096
/** Translations kept; small: only struct pages and vmalloc memory go through page tables. */
const MAX_KEPT = 4096

/** Physical address of an address inside the kernel's image, by arithmetic. */
export function imagePhys(at: VirtAddr, physBase: bigint): PhysAddr | null {
  if (at < START_KERNEL_MAP || at >= START_KERNEL_MAP + KERNEL_IMAGE_SIZE) return null
  const phys = BigInt.asIntN(64, at - START_KERNEL_MAP + physBase)
  return phys >= 0n ? Number(phys) : null
}

/**
 * Kernel virtual memory of x86_64: image and direct map by arithmetic, everything else by page tables.
 * @param space - may be filled in while the kernel is being found: it is looked at on each call
 */
export function virtualMemory(physical: PhysicalMemory, space: AddressSpace): VirtualMemory {
  const kept = new Map<bigint, PhysAddr>()
  const directEnd = (): bigint => space.pageOffset + BigInt(physical.maxPfn) * BigInt(PAGE)

  const translate = (at: VirtAddr): PhysAddr | NotMapped => {
    const image = imagePhys(at, space.physBase)
    if (image !== null) return image
    if (space.pageOffset !== 0n && at >= space.pageOffset && at < directEnd()) return Number(at - space.pageOffset)
    const page = at >> 12n
    const known = kept.get(page)
    if (known !== undefined) return known + Number(at & 0xfffn)
    const found = walkPageTables(physical, space.pageTable, space.levels, at, space.smeMask)
    if (typeof found !== 'number') return found
    if (kept.size >= MAX_KEPT) kept.clear()
    kept.set(page, found - Number(at & 0xfffn))
    return found
  }

  const read = (at: VirtAddr, into: Uint8Array): MemoryRead => {
    let done = 0
    while (done < into.length) {
      const here = BigInt.asUintN(64, at + BigInt(done))
      const length = Math.min(into.length - done, PAGE - Number(here & 0xfffn))
      const phys = translate(here)
      if (typeof phys !== 'number')
        return { bytes: done, why: 'excluded', at: null, detail: `not mapped: ${phys.notMapped}` }
      const got = physical.read(phys, into.subarray(done, done + length))
      done += got.bytes
      if (got.bytes < length) return { ...got, bytes: done }
    }
    return { bytes: done, why: null, at: null, detail: null }
  }

  const small = new Uint8Array(8)
  const view = new DataView(small.buffer)
  const half = small.subarray(0, 4)
  return {
    translate,
    read,
    bytes(at, length) {
      const into = new Uint8Array(length)
      return read(at, into).bytes === length ? into : null
    },
    u32: (at) => (read(at, half).bytes === 4 ? view.getUint32(0, true) : null),
    s32: (at) => (read(at, half).bytes === 4 ? view.getInt32(0, true) : null),
    u64: (at) => (read(at, small).bytes === 8 ? view.getBigUint64(0, true) : null),
    cstring(at, max) {
      const into = new Uint8Array(max)
      const got = read(at, into)
      const end = into.subarray(0, got.bytes).indexOf(0)
      if (end < 0 && got.bytes < max) return null
      return cText(into.subarray(0, end < 0 ? max : end))
    },
  }
}
