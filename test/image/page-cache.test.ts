import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PagedMemory } from '../../src/image/page-cache.hot.ts'
import { noWork, type PageFault, type PageStore } from '../../src/image/page-store.ts'
import { type MemoryRead, PAGE_BEYOND, PAGE_DAMAGED, PAGE_EXCLUDED, PAGE_PARTIAL } from '../../src/image/types.ts'

const PAGE = 4096

/** Pages by rule: every fifth is excluded, every seventh damaged, every eleventh half there; the rest holds its number. */
class RuleStore implements PageStore {
  readonly pageSize = PAGE
  readonly little = true
  readonly work = noWork()
  readonly maxPfn: number
  readonly pages: number
  loads: number[] = []
  passing = false
  private readonly kinds: number[] = []

  constructor(maxPfn: number) {
    this.maxPfn = maxPfn
    let pages = 0
    for (let pfn = 0; pfn < maxPfn; pfn++)
      this.kinds.push(pfn % 5 === 4 ? PAGE_EXCLUDED : pfn % 11 === 10 ? PAGE_PARTIAL : pages++)
    this.pages = pages
  }

  indexOf(pfn: number): number {
    return pfn < this.maxPfn ? this.kinds[pfn]! : PAGE_BEYOND
  }

  load(_index: number, pfn: number, pages: Uint8Array, at: number): PageFault | null {
    this.loads.push(pfn)
    if (pfn % 7 === 6) {
      pages.fill(0xbb, at, at + PAGE)
      return { at: pfn * 10, detail: `bad ${pfn}`, passing: this.passing }
    }
    pages.fill(pfn & 255, at, at + PAGE)
    return null
  }

  readPartial(at: number, into: Uint8Array): MemoryRead {
    const pfn = Math.floor(at / PAGE)
    if (this.kinds[pfn] !== PAGE_PARTIAL) return { bytes: 0, why: 'damaged', at: pfn * 10, detail: `bad ${pfn}` }
    const bytes = Math.max(0, Math.min(into.length, PAGE / 2 - (at % PAGE)))
    into.fill(pfn & 255, 0, bytes)
    return bytes === into.length
      ? { bytes, why: null, at: null, detail: null }
      : { bytes, why: 'excluded', at: null, detail: null }
  }
}

function kind(pfn: number, maxPfn: number): 'beyond' | 'excluded' | 'partial' | 'damaged' | 'there' {
  if (!(pfn >= 0 && pfn < maxPfn)) return 'beyond'
  if (pfn % 5 === 4) return 'excluded'
  if (pfn % 11 === 10) return 'partial'
  return pfn % 7 === 6 ? 'damaged' : 'there'
}

type Step = { what: 'slot'; pfn: number } | { what: 'read' | 'peek'; at: number; size: number }

const maxPfn = 900
const someAt = fc.nat(maxPfn * PAGE + 3 * PAGE)
const steps = fc.array(
  fc.oneof(
    fc.record({ what: fc.constant('slot' as const), pfn: fc.oneof(fc.nat(maxPfn + 5), fc.nat(70)) }),
    fc.record({
      what: fc.constantFrom('read' as const, 'peek' as const),
      at: someAt,
      size: fc.oneof(fc.nat(64), fc.nat(3 * PAGE)),
    }),
  ),
  { maxLength: 400 },
)

