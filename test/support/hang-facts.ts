import type { VirtAddr } from '../../src/base/units.ts'
import type { HangFacts, LockFact, MmapLockFact, StackFact, WalkerFact } from '../../src/diagnosis/hang-facts.ts'
import { matchStack, passOf, plainName } from '../../src/diagnosis/signatures.ts'
import type { WalkedNode } from '../../src/diagnosis/walked-node.ts'
import type { RwSemaphore } from '../../src/kernel/locks.ts'
import type { Task } from '../../src/kernel/task-list.ts'

/** A stack as text: functions, innermost first. */
export const frames = (text: string): string[] => text.trim().split(/[\s,]+/)

let next = 1n

/** A task; what is left out is as of a process that waits. */
export function task(pid: number, comm: string, rest: Partial<Task> = {}): Task {
  next++
  return {
    address: 0xffff888100000000n + next * 0x4000n,
    pid,
    tgid: pid,
    comm,
    state: 'D',
    cpu: 1,
    running: false,
    kthread: false,
    mm: 0xffff888200000000n + BigInt(pid) * 0x400n,
    stack: 0xffffc90000000000n + next * 0x8000n,
    sp: 0n,
    lastArrival: 10,
    blocker: null,
    ...rest,
  }
}

/** What its stack says of a task. */
export function stackFact(of: Task, text: string, rest: Partial<StackFact> & { whole?: boolean } = {}): StackFact {
  const { whole = true, ...others } = rest
  const symbols = frames(text)
  const names = symbols.map(plainName)
  return {
    task: of,
    stack: {
      frames: symbols.map((symbol, i) => ({
        address: 0xffffffff81000000n + BigInt(i),
        sp: of.stack + BigInt(8 * i),
        place: { symbol, offset: 4, module: null },
        how: 'orc',
      })),
      from: 'switch',
      end: whole ? 'end' : 'no ORC entry',
      whole,
    },
    names,
    walks: matchStack(names, 'walker'),
    waits: matchStack(names, 'waiter'),
    mms: new Set(),
    pages: new Set(),
    queuedOnPage: null,
    movers: new Set(),
    lock: null,
    ...others,
  }
}

/** A rw_semaphore that one reader holds, with a queue. */
export function readLock(mm: VirtAddr, waiters: readonly Task[], rest: Partial<RwSemaphore> = {}): MmapLockFact {
  return {
    mm,
    use: 'mmap-lock',
    lock: {
      address: mm + 0x78n,
      kind: 'rwsem',
      era: 'by hand',
      count: 0x103n,
      ownerWord: 0n,
      lastOwner: 0n,
      held: 'read',
      readers: 1,
      waiters: waiters.map((each) => ({ task: each.address, type: 'read', seconds: null })),
      broken: null,
      ...rest,
    },
  }
}

/** Facts of a host, out of stacks and locks; walkers on a node that is given by its row. */
export function facts(
  stacks: readonly StackFact[],
  locks: readonly LockFact[] = [],
  row: number | null = 0,
  sleepers: readonly Task[] = [],
): HangFacts {
  const node: WalkedNode | null =
    row === null ? null : { row, address: 0xffff888300000000n, validatedBy: ['by hand'], items: [] }
  const walkers = stacks.flatMap((fact): WalkerFact[] =>
    fact.walks === null
      ? []
      : [
          {
            ...fact,
            walks: fact.walks,
            pass: passOf(fact.names, fact.walks.at[0]!),
            node,
            anonVmaLocks: new Set(),
            calls: null,
          },
        ],
  )
  return {
    stacks: [...stacks],
    walkers,
    locks: [...locks],
    tasks: [...stacks.map((fact) => fact.task), ...sleepers],
    now: 100,
  }
}
