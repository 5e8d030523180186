import { describe, expect, test } from 'vitest'
import type { VirtAddr } from '../../src/base/units.ts'
import { type PageWait, readPageWaits } from '../../src/kernel/page-waits.ts'
import { HandKernel } from '../support/hand-kernel.ts'
import { handTasks } from '../support/lock-writer.ts'
import { PAGE_QUEUES, PageWaitWriter, TABLE_BYTES, TASK_BEFORE_LINK } from '../support/page-wait-writer.ts'

const [PAGE_A, PAGE_B] = [0xffffda1500000040n, 0xffffda1500000080n]
const PG_LOCKED = 0

interface Hand {
  kernel: HandKernel
  queues: PageWaitWriter
  tasks: VirtAddr[]
}

function hand(names?: { table: string; page: string }): Hand {
  const kernel = new HandKernel()
  return { kernel, queues: new PageWaitWriter(kernel, names), tasks: handTasks(kernel, 5) }
}

/** A task in each of two queues, and three in one between. */
function filled(): Hand & { links: VirtAddr[] } {
  const given = hand()
  const links = [3, 70, 70, 70, 255].map((queue, i) => given.queues.wait(queue, given.tasks[i]!, PAGE_A))
  return { ...given, links }
}

/** Who is found to wait, as numbers of the tasks. */
const waits = ({ kernel, tasks }: Hand): number[] =>
  readPageWaits(kernel.kernel())!.waits.map(({ task }) => tasks.indexOf(task))

describe('who waits for a page', () => {
  test('nobody', () => {
    expect(readPageWaits(hand().kernel.kernel())).toEqual({ waits: [], torn: [] })
  })

  test('two tasks for one page, and between them one of the same queue for another page', () => {
    const { kernel, queues, tasks } = hand()
    const [a, b, c] = tasks
    queues.wait(7, a!, PAGE_A)
    queues.wait(7, b!, PAGE_B, { bit: 5 })
    queues.wait(7, c!, PAGE_A)
    const wanted: PageWait[] = [
      { task: a!, page: PAGE_A, bit: PG_LOCKED },
      { task: b!, page: PAGE_B, bit: 5 },
      { task: c!, page: PAGE_A, bit: PG_LOCKED },
    ]
    expect(readPageWaits(kernel.kernel())).toEqual({ waits: wanted, torn: [] })
  })

  test('the first and the last of all queues are looked at', () => {
    const given = hand()
    given.queues.wait(0, given.tasks[0]!, PAGE_A)
    given.queues.wait(PAGE_QUEUES - 1, given.tasks[1]!, PAGE_A)
    expect(waits(given)).toEqual([0, 1])
  })

  test('before folios the table and the member have other names', () => {
    const { kernel, queues, tasks } = hand({ table: 'page_wait_table', page: 'page' })
    queues.wait(9, tasks[0]!, PAGE_B)
    expect(readPageWaits(kernel.kernel())!.waits).toEqual([{ task: tasks[0], page: PAGE_B, bit: PG_LOCKED }])
  })

  test('other users of a queue, known by their wake function, are passed over', () => {
    const given = hand()
    const { queues, tasks } = given
    queues.wait(7, tasks[0]!, PAGE_A)
    queues.wait(7, tasks[1]!, PAGE_A, { func: queues.wake + 64n })
    queues.wait(7, tasks[2]!, PAGE_A)
    expect(waits(given)).toEqual([0, 2])
  })

  test('where the wake function has no symbol, every entry is taken', () => {
    const given = filled()
    given.kernel.symbols.delete('wake_page_function')
    expect(waits(given)).toEqual([0, 1, 2, 3, 4])
  })
})

describe('a queue that is torn keeps what stands before the fault, and the other queues', () => {
  test.each<[string, (kernel: HandKernel, links: VirtAddr[], queues: PageWaitWriter) => unknown, number[]]>([
    ['an entry in a page that is absent', (kernel, links) => kernel.exclude(links[2]!), [0, 1, 4]],
    ['a link of 0', (kernel, links) => kernel.set(links[2]!, 0n), [0, 1, 2, 4]],
    ['a link to an earlier entry', (kernel, links) => kernel.set(links[3]!, links[1]!), [0, 1, 2, 3, 4]],
    ['an entry that is its own successor', (kernel, links) => kernel.set(links[2]!, links[2]!), [0, 1, 2, 4]],
    ['a wrong back link', (kernel, links) => kernel.set(links[2]! + 8n, links[3]!), [0, 1, 4]],
    ['a head of 0', (kernel, _links, queues) => kernel.set(queues.head(70), 0n), [0, 4]],
    ['a link into another queue', (kernel, links) => kernel.set(links[1]!, links[4]!), [0, 1, 4]],
  ])('%s', (_fault, tear, left) => {
    const given = filled()
    tear(given.kernel, given.links, given.queues)
    expect(waits(given)).toEqual(left)
    expect(readPageWaits(given.kernel.kernel())!.torn.length).toBeGreaterThan(0)
  })

  test('an entry of which a part is absent is left out, and those behind it are there', () => {
    const given = filled()
    const { kernel, links } = given
    const task = kernel.phys(links[2]! - TASK_BEFORE_LINK)
    kernel.memory.hole(Math.floor(task / 4096), task % 4096, (task % 4096) + 8)
    expect(waits(given)).toEqual([0, 1, 3, 4])
    expect(readPageWaits(kernel.kernel())!.torn).toEqual([{ why: 'absent', at: links[2] }])
  })
})

describe('unknown, which is not nobody', () => {
  const found = ({ kernel }: Hand): PageWait[] | null => readPageWaits(kernel.kernel())?.waits ?? null

  test('without the symbol of the table, or with two of that name', () => {
    const none = filled()
    none.kernel.symbols.delete('folio_wait_table')
    const two = filled()
    two.kernel.variable('folio_wait_table')
    expect([found(none), found(two)]).toEqual([null, null])
  })

  test('where the table is not in the dump', () => {
    const given = filled()
    for (let at = 0; at < TABLE_BYTES + 4096; at += 4096) given.kernel.exclude(given.queues.table + BigInt(at))
    expect(found(given)).toBeNull()
  })

  test.each(['wait_queue_head', 'wait_page_queue'])('without struct %s', (name) => {
    const given = filled()
    const at = given.kernel.types.findIndex((type) => type.name === name)
    given.kernel.types.splice(at, 1)
    expect(found(given)).toBeNull()
  })

  test.each(['folio', 'bit_nr', 'wait.private', 'wait.func', 'wait.entry', 'head'])(
    'without the member %s',
    (member) => {
      const given = filled()
      given.kernel.types.forEach(({ name, size, members }, i) => {
        const kept = Object.entries(members).filter(([each]) => each !== member)
        given.kernel.types[i] = { name, size, members: Object.fromEntries(kept) }
      })
      expect(found(given)).toBeNull()
    },
  )
})
