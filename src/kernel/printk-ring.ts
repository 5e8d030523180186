import type { VirtAddr } from '../base/units.ts'
import type { VmcoreInfo } from '../parsers/vmcoreinfo.ts'
import { callerName, type LogGaps, type LogReading, type LogSource, MOST_TEXT } from './log-record.ts'
import type { VirtualMemory } from './types.ts'

export type { LogEvent } from '../parsers/klog-events.ts'
export type { LogRecord } from './log-record.ts'

/** Most descriptors that are looked at, far above those of the largest real ring. */
const MOST_RECORDS = 4 * 1024 * 1024
const ID_BITS = (1n << 62n) - 1n

/** Where the members of the ring's structures are; all from VMCOREINFO. @see kernel/printk/printk_ringbuffer.h (v5.10, v7.2) */
interface RingLayout {
  countBits: number
  descs: number
  infos: number
  headId: number
  tailId: number
  sizeBits: number
  data: number
  descSize: number
  stateVar: number
  begin: number
  next: number
  infoSize: number
  seq: number
  tsNsec: number
  textLen: number
  facility: number
  callerId: number | null
}

/**
 * Reads the lockless ring of 5.10 and later, oldest record first. Records that are just being written, and those whose text the
 * kernel itself lost, are left out and not missed.
 * @returns no records when the kernel has no such ring, or its head can't be read; what is missing of it
 */
export function* readPrintkRing({ vmcoreinfo, memory }: LogSource): LogReading {
  const gaps: LogGaps = { absent: 0, torn: 0, brokenAt: null }
  const at = ringLayout(vmcoreinfo)
  const pointer = vmcoreinfo.symbol('prb')
  const ring = pointer === null ? null : memory.u64(pointer)
  if (!at || !ring) return gaps
  const word = (offset: number): VirtAddr | null => memory.u64(ring + BigInt(offset))
  const countBits = memory.u32(ring + BigInt(at.countBits))
  const sizeBits = memory.u32(ring + BigInt(at.sizeBits))
  const [descs, infos, headId, tailId, data] = [
    word(at.descs),
    word(at.infos),
    word(at.headId),
    word(at.tailId),
    word(at.data),
  ]
  if (
    countBits === null ||
    sizeBits === null ||
    descs === null ||
    infos === null ||
    headId === null ||
    tailId === null ||
    data === null
  )
    return gaps
  if (countBits > 22 || sizeBits > 31 || 2 ** sizeBits > MOST_TEXT) return gaps
  const slots = 1n << BigInt(countBits)
  const size = 1n << BigInt(sizeBits)
  const desc = new DataView(new ArrayBuffer(at.descSize))
  const info = new DataView(new ArrayBuffer(at.infoSize))
  let id = tailId & ID_BITS
  const last = headId & ID_BITS
  for (let n = 0; n < MOST_RECORDS && n <= Number(slots); n++, id = (id + 1n) & ID_BITS) {
    const slot = id & (slots - 1n)
    const descRead = memory.read(descs + slot * BigInt(at.descSize), new Uint8Array(desc.buffer)).bytes === at.descSize
    const infoRead =
      descRead && memory.read(infos + slot * BigInt(at.infoSize), new Uint8Array(info.buffer)).bytes === at.infoSize
    const state = descRead ? desc.getBigUint64(at.stateVar, true) : 0n
    const kind = state >> 62n
    if (!descRead) gaps.absent++
    else if ((state & ID_BITS) === id && (kind === 1n || kind === 2n)) {
      const begin = desc.getBigUint64(at.begin, true)
      const next = desc.getBigUint64(at.next, true)
      const block = infoRead
        ? blockText(memory, data, size, begin, next, info.getUint16(at.textLen, true), id)
        : { missing: 'absent' as const }
      if ('text' in block) {
        const caller = at.callerId === null ? 0 : info.getUint32(at.callerId, true)
        yield {
          seq: Number(info.getBigUint64(at.seq, true) & 0x1fffffffffffffn),
          time: Number(info.getBigUint64(at.tsNsec, true)) / 1e9,
          level: info.getUint8(at.facility + 1) >> 5,
          facility: info.getUint8(at.facility),
          // the member is always there, and stays 0 without CONFIG_PRINTK_CALLER
          caller: caller === 0 ? null : callerName(caller),
          text: block.text,
        }
      } else if (block.missing !== 'lost') gaps[block.missing]++
    }
    if (id === last) return gaps
  }
  // the head is none of the slots
  return { ...gaps, brokenAt: ring }
}

/** Text of a data block; lost: by the kernel, which had no room for it. Odd positions mean that there is no data. */
function blockText(
  memory: VirtualMemory,
  data: VirtAddr,
  size: bigint,
  begin: bigint,
  next: bigint,
  length: number,
  id: bigint,
): { text: string } | { missing: 'lost' | 'absent' | 'torn' } {
  if (begin & 1n && next & 1n) return begin === 3n && next === 3n ? { text: '' } : { missing: 'lost' }
  // positions begin at -size: in the first round they run over 2^64
  const wrapped = begin / size !== BigInt.asUintN(64, next - 1n) / size
  const blockAt = data + (wrapped ? 0n : begin % size)
  const room = wrapped ? (next % size) - 8n : BigInt.asUintN(64, next - begin) - 8n
  if (room < 0n || room > size) return { missing: 'torn' }
  const owner = memory.u64(blockAt)
  if (owner !== null && owner !== id) return { missing: 'torn' }
  const bytes = memory.bytes(blockAt + 8n, Math.min(length, Number(room)))
  return owner === null || bytes === null ? { missing: 'absent' } : { text: Buffer.from(bytes).toString('utf8') }
}

function ringLayout(info: VmcoreInfo): RingLayout | null {
  const offset = (path: string): number => info.offset(path) ?? Number.NaN
  const ring = offset('printk_ringbuffer.desc_ring')
  const text = offset('printk_ringbuffer.text_data_ring')
  const lpos = offset('prb_desc.text_blk_lpos')
  const layout: RingLayout = {
    countBits: ring + offset('prb_desc_ring.count_bits'),
    descs: ring + offset('prb_desc_ring.descs'),
    infos: ring + offset('prb_desc_ring.infos'),
    headId: ring + offset('prb_desc_ring.head_id'),
    tailId: ring + offset('prb_desc_ring.tail_id'),
    sizeBits: text + offset('prb_data_ring.size_bits'),
    data: text + offset('prb_data_ring.data'),
    descSize: info.size('prb_desc') ?? Number.NaN,
    stateVar: offset('prb_desc.state_var'),
    begin: lpos + offset('prb_data_blk_lpos.begin'),
    next: lpos + offset('prb_data_blk_lpos.next'),
    infoSize: info.size('printk_info') ?? Number.NaN,
    seq: offset('printk_info.seq'),
    tsNsec: offset('printk_info.ts_nsec'),
    textLen: offset('printk_info.text_len'),
    // facility is not in VMCOREINFO: the byte behind text_len (v5.10 .. v7.2)
    facility: offset('printk_info.text_len') + 2,
    callerId: info.offset('printk_info.caller_id'),
  }
  const fits = (value: number | null): boolean => value === null || (value >= 0 && value < 4096)
  if (!Object.values(layout).every(fits)) return null
  if (layout.descSize < Math.max(layout.begin, layout.next, layout.stateVar) + 8) return null
  if (layout.infoSize < Math.max(layout.seq, layout.tsNsec) + 8 || layout.infoSize < layout.facility + 2) return null
  return layout.callerId !== null && layout.infoSize < layout.callerId + 4 ? { ...layout, callerId: null } : layout
}
