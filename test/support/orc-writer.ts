import type { OrcEntry, OrcRegister } from '../../src/parsers/orc.ts'

/** Versions of ORC. @see arch/x86/include/asm/orc_types.h (1: v4.14 to v6.2, 2: v6.3, 3: v6.4 to v7.0, 4: v7.1) */
export type OrcVersionId = 1 | 2 | 3 | 4

/** Numbers of the registers, by version. */
export const ORC_NUMBERS: Record<OrcVersionId, Partial<Record<OrcRegister, number>>> = (() => {
  const first = {
    undefined: 0,
    'prev-sp': 1,
    dx: 2,
    di: 3,
    bp: 4,
    sp: 5,
    r10: 6,
    r13: 7,
    'bp-indirect': 8,
    'sp-indirect': 9,
  }
  const last = {
    undefined: 0,
    ax: 1,
    dx: 2,
    sp: 3,
    bp: 4,
    di: 5,
    r10: 6,
    r13: 7,
    'prev-sp': 8,
    'sp-indirect': 9,
    'bp-indirect': 10,
  }
  return { 1: first, 2: first, 3: first, 4: last }
})()

/** Contents of .orc_header; version 1 has none. */
export const ORC_HEADERS: Record<Exclude<OrcVersionId, 1>, string> = {
  2: 'db84aed4103b31dd51e017f8f79783ca985c2c51',
  3: 'fe5d32bf581bd63b2ca9a5c65ba5a625eab3fe24',
  4: '137c36ad7627c4dd55932176bb0ecdbd5041fc82',
}

/** An entry: a call frame unless it says otherwise. */
export interface OrcRecipe {
  type?: OrcEntry['type']
  /** What the caller's stack pointer is reckoned from, and how many bytes are added. */
  sp?: readonly [OrcRegister, number]
  bp?: readonly [OrcRegister, number]
  /** The caller is an instruction that was interrupted; left out: so it is for registers. Version 1 has no such bit. */
  signal?: boolean
}

/** The end of a stack. */
export const ORC_END: OrcRecipe = { type: 'end' }

/** Bit of "end of stack", and of "signal", in versions that have them. */
const END: Partial<Record<OrcVersionId, number>> = { 1: 1 << 10, 2: 1 << 11 }
const SIGNAL: Partial<Record<OrcVersionId, number>> = { 2: 1 << 10, 3: 1 << 11, 4: 1 << 11 }

function typeBits(version: OrcVersionId, type: OrcEntry['type']): number {
  if (version >= 3) return { undefined: 0, end: 1, call: 2, regs: 3, 'regs-partial': 4 }[type] << 8
  if (type === 'end') return END[version]!
  return { undefined: 0, call: 0, regs: 1, 'regs-partial': 2 }[type] << 8
}

/** The 6 bytes of an entry. */
export function orcBytes(version: OrcVersionId, recipe: OrcRecipe): Uint8Array {
  const { type = 'call', sp = ['undefined', 0], bp = ['undefined', 0] } = recipe
  const [spReg, bpReg] = [ORC_NUMBERS[version][sp[0]], ORC_NUMBERS[version][bp[0]]]
  if (spReg === undefined || bpReg === undefined) throw new Error(`version ${version} has no ${sp[0]} or ${bp[0]}`)
  const signal = (recipe.signal ?? type.startsWith('regs')) ? (SIGNAL[version] ?? 0) : 0
  const bytes = new Uint8Array(6)
  const view = new DataView(bytes.buffer)
  view.setInt16(0, sp[1], true)
  view.setInt16(2, bp[1], true)
  view.setUint16(4, spReg | (bpReg << 4) | typeBits(version, type) | signal, true)
  return bytes
}

/** Bytes of a header from its hex digits. */
export function headerBytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'))
}
