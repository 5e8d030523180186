import type { VirtAddr } from '../base/units.ts'
import { eachLink, type ListEnd } from './list-heads.ts'
import type { Kernel } from './types.ts'
import { addressOf } from './variables.ts'

/** A task in the queue of a page's flag bit: it waits for the page's lock, or until the page is unlocked after a migration. */
export interface PageWait {
  /** Address of its task_struct. */
  task: VirtAddr
  /** Address of the struct page (of a folio: its head). */
  page: VirtAddr
  /** The bit of page->flags. */
  bit: number
}

/** All that wait for pages. */
export interface PageWaits {
  waits: PageWait[]
  /** Queues that broke off, where and why. */
  torn: ListEnd[]
}

/** PAGE_WAIT_TABLE_SIZE. @see mm/filemap.c (v4.10, v6.12, v7.2) */
const QUEUES = 256
const MOST_WAITERS = 1_000_000

/**
 * Who waits for a page: the hashed wait queues, folio_wait_table (page_wait_table before 5.16).
 * @returns null when the table or its types are unknown; of a queue that is not whole what stands before the fault
 */
export function readPageWaits(kernel: Kernel): PageWaits | null {
  const table = addressOf(kernel, 'folio_wait_table') ?? addressOf(kernel, 'page_wait_table')
  const head = kernel.types.struct('wait_queue_head')
  const wait = kernel.types.struct('wait_page_queue')
  const at = (path: string): number | null => wait?.member(path)?.offset ?? null
  const [page, bit, entry, task, wake] = [
    at('folio') ?? at('page'),
    at('bit_nr'),
    at('wait.entry'),
    at('wait.private'),
    at('wait.func'),
  ]
  const listAt = head?.member('head')?.offset
  if (table === null || !head || listAt === undefined) return null
  if (page === null || bit === null || entry === null || task === null || wake === null) return null
  const wakes = addressOf(kernel, 'wake_page_function')
  const waits: PageWait[] = []
  const torn: ListEnd[] = []
  const { memory } = kernel
  let heads = 0
  for (let queue = 0; queue < QUEUES; queue++) {
    const list = table + BigInt(queue * head.size + listAt)
    if (memory.u64(list) !== null) heads++
    const links = eachLink(memory, list, MOST_WAITERS, true)
    let step = links.next()
    for (; !step.done; step = links.next()) {
      const from: VirtAddr = step.value - BigInt(entry)
      const [of, by, func, flag] = [
        memory.u64(from + BigInt(page)),
        memory.u64(from + BigInt(task)),
        memory.u64(from + BigInt(wake)),
        memory.u32(from + BigInt(bit)),
      ]
      // other users of the queue have structures of their own
      if (wakes !== null && func !== null && func !== wakes) continue
      if (of === null || by === null || flag === null || func === null) torn.push({ why: 'absent', at: step.value })
      else waits.push({ task: by, page: of, bit: flag })
    }
    if (step.value.why !== 'whole') torn.push(step.value)
  }
  return heads > 0 ? { waits, torn } : null
}
