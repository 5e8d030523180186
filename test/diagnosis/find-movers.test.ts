import { describe, expect, test } from 'vitest'
import type { VirtAddr } from '../../src/base/units.ts'
import type { StackFact } from '../../src/diagnosis/hang-facts.ts'
import type { Task } from '../../src/kernel/task-list.ts'
import { HangMemory } from '../support/hang-memory.ts'
import { PageWaitWriter } from '../support/page-wait-writer.ts'

const WALK = 'try_to_migrate_one rmap_walk_ksm try_to_migrate migrate_pages_batch migrate_pages do_migrate_pages'
const IDLE = 'page_vma_mapped_walk rmap_walk_ksm rmap_walk page_idle_clear_pte_refs page_idle_bitmap_read'
const MIGRATION = 'io_schedule migration_entry_wait_on_locked do_swap_page handle_mm_fault do_user_addr_fault'
const LOCAL = 0x3e00n

/** What a task that waits for a page is found to wait for. */
function waiting(memory: HangMemory): StackFact {
  return memory.gather().facts.stacks.find(({ task }) => task.comm === 'vcpu')!
}

/** Pids of those that have its page in hand. */
function movers(memory: HangMemory): (number | undefined)[] {
  const pidOf = new Map(memory.tasks.map(({ address, pid }) => [address, pid]))
  return [...waiting(memory).movers].map((id) => pidOf.get(id))
}

/** A task that waits for a page under migration, the page on its stack. */
function host(): { memory: HangMemory; page: VirtAddr } {
  const memory = new HangMemory()
  const page = memory.movingPage(0x700)
  memory.add(501, 'vcpu', MIGRATION, { words: [page] })
  return { memory, page }
}

describe('the page that a task waits for', () => {
  test('is one under migration that stands on its stack', () => {
    const { memory, page } = host()
    expect(waiting(memory)).toMatchObject({ pages: new Set([page]), queuedOnPage: null })
  })

  test('is not one that nobody has locked, or that is on the LRU, or was freed, or no struct page', () => {
    const memory = new HangMemory()
    const [free, listed, freed] = [0x700, 0x701, 0x702].map((pfn) => memory.movingPage(pfn))
    memory.poke(free!, 'page', 'flags', 0n).poke(listed!, 'page', 'flags', 0x21n).poke(freed!, 'page', 'mapping', 0n)
    // as a struct page this word would be locked, off the LRU and in use
    const inside = memory.movingPage(0x703) + 8n
    memory.poke(inside, 'page', 'flags', 1n).poke(inside, 'page', 'mapping', 5n)
    const beyond = memory.movingPage(0x704) - 0x1_0000_0000n
    memory.add(501, 'vcpu', MIGRATION, { words: [free!, listed!, freed!, inside, beyond] })
    expect(waiting(memory).pages).toEqual(new Set())
  })

  test('is the one in whose queue it stands, whatever its stack names', () => {
    const { memory } = host()
    const queued = memory.movingPage(0x710)
    new PageWaitWriter(memory).wait(9, memory.tasks[0]!.address, queued)
    expect(waiting(memory)).toMatchObject({ pages: new Set([queued]), queuedOnPage: queued })
  })
})

describe('who has it in hand', () => {
  test('nobody is known: the page is on no list and no walker names it', () => {
    const { memory } = host()
    memory.add(101, 'numad', WALK, { words: [memory.at('n0')] })
    expect(movers(memory)).toEqual([])
  })

  test('the task on whose stack the list of its batch begins, whatever that task does', () => {
    for (const state of ['R', 'S'] as const) {
      const { memory, page } = host()
      const [before, behind] = [memory.movingPage(0x701), memory.movingPage(0x702)]
      memory.add(101, 'other', 'schedule pipe_read', { state: 'S' })
      const mover = memory.add(102, 'migratepages', 'schedule io_schedule', { state })
      memory.linkPages([before, page, behind], mover.stack + LOCAL)
      expect(movers(memory)).toEqual([102])
    }
  })

  test('the stack of the next task begins where one ends', () => {
    const { memory, page } = host()
    const mover = memory.add(102, 'migratepages', 'schedule io_schedule')
    memory.add(103, 'neighbour', 'schedule io_schedule')
    memory.linkPages([page], mover.stack + 0x3ff0n)
    expect(movers(memory)).toEqual([102])
  })

  test('the walker of the list that is on that page', () => {
    const memory = new HangMemory()
    const page = memory.page(0x100)
    memory.poke(page, 'page', 'flags', 1n)
    memory.add(501, 'vcpu', MIGRATION, { words: [page] })
    memory.add(101, 'numad', WALK, { words: [memory.at('n0')] })
    expect(memory.gather().facts.walkers[0]!.node).toMatchObject({ kpfn: 0x100 })
    expect(movers(memory)).toEqual([101])
  })

  test('a walker that migrates, on whose stack it stands; not one that only looks at pages', () => {
    for (const [text, pids] of [
      [WALK, [101]],
      [IDLE, []],
    ] as const) {
      const { memory, page } = host()
      memory.add(101, 'walker', text, { words: [memory.at('n0'), page] })
      expect(movers(memory)).toEqual(pids)
    }
  })

  test('not a task that has no stack any more, where a link is 0', () => {
    const { memory, page } = host()
    memory.tasks.push({ ...memory.tasks[0]!, pid: 900, state: 'Z', stack: 0n, address: memory.object(256) })
    memory.set(page + 8n, 0n)
    expect(movers(memory)).toEqual([])
  })

  test('lists that lead nowhere, in a circle or on for ever end', () => {
    const { memory, page } = host()
    memory.add(101, 'numad', WALK, { words: [memory.at('n0')] })
    const lru = page + 8n
    const others = Array.from({ length: 5000 }, (_, i) => memory.page(0x1000 + i))
    for (const tear of [
      () => memory.set(lru, 0n),
      () => memory.set(lru, 0x1234n),
      () => memory.linkPages(others).set(lru, others[0]! + 8n),
    ]) {
      tear()
      expect(movers(memory)).toEqual([])
    }
  })
  test('a list that goes on for ever is not compared with every task at each step', () => {
    const { memory, page } = host()
    const others = Array.from({ length: 5000 }, (_, i) => memory.page(0x1000 + i))
    memory.linkPages(others).set(page + 8n, others[0]! + 8n)
    let looks = 0
    const [waiter] = memory.tasks
    const stacks = Array.from({ length: 1000 }, (_, i) => waiter!.stack + BigInt(0x4000 * (i + 1)))
    const sleepers = stacks.map((stack, i): Task => {
      const sleeper: Task = { ...waiter!, pid: 1000 + i, state: 'S', address: stack }
      return Object.defineProperty(sleeper, 'stack', {
        get: () => {
          looks++
          return stack
        },
      })
    })
    memory.tasks.push(...sleepers)
    expect(movers(memory)).toEqual([])
    expect(looks).toBeLessThan(20 * sleepers.length)
  })
})
