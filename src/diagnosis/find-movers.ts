import type { VirtAddr } from '../base/units.ts'
import type { Task } from '../kernel/task-list.ts'
import type { Kernel } from '../kernel/types.ts'
import { THREAD_SIZE } from '../kernel/unwind.ts'
import { pageAddress } from '../ksm/page-states.ts'
import type { KsmSurvey } from '../ksm/survey.ts'
import type { StackFact, WalkerFact } from './hang-facts.ts'

/** Pages of a batch; migrate_pages takes 512 at a time. @see mm/migrate.c (v6.12), NR_MAX_BATCHED_MIGRATION */
const MOST_BATCH = 4096

/** Finds who has pages in hand: they are linked by their lru to a list_head on the mover's stack. */
export class MoverFinder {
  private readonly kernel: Kernel
  private readonly survey: KsmSurvey
  private readonly walkers: readonly WalkerFact[]
  /** Tasks by their kernel stack: its address without the offset in it. */
  private readonly byStack: ReadonlyMap<bigint, Task>
  private readonly lru: number | undefined

  constructor(kernel: Kernel, survey: KsmSurvey, walkers: readonly WalkerFact[], tasks: readonly Task[]) {
    this.kernel = kernel
    this.survey = survey
    this.walkers = walkers
    this.byStack = new Map(tasks.filter((task) => task.stack !== 0n).map((task) => [task.stack / THREAD_SIZE, task]))
    this.lru = kernel.types.struct('page', '_mapcount')?.member('lru')?.offset
  }

  /** Fills `movers` of a task that waits for pages. */
  find(fact: StackFact): void {
    for (const page of fact.pages) {
      for (const walker of this.walkers) if (this.walks(walker, page)) fact.movers.add(walker.task.id)
      const mover = this.listOf(page)
      if (mover) fact.movers.add(mover.address)
    }
  }

  /** Whether a page is the one that a walker walks, or stands on the stack of one that migrates. */
  private walks({ node, pass, pages }: WalkerFact, page: VirtAddr): boolean {
    const pfn = node?.kpfn ?? null
    const walked = pfn !== null && page === pageAddress(this.kernel, this.survey.layout, pfn)
    return walked || (pass !== null && pages.has(page))
  }

  /** The task on whose stack the list of a page has its head; null when it has none there. */
  private listOf(page: VirtAddr): Task | null {
    if (this.lru === undefined) return null
    const own = page + BigInt(this.lru)
    let link = this.kernel.probe.u64(own)
    for (let n = 0; link !== null && n < MOST_BATCH && link !== own; n++) {
      const mover = this.byStack.get(link / THREAD_SIZE)
      if (mover) return mover
      link = this.kernel.probe.u64(link)
    }
    return null
  }
}
