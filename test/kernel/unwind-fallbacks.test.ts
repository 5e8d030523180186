import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { symbolizer } from '../../src/kernel/symbolize.ts'
import { type Frame, scanStack, type Stack, unwindFramePointers } from '../../src/kernel/unwind.ts'
import { CodeMemory, FUNCTION_SIZE, HandStack, TEXT, USER_CS } from '../support/code-memory.ts'
import { names } from '../support/unwinding.ts'

/** Functions of a kernel without ORC, and an empty stack. */
function build(): { code: CodeMemory; stack: HandStack } {
  const code = new CodeMemory(null)
  for (const name of ['a', 'b', 'c', 'last']) code.fn(name)
  return { code, stack: new HandStack(code) }
}

describe('frame pointers', () => {
  /** Walks from a(), whose stack pointer and rbp are at these places. */
  function unwind(code: CodeMemory, stack: HandStack, bp: bigint, sp = stack.at(0x100)): Stack {
    const kernel = code.kernel()
    const start = { ip: code.at('a', 5), sp, bp, ipAt: null }
    return unwindFramePointers(kernel.memory, symbolizer(kernel, []), start, stack.top)
  }

  test('a chain that rises, up to an rbp of 0', () => {
    const { code, stack } = build()
    stack.put(0x200, stack.at(0x300), code.at('b', 5)).put(0x300, 0n, code.at('c', 7))
    const found = unwind(code, stack, stack.at(0x200))
    expect(names(found)).toEqual(['a+5', 'b+5', 'c+7'])
    expect(found.end).toBe('end')
    expect(found.frames.map(({ sp, how }) => [sp, how])).toEqual([
      [stack.at(0x100), 'registers'],
      [stack.at(0x208), 'frame-pointer'],
      [stack.at(0x308), 'frame-pointer'],
    ])
  })

  test('a call that is the last instruction of a function names that function', () => {
    const { code, stack } = build()
    stack.put(0x200, 0n, code.at('c'))
    expect(names(unwind(code, stack, stack.at(0x200)))).toEqual(['a+5', `b+${FUNCTION_SIZE}`])
    const kernel = code.kernel()
    const switched = { ip: code.at('b'), sp: stack.at(0x100), bp: 0n, ipAt: stack.at(0xf8) }
    const first = unwindFramePointers(kernel.memory, symbolizer(kernel, []), switched, stack.top).frames[0]
    expect(first).toMatchObject({ place: { symbol: 'a', offset: 64 }, sp: stack.at(0xf8) })
  })

  test.each([
    ['falls', 0x1f0],
    ['stays', 0x200],
    ['leads into the frame before', 0x208],
    ['leaves the stack', 0x4000],
    ['is the last word of the stack', 0x3ff8],
    ['is misaligned', 0x304],
    ['lies below the stack', -0x100],
  ])('a chain that %s breaks off there', (_name, place) => {
    const { code, stack } = build()
    const bp = stack.at(place)
    stack.put(0x1f0, 0n, code.at('c', 7)).put(0x300, 0n, code.at('c', 7))
    stack.put(0x200, bp, code.at('b', 5))
    const found = unwind(code, stack, stack.at(0x200), stack.at(0x1f0))
    expect(names(found)).toEqual(['a+5', 'b+5'])
    expect(found.end).toBe(`the frame pointer 0x${bp.toString(16)} leaves the stack`)
  })

  test('the last two words of the stack are a frame still', () => {
    const { code, stack } = build()
    stack.put(0x3ff0, 0n, code.at('last', 5))
    expect(unwind(code, stack, stack.at(0x3ff0))).toMatchObject({ frames: [{}, {}], end: 'end' })
  })

  test('a page that is absent', () => {
    const { code, stack } = build()
    stack.put(0x200, stack.at(0x1000), code.at('b', 5))
    code.exclude(stack.at(0x1000))
    const found = unwind(code, stack, stack.at(0x200))
    expect(names(found)).toEqual(['a+5', 'b+5'])
    expect(found.end).toBe(`the stack is not in the dump at 0x${stack.at(0x1000).toString(16)}`)
  })

  test('a return address that is not code is no end: the rest is unknown', () => {
    const { code, stack } = build()
    stack.put(0x200, stack.at(0x300), code.textEnd)
    const found = unwind(code, stack, stack.at(0x200))
    expect(names(found)).toEqual(['a+5'])
    expect(found.end).toContain(`0x${code.textEnd.toString(16)} is not in kernel code`)
  })

  test('an instruction pointer outside of code', () => {
    const { code, stack } = build()
    const kernel = code.kernel()
    const start = { ip: TEXT - 1n, sp: stack.low, bp: stack.low, ipAt: null }
    const found = unwindFramePointers(kernel.memory, symbolizer(kernel, []), start, stack.top)
    expect(found).toEqual({ frames: [], end: 'the instruction pointer is not in kernel code' })
  })

  test('an rbp with bit 0 set is a struct pt_regs: what was interrupted is exact, with the rbp of then', () => {
    const { code, stack } = build()
    stack.put(0x200, stack.at(0x301), code.at('b', 5)).regs(0x300, { ip: code.at('c'), bp: stack.at(0x600) })
    stack.put(0x600, 0n, code.at('last', 5))
    const found = unwind(code, stack, stack.at(0x200))
    expect(names(found)).toEqual(['a+5', 'b+5', 'c+0', 'last+5'])
    expect(found).toMatchObject({ end: 'end', frames: [{}, {}, { sp: stack.at(0x300 + 128) }, {}] })
  })

  test.each([
    ['user mode', { ip: 0x401000n, cs: USER_CS }, 'user'],
    ['the start of a kernel thread', { ip: 0n }, 'end'],
  ])('a struct pt_regs of %s is the end of the kernel stack', (_name, regs, end) => {
    const { code, stack } = build()
    stack.put(0x200, stack.at(0x301), code.at('b', 5)).regs(0x300, regs)
    const found = unwind(code, stack, stack.at(0x200))
    expect([names(found), found.end]).toEqual([['a+5', 'b+5'], end])
  })

  test('a deep recursion: 512 frames', () => {
    const { code, stack } = build()
    for (let place = 0; place < 0x4000; place += 16) stack.put(place, stack.at(place + 16), code.at('b', 5))
    const found = unwind(code, stack, stack.low, stack.low)
    expect([found.frames.length, found.end]).toEqual([512, 'more than 512 frames'])
  })

  test('any words on the stack: an end, and frames in code whose places rise (property)', () => {
    const word = fc.oneof(
      fc.nat(0x4000).map((stack) => ({ stack })),
      fc.nat(300).map((text) => ({ text })),
      fc.bigInt(0n, (1n << 64n) - 1n).map((raw) => ({ raw })),
    )
    fc.assert(
      fc.property(fc.array(word, { minLength: 8, maxLength: 60 }), fc.nat(0x4000), (words, bp) => {
        const { code, stack } = build()
        for (let place = 0; place < 0x4000; place += 8) {
          const each = words[(place * 5) % words.length]!
          stack.put(place, 'raw' in each ? each.raw : 'text' in each ? TEXT + BigInt(each.text) : stack.at(each.stack))
        }
        const { frames } = unwind(code, stack, stack.at(bp & ~7), stack.low)
        expect(frames.length).toBeLessThanOrEqual(512)
        frames.forEach(({ address, sp }, i) => {
          expect(address >= TEXT && address < code.textEnd).toBe(true)
          if (i > 1) expect(sp).toBeGreaterThan(frames[i - 1]!.sp)
        })
      }),
      { numRuns: 150 },
    )
  })
})

