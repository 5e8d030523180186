import fc from 'fast-check'
import type { ItemMemory, ItemRecipe, Link } from './hlist-recipe.ts'
import { recipe } from './hlist-recipe.ts'
import { type KsmChain, KsmMemory, type KsmNode } from './ksm-memory.ts'
import { direct, PAGE } from './memory.ts'

export const ZERO_CHECKSUM = 0x1234

/** Addresses that lead nowhere good: misaligned, outside, unmapped, poison, ends of ranges. */
const WEIRD = [
  1n,
  8n,
  direct(0x3fff_fff4),
  direct(0) - 8n,
  direct(0x20),
  direct(0x5000_0000),
  direct(0x4fff_fff8),
  direct(0x2000_0000),
  0x7f0000001000n,
  0xffffffff82000000n,
  0xdead000000000100n,
  0xfffffffffffffff8n,
]
export const weird = fc.constantFrom(...WEIRD)

/** Physical start and stride of the items of a random graph: not 64, so that some cross a page border. */
const GRAPH_AT = 0x3fff_f000
const STRIDE = 72

const often = <T>(usual: T, other: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other })

export interface ItemGraph {
  memory: ItemMemory
  first: bigint
  count: number
}

/**
 * rmap_items that point at each other at random: mostly the next one, often a back link that is right for one way in; pages
 * that are excluded, damaged or torn.
 */
export const itemGraphs: fc.Arbitrary<ItemGraph> = fc.integer({ min: 1, max: 40 }).chain((count) => {
  const name = fc.nat(count - 1).map((i) => `i${i}`)
  const link: fc.Arbitrary<Link> = fc.oneof(
    { weight: 4, arbitrary: name },
    { weight: 1, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: weird },
  )
  const item = (i: number): fc.Arbitrary<ItemRecipe> =>
    fc.record(
      {
        next: fc.oneof(
          { weight: 8, arbitrary: fc.constant(`i${Math.min(i + 1, count - 1)}`) },
          { weight: 1, arbitrary: link },
        ),
        pprev: often<Link>(i === 0 ? 'head' : `i${i - 1}`, link),
        head: often<Link>('head', link),
        flags: often(0x200, fc.constantFrom(0, 0x101, 0x201, 0x300)),
        mm: fc.constantFrom(0n, 0xffff888000001000n, 0xffff888100001000n, 0xffff888000002000n),
        checksum: often(0, fc.constantFrom(ZERO_CHECKSUM, 5)),
      },
      { requiredKeys: ['next', 'pprev', 'head', 'flags', 'mm', 'checksum'] },
    )
  const fault = fc.tuple(fc.constantFrom('exclude', 'damage', 'hole'), fc.nat(3), fc.nat(511), fc.nat(64))
  return fc
    .tuple(
      fc.tuple(...Array.from({ length: count }, (_, i) => item(i))),
      fc.shuffledSubarray(
        Array.from({ length: 3 * count }, (_, i) => i),
        { minLength: count, maxLength: count },
      ),
      fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.array(fault, { maxLength: 2 }) }),
      often<Link>('i0', link),
    )
    .map(([items, places, faults, first]) => {
      const named = items.map((each, i) => [`i${i}`, { ...each, at: GRAPH_AT + STRIDE * places[i]! }] as const)
      const memory = recipe(Object.fromEntries(named))
      for (let page = 0; page < 4; page++) memory.page(GRAPH_AT / PAGE + page)
      for (const [kind, page, word, words] of faults) {
        const pfn = GRAPH_AT / PAGE + page
        if (kind === 'exclude') memory.exclude(pfn)
        else if (kind === 'damage') memory.damage(pfn)
        else memory.hole(pfn, 8 * word, 8 * (word + words))
      }
      return { memory, first: first === null ? 0n : typeof first === 'bigint' ? first : memory.at(first), count }
    })
})

const node: fc.Arbitrary<KsmNode> = fc.record({ items: fc.integer({ min: 0, max: 5 }) })
const chain: fc.Arbitrary<KsmChain> = fc.record({ dups: fc.array(node, { maxLength: 4 }) })
const tree = fc.array(fc.oneof({ weight: 2, arbitrary: node }, { weight: 1, arbitrary: chain }), { maxLength: 7 })

/** One write of damage: which word, and what: an address of a word of the heap, or something else. */
interface Damage {
  word: number
  value: { heap: number } | { raw: bigint }
}
const damage: fc.Arbitrary<Damage> = fc.record({
  word: fc.nat(),
  value: fc.oneof(
    { weight: 5, arbitrary: fc.record({ heap: fc.nat() }) },
    { weight: 3, arbitrary: weird.map((raw) => ({ raw })) },
    { weight: 1, arbitrary: fc.constantFrom(0n, 1n, 0xfffffc0000000000n).map((raw) => ({ raw })) },
    { weight: 1, arbitrary: fc.bigInt(0n, 0xffffffffffffffffn).map((raw) => ({ raw })) },
  ),
})

/**
 * A kernel with KSM, whole at first, then damaged: words of its stable_nodes, rmap_items and mm_slots are overwritten, mostly by
 * pointers to others of them, and now and then a page is taken away.
 */
export const damagedKsm: fc.Arbitrary<KsmMemory> = fc
  .record({
    trees: fc.array(tree, { minLength: 1, maxLength: 3 }),
    migrate: fc.array(node, { maxLength: 3 }),
    damages: fc.array(damage, { maxLength: 12 }),
    gone: often<number | null>(null, fc.nat(1)),
  })
  .map(({ trees, migrate, damages, gone }) => {
    const memory = new KsmMemory({ trees, migrate, others: [{ mm: 'u' }], zeroChecksum: ZERO_CHECKSUM })
    const words = memory.heapWords()
    // where structures begin, and the links inside of them
    const targets = words.filter((at) => [0n, 8n, 16n, 24n, 40n, 48n].includes(at % 64n))
    for (const { word, value } of damages) {
      const written = 'raw' in value ? value.raw : targets[value.heap % targets.length]!
      memory.set(targets[word % targets.length]!, written)
    }
    if (gone !== null) memory.exclude(direct(0x3fff_e000 + gone * PAGE))
    return memory
  })
