import type { Problem } from '../base/errors.ts'
import { hex } from '../base/text.ts'
import type { VirtAddr } from '../base/units.ts'
import type { CpuNote } from '../image/types.ts'
import { listModules } from './modules.ts'
import { orcTables } from './orc-tables.ts'
import { cpuRegisters, type CpuRegisters } from './registers.ts'
import { symbolizer, type Symbolizer } from './symbolize.ts'
import type { Task } from './task-list.ts'
import type { Kernel } from './types.ts'
import { addressOf } from './variables.ts'
import {
  type Frame,
  scanStack,
  type Stack,
  THREAD_SIZE,
  unwindFramePointers,
  unwindOrc,
  type UnwindStart,
} from './unwind.ts'

/** A task's stack, and where it was taken from. */
export interface TaskStack {
  frames: Frame[]
  /** registers: those of its CPU; switch: what was saved when it was switched out; null: there is nothing to begin with. */
  from: 'registers' | 'switch' | null
  /** How it ended, or why there is none. */
  end: string
  /** Nothing of it is missing: it came to its end, or the task is in user mode. */
  whole: boolean
  /** The registers that it begins with are in no note of the dump. */
  noRegisters: boolean
}

/** Stacks that are not whole, as one problem. */
export function tornStacks(read: readonly { task: Task; stack: TaskStack | null }[], input: string): Problem[] {
  // registers that no note holds are no fault of the dump's pages: the stack says so in its place
  const torn = read.filter(({ stack }) => stack && !stack.whole && !stack.noRegisters)
  const [first] = torn
  if (!first?.stack) return []
  return [
    {
      code: 'pages-absent',
      message: `${torn.length} stack(s) could not be read whole; that of ${first.task.comm} (pid ${first.task.pid}): ${first.stack.end}.`,
      input,
      at: hex(first.task.address),
    },
  ]
}

/** Unwinds stacks of one dump. */
export interface StackReader {
  readonly code: Symbolizer
  read(task: Task): TaskStack
  /** General registers of the CPU that a task runs on; none for a task that was switched out. */
  registers(task: Task): VirtAddr[]
  /** Registers of a CPU; null when the dump has none. */
  cpu(cpu: number): CpuRegisters | null
  /** Kernel stack of a CPU, whatever it runs; null when it was in user mode, or its registers are not there. */
  ofCpu(cpu: number): Stack | null
}

/** struct inactive_task_frame: r15, r14, r13, r12, bx, bp, ret_addr. @see arch/x86/include/asm/switch_to.h (v4.9 and later) */
const INACTIVE = { bp: 40n, returnAddress: 48n, size: 56n } as const

/** @param notes - the dump's CPU notes, in their order */
export function stackReader(kernel: Kernel, notes: readonly CpuNote[]): StackReader {
  const modules = listModules(kernel)
  const orc = orcTables(kernel, modules)
  const code = symbolizer(kernel, modules)
  const cpus = registersByCpu(notes)
  const { memory } = kernel
  return {
    code,
    cpu: (cpu) => (byIndex(cpus) ? (cpus.get(cpu) ?? null) : null),
    ofCpu(cpu) {
      const registers = byIndex(cpus) ? cpus.get(cpu) : undefined
      if (!registers || registers.user || !orc) return null
      return unwindOrc(memory, orc, code, { ...registers, ipAt: null })
    },
    registers: (task) => (task.running ? (registersOf(cpus, task)?.general ?? []) : []),
    read(task) {
      const top = task.stack + THREAD_SIZE
      const start = task.running ? fromRegisters(cpus, task) : fromSwitch(kernel, task)
      if ('end' in start) return { frames: [], from: null, ...start }
      const from = task.running ? 'registers' : 'switch'
      const stack = orc ? unwindOrc(memory, orc, code, start) : unwindFramePointers(memory, code, start, top)
      if (stack.end === 'end' || stack.end === 'user') return { ...stack, from, whole: true, noRegisters: false }
      const last = stack.frames.at(-1)
      const scanned = scanStack(memory, code, last ? last.sp + 8n : start.sp, top)
      return { frames: [...stack.frames, ...scanned], from, end: stack.end, whole: false, noRegisters: false }
    },
  }
}

/** NT_PRSTATUS by preference, QEMU's note where there is none, by index of the CPU. */
function registersByCpu(notes: readonly CpuNote[]): Map<number, CpuRegisters> {
  const cpus = new Map<number, CpuRegisters>()
  for (const kind of ['qemu', 'prstatus'] as const) {
    for (const note of notes) {
      const registers = note.kind === kind ? cpuRegisters(note) : null
      if (registers) cpus.set(note.index, registers)
    }
  }
  return cpus
}

/**
 * The registers of a task that is on a CPU. kdump's notes are those of the CPUs that saved theirs, so the index is not the CPU's
 * where one is missing: there pr_pid is the pid of the task. QEMU's notes are complete, and pr_pid is the index and 1.
 */
function registersOf(cpus: Map<number, CpuRegisters>, task: Task): CpuRegisters | null {
  if (task.cpu === null) return null
  const notes = [...cpus]
  if (byIndex(cpus)) return cpus.get(task.cpu) ?? null
  return notes.find(([, { pid }]) => pid === task.pid)?.[1] ?? null
}

/** Whether a note's index is its CPU's: certain of QEMU's. */
function byIndex(cpus: ReadonlyMap<number, CpuRegisters>): boolean {
  return [...cpus].every(([index, { pid }]) => pid === null || pid === index + 1)
}

type NoStart = Pick<TaskStack, 'end' | 'whole' | 'noRegisters'>

function fromRegisters(cpus: Map<number, CpuRegisters>, task: Task): UnwindStart | NoStart {
  const registers = registersOf(cpus, task)
  if (!registers) {
    const end = `it runs on CPU ${task.cpu ?? 'unknown'}, whose registers are not in the dump`
    return { end, whole: false, noRegisters: true }
  }
  if (registers.user) return { end: `it runs on CPU ${task.cpu} in user mode`, whole: true, noRegisters: false }
  return { ip: registers.ip, sp: registers.sp, bp: registers.bp, ipAt: null }
}

/** A task that was switched out: thread.sp points at what __switch_to_asm pushed. */
function fromSwitch(kernel: Kernel, task: Task): UnwindStart | NoStart {
  const at = (offset: bigint): VirtAddr | null => kernel.memory.u64(task.sp + offset)
  const [ip, bp] = [at(INACTIVE.returnAddress), at(INACTIVE.bp)]
  if (ip === null || bp === null) return { end: 'its stack is not in the dump', whole: false, noRegisters: false }
  // a task that never ran: no call led there
  const exact = ip === (addressOf(kernel, 'ret_from_fork_asm') ?? addressOf(kernel, 'ret_from_fork'))
  return { ip, sp: task.sp + INACTIVE.size, bp, ipAt: task.sp + INACTIVE.returnAddress, exact }
}
