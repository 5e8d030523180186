import type { Problem } from '../base/errors.ts'
import type { Abort, Steps } from '../base/steps.ts'
import { hex } from '../base/text.ts'
import type { VirtAddr } from '../base/units.ts'
import { type LockReader, type Mutex, mmapLock, type RwSemaphore } from '../kernel/locks.ts'
import type { Task } from '../kernel/task-list.ts'
import type { Kernel } from '../kernel/types.ts'
import { addressOf } from '../kernel/variables.ts'
import { type StackWord, waitedLock } from '../kernel/waited-lock.ts'
import type { LockFact, LockWait, Where, Witness } from './hang-facts.ts'
import type { Match, WaitsFor } from './signatures.ts'

/** Kind of the lock that a wait is for; waits for other things have none. */
const LOCK_OF: Partial<Record<WaitsFor, 'rwsem' | 'mutex'>> = {
  read: 'rwsem',
  write: 'rwsem',
  'anon-vma': 'rwsem',
  'ksm-thread-mutex': 'mutex',
  mutex: 'mutex',
}

/** Finds the locks in use, and which of them a task waits for. */
export class LockFinder {
  readonly found: LockFact[] = []
  readonly mms: ReadonlySet<VirtAddr>
  private readonly kernel: Kernel
  private readonly input: string
  private readonly locks: LockReader
  private readonly tasks: ReadonlySet<VirtAddr>
  /** The lock in whose queue a task stands. */
  private readonly queued = new Map<VirtAddr, LockFact>()
  private readonly byAddress = new Map<VirtAddr, LockFact>()
  private readonly ksmMutex: VirtAddr | null

  constructor(kernel: Kernel, locks: LockReader, tasks: readonly Task[], input: string) {
    this.kernel = kernel
    this.input = input
    this.locks = locks
    this.tasks = new Set(tasks.map((task) => task.address))
    this.mms = new Set(tasks.map((task) => task.mm).filter((mm) => mm !== 0n))
    this.ksmMutex = addressOf(kernel, 'ksm_thread_mutex')
  }

  /** The mmap_locks that somebody holds or waits for. */
  *mmapLocks(abort: Abort): Steps<void> {
    let done = 0
    for (const mm of this.mms) {
      if (abort.aborted) return
      if (++done % 256 === 0) yield { what: 'reading locks', done, total: this.mms.size, unit: 'items' }
      const address = mmapLock(this.kernel, mm)
      const lock = address === null ? null : this.locks.rwsem(address)
      if (lock && (lock.held !== 'free' || lock.waiters.length > 0 || lock.broken !== null))
        this.note({ lock, mm, use: 'mmap-lock', where: this.at(lock) })
    }
  }

  /**
   * The lock that a task waits for: by its queue, by its own waiter structure, by task_struct.blocker, and as the last resort by
   * its stack alone (a page fault waits for the lock of its own mm).
   * @param mms - mm_structs that its stack names
   */
  lockOf(task: Task, waits: Match | null, mms: ReadonlySet<VirtAddr>, words: readonly StackWord[]): LockWait | null {
    const waitsFor = waits?.signature.waitsFor
    const kind = waitsFor === undefined ? undefined : LOCK_OF[waitsFor]
    const queued = this.queued.get(task.address)
    if (queued?.use === 'other' && waitsFor === 'anon-vma') queued.use = 'anon-vma'
    const queue = queued ?? (kind && this.byWords(task, kind, waitsFor!, words))
    const noted = this.byBlocker(task, waitsFor)
    const fact = queue ?? noted ?? (kind === 'rwsem' ? this.byStack(task, waits!, mms) : null)
    if (!fact) return null
    const by: Witness[] = []
    if (queue) by.push('queue')
    if (kind) by.push('stack')
    if (noted && noted === fact) by.push('blocker')
    return { fact, by }
  }

  /** Queues that broke off. */
  problems(): Problem[] {
    const strangers = this.found.flatMap(({ lock }) =>
      lock.waiters.filter(({ task }) => !this.tasks.has(task)).map(({ task }) => ({ lock, task })),
    )
    const [stranger] = strangers
    const unknown: Problem[] = stranger
      ? [
          {
            code: 'damaged-structure',
            message: `${strangers.length} waiter(s) in the queues of locks are no task of the task list: the first names ${hex(stranger.task)}.`,
            input: this.input,
            at: hex(stranger.lock.address),
          },
        ]
      : []
    const torn = this.found
      .filter(({ lock }) => lock.broken !== null)
      .map(
        ({ lock, use }): Problem => ({
          code: lock.broken!.absent ? 'pages-absent' : 'damaged-structure',
          message: `The queue of a lock (${use}, ${lock.kind}) is not whole: ${lock.broken!.why}. ${lock.waiters.length} of its waiters are known by it.`,
          input: this.input,
          at: hex(lock.address),
        }),
      )
    return [...torn, ...unknown]
  }

  private at({ address }: RwSemaphore | Mutex): Where {
    return { input: this.input, at: hex(address) }
  }

  private note(fact: LockFact): LockFact {
    const known = this.byAddress.get(fact.lock.address)
    if (known) {
      // whoever came first may not have told what it is for
      if (known.use === 'other') known.use = fact.use
      return known
    }
    this.found.push(fact)
    this.byAddress.set(fact.lock.address, fact)
    for (const waiter of fact.lock.waiters) this.queued.set(waiter.task, fact)
    return fact
  }

  private byWords(
    task: Task,
    kind: 'rwsem' | 'mutex',
    waitsFor: WaitsFor,
    words: readonly StackWord[],
  ): LockFact | null {
    const lock = waitedLock(this.kernel, this.locks, kind, task.address, words, (address) => this.tasks.has(address))
    return lock && this.note(this.named(lock, waitsFor))
  }

  private byBlocker({ blocker }: Task, waitsFor: WaitsFor | undefined): LockFact | null {
    if (!blocker || blocker.kind === 'semaphore') return null
    const known = this.byAddress.get(blocker.lock)
    if (known) return known
    const lock = blocker.kind === 'mutex' ? this.locks.mutex(blocker.lock) : this.locks.rwsem(blocker.lock)
    return lock && this.note(this.named(lock, waitsFor))
  }

  /** Whose mmap_lock a reader or writer waits for, where no queue tells: a fault for its own, a /proc reader for the one other mm. */
  private byStack(task: Task, { signature }: Match, mms: ReadonlySet<VirtAddr>): LockFact | null {
    if (signature.waitsFor === 'anon-vma') return null
    const others = [...mms].filter((mm) => mm !== task.mm)
    const mm = signature.mmapLock === 'own' ? task.mm : others.length === 1 ? others[0]! : 0n
    const address = mm === 0n ? null : mmapLock(this.kernel, mm)
    const known = address === null ? undefined : this.byAddress.get(address)
    return known && known.lock.broken !== null ? known : null
  }

  private named(lock: RwSemaphore | Mutex, waitsFor: WaitsFor | undefined): LockFact {
    const where = this.at(lock)
    if (lock.address === this.ksmMutex) return { lock, mm: null, use: 'ksm-thread-mutex', where }
    return { lock, mm: null, use: waitsFor === 'anon-vma' ? 'anon-vma' : 'other', where }
  }
}
