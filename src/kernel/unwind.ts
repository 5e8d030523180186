import type { VirtAddr } from '../base/units.ts'
import type { OrcEntry, OrcRegister } from '../parsers/orc.ts'
import type { OrcTables } from './orc-tables.ts'
import type { CodePlace, Symbolizer } from './symbolize.ts'
import type { VirtualMemory } from './types.ts'

/** How a frame was found: a guess (`scan`) is marked as one. */
export type FrameHow = 'registers' | 'orc' | 'frame-pointer' | 'scan'

/** A frame of a kernel stack. */
export interface Frame {
  /** The return address; in the first frame of a task on a CPU the instruction pointer. */
  address: VirtAddr
  /** Where on the stack its return address lies; of the first frame the stack pointer. */
  sp: VirtAddr
  place: CodePlace | null
  how: FrameHow
}

/** Where an unwinding begins. */
export interface UnwindStart {
  ip: VirtAddr
  sp: VirtAddr
  bp: VirtAddr
  /** Where the first return address lies (a task that was switched out), null when ip is the instruction pointer itself. */
  ipAt: VirtAddr | null
  /** ip is an instruction although it was read from the stack. */
  exact?: boolean
}

/** A walked stack. */
export interface Stack {
  frames: Frame[]
  /** end: came to its end; user: into user mode; else why it broke off. */
  end: 'end' | 'user' | string
}

/** THREAD_SIZE: kernel stacks are that large, and aligned to it. @see arch/x86/include/asm/page_64_types.h (v6.12) */
export const THREAD_SIZE = 16_384n

const MOST_FRAMES = 512

/** Offsets in struct pt_regs. @see arch/x86/include/asm/ptrace.h (v6.12) */
const PT = { r13: 16n, bp: 32n, r10: 56n, ax: 80n, dx: 96n, di: 112n, ip: 128n, cs: 136n, sp: 152n } as const
/** Offsets in the frame that an interrupt pushes: ip, cs, flags, sp, ss. */
const IRET = { ip: 0n, cs: 8n, sp: 24n } as const

/**
 * Walks a kernel stack by ORC, across IRQ, exception and entry stacks.
 * @see arch/x86/kernel/unwind_orc.c (v6.12), unwind_next_frame
 */
export function unwindOrc(memory: VirtualMemory, orc: OrcTables, code: Symbolizer, start: UnwindStart): Stack {
  const frames: Frame[] = []
  let { ip, sp, bp } = start
  let ipAt = start.ipAt ?? sp
  // the instruction itself, not one behind a call: in the first frame of a running task, and behind an exception
  let exact = start.ipAt === null || start.exact === true
  let how: FrameHow = 'registers'
  let regs: VirtAddr | null = null
  while (frames.length < MOST_FRAMES) {
    if (!code.isText(ip))
      return {
        frames,
        end:
          frames.length === 0
            ? 'the instruction pointer is not in kernel code'
            : `0x${ip.toString(16)} is not in kernel code`,
      }
    const place = code.at(exact ? ip : ip - 1n)
    frames.push({ address: ip, sp: ipAt, place: place && !exact ? { ...place, offset: place.offset + 1 } : place, how })
    how = 'orc'
    const entry = orc.find(exact ? ip : ip - 1n)
    if (!entry || entry.type === 'undefined') return { frames, end: `no ORC entry for 0x${ip.toString(16)}` }
    if (entry.type === 'end') return { frames, end: 'end' }
    const base = frameBase(memory, entry, sp, bp, regs)
    if (base === null) return { frames, end: `the stack at 0x${sp.toString(16)} can not be followed` }
    const before = sp
    switch (entry.type) {
      case 'call': {
        ipAt = BigInt.asUintN(64, base - 8n)
        const next = memory.u64(ipAt)
        if (next === null) return { frames, end: `the stack is not in the dump at 0x${ipAt.toString(16)}` }
        const nextBp = calleeBp(memory, entry, base, bp, regs)
        ip = next
        sp = base
        bp = nextBp
        regs = null
        exact = entry.signal
        break
      }
      case 'regs':
      case 'regs-partial': {
        const full = entry.type === 'regs'
        const at = full ? PT : IRET
        const [nextIp, cs, nextSp] = [memory.u64(base + at.ip), memory.u64(base + at.cs), memory.u64(base + at.sp)]
        if (nextIp === null || cs === null || nextSp === null)
          return { frames, end: `the registers at 0x${base.toString(16)} are not in the dump` }
        if (cs & 3n) return { frames, end: 'user' }
        ipAt = base + at.ip
        if (full) regs = base
        bp = full ? calleeBp(memory, entry, base, bp, base) : calleeBp(memory, entry, base, bp, regs)
        ip = nextIp
        sp = nextSp
        exact = entry.signal
        break
      }
    }
    if (ip === 0n) return { frames, end: 'end' }
    // within one stack callers lie higher; an interrupt leads from its stack back to the task's
    if (sp <= before && sp / THREAD_SIZE === before / THREAD_SIZE)
      return { frames, end: `the stack pointer does not rise at 0x${sp.toString(16)}` }
  }
  return { frames, end: `more than ${MOST_FRAMES} frames` }
}

