/**
 * Lines of stacks: one table of the forms of a frame, one of the lines that name the interrupted instruction, by era and machine.
 * @see arch/x86/kernel/dumpstack.c (v4.4, v4.10, v6.12), arch/arm64/kernel/stacktrace.c (v6.12), arch/arm/kernel/traps.c (v4.4, v5.16),
 * arch/powerpc/kernel/process.c, arch/s390/kernel/dumpstack.c (v4.4, v6.12), scripts/decode_stacktrace.sh (v6.12)
 */
import type { ToldFrame } from '../told.ts'

/** 'guess': the unwinder itself doubts it ("? "), so it is no part of the stack. */
export type FrameLine = ToldFrame | 'guess' | null

interface Form {
  /** The line as it is printed. */
  example: string
  pattern: RegExp
  /** Which groups hold what; 0: none. */
  guess: number
  symbol: number
  offset: number
  module: number
  address: number
  sp: number
}

const SYMBOL = String.raw`\.?([A-Za-z_$][\w.$]{0,255})`
const OFFSET = String.raw`\+0x([0-9a-f]{1,16})\/0x[0-9a-f]{1,16}`
/** ` [kvm]`, with build ID ` [kvm 0123...]`, with taint ` [zfs(PO)]`. */
const MODULE = String.raw`(?: \[([\w-]{1,64})(?:\([A-Z]{1,8}\))?(?: [0-9a-f]{1,64})?\])?`
/** What may follow: why arm64 and ppc64 doubt a frame or where it came from, and the line of source that a script added. */
const MARKS = String.raw`(?: \([A-Z]{1,4}\)| \(unreliable\))?`
const SOURCE = String.raw`(?: \(?[\w.\/+-]{1,255}:\d{1,7}(?: \(discriminator \d{1,5}\))?\)?)?`
/** What a carriage return is shown as, by crash and by hex dumps. */
const CR = String.raw`\.?`
const HEX = '([0-9a-fA-F]{1,16})'

const form = (example: string, pattern: string, groups: Partial<Omit<Form, 'example' | 'pattern'>>): Form => ({
  example,
  pattern: new RegExp(pattern),
  ...{ guess: 0, symbol: 0, offset: 0, module: 0, address: 0, sp: 0 },
  ...groups,
})

/** The first that matches the whole line is taken. */
export const FRAMES: readonly Form[] = [
  form(
    ' [<ffffffff8121fa58>] ? down_write+0x28/0x40',
    // "[]": a web page took what stood between the angle brackets for a tag; "[<mm/rmap.c:12>]": a script put the source there
    String.raw`^\s{0,64}\(?(?:\[(?:<\s?${HEX}?>|<[\w.\/+: -]{1,300}>)?\]\s{1,8})?(\? )?${SYMBOL}${OFFSET}${MODULE}${MARKS}${SOURCE}${MODULE}\s?\)?${CR}\s*$`,
    { address: 1, guess: 2, symbol: 3, offset: 4, module: 5 },
  ),
  form(
    '[c000001fe2b3b9d0] [c0000000003b9c34] .rmap_walk_ksm+0x124/0x2a0 (unreliable)',
    String.raw`^\s{0,64}\[${HEX}\] ?\[${HEX}\] ?(\? )?${SYMBOL}${OFFSET}${MODULE}${MARKS}${CR}\s*$`,
    { sp: 1, address: 2, guess: 3, symbol: 4, offset: 5, module: 6 },
  ),
  form(
    '[<c0012345>] (dump_stack) from [<c0456789>] (try_to_unmap_one+0x14/0x60)',
    String.raw`^\s{0,64}\[<${HEX}>\] ?\([^()]{1,255}\) from \[<${HEX}>\] ?\(${SYMBOL}${OFFSET}${MODULE}${SOURCE}\)\s*$`,
    { address: 2, symbol: 3, offset: 4, module: 5 },
  ),
  form(
    ' try_to_unmap_one from rmap_walk_ksm+0x18/0x1c',
    String.raw`^\s{0,64}[\w.$]{1,255} from ${SYMBOL}${OFFSET}${MODULE}${SOURCE}\s*$`,
    { symbol: 1, offset: 2, module: 3 },
  ),
  form(
    ' rmap_walk_ksm (mm/ksm.c:2764 (discriminator 3)) ',
    String.raw`^\s{0,64}(?:\[<\s?${HEX}>\]\s{1,8})?(\? )?${SYMBOL} \([\w.\/+-]{1,255}\.[chS]:\d{1,7}(?: \(discriminator \d{1,5}\))?\)${MARKS}(?: \(inlined\))?(?: \[?([\w-]{1,64})\]?)?\s*$`,
    { address: 1, guess: 2, symbol: 3, module: 4 },
  ),
  form(
    ' csd_lock_wait kernel/smp.c:111 [inline]',
    String.raw`^\s{0,64}(\? )?${SYMBOL} [\w.\/+-]{1,255}\.[chS]:\d{1,7} \[inline\]\s*$`,
    { guess: 1, symbol: 2 },
  ),
  form(
    ' [<     inline     >] csd_lock_wait kernel/smp.c:111',
    String.raw`^\s{0,64}\[< {1,8}inline {1,8}>\] ${SYMBOL} [\w.\/+-]{1,255}:\d{1,7}\s*$`,
    { symbol: 1 },
  ),
]

