import { describe, expect, test } from 'vitest'
import type { CpuNote } from '../../src/image/types.ts'
import { stackReader, type TaskStack } from '../../src/kernel/stacks.ts'
import type { Task } from '../../src/kernel/task-list.ts'
import { CodeMemory, HandStack, TEXT, USER_CS } from '../support/code-memory.ts'
import { prstatusNote, qemuNote } from '../support/cpu-notes.ts'
import { ORC_END, type OrcVersionId } from '../support/orc-writer.ts'
import { FRAMED, LEAF, names } from '../support/unwinding.ts'

/** Code that any stack of these tests is made of. */
function build(version: OrcVersionId | null = 3): { code: CodeMemory; stack: HandStack } {
  const code = new CodeMemory(version)
  code.fn('__switch_to_asm', { type: 'undefined' })
  code.fn('ret_from_fork_asm', ORC_END)
  code.fn('leaf', LEAF)
  code.fn('__schedule', FRAMED)
  code.fn('unknown', { type: 'undefined' })
  code.fn('outer', ORC_END)
  return { code, stack: new HandStack(code) }
}

/** A task that was switched out, unless it says otherwise. */
function task(stack: HandStack, given: Partial<Task>): Task {
  return {
    address: 0xffff9a1600000000n,
    pid: 2950,
    tgid: 2950,
    comm: 'numad',
    state: 'D',
    cpu: null,
    running: false,
    kthread: false,
    mm: 0n,
    stack: stack.low,
    sp: 0n,
    lastArrival: null,
    blocker: null,
    ...given,
  }
}

const running = (stack: HandStack, cpu: number | null): Task => task(stack, { cpu, running: true, state: 'R' })

const read = (code: CodeMemory, notes: readonly CpuNote[], of: Task): TaskStack =>
  stackReader(code.kernel(), notes).read(of)

const hex = (at: bigint): string => `0x${at.toString(16)}`