/** The frame's base (the caller's stack pointer, or where registers lie). */
function frameBase(
  memory: VirtualMemory,
  entry: OrcEntry,
  sp: VirtAddr,
  bp: VirtAddr,
  regs: VirtAddr | null,
): VirtAddr | null {
  const offset = BigInt(entry.spOffset)
  const add = (base: bigint | null): bigint | null => (base === null ? null : BigInt.asUintN(64, base + offset))
  switch (entry.spReg) {
    case 'sp':
      return add(sp)
    case 'bp':
      return add(bp)
    case 'sp-indirect':
      return add(memory.u64(sp))
    case 'bp-indirect':
      return memory.u64(BigInt.asUintN(64, bp + offset))
    case 'undefined':
    case 'prev-sp':
      return null
    default:
      return regs === null ? null : add(memory.u64(regs + savedAt(entry.spReg)))
  }
}

function savedAt(
  register: Exclude<OrcRegister, 'undefined' | 'prev-sp' | 'bp' | 'sp' | 'bp-indirect' | 'sp-indirect'>,
): bigint {
  return PT[register]
}

/** The caller's rbp. */
function calleeBp(
  memory: VirtualMemory,
  entry: OrcEntry,
  base: VirtAddr,
  bp: VirtAddr,
  regs: VirtAddr | null,
): VirtAddr {
  switch (entry.bpReg) {
    case 'prev-sp':
      return memory.u64(BigInt.asUintN(64, base + BigInt(entry.bpOffset))) ?? 0n
    case 'bp':
      return memory.u64(BigInt.asUintN(64, bp + BigInt(entry.bpOffset))) ?? 0n
    default:
      return regs === null ? bp : (memory.u64(regs + PT.bp) ?? bp)
  }
}

/**
 * Walks a stack by frame pointers: kernels without ORC. @see arch/x86/kernel/unwind_frame.c (v4.9)
 * @param top - end of the stack: saved frame pointers must rise and stay below it
 */
export function unwindFramePointers(memory: VirtualMemory, code: Symbolizer, start: UnwindStart, top: VirtAddr): Stack {
  const frames: Frame[] = []
  const push = (address: VirtAddr, sp: VirtAddr, exact: boolean, how: FrameHow): void => {
    const place = code.at(exact ? address : address - 1n)
    frames.push({ address, sp, place: place && !exact ? { ...place, offset: place.offset + 1 } : place, how })
  }
  if (!code.isText(start.ip)) return { frames, end: 'the instruction pointer is not in kernel code' }
  push(start.ip, start.ipAt ?? start.sp, start.ipAt === null, 'registers')
  let bp = start.bp
  let floor = start.sp
  while (frames.length < MOST_FRAMES) {
    if (bp === 0n) return { frames, end: 'end' }
    if (bp & 1n) {
      // 4.9 and later mark a struct pt_regs so: ENCODE_FRAME_POINTER
      const regs = bp - 1n
      if (regs < floor || regs + 168n > top || regs & 7n)
        return { frames, end: `the frame pointer 0x${bp.toString(16)} leaves the stack` }
      const [at, cs, saved] = [memory.u64(regs + PT.ip), memory.u64(regs + PT.cs), memory.u64(regs + PT.bp)]
      if (at === null || cs === null || saved === null)
        return { frames, end: `the registers at 0x${regs.toString(16)} are not in the dump` }
      if (cs & 3n) return { frames, end: 'user' }
      if (at === 0n) return { frames, end: 'end' }
      if (!code.isText(at)) return { frames, end: `0x${at.toString(16)} is not in kernel code` }
      push(at, regs + PT.ip, true, 'frame-pointer')
      floor = regs + 168n
      bp = saved
      continue
    }
    if (bp < floor || bp + 16n > top || bp & 7n)
      return { frames, end: `the frame pointer 0x${bp.toString(16)} leaves the stack` }
    const [next, ip] = [memory.u64(bp), memory.u64(bp + 8n)]
    if (next === null || ip === null) return { frames, end: `the stack is not in the dump at 0x${bp.toString(16)}` }
    if (ip === 0n) return { frames, end: 'end' }
    if (!code.isText(ip)) return { frames, end: `0x${ip.toString(16)} is not in kernel code` }
    push(ip, bp + 8n, false, 'frame-pointer')
    floor = bp + 16n
    bp = next
  }
  return { frames, end: `more than ${MOST_FRAMES} frames` }
}

/** Words of a stack that point into code: the last resort, each a guess. */
export function scanStack(memory: VirtualMemory, code: Symbolizer, from: VirtAddr, top: VirtAddr): Frame[] {
  const frames: Frame[] = []
  const end = (from / THREAD_SIZE + 1n) * THREAD_SIZE
  for (let at = (from + 7n) & ~7n; at + 8n <= top && at < end && frames.length < MOST_FRAMES; at += 8n) {
    const word = memory.u64(at)
    if (word === null || !code.isText(word)) continue
    const place = code.at(word - 1n)
    // a function's very start is an address that was stored, not one to return to
    if (!place || code.at(word)?.offset === 0) continue
    frames.push({ address: word, sp: at, place: { ...place, offset: place.offset + 1 }, how: 'scan' })
  }
  return frames
}