/** Where a CPU was: the innermost frame, where the line stands. Instructions of user space have no symbol and match none. */
export const INSTRUCTIONS: readonly Form[] = [
  form(
    'RIP: 0010:[<ffffffff811b8deb>]  [<ffffffff811b8deb>] smp_call_function_many+0x202/0x260',
    // "c": what is left of a mark of the kernel for a line that goes on (v4.9)
    String.raw`^\s{0,64}RIP: [0-9a-f]{1,4}:(?:\[<${HEX}>\](?: c)?\s{1,8}\[<[0-9a-f]{1,16}>\]\s{1,8})?${SYMBOL}${OFFSET}${MODULE}`,
    { address: 1, symbol: 2, offset: 3, module: 4 },
  ),
  form(
    'RIP: 0010:smp_call_function_many_cond (kernel/smp.c:351 (discriminator 5))',
    String.raw`^\s{0,64}RIP: [0-9a-f]{1,4}:${SYMBOL} \([\w.\/+-]{1,255}\.[chS]:\d{1,7}(?: \(discriminator \d{1,5}\))?\)`,
    { symbol: 1 },
  ),
  form('EIP is at rmap_walk_ksm+0x12/0x40', String.raw`^\s{0,64}(?:EIP|PC) is at ${SYMBOL}${OFFSET}${MODULE}`, {
    symbol: 1,
    offset: 2,
    module: 3,
  }),
  form('EIP: rmap_walk_ksm+0x12/0x40', String.raw`^\s{0,64}EIP: ${SYMBOL}${OFFSET}${MODULE}`, {
    symbol: 1,
    offset: 2,
    module: 3,
  }),
  form(
    'pc : rmap_walk_ksm+0x124/0x1a0; epc   : ffffffff80123456 rmap_walk_ksm+0x124/0x1a0',
    String.raw`^\s{0,64}e?pc\s{0,4}: (?:${HEX} )?${SYMBOL}${OFFSET}${MODULE}`,
    { address: 1, symbol: 2, offset: 3, module: 4 },
  ),
  form(
    'NIP [c0000000003b9c34] rmap_walk_ksm+0x124/0x2a0',
    String.raw`^\s{0,64}NIP \[${HEX}\] ${SYMBOL}${OFFSET}${MODULE}`,
    {
      address: 1,
      symbol: 2,
      offset: 3,
      module: 4,
    },
  ),
  form(
    'Krnl PSW : 0704c00180000000 000000000030131a (rmap_walk_ksm+0x14a/0x1d8)',
    String.raw`^\s{0,64}Krnl PSW : [0-9a-f]{16} ${HEX} \(${SYMBOL}${OFFSET}${MODULE}\)`,
    { address: 1, symbol: 2, offset: 3, module: 4 },
  ),
]

/** The frame that a line is, null when it is none. */
export function readFrame(line: string): FrameLine {
  return match(FRAMES, line)
}

/** The interrupted instruction that a line names, null when it is no such line. */
export function readInstruction(line: string): ToldFrame | null {
  const found = match(INSTRUCTIONS, line)
  return found === 'guess' ? null : found
}

function match(forms: readonly Form[], line: string): FrameLine {
  for (const each of forms) {
    const found = each.pattern.exec(line)
    if (!found) continue
    if (each.guess > 0 && found[each.guess] !== undefined) return 'guess'
    const text = (group: number): string | null => (group > 0 ? (found[group] ?? null) : null)
    const offset = text(each.offset)
    return {
      symbol: text(each.symbol)!,
      offset: offset === null ? null : Number.parseInt(offset, 16),
      module: text(each.module),
      address: pointer(text(each.address)),
      sp: pointer(text(each.sp)),
    }
  }
  return null
}

/** Addresses are printed as 0 where they are hidden. */
function pointer(hex: string | null): bigint | null {
  const value = hex === null ? 0n : BigInt(`0x${hex}`)
  return value === 0n ? null : value
}
