import { describe, expect, test } from 'vitest'
import { FUNCTION_SIZE, HandStack, USER_CS } from '../support/code-memory.ts'
import { build, FRAMED, IRET, LEAF, names, REGS, unwind } from '../support/unwinding.ts'

describe('call frames', () => {
  test('by the stack pointer: each return address names its caller and says where it lies', () => {
    const { code, stack } = build({ leaf: LEAF, middle: { sp: ['sp', 32] } })
    stack.put(0x100, code.at('middle', 5), 1n, 2n, 3n, code.at('outer', 9))
    const found = unwind(code, { ip: code.at('leaf', 2), sp: stack.at(0x100) })
    expect(names(found)).toEqual(['leaf+2', 'middle+5', 'outer+9'])
    expect(found.end).toBe('end')
    expect(found.frames.map(({ address, sp, how }) => [address, sp, how])).toEqual([
      [code.at('leaf', 2), stack.at(0x100), 'registers'],
      [code.at('middle', 5), stack.at(0x100), 'orc'],
      [code.at('outer', 9), stack.at(0x120), 'orc'],
    ])
  })

  test('by rbp, which each frame restores from where it pushed it', () => {
    const { code, stack } = build({ a: FRAMED, b: FRAMED })
    stack.put(0x200, stack.at(0x300), code.at('b', 5)).put(0x300, 0n, code.at('outer', 9))
    expect(names(unwind(code, { ip: code.at('a', 5), sp: stack.at(0x1e0), bp: stack.at(0x200) }))).toEqual([
      'a+5',
      'b+5',
      'outer+9',
    ])
  })

  test('rbp is where its frame pushed it, not always first', () => {
    const { code, stack } = build({ a: { sp: ['sp', 48], bp: ['prev-sp', -32] }, b: FRAMED })
    stack.put(0x110, stack.at(0x300), 1n, 2n, code.at('b', 5)).put(0x300, 0n, code.at('outer', 9))
    const found = unwind(code, { ip: code.at('a', 5), sp: stack.at(0x100), bp: stack.at(0x400) })
    expect(names(found)).toEqual(['a+5', 'b+5', 'outer+9'])
  })

  test('rbp restored relative to rbp itself', () => {
    const { code, stack } = build({ a: { sp: ['sp', 8], bp: ['bp', -24] }, b: FRAMED })
    stack
      .put(0x100, code.at('b', 5))
      .put(0x400 - 24, stack.at(0x300))
      .put(0x300, 0n, code.at('outer', 9))
    const found = unwind(code, { ip: code.at('a', 5), sp: stack.at(0x100), bp: stack.at(0x400) })
    expect(names(found)).toEqual(['a+5', 'b+5', 'outer+9'])
  })

  test('a frame that says nothing of rbp leaves it as it was', () => {
    const { code, stack } = build({ leaf: LEAF, b: FRAMED })
    stack.put(0x100, code.at('b', 5)).put(0x200, 0n, code.at('outer', 9))
    const found = unwind(code, { ip: code.at('leaf', 5), sp: stack.at(0x100), bp: stack.at(0x200) })
    expect(names(found)).toEqual(['leaf+5', 'b+5', 'outer+9'])
  })

  test('bp-indirect: the caller is found through a word beside rbp', () => {
    const { code, stack } = build({ realigned: { sp: ['bp-indirect', -8] } })
    stack.put(0x200 - 8, stack.at(0x308)).put(0x300, code.at('outer', 9))
    const found = unwind(code, { ip: code.at('realigned', 5), sp: stack.at(0x100), bp: stack.at(0x200) })
    expect(names(found)).toEqual(['realigned+5', 'outer+9'])
  })

  test("an IRQ stack leads back to the task's, although that lies lower", () => {
    const { code, stack } = build({ leaf: LEAF, on_irq_stack: { sp: ['sp-indirect', 24] } })
    const irq = new HandStack(code)
    irq.put(0x3ff0, code.at('on_irq_stack', 5), stack.at(0x1000))
    stack.put(0x1010, code.at('outer', 9))
    const found = unwind(code, { ip: code.at('leaf', 5), sp: irq.at(0x3ff0) })
    expect(irq.low).toBeGreaterThan(stack.low)
    expect(names(found)).toEqual(['leaf+5', 'on_irq_stack+5', 'outer+9'])
    expect(found.frames.at(-1)!.sp).toBe(stack.at(0x1010))
  })

  test('a call that is the last instruction of a function names that function, and takes its entry', () => {
    const { code, stack } = build({ leaf: LEAF, dies: { sp: ['sp', 16] }, next: { type: 'undefined' } })
    stack.put(0x100, code.at('next'), 0n, code.at('outer', 9))
    const found = unwind(code, { ip: code.at('leaf', 5), sp: stack.at(0x100) })
    expect(names(found)).toEqual(['leaf+5', `dies+${FUNCTION_SIZE}`, 'outer+9'])
    // the same for a task that was switched out: its first address is a return address too
    stack.put(0x108, 0n, code.at('outer', 9))
    const switched = unwind(code, { ip: code.at('next'), sp: stack.at(0x108), ipAt: stack.at(0x100) })
    expect(names(switched)).toEqual([`dies+${FUNCTION_SIZE}`, 'outer+9'])
    expect(switched.frames[0]).toMatchObject({ sp: stack.at(0x100), how: 'registers' })
  })

  test('entries change within a function: the one before the call counts', () => {
    const { code, stack } = build({
      leaf: LEAF,
      caller: {
        parts: [
          [0, LEAF],
          [16, { sp: ['sp', 24] }],
        ],
      },
    })
    // a return address of 16 is behind a call that ends there, with the entry of before
    stack.put(0x100, code.at('caller', 16), code.at('outer', 9))
    expect(names(unwind(code, { ip: code.at('leaf'), sp: stack.at(0x100) }))[2]).toBe('outer+9')
    stack.put(0x100, code.at('caller', 17), 0n, 0n, code.at('outer', 8))
    expect(names(unwind(code, { ip: code.at('leaf'), sp: stack.at(0x100) }))[2]).toBe('outer+8')
  })
})

