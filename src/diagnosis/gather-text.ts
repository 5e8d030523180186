import { hex } from '../base/text.ts'
import type { ToldWord } from '../parsers/told.ts'
import type { HangFacts, StackFact, WalkedList, WalkerFact } from './hang-facts.ts'
import { holdsLockWhileMigrating, perVmaLocksByRelease } from './releases.ts'
import { passOf } from './signatures.ts'
import { atLine, type TextEvidence } from './text-evidence.ts'
import { toldOwners } from './text-locks.ts'
import type { ToldNode } from './told-lists.ts'
import { textTasks } from './text-tasks.ts'
import { toldHolders } from './told-holders.ts'

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
  const { tasks, stacks, words, unsureWalks } = textTasks(texts)
  const walking = stacks.filter((fact) => fact.walks !== null)
  const sound = walking.filter(({ doubt }) => doubt === null)
  // a list beside several walkers could be anyone's
  const [owner, ...more] = sound.length > 0 ? sound : walking
  const only = owner && more.length === 0 ? walkedOf(lists) : null
  const walkers = walking.map((fact): WalkerFact => {
    const walks = fact.walks!
    return {
      ...fact,
      walks,
      pass: passOf(fact.names, walks.at[0]!),
      node: wordsNode(lists, fact, words.get(fact.task.id) ?? []) ?? (fact === owner ? only : null),
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
    perVmaLocks: perVmaLocksByRelease(release),
    told: toldHolders(stacks, walkers, release, toldOwners(texts)),
    unsureWalks,
  }
}

/** The list that is taken for the one walker's: the only one, or the only one whose stable_node is named. */
function walkedOf(lists: readonly ToldNode[]): WalkedList | null {
  const named = lists.filter((list) => list.address !== null)
  const [list] = named.length === 1 ? named : lists
  if (!list || (named.length !== 1 && lists.length !== 1)) return null
  return listOf(list, ['told'])
}

/** Frames outwards of the walk whose words count: its caller keeps the page too. */
const OUTWARD = 1

/** The list whose stable_node stands in the words of the walk's frames (`bt -f`); null where none does, or several do. */
function wordsNode(lists: readonly ToldNode[], { walks }: StackFact, words: readonly ToldWord[]): WalkedList | null {
  const last = walks!.at[0]! + OUTWARD
  const found = lists.flatMap((list) => {
    const at = words.find(({ word, frame }) => frame <= last && word === list.address)
    return at ? [{ list, at }] : []
  })
  const [only] = found
  if (!only || found.length > 1) return null
  const { place, word } = only.at
  return listOf(only.list, [
    'told',
    `the word ${hex(word)} at ${hex(place)} is the address of stable_node ${hex(word)}`,
  ])
}

function listOf({ address, kpfn, length, open, input, line, first }: ToldNode, validatedBy: string[]): WalkedList {
  return {
    row: null,
    address,
    kpfn,
    nid: null,
    length,
    open,
    mapcount: null,
    validatedBy,
    where: { input, at: atLine(line) },
    check: first === null ? null : { crash: `list hlist_node.next ${hex(first).slice(2)} | wc -l`, drgn: null },
  }
}

/** A wait for a page is taken for a migrating walker's; which page, text does not say. */
function findMovers(fact: StackFact, walkers: readonly WalkerFact[]): void {
  const waitsFor = fact.waits?.signature.waitsFor
  if (waitsFor !== 'migration-entry' && waitsFor !== 'page-lock') return
  const moving = walkers.filter((walker) => (waitsFor === 'page-lock' ? true : walker.pass !== null))
  for (const walker of moving) fact.movers.add(walker.task.id)
}
