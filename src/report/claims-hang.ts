import type { AnalyzeReport } from '../document/schema.ts'
import {
  type ClaimList,
  commBytes,
  type LockType,
  NAME,
  type OfWaiter,
  processClaim,
  type Read,
  stateOf,
  word,
} from './claim-list.ts'

type Hang = NonNullable<AnalyzeReport['hang']>
type Lock = NonNullable<Hang['lock']>

/** The length of the walked list that a verdict names; null where it names none. */
function lengthIn(verdict: string): number | null {
  const digits = /whose list has (\d[\d,]{0,20}) rmap_items/.exec(verdict)?.[1]
  return digits === undefined ? null : Number(digits.replaceAll(',', ''))
}

export function hangClaims(list: ClaimList, hang: Hang, verdict: string): void {
  if (hang.holder) walkerClaims(list, hang.holder)
  const { node, lock, progress } = hang
  const address = word(node?.address)
  const pfn = word(node?.kpfn)
  if (node && address !== null) {
    list.add('hang.node.length', 'rmap_items in the hlist under the walk', node.length, {
      kind: 'list',
      node: address,
      of: 'length',
    })
    list.add('verdict.summary', 'rmap_items that the verdict says it has', lengthIn(verdict), {
      kind: 'list',
      node: address,
      of: 'length',
    })
    if (pfn !== null) {
      list.add('hang.node.kpfn', 'kpfn of the node under the walk', pfn, {
        kind: 'member',
        at: address,
        member: 'stable_node.kpfn',
      })
      list.add('hang.node.address', 'stable_node that page->mapping names, | 3', address | 3n, { kind: 'mapping', pfn })
      if (progress)
        list.add('hang.progress.fraction', 'walked, by length and mapcount', progress.fraction, {
          kind: 'progress',
          pass: progress.pass,
          node: address,
          pfn,
        })
    }
  }
  if (lock) lockClaims(list, lock)
  waitersClaims(list, hang.waiters)
}

function walkerClaims(list: ClaimList, holder: NonNullable<Hang['holder']>): void {
  const task = word(holder.task)
  if (task !== null) {
    list.add('hang.holder.task', 'task_struct of the walker, in the task list', task, { kind: 'listed', task })
    list.add('hang.holder.pid', 'pid of the walker', holder.pid, { kind: 'member', at: task, member: 'task.pid' })
    list.add('hang.holder.comm', 'comm of the walker, bytes', commBytes(holder.comm), { kind: 'comm', task })
    list.add('hang.holder.state', 'state of the walker, a letter as byte', stateOf(holder.state), {
      kind: 'state',
      task,
    })
    list.add('hang.holder.cpu', 'CPU of the walker', holder.cpu, { kind: 'member', at: task, member: 'task.cpu' })
  }
  holder.stack.forEach(({ address, sp, symbol, offset, module }, i) => {
    const path = `hang.holder.stack[${i}]`
    const code = word(address)
    const at = word(sp)
    if (code === null || at === null) return
    if (i > 0) list.add(`${path}.address`, 'return address on the stack', code, { kind: 'word', at })
    // the innermost frame of a task on a CPU stands in its registers, that of another one on the stack
    else if (task !== null) list.add(`${path}.address`, 'instruction pointer', code, { kind: 'register', task, at })
    if (symbol !== null && offset !== null && module === null && NAME.test(symbol))
      list.add(`${path}.offset`, `${symbol} + ${offset}`, code, { kind: 'symbol', symbol, offset, at: code })
  })
}

const HOLDS = {
  write: 'task of the owner word, which holds the lock for writing',
  read: 'a task outside the queue of the lock, on whose stack the lock or its mm is',
}

function lockClaims(list: ClaimList, lock: Lock): void {
  const at = word(lock.address)!
  const mm = word(lock.mm)!
  list.add('hang.lock.address', 'the mmap_lock of the mm, which is that of a task', at, { kind: 'lock-of', mm })
  list.add('hang.lock.count', 'count of the lock', word(lock.count), { kind: 'member', at, member: 'rwsem.count' })
  list.add('hang.lock.ownerWord', 'owner word of the lock', word(lock.ownerWord), {
    kind: 'member',
    at,
    member: 'rwsem.owner',
  })
  processClaim(list, 'hang.lock.owner.pid', mm, lock.owner?.pid ?? null)
  if (lock.held === 'read' || lock.held === 'write')
    for (const [i, { pid }] of lock.heldBy.entries())
      if (pid !== null)
        list.add(`hang.lock.heldBy[${i}].pid`, HOLDS[lock.held], pid, {
          kind: 'holder',
          lock: at,
          mm,
          pid,
          way: lock.held,
        })
  const pids = lock.queue.map((pid) => pid ?? -1)
  list.add('hang.lock.queue', 'pids in the queue of the lock, in order', pids, {
    kind: 'queue',
    lock: at,
    type: 'rwsem',
    of: 'pids',
  })
  list.add('hang.lock.queue.length', 'tasks in the queue of the lock', pids.length, {
    kind: 'queue',
    lock: at,
    type: 'rwsem',
    of: 'number',
  })
}

type Waiter = Hang['waiters'][number]

function waitersClaims(list: ClaimList, waiters: readonly Waiter[]): void {
  const rows = new Map<number, number>()
  const queues = new Map<bigint, { type: LockType; count: number }>()
  for (const waiter of waiters) {
    if (waiter.pid !== null) rows.set(waiter.pid, (rows.get(waiter.pid) ?? 0) + 1)
    const lock = queueOf(waiter)
    if (lock === null) continue
    const queue = queues.get(lock) ?? { type: lockTypeOf(waiter), count: 0 }
    queues.set(lock, { ...queue, count: queue.count + 1 })
  }
  for (const [lock, { type, count }] of queues)
    list.add('hang.waiters.length', `waiters in the queue of the lock at 0x${lock.toString(16)}`, count, {
      kind: 'queue',
      lock,
      type,
      of: 'number',
    })
  for (const [i, waiter] of waiters.entries())
    if (waiter.pid !== null) waiterClaims(list, `hang.waiters[${i}]`, waiter, waiter.pid, rows.get(waiter.pid)!)
}

/** The lock in whose queue somebody stands; null where it is known by the stack alone, or waits for something else. */
const queueOf = ({ by, lock }: Waiter): bigint | null => (by.includes('queue') ? word(lock) : null)

const lockTypeOf = ({ waitsFor }: Waiter): LockType =>
  waitsFor === 'ksm-thread-mutex' || waitsFor === 'mutex' ? 'mutex' : 'rwsem'

function waiterClaims(list: ClaimList, path: string, waiter: Waiter, pid: number, rows: number): void {
  const lock = queueOf(waiter)
  const read = (of: OfWaiter): Read =>
    lock === null ? { kind: 'task', pid, of, rows } : { kind: 'queued', lock, type: lockTypeOf(waiter), pid, of, rows }
  list.add(`${path}.pid`, lock === null ? 'a task' : 'a task in the queue of its lock', pid, read('pid'))
  list.add(`${path}.comm`, 'comm of that task, bytes', commBytes(waiter.comm), read('comm'))
  list.add(`${path}.state`, 'state of that task, a letter as byte', stateOf(waiter.state), read('state'))
  list.add(
    `${path}.blockedSeconds`,
    'seconds since it queued, or was last put on a CPU',
    waiter.blockedSeconds,
    read('blocked'),
  )
}
