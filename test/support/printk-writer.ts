import type { VirtAddr } from '../../src/base/units.ts'
import type { HandKernel } from './hand-kernel.ts'

/** Offsets as VMCOREINFO has them. @see kernel/printk/printk_ringbuffer.h (v6.1) */
const RING = [
  'OFFSET(printk_ringbuffer.desc_ring)=0',
  'OFFSET(printk_ringbuffer.text_data_ring)=48',
  'OFFSET(prb_desc_ring.count_bits)=0',
  'OFFSET(prb_desc_ring.descs)=8',
  'OFFSET(prb_desc_ring.infos)=16',
  'OFFSET(prb_desc_ring.head_id)=24',
  'OFFSET(prb_desc_ring.tail_id)=32',
  'SIZE(prb_desc)=24',
  'OFFSET(prb_desc.state_var)=0',
  'OFFSET(prb_desc.text_blk_lpos)=8',
  'OFFSET(prb_data_blk_lpos.begin)=0',
  'OFFSET(prb_data_blk_lpos.next)=8',
  'OFFSET(prb_data_ring.size_bits)=0',
  'OFFSET(prb_data_ring.data)=8',
  'SIZE(printk_info)=88',
  'OFFSET(printk_info.seq)=0',
  'OFFSET(printk_info.ts_nsec)=8',
  'OFFSET(printk_info.text_len)=16',
  'OFFSET(printk_info.caller_id)=20',
]

/** States of a descriptor. */
export const STATE = { reserved: 0n, committed: 1n, finalized: 2n, reusable: 3n } as const

export interface RecordRecipe {
  level?: number
  facility?: number
  nanoseconds?: bigint
  /** caller_id: a pid, or a CPU with bit 31. */
  caller?: number
  state?: keyof typeof STATE
  /** text_len, where it does not tell the truth. */
  length?: number
  /** The data ring had no room: the text is lost (FAILED_LPOS), or there is none (NO_LPOS). */
  text?: 'lost' | 'none'
}

/** The kernel's log, record by record, as the lockless ring keeps it. */
export class PrintkRing {
  readonly ring: VirtAddr
  readonly data: VirtAddr
  readonly descs: VirtAddr
  readonly infos: VirtAddr
  private readonly kernel: HandKernel
  private readonly slots: bigint
  private readonly size: bigint
  /** Ids begin shortly before they run over slot 0, as in the kernel. */
  private id: bigint
  private seq = 0n
  private tail: bigint
  private lpos: bigint
  private readonly begins = new Map<bigint, bigint>()

  constructor(kernel: HandKernel, countBits: number, sizeBits: number) {
    this.kernel = kernel
    this.slots = 1n << BigInt(countBits)
    this.size = 1n << BigInt(sizeBits)
    this.ring = kernel.object(128)
    this.descs = kernel.object(24 * Number(this.slots))
    this.infos = kernel.object(88 * Number(this.slots))
    this.data = kernel.object(Number(this.size))
    this.id = (1n << 62n) - 3n
    this.tail = this.id
    // the ring begins in its last block, too
    this.lpos = (1n << 64n) - this.size
    kernel.info.push(...RING)
    const pointer = kernel.variable('prb', this.ring)
    kernel.info.push(`SYMBOL(prb)=${pointer.toString(16)}`)
    kernel
      .set32(this.ring, countBits)
      .set(this.ring + 8n, this.descs)
      .set(this.ring + 16n, this.infos)
    kernel.set32(this.ring + 48n, sizeBits).set(this.ring + 56n, this.data)
  }

  /** Where the next block of text begins in the ring. */
  get place(): number {
    return Number(this.lpos % this.size)
  }

  /** Address of the descriptor of the record written last. */
  get lastDesc(): VirtAddr {
    return this.descs + 24n * ((this.id - 1n) % this.slots)
  }

  /** Appends a record. */
  push(text: string, recipe: RecordRecipe = {}): this {
    const { kernel } = this
    const id = BigInt.asUintN(62, this.id)
    const slot = id % this.slots
    const [begin, next] = recipe.text ? this.without(recipe.text) : this.block(id, text)
    const desc = this.descs + 24n * slot
    kernel.set(desc, (STATE[recipe.state ?? 'finalized'] << 62n) | id)
    kernel.set(desc + 8n, begin).set(desc + 16n, next)
    const info = this.infos + 88n * slot
    kernel.bytes(info, new Uint8Array(88))
    kernel.set(info, this.seq).set(info + 8n, recipe.nanoseconds ?? this.seq * 1_000_000_000n)
    const length = recipe.length ?? Buffer.byteLength(text)
    kernel.set32(info + 16n, length | ((recipe.facility ?? 0) << 16) | ((recipe.level ?? 6) << 29))
    kernel.set32(info + 20n, recipe.caller ?? 0)
    this.seq++
    this.id++
    if (this.id - this.tail > this.slots) this.tail = this.id - this.slots
    kernel.set(this.ring + 24n, BigInt.asUintN(62, this.id - 1n))
    kernel.set(this.ring + 32n, BigInt.asUintN(62, this.tail))
    return this
  }

  private without(what: 'lost' | 'none'): [bigint, bigint] {
    return what === 'lost' ? [1n, 1n] : [3n, 3n]
  }

  /** Writes a block; one that does not fit before the end of the ring lies at its start. Overwritten records are taken back. */
  private block(id: bigint, text: string): [begin: bigint, next: bigint] {
    const bytes = Buffer.from(text, 'utf8')
    const length = BigInt(Math.ceil((8 + bytes.length) / 8) * 8)
    const begin = this.lpos
    let next = begin + length
    const wraps = begin / this.size !== (next - 1n) / this.size
    if (wraps) next = ((next - 1n) / this.size) * this.size + length
    for (const [each, at] of this.begins) {
      if (next - at <= this.size) break
      this.begins.delete(each)
      if (each < this.tail) continue // its descriptor is another record's by now
      this.tail = each + 1n
      const desc = this.descs + 24n * (BigInt.asUintN(62, each) % this.slots)
      this.kernel.set(desc, (STATE.reusable << 62n) | BigInt.asUintN(62, each))
    }
    const at = this.data + (wraps ? 0n : begin % this.size)
    if (wraps) this.kernel.set(this.data + (begin % this.size), id)
    this.kernel.set(at, id).bytes(at + 8n, bytes)
    this.begins.set(this.id, begin)
    this.lpos = next
    return [BigInt.asUintN(64, begin), BigInt.asUintN(64, next)]
  }
}
