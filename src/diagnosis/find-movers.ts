import type { VirtAddr } from '../base/units.ts'
import type { Task } from '../kernel/task-list.ts'
import type { Kernel } from '../kernel/types.ts'
import { THREAD_SIZE } from '../kernel/unwind.ts'
import { pageAddress } from '../ksm/page-states.ts'
import type { KsmSurvey } from '../ksm/survey.ts'
import type { HangFacts, StackFact } from './hang-facts.ts'

/** Pages of a batch; migrate_pages takes 512 at a time. @see mm/migrate.c (v6.12), NR_MAX_BATCHED_MIGRATION */
const MOST_BATCH = 4096

/** Who has the pages that a task waits for: pages in hand are linked by their lru to a list_head on the mover's stack. */
export function findMovers(
  kernel: Kernel,
  survey: KsmSurvey,
  facts: HangFacts,
  tasks: readonly Task[],
  fact: StackFact,
): void {
  const lru = kernel.types.struct('page', '_mapcount')?.member('lru')?.offset
  for (const page of fact.pages) {
    for (const walker of facts.walkers) {
      const pfn = walker.node?.kpfn ?? null
      const walked = pfn !== null && page === pageAddress(kernel, survey.layout, pfn)
      if (walked || (walker.pass !== null && walker.pages.has(page))) fact.movers.add(walker.task.id)
    }
    if (lru === undefined) continue
    let link = kernel.probe.u64(page + BigInt(lru))
    for (let n = 0; link !== null && n < MOST_BATCH && link !== page + BigInt(lru); n++) {
      const here: VirtAddr = link
      const mover = tasks.find((task) => here >= task.stack && here < task.stack + THREAD_SIZE)
      if (mover) {
        fact.movers.add(mover.address)
        break
      }
      link = kernel.probe.u64(here)
    }
  }
}