describe('a scan of the stack', () => {
  const scan = (code: CodeMemory, from: bigint, top: bigint): Frame[] => {
    const kernel = code.kernel()
    return scanStack(kernel.memory, symbolizer(kernel, []), from, top)
  }

  test('finds every word that points into code, and marks each as a guess', () => {
    const { code, stack } = build()
    stack.put(0x100, code.at('b', 5), 7n, code.textEnd, TEXT - 8n, stack.low).put(0x3ff8, code.at('c', 7))
    const found = scan(code, stack.at(0x80), stack.top)
    expect(names({ frames: found })).toEqual(['b+5', 'c+7'])
    expect(found.map(({ how, sp }) => [how, sp])).toEqual([
      ['scan', stack.at(0x100)],
      ['scan', stack.at(0x3ff8)],
    ])
  })

  test('begins at the word at or above its start, and looks at whole words below the top only', () => {
    const { code, stack } = build()
    stack.put(0x100, code.at('a', 5), code.at('b', 5), code.at('c', 5), code.at('last', 5))
    const between = (from: number, to: number): unknown => names({ frames: scan(code, stack.at(from), stack.at(to)) })
    expect(between(0x108, 0x118)).toEqual(['b+5', 'c+5'])
    expect(between(0x101, 0x117)).toEqual(['b+5'])
    expect(between(0x110, 0x100)).toEqual([])
  })

  test('a page that is absent is stepped over', () => {
    const { code, stack } = build()
    stack.put(0x100, code.at('a', 5)).put(0x1100, code.at('b', 5)).put(0x2100, code.at('c', 5))
    code.exclude(stack.at(0x1000))
    expect(names({ frames: scan(code, stack.low, stack.top) })).toEqual(['a+5', 'c+5'])
  })

  test("a function's very start is a pointer that somebody stored, not an address to return to", () => {
    const { code, stack } = build()
    stack.put(0x100, code.at('b'), code.at('b', 1))
    expect(names({ frames: scan(code, stack.low, stack.top) })).toEqual(['b+1'])
  })

  test('at most 512 guesses', () => {
    const { code, stack } = build()
    stack.put(0, ...Array.from({ length: 2048 }, () => code.at('b', 5)))
    expect(scan(code, stack.low, stack.top)).toHaveLength(512)
  })
})
