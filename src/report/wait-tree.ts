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

/**
 * Who waits for whom, as a tree: depth first, a group right before those behind it. Nobody stands there twice, whatever circle
 * the waits make.
 * @param root - the task that everybody waits for in the end
 */
export function waitTree(waiters: readonly Waiter[], root: Who): WaitGroup[] {
  const behind = new Map<string, Waiter[]>()
  for (const waiter of waiters) append(behind, keyOf(waiter.behind), waiter)
  const seen = new Set([keyOf(root)])
  const tree: WaitGroup[] = []
  // without recursion: a chain may be long
  const open = groupsBehind(root, 1, null).reverse()
  for (let next = open.pop(); next; next = open.pop()) {
    const [first] = next.waiters
    if (!first || seen.has(keyOf(first))) continue
    for (const waiter of next.waiters) seen.add(keyOf(waiter))
    const at = tree.push(next) - 1
    const following = next.waiters.flatMap((waiter) => groupsBehind(waiter, next.depth + 1, at))
    for (const group of following.reverse()) open.push(group)
  }
  return tree

  function groupsBehind(who: Who, depth: number, parent: number | null): WaitGroup[] {
    const groups = new Map<string, Waiter[]>()
    for (const waiter of behind.get(keyOf(who)) ?? [])
      append(groups, behind.has(keyOf(waiter)) ? keyOf(waiter) : `${waiter.comm}, ${waiter.waitsFor}`, waiter)
    return [...groups.values()].map((each) => ({ waiters: each, depth, parent }))
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
