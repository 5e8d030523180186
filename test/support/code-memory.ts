import type { VirtAddr } from '../../src/base/units.ts'
import type { Kernel } from '../../src/kernel/types.ts'
import { START_KERNEL_MAP } from '../../src/kernel/virtual-memory.ts'
import { HandKernel } from './hand-kernel.ts'
import { headerBytes, ORC_HEADERS, orcBytes, type OrcRecipe, type OrcVersionId } from './orc-writer.ts'

export const TEXT = START_KERNEL_MAP + 0x100_0000n
/** Bytes from one function to the next: the last instruction of each ends where the next begins. */
export const FUNCTION_SIZE = 0x40n

/** One entry for a whole function, or several, each with the offset that it begins at. */
export type FunctionOrc = OrcRecipe | { parts: readonly (readonly [number, OrcRecipe])[] }

/** A kernel by hand with functions in its text, and their ORC entries. The first function begins behind the text's start. */
export class CodeMemory extends HandKernel {
  private readonly version: OrcVersionId | null
  private readonly entries: { at: VirtAddr; recipe: OrcRecipe }[] = []
  private end = TEXT + FUNCTION_SIZE
  private sealed = false

  /** @param version - of ORC; null: the kernel was built with frame pointers */
  constructor(version: OrcVersionId | null = 3) {
    super()
    this.version = version
  }

  /** Adds a function; none of its addresses has an entry of its own where `orc` is left out. */
  fn(name: string, orc?: FunctionOrc): VirtAddr {
    const at = this.end
    this.symbols.set(name, [at])
    const parts = orc === undefined ? [] : 'parts' in orc ? orc.parts : ([[0, orc]] as const)
    for (const [offset, recipe] of parts) this.entries.push({ at: at + BigInt(offset), recipe })
    this.end += FUNCTION_SIZE
    return at
  }

  /** An address inside a function. */
  at(name: string, offset = 0): VirtAddr {
    return this.symbols.get(name)![0]! + BigInt(offset)
  }

  /** The first address behind all functions. */
  get textEnd(): VirtAddr {
    return this.end
  }

  /** The kernel; no function can be added from now on. */
  override kernel(): Kernel {
    if (!this.sealed) this.seal()
    this.sealed = true
    return super.kernel()
  }

  private seal(): void {
    for (const name of ['_text', '_stext']) this.symbols.set(name, [TEXT])
    for (const name of ['_etext', '_end']) this.symbols.set(name, [this.end])
    const { version, entries } = this
    if (version === null) return
    const places = this.variable('__start_orc_unwind_ip', 0n, 4 * entries.length)
    this.symbols.set('__stop_orc_unwind_ip', [places + BigInt(4 * entries.length)])
    const table = this.variable('__start_orc_unwind', 0n, 6 * entries.length)
    entries.forEach(({ at, recipe }, i) => {
      const place = places + BigInt(4 * i)
      this.set32(place, Number(at - place))
      this.bytes(table + BigInt(6 * i), orcBytes(version, recipe))
    })
    if (version === 1) return
    const header = this.variable('__start_orc_header', 0n, 20)
    this.symbols.set('__stop_orc_header', [header + 20n])
    this.bytes(header, headerBytes(ORC_HEADERS[version]))
  }
}

/** Members of struct pt_regs by their offset. @see arch/x86/include/asm/ptrace.h (v6.12) */
const PT_REGS = {
  r15: 0,
  r14: 8,
  r13: 16,
  r12: 24,
  bp: 32,
  bx: 40,
  r11: 48,
  r10: 56,
  r9: 64,
  r8: 72,
  ax: 80,
  cx: 88,
  dx: 96,
  si: 104,
  di: 112,
  ip: 128,
  cs: 136,
  flags: 144,
  sp: 152,
  ss: 160,
}
/** Where the frame that an interrupt pushes begins in struct pt_regs. */
const IRET_AT = 128

export const KERNEL_CS = 0x10n
export const USER_CS = 0x33n

/** A kernel stack of 16 KiB, zeroed, aligned to as much; places on it count from its low end. */
export class HandStack {
  readonly low: VirtAddr
  readonly top: VirtAddr
  private readonly kernel: HandKernel

  constructor(kernel: HandKernel) {
    this.kernel = kernel
    this.low = kernel.object(0x4000, 0x4000)
    this.top = this.low + 0x4000n
  }

  at(place: number): VirtAddr {
    return this.low + BigInt(place)
  }

  /** Writes words from a place on. */
  put(place: number, ...words: readonly bigint[]): this {
    words.forEach((word, i) => {
      this.kernel.set(this.at(place + 8 * i), word)
    })
    return this
  }

  /** A struct pt_regs at a place; kernel mode unless cs says otherwise. */
  regs(place: number, regs: Partial<Record<keyof typeof PT_REGS, bigint>>): this {
    for (const [name, value] of Object.entries({ cs: KERNEL_CS, ...regs }))
      this.put(place + PT_REGS[name as keyof typeof PT_REGS], value)
    return this
  }

  /** The frame of an interrupt, the last five words of struct pt_regs, at a place. */
  iret(place: number, { ip, sp, cs = KERNEL_CS }: { ip: bigint; sp: bigint; cs?: bigint }): this {
    return this.regs(place - IRET_AT, { ip, sp, cs })
  }

  /** What __switch_to_asm pushes: r15, r14, r13, r12, rbx, rbp, the return address. @returns thread.sp */
  switchedOut(place: number, bp: bigint, returnAddress: bigint): VirtAddr {
    this.put(place + 40, bp, returnAddress)
    return this.at(place)
  }
}