describe('a task on a CPU', () => {
  test("is walked from its own CPU's registers", () => {
    const { code, stack } = build()
    stack.put(0x100, code.at('outer', 9)).put(0x200, code.at('outer', 8))
    const notes = [
      prstatusNote(0, { rip: code.at('leaf', 1), rsp: stack.at(0x100) }),
      prstatusNote(1, { rip: code.at('leaf', 2), rsp: stack.at(0x200) }),
    ]
    expect(names(read(code, notes, running(stack, 1)))).toEqual(['leaf+2', 'outer+8'])
    const first = read(code, notes, running(stack, 0))
    expect(names(first)).toEqual(['leaf+1', 'outer+9'])
    expect(first).toMatchObject({ from: 'registers', end: 'end', whole: true })
    expect(first.frames[0]).toMatchObject({ address: code.at('leaf', 1), sp: stack.at(0x100), how: 'registers' })
  })

  test("NT_PRSTATUS is taken rather than QEMU's note, and QEMU's where there is no other", () => {
    const { code, stack } = build()
    stack.put(0x100, code.at('outer', 9))
    const notes = [
      prstatusNote(0, { rip: code.at('leaf', 1), rsp: stack.at(0x100), r15: 15n }),
      qemuNote(0, { rip: code.at('leaf', 2), rsp: stack.at(0x100) }),
      qemuNote(1, { rip: code.at('leaf', 3), rsp: stack.at(0x100), r9: 9n }),
    ]
    for (const order of [notes, [...notes].reverse()]) {
      expect(names(read(code, order, running(stack, 0)))).toEqual(['leaf+1', 'outer+9'])
      expect(names(read(code, order, running(stack, 1)))).toEqual(['leaf+3', 'outer+9'])
    }
    const empty = [prstatusNote(0, { cs: 0n }), notes[1]!]
    expect(names(read(code, empty, running(stack, 0)))).toEqual(['leaf+2', 'outer+9'])
    const reader = stackReader(code.kernel(), notes)
    expect(reader.registers(running(stack, 0))).toContain(15n)
    expect(reader.registers(running(stack, 1))).toContain(9n)
  })

  test('has general registers only while it is on a CPU that has a note', () => {
    const { code, stack } = build()
    const reader = stackReader(code.kernel(), [prstatusNote(0, { rip: TEXT, rsp: stack.low, r15: 15n })])
    expect(reader.registers(running(stack, 0))).toHaveLength(15)
    for (const none of [running(stack, 1), running(stack, null), task(stack, { cpu: 0 })])
      expect(reader.registers(none)).toEqual([])
  })

  test('whose CPU has no registers in the dump says so, and is not whole', () => {
    const { code, stack } = build()
    const notes = [prstatusNote(0, { rip: code.at('leaf', 1), rsp: stack.at(0x100) }), prstatusNote(1, { cs: 0n })]
    for (const [cpu, said] of [
      [1, '1'],
      [2, '2'],
      [null, 'unknown'],
    ] as const) {
      expect(read(code, notes, running(stack, cpu))).toEqual({
        frames: [],
        from: null,
        end: `it runs on CPU ${said}, whose registers are not in the dump`,
        whole: false,
        noRegisters: true,
      })
    }
  })

  test('a CPU that saved no registers leaves no note: those of the next are not taken for its own', () => {
    const { code, stack } = build()
    stack.put(0x100, code.at('outer', 9))
    // CPU 1 did not answer the NMI: pr_pid says that the second note is that of the task on CPU 2
    const notes = [
      prstatusNote(0, { rip: code.at('leaf', 1), rsp: stack.at(0x100), pid: 100 }),
      prstatusNote(1, { rip: code.at('leaf', 3), rsp: stack.at(0x100), pid: 300 }),
    ]
    const on = (pid: number, cpu: number): TaskStack => read(code, notes, { ...running(stack, cpu), pid })
    expect(names(on(100, 0))).toEqual(['leaf+1', 'outer+9'])
    expect(names(on(300, 2))).toEqual(['leaf+3', 'outer+9'])
    expect(on(200, 1)).toMatchObject({ frames: [], whole: false, noRegisters: true })
  })

  test('in user mode has an empty kernel stack, and nothing of it is missing', () => {
    const { code, stack } = build()
    for (const note of [prstatusNote, qemuNote]) {
      const notes = [note(0, { rip: 0x401000n, rsp: 0x7ffc0000n, cs: USER_CS })]
      expect(read(code, notes, running(stack, 0))).toEqual({
        frames: [],
        from: null,
        end: 'it runs on CPU 0 in user mode',
        whole: true,
        noRegisters: false,
      })
    }
  })
})

describe('a task that was switched out', () => {
  test('is walked from thread.sp, where its registers were pushed, whatever its CPU runs now', () => {
    const { code, stack } = build()
    const sp = stack.switchedOut(0x100, stack.at(0x200), code.at('__schedule', 5))
    stack.put(0x200, 0n, code.at('outer', 9))
    const notes = [prstatusNote(0, { rip: code.at('leaf', 1), rsp: stack.at(0x300) })]
    const found = read(code, notes, task(stack, { sp, cpu: 0 }))
    expect(names(found)).toEqual(['__schedule+5', 'outer+9'])
    expect(found).toMatchObject({ from: 'switch', end: 'end', whole: true })
    expect(found.frames[0]!.sp).toBe(stack.at(0x130))
  })

  test('and goes on above what was pushed: 56 bytes', () => {
    const { code, stack } = build()
    const sp = stack.switchedOut(0x100, 0n, code.at('leaf', 5))
    stack.put(0x138, code.at('outer', 9))
    expect(names(read(code, [], task(stack, { sp })))).toEqual(['leaf+5', 'outer+9'])
  })

  test('that never ran yet begins at the first instruction of ret_from_fork_asm', () => {
    const { code, stack } = build()
    const sp = stack.switchedOut(0x3f00, 0n, code.at('ret_from_fork_asm'))
    const found = read(code, [], task(stack, { sp }))
    expect(names(found)).toEqual(['ret_from_fork_asm+0'])
    expect(found).toMatchObject({ end: 'end', whole: true })
  })

  test('whose stack is not in the dump: no frames, not whole', () => {
    const { code, stack } = build()
    const sp = stack.switchedOut(0xff8, 0n, code.at('leaf', 5))
    code.exclude(stack.at(0x1000))
    const nothing = { frames: [], from: null, end: 'its stack is not in the dump', whole: false, noRegisters: false }
    expect(read(code, [], task(stack, { sp }))).toEqual(nothing)
    expect(read(code, [], task(stack, { sp: 0n }))).toEqual(nothing)
  })

  test('of a kernel without ORC is walked by frame pointers', () => {
    const { code, stack } = build(null)
    const sp = stack.switchedOut(0x100, stack.at(0x200), code.at('__schedule', 5))
    stack.put(0x200, 0n, code.at('outer', 9)).put(0x138, code.at('leaf', 5))
    const found = read(code, [], task(stack, { sp }))
    expect(names(found)).toEqual(['__schedule+5', 'outer+9'])
    expect(found).toMatchObject({ whole: true, frames: [{}, { how: 'frame-pointer' }] })
  })
})

