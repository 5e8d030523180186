import type { VirtAddr } from '../base/units.ts'
import { decodeOrc, ORC_ENTRY_BYTES, type OrcEntry, type OrcVersion, orcVersion } from '../parsers/orc.ts'
import type { Module } from './modules.ts'
import type { Kernel } from './types.ts'
import { addressOf } from './variables.ts'

/** The ORC tables of a kernel and its modules. */
export interface OrcTables {
  readonly version: OrcVersion
  /** The entry for an instruction; null where no table covers it or the page of the entry is absent. */
  find(ip: VirtAddr): OrcEntry | null
}

interface Table {
  /** Array of s32, each relative to its own place, sorted by the address that it means. */
  ip: VirtAddr
  entries: VirtAddr
  count: number
  /** Code that it covers. */
  start: VirtAddr
  end: VirtAddr
}

/** @returns null where the kernel has no ORC (it was built with frame pointers), or a version that nobody knows */
export function orcTables(kernel: Kernel, modules: readonly Module[]): OrcTables | null {
  const at = (name: string): VirtAddr | null => addressOf(kernel, name)
  const [ip, ipEnd, entries] = [at('__start_orc_unwind_ip'), at('__stop_orc_unwind_ip'), at('__start_orc_unwind')]
  const [text, textEnd] = [at('_stext') ?? at('_text'), at('_end')]
  if (ip === null || ipEnd === null || entries === null || text === null || textEnd === null || ipEnd <= ip) return null
  const [headerStart, headerEnd] = [at('__start_orc_header'), at('__stop_orc_header')]
  // version 1 is a kernel that has no header, not one whose header can't be read
  const hasHeader = headerStart !== null && headerEnd !== null
  const header = hasHeader && headerEnd - headerStart === 20n ? kernel.memory.bytes(headerStart, 20) : null
  if (hasHeader && header === null) return null
  const version = orcVersion(header)
  if (!version) return null
  const tables: Table[] = [{ ip, entries, count: Number((ipEnd - ip) / 4n), start: text, end: textEnd }]
  for (const module of modules) {
    if (module.orc)
      tables.push({ ...module.orc, start: module.text.start, end: module.text.start + BigInt(module.text.size) })
  }
  return {
    version,
    find(address) {
      const table = tables.find((each) => address >= each.start && address < each.end)
      return table ? lookUp(kernel, version, table, address) : null
    },
  }
}

/** The last entry that begins at or before the address; of equal ones the last. @see arch/x86/kernel/unwind_orc.c, __orc_find */
function lookUp(kernel: Kernel, version: OrcVersion, table: Table, address: VirtAddr): OrcEntry | null {
  const { memory } = kernel
  let low = 0
  let high = table.count
  while (low < high) {
    const middle = (low + high) >>> 1
    const place = table.ip + BigInt(4 * middle)
    const relative = memory.s32(place)
    if (relative === null) return null
    if (place + BigInt(relative) <= address) low = middle + 1
    else high = middle
  }
  if (low === 0) return null
  const bytes = memory.bytes(table.entries + BigInt(ORC_ENTRY_BYTES * (low - 1)), ORC_ENTRY_BYTES)
  return bytes ? decodeOrc(version, bytes) : null
}
