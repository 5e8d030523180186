import type { VirtAddr } from '../../src/base/units.ts'
import type { HandKernel } from './hand-kernel.ts'

export const PAGE_QUEUES = 256
const HEAD = { size: 24, head: 8 }
/** Offsets in struct wait_page_queue, its wait_queue_entry at 16. */
const AT = { page: 0, bit_nr: 8, 'wait.private': 24, 'wait.func': 32, 'wait.entry': 40 }
const SIZE = 56

/** Bytes of the table. */
export const TABLE_BYTES = PAGE_QUEUES * HEAD.size
/** From an entry's list_head back to the word of its task. */
export const TASK_BEFORE_LINK = BigInt(AT['wait.entry'] - AT['wait.private'])

/** The wait queues of pages, all of them empty. */
export class PageWaitWriter {
  readonly table: VirtAddr
  /** Address of wake_page_function. */
  readonly wake: VirtAddr
  private readonly kernel: HandKernel
  private readonly queues = new Map<number, VirtAddr[]>()

  /** @param names - of the table, and of the member that names the page: before folios (5.16) they were others */
  constructor(kernel: HandKernel, names = { table: 'folio_wait_table', page: 'folio' }) {
    this.kernel = kernel
    const { page, ...members } = AT
    kernel.types.push({ name: 'wait_queue_head', size: HEAD.size, members: { head: HEAD.head } })
    kernel.types.push({ name: 'wait_page_queue', size: SIZE, members: { [names.page]: page, ...members } })
    this.wake = kernel.variable('wake_page_function')
    this.table = kernel.variable(names.table, 0n, TABLE_BYTES)
    for (let queue = 0; queue < PAGE_QUEUES; queue++) this.ring([this.head(queue)])
  }

  /** Address of the list_head of a queue. */
  head(queue: number): VirtAddr {
    return this.table + BigInt(queue * HEAD.size + HEAD.head)
  }

  /** Queues a task for a page, its entry in a page of its own. @returns address of the entry's list_head */
  wait(queue: number, task: VirtAddr, page: VirtAddr, { bit = 0, func = this.wake } = {}): VirtAddr {
    const { kernel } = this
    const entry = kernel.object(SIZE, 4096)
    const at = (member: keyof typeof AT): VirtAddr => entry + BigInt(AT[member])
    kernel.set(at('page'), page).set(at('wait.private'), task).set(at('wait.func'), func)
    // what follows the bit in the structure is not part of it
    kernel.set(at('bit_nr'), 0x6b6b6b6b_00000000n + BigInt(bit))
    const entries = [...(this.queues.get(queue) ?? []), at('wait.entry')]
    this.queues.set(queue, entries)
    this.ring([this.head(queue), ...entries])
    return at('wait.entry')
  }

  private ring(links: readonly VirtAddr[]): void {
    links.forEach((link, i) => {
      const next = links[(i + 1) % links.length]!
      this.kernel.set(link, next).set(next + 8n, link)
    })
  }
}