describe('a walk that breaks off', () => {
  test('goes on as a scan above the last frame, is not whole and says why', () => {
    const { code, stack } = build()
    const sp = stack.switchedOut(0x100, 0n, code.at('leaf', 5))
    // below the last frame nothing is looked for: it was walked
    stack.put(0x138, code.at('unknown', 5), 7n, code.at('outer', 9)).put(0x80, code.at('leaf', 1))
    const found = read(code, [], task(stack, { sp }))
    expect(names(found)).toEqual(['leaf+5', 'unknown+5', 'outer+9'])
    expect(found.frames.map(({ how }) => how)).toEqual(['registers', 'orc', 'scan'])
    expect(found).toMatchObject({ whole: false, end: `no ORC entry for ${hex(code.at('unknown', 5))}` })
  })

  test('at once: the scan begins at the stack pointer', () => {
    const { code, stack } = build()
    stack.put(0xf8, code.at('leaf', 1), code.at('leaf', 2), code.at('outer', 3))
    const found = read(code, [prstatusNote(0, { rip: 5n, rsp: stack.at(0x100) })], running(stack, 0))
    expect(names(found)).toEqual(['leaf+2', 'outer+3'])
    expect(found).toMatchObject({ from: 'registers', whole: false, frames: [{ how: 'scan' }, { how: 'scan' }] })
  })

  test('because a page of the stack is absent: the pages above it are scanned', () => {
    const { code, stack } = build()
    const sp = stack.switchedOut(0xfc8, 0n, code.at('leaf', 5))
    stack.put(0x2100, code.at('outer', 9))
    code.exclude(stack.at(0x1000))
    const found = read(code, [], task(stack, { sp }))
    expect(names(found)).toEqual(['leaf+5', 'outer+9'])
    expect(found).toMatchObject({ whole: false, end: `the stack is not in the dump at ${hex(stack.at(0x1000))}` })
  })

  test.each([
    ['with a stack pointer far below the stack', 0x2000_0000n],
    ['with a stack in its task_struct that can not be', 0x2000_0000_0000n],
  ])('%s: the scan looks at no more than one stack', (_name, above) => {
    const { code, stack } = build()
    const notes = [prstatusNote(0, { rip: 5n, rsp: stack.at(0x100) })]
    const kernel = code.kernel()
    let reads = 0
    const { u64 } = kernel.memory
    kernel.memory.u64 = (place) => {
      if (++reads > 0x4000 / 8) throw new Error('the scan has left the stack')
      return u64(place)
    }
    const reader = stackReader(kernel, notes)
    reads = 0
    const found = reader.read({ ...running(stack, 0), stack: BigInt.asUintN(64, stack.low + above) })
    expect(found).toMatchObject({ from: 'registers', whole: false })
  })
})
