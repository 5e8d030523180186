import { printable } from '../base/text.ts'
import type { AnalyzeReport } from '../document/schema.ts'

type Waiter = NonNullable<AnalyzeReport['hang']>['waiters'][number]

export interface Who {
  pid: number | null
  comm: string | null
}

/** Equal waiters: of one name that wait for one thing; somebody for whom others wait stands alone. */
export interface WaitGroup {
  waiters: Waiter[]
  /** How far from the root: 1 waits for the root itself. */
  depth: number
  /** The group that it waits behind: an index of the list that it is in; null: the root. */
  parent: number | null
}

export interface WaitTree {
  /** Depth first, a group right before those behind it. */
  groups: WaitGroup[]
  /** Waiters that no chain joins to the root: behind whom they wait is not known, or they wait in a circle. */
  apart: number
}

/**
 * Who waits for whom, as a tree. Nobody stands there twice, whatever circle the waits make; several whose pid is not known are
 * told apart by nothing, and all stand there.
 * @param root - the task that everybody waits for in the end
 */
export function waitTree(waiters: readonly Waiter[], root: Who): WaitTree {
  const behind = new Map<string, Waiter[]>()
  // the root waits for nobody in this tree
  for (const waiter of waiters)
    if (waiter.pid === null || keyOf(waiter) !== keyOf(root)) append(behind, keyOf(waiter.behind), waiter)
  const reached = new Set<string>()
  const groups: WaitGroup[] = []
  let placed = 0
  // without recursion: a chain may be long
  const open = groupsBehind(root, 1, null).reverse()
  for (let next = open.pop(); next; next = open.pop()) {
    placed += next.waiters.length
    const at = groups.push(next) - 1
    const following = next.waiters.flatMap((waiter) => groupsBehind(waiter, next.depth + 1, at))
    for (const group of following.reverse()) open.push(group)
  }
  return { groups, apart: waiters.length - placed }

  /** Everybody waits behind one, so who comes along each key once comes to each waiter once. */
  function groupsBehind(who: Who, depth: number, parent: number | null): WaitGroup[] {
    const key = keyOf(who)
    if (reached.has(key)) return []
    reached.add(key)
    const equal = new Map<string, Waiter[]>()
    for (const waiter of behind.get(key) ?? [])
      append(equal, behind.has(keyOf(waiter)) ? keyOf(waiter) : `${waiter.comm}, ${waiter.waitsFor}`, waiter)
    return [...equal.values()].map((each) => ({ waiters: each, depth, parent }))
  }
}

const keyOf = ({ pid, comm }: Who): string => `${pid} ${comm}`

function append<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = map.get(key)
  if (list) list.push(value)
  else map.set(key, [value])
}

/** "numad (pid 101)"; what is not known is left out. */
export function named({ pid, comm }: Who): string {
  const name = comm === null ? null : printable(comm, 64)
  if (name === null) return pid === null ? 'a task' : `pid ${pid}`
  return pid === null ? name : `${name} (pid ${pid})`
}
