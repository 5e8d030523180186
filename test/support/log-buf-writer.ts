import type { VirtAddr } from '../../src/base/units.ts'
import type { HandKernel } from './hand-kernel.ts'

export interface LogBufRecipe {
  level?: number
  facility?: number
  nanoseconds?: bigint
  /** caller_id, where the kernel has it: a pid, or a CPU with bit 31. */
  caller?: number
  /** SUBSYSTEM=..., DEVICE=..., as the kernel joins them: with NULs between. */
  dictionary?: string
}

export interface LogBufOptions {
  /** Name of the struct: `log` before 3.11. */
  struct?: 'printk_log' | 'log'
  /** CONFIG_PRINTK_CALLER. */
  callers?: boolean
}

/** A record as it was written and is still in the ring. */
export interface KeptRecord {
  at: number
  text: string
}

/**
 * The kernel's log of 3.6 to 5.9 as the kernel writes it: records one behind the other, the oldest dropped for the youngest.
 * @see kernel/printk/printk.c (v5.9), log_store
 */
export class LogBuf {
  readonly buffer: VirtAddr
  readonly header: number
  /** What a reader must find, oldest first. */
  readonly kept: KeptRecord[] = []
  /** Variables by name. */
  readonly variables: Record<'log_buf' | 'log_buf_len' | 'log_first_idx' | 'log_next_idx', VirtAddr>
  /** Byte index behind the youngest record. */
  next = 0
  private readonly kernel: HandKernel
  private readonly length: number
  private written = 0

  constructor(kernel: HandKernel, length: number, { struct = 'printk_log', callers = false }: LogBufOptions = {}) {
    this.kernel = kernel
    this.length = length
    this.header = callers ? 20 : 16
    this.buffer = kernel.object(length)
    this.variables = {
      log_buf: kernel.variable('log_buf', this.buffer),
      log_buf_len: kernel.variable('log_buf_len', length, 4),
      log_first_idx: kernel.variable('log_first_idx', 0, 4),
      log_next_idx: kernel.variable('log_next_idx', 0, 4),
    }
    for (const [name, at] of Object.entries(this.variables)) kernel.info.push(`SYMBOL(${name})=${at.toString(16)}`)
    kernel.info.push(
      `SIZE(${struct})=${this.header}`,
      `OFFSET(${struct}.ts_nsec)=0`,
      `OFFSET(${struct}.len)=8`,
      `OFFSET(${struct}.text_len)=10`,
      `OFFSET(${struct}.dict_len)=12`,
    )
    if (callers) kernel.info.push(`OFFSET(${struct}.caller_id)=16`)
  }

  /** Address of a byte of the buffer. */
  at(index: number): VirtAddr {
    return this.buffer + BigInt(index)
  }

  /** Byte index of the record that was written last. */
  get last(): number {
    return this.kept.at(-1)!.at
  }

  /** Overwrites a member of the header of the record at an index, or of the last one: u16 at that offset. */
  spoil(member: 'len' | 'text_len' | 'dict_len', value: number, at = this.last): this {
    this.kernel.bytes(this.at(at + { len: 8, text_len: 10, dict_len: 12 }[member]), Uint8Array.of(value, value >>> 8))
    return this
  }

  /** Sets the two indexes to what they are not. */
  indexes(first: number, next: number): this {
    this.kernel.set32(this.variables.log_first_idx, first).set32(this.variables.log_next_idx, next)
    return this
  }

  /** Appends a record. */
  push(text: string, recipe: LogBufRecipe = {}): this {
    const bytes = Buffer.from(text, 'utf8')
    const dictionary = Buffer.from(recipe.dictionary ?? '', 'utf8')
    const size = Math.ceil((this.header + bytes.length + dictionary.length) / 4) * 4
    while (this.kept.length > 0 && this.room() < size + this.header) this.kept.shift()
    if (this.next + size + this.header > this.length) {
      this.kernel.bytes(this.at(this.next), new Uint8Array(this.header))
      this.next = 0
    }
    const record = Buffer.alloc(size)
    record.writeBigUInt64LE(recipe.nanoseconds ?? BigInt(this.written) * 1_000_000_000n, 0)
    record.writeUInt16LE(size, 8)
    record.writeUInt16LE(bytes.length, 10)
    record.writeUInt16LE(dictionary.length, 12)
    record.writeUInt8(recipe.facility ?? 0, 14)
    record.writeUInt8(((recipe.level ?? 6) << 5) | 6, 15)
    if (this.header > 16) record.writeUInt32LE(recipe.caller ?? 0, 16)
    bytes.copy(record, this.header)
    dictionary.copy(record, this.header + bytes.length)
    this.kernel.bytes(this.at(this.next), record)
    this.kept.push({ at: this.next, text })
    this.next += size
    this.written++
    return this.indexes(this.kept[0]!.at, this.next)
  }

  /** Bytes in a row that are free. */
  private room(): number {
    const first = this.kept[0]!.at
    return this.next > first ? Math.max(this.length - this.next, first) : first - this.next
  }
}
