import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HandStack, TEXT, USER_CS } from '../support/code-memory.ts'
import { ORC_NUMBERS, type OrcRecipe } from '../support/orc-writer.ts'
import { build, IRET, LEAF, names, REGS, unwind } from '../support/unwinding.ts'

describe('where it breaks off, the frames before stand', () => {
  const hex = (at: bigint): string => `0x${at.toString(16)}`

  test('an entry that is undefined', () => {
    const { code, stack } = build({ leaf: LEAF, unknown: { type: 'undefined' } })
    stack.put(0x100, code.at('unknown', 5))
    const found = unwind(code, { ip: code.at('leaf'), sp: stack.at(0x100) })
    expect([names(found), found.end]).toEqual([
      ['leaf+0', 'unknown+5'],
      `no ORC entry for ${hex(code.at('unknown', 5))}`,
    ])
  })

  test.each(['undefined', 'prev-sp'] as const)('an entry that goes by a register that can not be: %s', (register) => {
    const { code, stack } = build({ odd: { sp: [register, 8] } })
    stack.put(0x100, code.at('outer', 5), code.at('outer', 5))
    const found = unwind(code, { ip: code.at('odd'), sp: stack.at(0x100) })
    expect([names(found), found.end]).toEqual([['odd+0'], `the stack at ${hex(stack.at(0x100))} can not be followed`])
  })

  test('code before the first entry', () => {
    const { code } = build({})
    expect(unwind(code, { ip: TEXT + 3n, sp: 8n })).toMatchObject({
      frames: [{}],
      end: `no ORC entry for ${hex(TEXT + 3n)}`,
    })
  })

  test('an address that is not in code', () => {
    const { code, stack } = build({ leaf: LEAF })
    for (const odd of [code.textEnd, TEXT - 1n, 5n, stack.low]) {
      stack.put(0x100, odd)
      const found = unwind(code, { ip: code.at('leaf'), sp: stack.at(0x100) })
      expect([names(found), found.end]).toEqual([['leaf+0'], `${hex(odd)} is not in kernel code`])
      const first = unwind(code, { ip: odd, sp: stack.at(0x100) })
      expect(first).toEqual({ frames: [], end: 'the instruction pointer is not in kernel code' })
    }
  })

  test('a return address of 0 is the end', () => {
    const { code, stack } = build({ leaf: LEAF })
    expect(unwind(code, { ip: code.at('leaf'), sp: stack.at(0x100) }).end).toBe('end')
  })

  test.each([
    ['return address', LEAF, 'the stack is not in the dump at'],
    ['registers', REGS, 'the registers at'],
    ['five words', IRET, 'the registers at'],
    ['pointer to the caller', { sp: ['sp-indirect', 8] } as OrcRecipe, 'the stack at'],
  ])('a page of the stack that is absent: %s', (_name, entry, why) => {
    const { code, stack } = build({ leaf: LEAF, entry })
    stack.put(0xff8, code.at('entry', 5))
    code.exclude(stack.at(0x1000))
    const found = unwind(code, { ip: code.at('leaf'), sp: stack.at(0xff8) })
    expect(names(found)).toEqual(['leaf+0', 'entry+5'])
    expect(found.end).toContain(`${why} ${hex(stack.at(0x1000))}`)
  })

  test('the place of a return address is named as an address, though it lies below 0', () => {
    const { code } = build({ leaf: LEAF })
    expect(unwind(code, { ip: code.at('leaf'), sp: -8n & 0xffffffffffffffffn }).end).toContain('at 0xfffffffffffffff8')
  })

  test.each([
    ['the same place again', 0],
    ['a lower place', -64],
  ])('a stack pointer that does not rise: %s', (_name, offset) => {
    const { code, stack } = build({ loops: { sp: ['sp', offset] } })
    stack.put(0x100 + offset - 8, code.at('loops', 5))
    const found = unwind(code, { ip: code.at('loops'), sp: stack.at(0x100) })
    expect([names(found), found.end]).toEqual([
      ['loops+0'],
      `the stack pointer does not rise at ${hex(stack.at(0x100 + offset))}`,
    ])
  })

  test('two stacks that lead to each other, and a recursion without end: 512 frames', () => {
    const { code, stack } = build({ entry: REGS, again: LEAF })
    const other = new HandStack(code)
    stack.regs(0x100, { ip: code.at('entry'), sp: other.at(0x100) })
    other.regs(0x100, { ip: code.at('entry'), sp: stack.at(0x100) })
    const round = unwind(code, { ip: code.at('entry'), sp: stack.at(0x100) })
    expect([round.frames.length, round.end]).toEqual([512, 'more than 512 frames'])
    stack.put(0, ...Array.from({ length: 2048 }, () => code.at('again', 5)))
    const deep = unwind(code, { ip: code.at('again'), sp: stack.low })
    expect([deep.frames.length, deep.end]).toEqual([512, 'more than 512 frames'])
  })
})

test('any words on the stack, any entries: an end, at most 512 frames, all of them in code (property)', () => {
  const register = fc.constantFrom(...(Object.keys(ORC_NUMBERS[4]) as (keyof (typeof ORC_NUMBERS)[4])[]))
  const offset = fc.integer({ min: -24, max: 40 }).map((words) => 8 * words)
  const recipe: fc.Arbitrary<OrcRecipe> = fc.record({
    type: fc.constantFrom('call', 'call', 'regs', 'regs-partial', 'end', 'undefined'),
    sp: fc.tuple(fc.oneof(fc.constantFrom('sp', 'bp', 'sp-indirect', 'bp-indirect'), register), offset),
    bp: fc.tuple(register, offset),
  })
  const word = fc.oneof(
    { weight: 4, arbitrary: fc.record({ text: fc.nat(8 * 64) }) },
    { weight: 4, arbitrary: fc.record({ stack: fc.nat(0x800).map((place) => 8 * place) }) },
    { weight: 1, arbitrary: fc.constantFrom(0n, 8n, USER_CS, 0xfffffffffffffff8n).map((raw) => ({ raw })) },
    { weight: 1, arbitrary: fc.bigInt(0n, (1n << 64n) - 1n).map((raw) => ({ raw })) },
  )
  fc.assert(
    fc.property(
      fc.array(recipe, { minLength: 1, maxLength: 8 }),
      fc.array(word, { minLength: 16, maxLength: 80 }),
      fc.nat(0x3000),
      (recipes, words, sp) => {
        const { code, stack } = build(Object.fromEntries(recipes.map((each, i) => [`f${i}`, each])), 4)
        const value = (each: (typeof words)[number]): bigint =>
          'raw' in each ? each.raw : 'text' in each ? TEXT + BigInt(each.text) : stack.at(each.stack)
        for (let place = 0; place < 0x4000; place += 8) stack.put(place, value(words[(place * 5) % words.length]!))
        const found = unwind(code, { ip: code.at('f0', 1), sp: stack.at(sp), bp: value(words[0]!) })
        expect(found.frames.length).toBeLessThanOrEqual(512)
        expect(found.end).toMatch(/^(end|user|more than 512 frames|.*0x.*)$/)
        for (const { address } of found.frames) expect(address >= TEXT && address < code.textEnd).toBe(true)
        if (found.end === 'end' || found.end === 'user') expect(found.frames.length).toBeGreaterThan(0)
      },
    ),
    { numRuns: 300 },
  )
})
