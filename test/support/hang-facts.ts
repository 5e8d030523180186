import type { VirtAddr } from '../../src/base/units.ts'
import type {
  HangFacts,
  LockFact,
  MmapLockFact,
  StackFact,
  TaskFact,
  WalkedList,
  WalkerFact,
} from '../../src/diagnosis/hang-facts.ts'
import { matchStack, passOf, plainName } from '../../src/diagnosis/signatures.ts'
import type { RwSemaphore } from '../../src/kernel/locks.ts'

/** A stack as text: functions, innermost first. */
export const frames = (text: string): string[] => text.trim().split(/[\s,]+/)

let next = 1n

/** A task; what is left out is as of a process that waits. */
export function task(pid: number, comm: string, rest: Partial<TaskFact> = {}): TaskFact & { id: VirtAddr } {
  next++
  const address = 0xffff888100000000n + next * 0x4000n
  return {
    id: address,
    address,
    pid,
    tgid: pid,
    comm,
    state: 'D',
    cpu: 1,
    running: false,
    kthread: false,
    mm: 0xffff888200000000n + BigInt(pid) * 0x400n,
    space: null,
    idleSeconds: 90,
    where: { input: 'vmcore', at: `0x${address.toString(16)}` },
    ...rest,
  }
}

/** What its stack says of a task. */
export function stackFact(of: TaskFact, text: string, rest: Partial<StackFact> & { whole?: boolean } = {}): StackFact {
  const { whole = true, ...others } = rest
  const symbols = frames(text)
  const names = symbols.map(plainName)
  return {
    task: of,
    frames: symbols.map((symbol, i) => ({
      address: 0xffffffff81000000n + BigInt(i),
      sp: 0xffffc90000000000n + BigInt(8 * i),
      place: { symbol, offset: 4, module: null },
      how: 'orc',
    })),
    whole,
    doubt: null,
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
export function readLock(mm: VirtAddr, waiters: readonly TaskFact[], rest: Partial<RwSemaphore> = {}): MmapLockFact {
  return {
    mm,
    use: 'mmap-lock',
    where: { input: 'vmcore', at: `0x${mm.toString(16)}` },
    lock: {
      address: mm + 0x78n,
      kind: 'rwsem',
      era: 'by hand',
      count: 0x103n,
      ownerWord: 0n,
      lastOwner: 0n,
      held: 'read',
      readers: 1,
      waiters: waiters.map((each) => ({ task: each.id, type: 'read', seconds: null })),
      broken: null,
      ...rest,
    },
  }
}

/** A list under a walk; what is left out is as of the bug. */
export function walkedList(rest: Partial<WalkedList> = {}): WalkedList {
  return {
    row: null,
    address: 0xffff888300000000n,
    kpfn: 0x6aeb,
    nid: 0,
    length: 500_000,
    open: null,
    mapcount: 400_000,
    validatedBy: ['by hand', 'and again'],
    where: { input: 'vmcore', at: '0xffff888300000000' },
    check: null,
    ...rest,
  }
}

/** Facts of a host, out of stacks and locks; every walker is on the same list. */
export function facts(
  stacks: readonly StackFact[],
  locks: readonly LockFact[] = [],
  node: WalkedList | null = walkedList(),
  sleepers: readonly TaskFact[] = [],
): HangFacts {
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
    complete: true,
    holdsWhileMigrating: true,
    perVmaLocks: false,
    told: null,
    unsureWalks: [],
  }
}
