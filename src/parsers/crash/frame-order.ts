import type { FrameLine } from './frame.ts'

/**
 * Whether numbered frames belong to one trace and are all there. Their order is that of the lines: after an interrupt's or NMI's
 * stack the numbers may repeat or jump, and lines that say so get lost. @see crash 9.0.2, x86_64.c, x86_64_low_budget_back_trace_cmd
 */
export class Continuity {
  /** Why the trace is not to be trusted, null when nothing speaks against it. */
  doubt: string | null = null
  private last: FrameLine | null = null
  private switched = false
  private ended = false
  private resume: bigint | null = null

  /** The line is there twice. */
  doubles(line: FrameLine): boolean {
    const { last } = this
    return (
      last !== null &&
      last.number === line.number &&
      last.symbol === line.symbol &&
      last.sp === line.sp &&
      last.address === line.address
    )
  }

  /** The line begins the trace of another task. */
  beginsAnother(line: FrameLine): boolean {
    if (this.last === null || this.switched) return false
    return line.number === 0 || line.number < this.last.number - (this.ended ? -1 : 1)
  }

  /** An exception's frame or another stack stands between the lines. */
  switches(): void {
    this.switched = true
  }

  /** An exception's registers: what it interrupted goes on at this stack address. */
  resumes(sp: bigint): void {
    this.resume = sp
  }

  /** User registers stand below it: the trace is whole, a number that does not go on begins another. */
  ends(): void {
    this.ended = true
  }

  /** @param headed - a header names the task that the frames should be of */
  takes(line: FrameLine, headed: boolean): void {
    const { last, switched } = this
    if (last === null) {
      if (headed && line.number > 0 && !switched)
        this.doubt ??= `its first frames are missing: it begins with #${line.number}`
    } else if (!switched) {
      if (line.sp !== null && last.sp !== null) {
        // a frame that mail dropped leaves a gap within one stack; other tasks' frames lie elsewhere
        if (line.sp <= last.sp) this.doubt ??= `stack addresses are out of order at #${line.number}`
        else if (onTwoStacks(last, line)) this.doubt ??= `another stack goes on at #${line.number}`
      } else if (line.number !== last.number + 1) this.doubt ??= `#${line.number} follows #${last.number}`
    }
    if (switched && this.resume !== null && line.sp !== null && inText(line) && isElsewhere(this.resume, line.sp))
      this.doubt ??= `another stack goes on at #${line.number}`
    this.last = line
    this.resume = null
    this.switched = false
    this.ended = false
  }
}

/** Where x86_64 has its text. */
const TEXT = 0xffffffff80000000n
/** Stacks of x86_64 are 16 KiB (8 before 3.15), aligned to their size. @see arch/x86/include/asm/page_64_types.h (v4.4, v6.12) */
const STACK_BITS = 14n

/** Frames with text addresses of x86_64 that no one stack holds both. */
function onTwoStacks(a: FrameLine, b: FrameLine): boolean {
  return inText(a) && inText(b) && isElsewhere(a.sp!, b.sp!)
}

function inText({ address }: FrameLine): boolean {
  return address !== null && address >= TEXT
}

function isElsewhere(a: bigint, b: bigint): boolean {
  return a >> STACK_BITS !== b >> STACK_BITS
}
