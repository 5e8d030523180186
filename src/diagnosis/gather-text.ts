import { hex } from '../base/text.ts'
import type { HangFacts, StackFact, ToldHolder, WalkedList, WalkerFact } from './hang-facts.ts'
import { insideGup, inFault } from './holders.ts'
import { holdsLockWhileMigrating } from './releases.ts'
import { passOf } from './signatures.ts'
import { atLine, type TextEvidence } from './text-evidence.ts'
import type { ToldNode } from './text-ksm.ts'
import { textTasks } from './text-tasks.ts'

/**
 * The facts of a hang out of texts: the same kind that a dump gives, with less in them. No lock word, no page: who holds the lock
 * and who moves the pages is told by stacks alone.
 * @param lists - the lists that texts tell of
 * @param release - of the kernel, null where unknown
 */
export function gatherText(
  texts: readonly TextEvidence[],
  lists: readonly ToldNode[],
  release: string | null,
): HangFacts {
  const { tasks, stacks } = textTasks(texts)
  const walking = stacks.filter((fact) => fact.walks !== null)
  const node = walking.length > 0 ? walkedOf(lists) : null
  const walkers = walking.map((fact): WalkerFact => {
    const walks = fact.walks!
    return {
      ...fact,
      walks,
      pass: passOf(fact.names, walks.at[0]!),
      // a list beside several walkers could be anyone's
      node: walking.length === 1 ? node : null,
      anonVmaLocks: new Set(),
      calls: null,
    }
  })
  for (const fact of stacks) findMovers(fact, walkers)
  return {
    stacks,
    walkers,
    locks: [],
    tasks,
    complete: false,
    holdsWhileMigrating: holdsLockWhileMigrating(release),
    perVmaLocks: null,
    told: toldHolders(stacks, walkers, release),
  }
}

/** The list that is taken for the walked one: the only one, or the only one whose stable_node is named. */
function walkedOf(lists: readonly ToldNode[]): WalkedList | null {
  const named = lists.filter((list) => list.address !== null)
  const [list] = named.length === 1 ? named : lists
  if (!list || (named.length !== 1 && lists.length !== 1)) return null
  return {
    address: list.address,
    kpfn: list.kpfn,
    nid: null,
    length: list.length,
    mapcount: null,
    validatedBy: ['told'],
    where: { input: list.input, at: atLine(list.line) },
    check:
      list.first === null ? null : { crash: `list hlist_node.next ${hex(list.first).slice(2)} | wc -l`, drgn: null },
  }
}

/** A wait for a page is taken for a migrating walker's; which page, text does not say. */
function findMovers(fact: StackFact, walkers: readonly WalkerFact[]): void {
  const waitsFor = fact.waits?.signature.waitsFor
  if (waitsFor !== 'migration-entry' && waitsFor !== 'page-lock') return
  const moving = walkers.filter((walker) => (waitsFor === 'page-lock' ? true : walker.pass !== null))
  for (const walker of moving) fact.movers.add(walker.task.id)
}

/**
 * Who holds the mmap_lock that readers and writers wait for, by stacks alone. Which mm they wait for is not in a text: where one
 * task alone can be the holder, it is taken for all of them.
 */
function toldHolders(
  stacks: readonly StackFact[],
  walkers: readonly WalkerFact[],
  release: string | null,
): ToldHolder[] {
  const holds = holdsLockWhileMigrating(release)
  const migrators = walkers.filter((walker) => walker.names.includes('do_migrate_pages'))
  const own = walkers.filter((walker) => inFault(walker))
  const sure = holds === false ? own : [...migrators, ...own.filter((each) => !migrators.includes(each))]
  if (sure.length > 0)
    return sure.map(({ task }) => ({ id: task.id, confidence: sure.length === 1 ? 'strong' : 'weak' }))
  const readers = stacks.filter((fact) => fact.waits?.signature.waitsFor === 'migration-entry' && insideGup(fact))
  if (readers.length > 0)
    return readers.map(({ task }) => ({ id: task.id, confidence: readers.length === 1 ? 'strong' : 'weak' }))
  return migrators.map(({ task }) => ({ id: task.id, confidence: 'weak' }))
}