describe('interrupts and exceptions', () => {
  test('registers on the stack: what was interrupted is exact, with its own stack pointer and rbp', () => {
    const { code, stack } = build({ entry: REGS, before: { type: 'undefined' }, interrupted: FRAMED })
    // at its first instruction: one byte less would be another function
    stack.regs(0x100, { ip: code.at('interrupted'), sp: stack.at(0x400), bp: stack.at(0x500) })
    stack.put(0x500, 0n, code.at('outer', 9))
    const found = unwind(code, { ip: code.at('entry', 5), sp: stack.at(0x100), bp: stack.at(0x700) })
    expect(names(found)).toEqual(['entry+5', 'interrupted+0', 'outer+9'])
    expect(found.frames[1]!.sp).toBe(stack.at(0x100 + 128))
  })

  test("an interrupt's five words: exact too, and rbp is still the one of before", () => {
    const { code, stack } = build({ entry: IRET, before: { type: 'undefined' }, interrupted: FRAMED })
    stack.iret(0x100, { ip: code.at('interrupted'), sp: stack.at(0x400) })
    stack.put(0x500, 0n, code.at('outer', 9))
    const found = unwind(code, { ip: code.at('entry', 5), sp: stack.at(0x100), bp: stack.at(0x500) })
    expect(names(found)).toEqual(['entry+5', 'interrupted+0', 'outer+9'])
    expect(found.frames[1]!.sp).toBe(stack.at(0x100))
  })

  test('version 4: an entry without the signal bit (int3) leads to an address behind an instruction', () => {
    const { code, stack } = build({ entry: { ...IRET, signal: false }, probed: LEAF, next: { type: 'undefined' } }, 4)
    stack.iret(0x100, { ip: code.at('next'), sp: stack.at(0x400) }).put(0x400, code.at('outer', 9))
    const found = unwind(code, { ip: code.at('entry', 5), sp: stack.at(0x100) })
    expect(names(found)).toEqual(['entry+5', `probed+${FUNCTION_SIZE}`, 'outer+9'])
  })

  test.each(['ax', 'dx', 'di', 'r10', 'r13'] as const)('behind registers a frame may go by %s', (register) => {
    const { code, stack } = build({ entry: REGS, odd: { sp: [register, 16] } }, 4)
    stack.regs(0x100, { ip: code.at('odd', 3), sp: stack.at(0x400), [register]: stack.at(0x500) })
    stack.put(0x508, code.at('outer', 9))
    const found = unwind(code, { ip: code.at('entry', 5), sp: stack.at(0x100) })
    expect(names(found)).toEqual(['entry+5', 'odd+3', 'outer+9'])
    const without = unwind(code, { ip: code.at('odd', 3), sp: stack.at(0x400) })
    expect(without.end).toBe(`the stack at 0x${stack.at(0x400).toString(16)} can not be followed`)
  })

  test('the registers of an NMI still hold behind the entry code that it interrupted', () => {
    const { code, stack } = build({ nmi: REGS, entry: IRET, realigned: { sp: ['r10', 0] } })
    stack.regs(0x100, { ip: code.at('entry', 4), sp: stack.at(0x300), r10: stack.at(0x508) })
    stack.iret(0x300, { ip: code.at('realigned', 3), sp: stack.at(0x400) }).put(0x500, code.at('outer', 9))
    const found = unwind(code, { ip: code.at('nmi', 5), sp: stack.at(0x100) })
    expect(names(found)).toEqual(['nmi+5', 'entry+4', 'realigned+3', 'outer+9'])
  })

  test.each([
    ['registers', REGS, 0],
    ['five words', IRET, 128],
  ])('user mode ends it: %s', (_name, entry, behind) => {
    const { code, stack } = build({ entry })
    stack.regs(0x100, { ip: code.at('entry', 3), sp: stack.at(0x800), cs: USER_CS })
    const found = unwind(code, { ip: code.at('entry', 5), sp: stack.at(0x100 + behind) })
    expect([names(found), found.end]).toEqual([['entry+5'], 'user'])
  })
})
