import type { Problem } from '../base/errors.ts'
import { grouped, plural } from '../base/words.ts'
import type { VirtAddr } from '../base/units.ts'
import type { Told, ToldList } from '../parsers/told.ts'
import { atLine, every, type TextEvidence } from './text-evidence.ts'

/** A KSM list that texts tell of. */
export interface ToldNode {
  input: string
  line: number
  /** Of the stable_node; null where it is not named. */
  address: VirtAddr | null
  /** First hlist_node; null where it is not named. */
  first: VirtAddr | null
  kpfn: number | null
  /** rmap_items; null where no text tells. */
  length: number | null
  /** Why the length is a lower bound only, a phrase; null where the list is whole. */
  open: string | null
  /** How the length is known, as a phrase. */
  by: string
}

/** A list that another command walked is none of KSM's: tasks, waiters, trees of nodes. */
export function isOfKsm({ command, length, implausible, duplicates }: ToldList): boolean {
  // most of a list of rmap_items are addresses of slab objects, and they are different ones
  if ((implausible + (duplicates ?? 0)) * 2 > length) return false
  return command === null || /hlist_node|rmap_item|hlist\.next/.test(command)
}

/** Why a list that crash printed is not all of it. */
const OPEN: Readonly<Record<ToldList['end'], string | null>> = {
  end: null,
  cycle: 'crash met an entry of it again (duplicate list entry)',
  invalid: 'crash could not read on (an invalid address)',
  cut: 'its end is cut off or left out',
}

/** Its addresses that can be rmap_items, each once. */
const plausible = ({ length, duplicates, implausible }: ToldList): number =>
  Math.max(0, length - (duplicates ?? 0) - implausible)

/** Why a list of addresses is not all of one list, or not only that; null where nothing speaks against it. */
function openBy({ end, duplicates, implausible }: ToldList): string | null {
  if (OPEN[end] !== null) return OPEN[end]
  if ((duplicates ?? 0) > 0) return `${plural(duplicates!, 'address', 'addresses')} in it stand there again`
  return implausible > 0 ? `${plural(implausible, 'address', 'addresses')} in it can be no rmap_item's` : null
}

/** A list of addresses as a node that nothing names. */
export function ofList(input: string, list: ToldList): ToldNode {
  const { line, first, duplicates } = list
  const twice = duplicates ?? 0
  const repeats = twice === 0 ? '' : `, ${twice} of which stand there again and are not counted`
  return {
    input,
    line,
    address: null,
    first,
    kpfn: null,
    length: plausible(list),
    open: openBy(list),
    by: `a list of its addresses${repeats}`,
  }
}

/** Lists that should have an end and have none, as problems: what was asked for is open. */
export function listProblems(texts: readonly TextEvidence[]): Problem[] {
  return [...every(texts, 'list')].flatMap(({ input, told }): Problem[] => {
    const why = openBy(told)
    // who thins a list out by a pipe wants no more of it
    if (why === null || !isOfKsm(told) || told.command?.includes('|')) return []
    return [
      {
        code: told.end === 'cut' ? 'file-truncated' : 'list-damaged',
        message: `A list of rmap_items is cut or damaged: ${why}. Its length is at least ${grouped(plausible(told))}.`,
        input,
        at: atLine(told.line),
      },
    ]
  })
}

/** Codes of problems by which an input has no end. */
const CUTS: ReadonlySet<string> = new Set(['file-truncated', 'limit-reached', 'read-failed'])

/** A list with which an input ends that was cut off, or not read on, has no end either. */
export function cutLists(texts: readonly TextEvidence[], problems: readonly Problem[]): TextEvidence[] {
  const cut = problems.flatMap(({ code, input }) => (CUTS.has(code) && input !== null ? [input] : []))
  return texts.map((text) => {
    if (!cut.some((input) => text.input.startsWith(input))) return text
    const last = text.told.reduce<Told | null>(
      (best, each) => (best === null || each.line > best.line ? each : best),
      null,
    )
    if (last?.kind !== 'list' || last.end !== 'end') return text
    return { ...text, told: text.told.map((each) => (each === last ? { ...last, end: 'cut' } : each)) }
  })
}
