import type { VirtAddr } from '../base/units.ts'
import type { VmcoreInfo } from '../parsers/vmcoreinfo.ts'
import { callerName, type LogGaps, type LogReading, type LogRecord, type LogSource, MOST_TEXT } from './log-record.ts'

/** Least size of a record without text: ts_nsec u64, len, text_len, dict_len u16, facility u8, flags and level u8. */
const HEADER = 16
/** Records begin at multiples of this, or of 8. @see kernel/printk/printk.c (v5.9), LOG_ALIGN */
const ALIGN = 4

/** Where the members of a record's header are, bytes; text and dictionary follow it. */
interface RecordLayout {
  size: number
  tsNsec: number
  len: number
  textLen: number
  dictLen: number
  /** Null without CONFIG_PRINTK_CALLER. */
  callerId: number | null
}

/** The ring's variables; `first` and `next` are byte indexes, of the oldest record and of the place behind the youngest. */
interface Ring {
  buffer: VirtAddr
  length: number
  first: number
  next: number
}

/**
 * Reads the records in log_buf of 3.6 to 5.9, oldest first; dictionaries (SUBSYSTEM=, DEVICE=) are skipped.
 *
 * VMCOREINFO has no log_first_seq: records are numbered from 0 on, those that were left out included. It does not tell an empty
 * ring from a full one either where the two indexes are equal: then the ring is read once around, which gives nothing where it is
 * still all zeros. (The kernel keeps a header's room free, so a ring that is not empty never has equal indexes.)
 *
 * Not read: the ring of 3.5.0, whose VMCOREINFO has no layout, and the plain text ring before it (log_end). Kernels of those days
 * (before 4.10) do not give phys_base in VMCOREINFO, so their addresses are not translated yet.
 * @returns no records when the ring is not there or its variables can not be; what is missing of it
 * @see kernel/printk.c (v3.6), kernel/printk/printk.c (v4.4, v5.9): log_store, log_next, log_buf_vmcoreinfo_setup
 */
export function* readLogBuf(source: LogSource): LogReading {
  const gaps: LogGaps = { absent: 0, torn: 0, brokenAt: null }
  const layout = recordLayout(source.vmcoreinfo)
  const ring = layout && findRing(source, layout.size)
  if (!layout || !ring) return gaps
  const { memory } = source
  const header = new DataView(new ArrayBuffer(layout.size))
  let at = ring.first
  let seq = 0
  // One turn at most: once at the start of the buffer, nothing from `next` on is of the log. So no byte is looked at twice, and
  // there are no more than length / HEADER records.
  let turned = ring.first < ring.next
  while (!turned || at !== ring.next) {
    const address = ring.buffer + BigInt(at)
    const end = turned ? ring.next : ring.length
    if (at + layout.size > end) return broken(gaps, 'torn', address)
    if (memory.read(address, new Uint8Array(header.buffer)).bytes < layout.size) return broken(gaps, 'absent', address)
    const len = header.getUint16(layout.len, true)
    if (len === 0 && !turned) {
      // no record, but the sign that the next one was too long for what is left of the buffer
      turned = true
      at = 0
      continue
    }
    if (len < layout.size || len % ALIGN !== 0 || at + len > end) return broken(gaps, 'torn', address)
    const textLength = header.getUint16(layout.textLen, true)
    if (layout.size + textLength + header.getUint16(layout.dictLen, true) > len) gaps.torn++
    else {
      const text = memory.bytes(address + BigInt(layout.size), textLength)
      if (text === null) gaps.absent++
      else yield recordOf(header, layout, seq, text)
    }
    seq++
    at += len
  }
  return gaps
}

/** Without the length of one record the next can not be found. */
function broken(gaps: LogGaps, why: 'absent' | 'torn', at: VirtAddr): LogGaps {
  return { ...gaps, [why]: gaps[why] + 1, brokenAt: at }
}

function recordOf(header: DataView, layout: RecordLayout, seq: number, text: Uint8Array): LogRecord {
  // facility, flags:5 and level:3 are not in VMCOREINFO: the bytes behind dict_len (v3.6 .. v5.9)
  const facility = layout.dictLen + 2
  return {
    seq,
    time: Number(header.getBigUint64(layout.tsNsec, true)) / 1e9,
    level: header.getUint8(facility + 1) >> 5,
    facility: header.getUint8(facility),
    caller: layout.callerId === null ? null : callerName(header.getUint32(layout.callerId, true)),
    text: Buffer.from(text).toString('utf8'),
  }
}

/** "struct log" before 62e32ac3505a ("printk: rename struct log to struct printk_log", in v3.11), and in RHEL 7. */
function recordLayout(info: VmcoreInfo): RecordLayout | null {
  const name = info.size('printk_log') === null ? 'log' : 'printk_log'
  const size = info.size(name) ?? Number.NaN
  const offset = (member: string): number => info.offset(`${name}.${member}`) ?? Number.NaN
  const layout: RecordLayout = {
    size,
    tsNsec: offset('ts_nsec'),
    len: offset('len'),
    textLen: offset('text_len'),
    dictLen: offset('dict_len'),
    // 15ff2069cb7f ("printk: Add caller information to printk() output.", in v5.1)
    callerId: info.offset(`${name}.caller_id`),
  }
  const inside = layout.tsNsec + 8 <= size && Math.max(layout.len + 2, layout.textLen + 2, layout.dictLen + 4) <= size
  if (!inside || size < HEADER || size > 4096) return null
  return layout.callerId !== null && layout.callerId + 4 > size ? { ...layout, callerId: null } : layout
}

function findRing({ vmcoreinfo, memory }: LogSource, header: number): Ring | null {
  const word = (name: string): number | null => {
    const at = vmcoreinfo.symbol(name)
    return at === null ? null : memory.u32(at)
  }
  const pointer = vmcoreinfo.symbol('log_buf')
  const buffer = pointer === null ? null : memory.u64(pointer)
  const [length, first, next] = [word('log_buf_len'), word('log_first_idx'), word('log_next_idx')]
  if (!buffer || length === null || first === null || next === null || length > MOST_TEXT) return null
  // behind both is room for a header: the kernel keeps it free for the one that turns
  const fits = (index: number): boolean => index % ALIGN === 0 && index + header <= length
  return fits(first) && fits(next) ? { buffer, length, first, next } : null
}
