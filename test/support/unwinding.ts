import { orcTables } from '../../src/kernel/orc-tables.ts'
import { symbolizer } from '../../src/kernel/symbolize.ts'
import { type Frame, type Stack, unwindOrc, type UnwindStart } from '../../src/kernel/unwind.ts'
import { CodeMemory, type FunctionOrc, HandStack } from './code-memory.ts'
import { ORC_END, type OrcRecipe, type OrcVersionId } from './orc-writer.ts'

/** A function that has pushed nothing: its return address lies at the stack pointer. */
export const LEAF: OrcRecipe = { sp: ['sp', 8] }
/** A function with a frame pointer, behind `push %rbp; mov %rsp, %rbp`. */
export const FRAMED: OrcRecipe = { sp: ['bp', 16], bp: ['prev-sp', -16] }
/** Entry code: struct pt_regs, or an interrupt's five words, lie at the stack pointer. */
export const REGS: OrcRecipe = { type: 'regs', sp: ['sp', 0] }
export const IRET: OrcRecipe = { type: 'regs-partial', sp: ['sp', 0] }

/** Functions, one behind the other, `outer` the last one and the end of every stack; and an empty stack. */
export function build(
  functions: Record<string, FunctionOrc>,
  version: OrcVersionId = 3,
): { code: CodeMemory; stack: HandStack } {
  const code = new CodeMemory(version)
  for (const [name, orc] of Object.entries(functions)) code.fn(name, orc)
  code.fn('outer', ORC_END)
  return { code, stack: new HandStack(code) }
}

/** Walks by ORC, from an instruction pointer unless it is said where the first return address lies. */
export function unwind(code: CodeMemory, start: Partial<UnwindStart> & Pick<UnwindStart, 'ip' | 'sp'>): Stack {
  const kernel = code.kernel()
  return unwindOrc(kernel.memory, orcTables(kernel, [])!, symbolizer(kernel, []), { bp: 0n, ipAt: null, ...start })
}

/** Frames as "symbol+offset", null where there is no symbol. */
export function names({ frames }: { frames: readonly Frame[] }): (string | null)[] {
  return frames.map(({ place }) => place && `${place.symbol}+${place.offset}`)
}
