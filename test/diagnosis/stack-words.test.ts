import { describe, expect, test } from 'vitest'
import { stackWords } from '../../src/diagnosis/stack-words.ts'
import type { TaskStack } from '../../src/kernel/stacks.ts'
import type { Task } from '../../src/kernel/task-list.ts'
import { HandStack } from '../support/code-memory.ts'
import { HandKernel } from '../support/hand-kernel.ts'

/** A stack whose every word is its own place and 1; words below its low end, too. */
function filled(): { kernel: HandKernel; stack: HandStack } {
  const kernel = new HandKernel()
  const below = kernel.object(0x1000, 0x4000)
  const stack = new HandStack(kernel)
  for (let at = 0; at < 0x1000; at += 8) kernel.set(below + BigInt(at), 7n)
  for (let at = 0; at < 0x4000; at += 8) stack.put(at, BigInt(at + 1))
  return { kernel, stack }
}

/** Places of the words that are found, from the stack's low end. @param places - of frames, innermost first; addresses elsewhere */
function places(
  { kernel, stack }: ReturnType<typeof filled>,
  frames: readonly (number | bigint)[],
  running = false,
): number[] {
  const task = { stack: stack.low, running } as Task
  const given: TaskStack = {
    frames: frames.map((place) => ({
      address: 0n,
      sp: typeof place === 'bigint' ? place : stack.at(place),
      place: null,
      how: 'orc',
    })),
    from: running ? 'registers' : 'switch',
    end: 'end',
    noRegisters: false,
    whole: true,
  }
  return stackWords(kernel.kernel(), task, given).map(({ place, word }) => {
    expect(word).toBe(place - stack.low + 1n)
    return Number(place - stack.low)
  })
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: (to - from) / 8 + 1 }, (_, i) => from + 8 * i)

describe('the words of a stack', () => {
  test('of a task on a CPU: from its innermost frame to its outermost', () => {
    expect(places(filled(), [0x3000, 0x3040, 0x3100], true)).toEqual(range(0x3000, 0x3100))
  })

  test('of a task that was switched out: with the six registers that were pushed below', () => {
    expect(places(filled(), [0x3000, 0x3100])).toEqual(range(0x2fd0, 0x3100))
  })

  test('nothing from below the stack', () => {
    expect(places(filled(), [0x10, 0x40])).toEqual(range(0x10, 0x40))
    expect(places(filled(), [0x30, 0x40])).toEqual(range(0, 0x40))
  })

  test('a stack pointer of an interrupted task is no multiple of 8: words are', () => {
    expect(places(filled(), [0x3003, 0x3040], true)).toEqual(range(0x3000, 0x3040))
  })

  test('frames on other stacks (an interrupt, the next task) bound nothing', () => {
    const given = filled()
    const { stack } = given
    const elsewhere = [0xfffffe0000001000n, stack.top, stack.low - 8n]
    expect(places(given, [...elsewhere, 0x3000, 0x3040, stack.top], true)).toEqual(range(0x3000, 0x3040))
    expect(places(given, elsewhere, true)).toEqual([])
    expect(places(given, [], true)).toEqual([])
  })

  test('the whole stack, and no more', () => {
    expect(places(filled(), [0, 0x3ff8], true)).toEqual(range(0, 0x3ff8))
  })

  test('words of 0 and words that are not in the dump are left out', () => {
    const given = filled()
    given.stack.put(0x2010, 0n)
    given.kernel.exclude(given.stack.at(0x1000))
    const all = [...range(0xff0, 0xff8), ...range(0x2000, 0x2020)]
    expect(places(given, [0xff0, 0x2020], true)).toEqual(all.filter((place) => place !== 0x2010))
  })

  test('frames that lead downwards bound no word', () => {
    expect(places(filled(), [0x3000, 0x2000], true)).toEqual([])
  })
})
