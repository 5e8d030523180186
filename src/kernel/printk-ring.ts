import type { VirtAddr } from '../base/units.ts'
import type { Kernel } from './types.ts'

export type { LogEvent } from '../parsers/klog-events.ts'

/** One record of the kernel's log. */
export interface LogRecord {
  seq: number
  /** Seconds since boot. */
  time: number
  level: number
  facility: number
  /** Who logged it, "T123" (task) or "C4" (CPU); null where the kernel doesn't say (without CONFIG_PRINTK_CALLER it says 0). */
  caller: string | null
  /** As the kernel wrote it: not yet safe to print. */
  text: string
}

/** Largest ring that is looked at: log_buf_len is at most 2 GiB, real ones are at most 64 MiB. */
const MOST_RECORDS = 4 * 1024 * 1024
const MOST_TEXT = 64 * 1024 * 1024
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
 * Reads the lockless ring of 5.10 and later, oldest record first.
 * @returns null when the kernel has none, or its head can't be read; records that are absent or torn are left out
 */
export function* readPrintkRing(kernel: Kernel): Generator<LogRecord> {
  const at = ringLayout(kernel)
  const pointer = kernel.vmcoreinfo.symbol('prb')
  const ring = pointer === null ? null : kernel.memory.u64(pointer)
  if (!at || !ring) return
  const { memory } = kernel
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
    return
  if (countBits > 22 || sizeBits > 31 || 2 ** sizeBits > MOST_TEXT) return
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
    if (infoRead && (state & ID_BITS) === id && (kind === 1n || kind === 2n)) {
      const begin = desc.getBigUint64(at.begin, true)
      const next = desc.getBigUint64(at.next, true)
      const text = blockText(kernel, data, size, begin, next, info.getUint16(at.textLen, true), id)
      if (text !== null) {
        yield {
          seq: Number(info.getBigUint64(at.seq, true) & 0x1fffffffffffffn),
          time: Number(info.getBigUint64(at.tsNsec, true)) / 1e9,
          level: info.getUint8(at.facility + 1) >> 5,
          facility: info.getUint8(at.facility),
          caller: callerOf(at.callerId === null ? 0 : info.getUint32(at.callerId, true)),
          text,
        }
      }
    }
    if (id === last) return
  }
}

/** Bit 31 tells a CPU from a task. @see kernel/printk/printk.c (v6.12), printk_caller_id */
function callerOf(id: number): string | null {
  return id === 0 ? null : id & 0x80000000 ? `C${id & 0x7fffffff}` : `T${id}`
}

/** Text of a data block; null when it is lost or torn. Odd positions mean that there is no data. */
function blockText(
  kernel: Kernel,
  data: VirtAddr,
  size: bigint,
  begin: bigint,
  next: bigint,
  length: number,
  id: bigint,
): string | null {
  if (begin & 1n && next & 1n) return begin === 3n && next === 3n ? '' : null
  // positions begin at -size: in the first round they run over 2^64
  const wrapped = begin / size !== BigInt.asUintN(64, next - 1n) / size
  const blockAt = data + (wrapped ? 0n : begin % size)
  const room = wrapped ? (next % size) - 8n : BigInt.asUintN(64, next - begin) - 8n
  if (room < 0n || room > size) return null
  if (kernel.memory.u64(blockAt) !== id) return null
  const bytes = kernel.memory.bytes(blockAt + 8n, Math.min(length, Number(room)))
  return bytes === null ? null : Buffer.from(bytes).toString('utf8')
}

function ringLayout(kernel: Kernel): RingLayout | null {
  const info = kernel.vmcoreinfo
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
