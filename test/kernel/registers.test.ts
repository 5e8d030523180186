import { describe, expect, test } from 'vitest'
import type { CpuNote } from '../../src/image/types.ts'
import { cpuRegisters } from '../../src/kernel/registers.ts'
import { type CpuRecipe, prstatusNote, qemuNote, type Register } from '../support/cpu-notes.ts'

const KINDS = [
  ['prstatus', prstatusNote, 272],
  ['qemu', qemuNote, 432],
] as const

/** A value for each register that no other has. */
const GENERAL: Record<Register, bigint> = {
  rax: 0xffff_0001n,
  rbx: 0xffff_0002n,
  rcx: 0xffff_0003n,
  rdx: 0xffff_0004n,
  rsi: 0xffff_0005n,
  rdi: 0xffff_0006n,
  rbp: 0xffff_8000_0000_0007n,
  rsp: 0xffff_8000_0000_0008n,
  r8: 0xffff_0009n,
  r9: 0xffff_000an,
  r10: 0xffff_000bn,
  r11: 0xffff_000cn,
  r12: 0xffff_000dn,
  r13: 0xffff_000en,
  r14: 0xffff_000fn,
  r15: 0xffff_ffff_ffff_ffffn,
}
const CPU: CpuRecipe = { ...GENERAL, rip: 0xffff_ffff_8100_0000n, flags: 0x246n, pid: 2950 }

const cut = (note: CpuNote, size: number): CpuNote => ({ ...note, desc: note.desc.subarray(0, size) })

describe.each(KINDS)('%s', (kind, write, least) => {
  test('every register comes from its place', () => {
    const found = cpuRegisters(write(0, CPU))!
    expect(found).toMatchObject({
      ip: CPU.rip,
      sp: CPU.rsp,
      bp: CPU.rbp,
      flags: 0x246n,
      user: false,
      pid: kind === 'prstatus' ? 2950 : null,
      from: kind,
    })
  })

  test('the general registers are all but the stack pointer, each once', () => {
    const { rsp, ...others } = GENERAL
    const { general } = cpuRegisters(write(0, CPU))!
    expect([...general].sort()).toEqual(Object.values(others).sort())
    expect(general).not.toContain(rsp)
  })

  test.each([
    [0x10n, false],
    [0x33n, true],
    [0x23n, true],
    [0x1n, true],
  ])('a code segment of %s is user mode: %s', (cs, user) => {
    expect(cpuRegisters(write(0, { ...CPU, cs }))!.user).toBe(user)
  })

  test(`a note of ${least} bytes is enough, one less is too short`, () => {
    expect(cpuRegisters(cut(write(0, CPU), least))).toMatchObject({ ip: CPU.rip, sp: CPU.rsp })
    for (const size of [least - 1, 112, 8, 0]) expect(cpuRegisters(cut(write(0, CPU), size))).toBeNull()
  })

  test('a CPU that never saved its registers has none; one of rip and rsp alone is enough', () => {
    expect(cpuRegisters(write(0, { cs: 0n }))).toBeNull()
    expect(cpuRegisters(write(0, { rip: 1n }))).toMatchObject({ ip: 1n, sp: 0n })
    expect(cpuRegisters(write(0, { rsp: 1n }))).toMatchObject({ ip: 0n, sp: 1n })
  })
})

test("NT_PRSTATUS's pid is signed", () => {
  expect(cpuRegisters(prstatusNote(0, { ...CPU, pid: -1 }))!.pid).toBe(-1)
})