describe('PagedMemory with 64 pages', () => {
  test('answers as a plain map of pages does, whatever is asked in whatever order (property)', () => {
    fc.assert(
      fc.property(steps, (list: Step[]) => {
        const store = new RuleStore(maxPfn)
        const memory = new PagedMemory(store, 0)
        const bytes = new Uint8Array(memory.words.buffer, memory.words.byteOffset)
        const seen = new Set<number>()
        for (const step of list) {
          if (step.what === 'slot') {
            seen.add(step.pfn)
            const word = memory.slot(step.pfn)
            const codes = { beyond: PAGE_BEYOND, excluded: PAGE_EXCLUDED, partial: PAGE_PARTIAL, damaged: PAGE_DAMAGED }
            const is = kind(step.pfn, maxPfn)
            if (is !== 'there') expect(word).toBe(codes[is])
            else {
              expect(word % (PAGE / 4)).toBe(0)
              expect(bytes[word * 4]).toBe(step.pfn & 255)
              expect(bytes[word * 4 + PAGE - 1]).toBe(step.pfn & 255)
            }
            continue
          }
          const into = new Uint8Array(step.size).fill(0xee)
          const read = memory[step.what](step.at, into)
          let done = 0
          let why: string | null = null
          while (done < step.size && why === null) {
            const pfn = Math.floor((step.at + done) / PAGE)
            const offset = (step.at + done) % PAGE
            const is = kind(pfn, maxPfn)
            if (step.what === 'read') seen.add(pfn)
            const end = is === 'there' ? PAGE : is === 'partial' ? PAGE / 2 : 0
            const size = Math.max(0, Math.min(end - offset, step.size - done))
            for (let i = 0; i < size; i++)
              if (into[done + i] !== (pfn & 255)) expect.fail(`byte ${done + i} of page frame ${pfn}`)
            done += size
            if (done < step.size && offset + size < PAGE) why = is === 'partial' ? 'excluded' : is
          }
          expect(read).toMatchObject({ bytes: done, why })
          expect(into.subarray(done).every((byte) => byte === 0xee)).toBe(true)
        }
        const count = (is: string) => [...seen].filter((pfn) => kind(pfn, maxPfn) === is).length
        expect(memory.needs()).toEqual({
          needed: seen.size,
          excluded: count('excluded'),
          damaged: count('damaged'),
          beyond: count('beyond'),
        })
      }),
      { numRuns: 150 },
    )
  })

  test('a page in use is loaded once while others come and go', () => {
    const store = new RuleStore(maxPfn)
    const memory = new PagedMemory(store, 0)
    for (let pfn = 0; pfn < 800; pfn++) {
      memory.slot(pfn)
      memory.slot(1)
      memory.slot(2)
    }
    expect(store.loads.filter((pfn) => pfn === 1)).toHaveLength(1)
    expect(store.loads.filter((pfn) => pfn === 2)).toHaveLength(1)
  })

  test('a budget for all pages: each is loaded once, however often it is asked for', () => {
    const store = new RuleStore(maxPfn)
    const memory = new PagedMemory(store, maxPfn * PAGE)
    for (let round = 0; round < 5; round++) for (let pfn = 0; pfn < maxPfn; pfn++) memory.slot(pfn)
    expect(store.loads).toHaveLength(store.pages)
    expect(memory.work.pagesAsked).toBeGreaterThanOrEqual(maxPfn)
    expect(memory.work.cacheHits).toBe(0)
  })

  test('never more memory than the dump has pages, never less than 64', () => {
    expect(new PagedMemory(new RuleStore(900), 2 ** 40).words.length).toBeLessThan((900 * PAGE + 200) / 4)
    expect(new PagedMemory(new RuleStore(3), 0).words.length).toBeGreaterThanOrEqual((64 * PAGE) / 4)
  })
})

test('a peek is not counted, a read of the same page afterwards is', () => {
  const memory = new PagedMemory(new RuleStore(100), 100 * PAGE)
  const into = new Uint8Array(8)
  for (const pfn of [1, 4, 6, 10, 100]) memory.peek(pfn * PAGE, into)
  expect(memory.needs()).toEqual({ needed: 0, excluded: 0, damaged: 0, beyond: 0 })
  for (const pfn of [1, 4, 6, 10, 100]) memory.read(pfn * PAGE, into)
  expect(memory.needs()).toEqual({ needed: 5, excluded: 1, damaged: 1, beyond: 1 })
  for (const pfn of [1, 4, 6, 10, 100]) memory.slot(pfn)
  expect(memory.needs().needed).toBe(5)
})

test('a damaged page is not tried again, one whose decoder was missing is', () => {
  const store = new RuleStore(100)
  const memory = new PagedMemory(store, 0)
  for (let i = 0; i < 3; i++) expect(memory.slot(6)).toBe(PAGE_DAMAGED)
  expect(store.loads).toEqual([6])
  store.passing = true
  for (let i = 0; i < 3; i++) expect(memory.slot(13)).toBe(PAGE_DAMAGED)
  expect(store.loads).toEqual([6, 13, 13, 13])
})

test('the slot of a page that failed is used for the next one', () => {
  const store = new RuleStore(2000)
  const memory = new PagedMemory(store, 0)
  for (let pfn = 6; pfn < 2000; pfn += 7) memory.slot(pfn)
  for (let pfn = 0; pfn < 50; pfn++) memory.slot(pfn)
  const loads = store.loads.length
  for (let pfn = 0; pfn < 50; pfn++) memory.slot(pfn)
  expect(store.loads).toHaveLength(loads)
})

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 1e300, -0.5])('page frame %s is beyond', (pfn) => {
  const memory = new PagedMemory(new RuleStore(100), 0)
  expect(memory.slot(pfn)).toBe(PAGE_BEYOND)
  expect(memory.slot(pfn)).toBe(PAGE_BEYOND)
  expect(memory.read(pfn * PAGE, new Uint8Array(4)).bytes).toBe(0)
})

test('page frames that share a place in the look-aside table do not mix', () => {
  const store = new RuleStore(200_000)
  const memory = new PagedMemory(store, 2 ** 30)
  const bytes = new Uint8Array(memory.words.buffer, memory.words.byteOffset)
  for (let round = 0; round < 3; round++) {
    for (const pfn of [1, 65_537, 131_073]) {
      const word = memory.slot(pfn)
      if (kind(pfn, 200_000) === 'there') expect(bytes[word * 4]).toBe(pfn & 255)
    }
  }
  expect(new Set(store.loads).size).toBe(store.loads.length)
})
