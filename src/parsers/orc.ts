/**
 * ORC: how to find a frame's caller, one 6-byte entry per range of code.
 * Every version is read into one form, the newest's meaning. @see arch/x86/include/asm/orc_types.h (v5.10, v6.1, v6.12, v7.2)
 */
export type OrcRegister =
  | 'undefined'
  | 'prev-sp'
  | 'ax'
  | 'dx'
  | 'di'
  | 'bp'
  | 'sp'
  | 'r10'
  | 'r13'
  | 'bp-indirect'
  | 'sp-indirect'

export interface OrcEntry {
  type: 'undefined' | 'end' | 'call' | 'regs' | 'regs-partial'
  spReg: OrcRegister
  spOffset: number
  bpReg: OrcRegister
  bpOffset: number
  /** The caller is the instruction that was interrupted, not the one behind a call. */
  signal: boolean
}

/** Bytes of an entry in every version. */
export const ORC_ENTRY_BYTES = 6

const REGISTERS_3: readonly (OrcRegister | undefined)[] = [
  'undefined',
  'prev-sp',
  'dx',
  'di',
  'bp',
  'sp',
  'r10',
  'r13',
  'bp-indirect',
  'sp-indirect',
]
const REGISTERS_4: readonly (OrcRegister | undefined)[] = [
  'undefined',
  'ax',
  'dx',
  'sp',
  'bp',
  'di',
  'r10',
  'r13',
  'prev-sp',
  'sp-indirect',
  'bp-indirect',
]
const TYPES_3 = ['undefined', 'end', 'call', 'regs', 'regs-partial'] as const
const TYPES_1 = ['call', 'regs', 'regs-partial'] as const

/** One version of the format. */
export interface OrcVersion {
  id: 1 | 2 | 3 | 4
  /** Kernels that have it. */
  kernels: string
  /** Contents of .orc_header, 20 bytes as hex; null where the kernel has none. */
  header: string | null
  registers: readonly (OrcRegister | undefined)[]
  /** The bit that says signal; null where registers always do. */
  signal: number | null
  /** Type and "end of stack" out of the flag word. */
  type(flags: number, spReg: OrcRegister | undefined): OrcEntry['type'] | undefined
}

const typeOf3 = (flags: number): OrcEntry['type'] | undefined => TYPES_3[(flags >>> 8) & 7]

/** Newest first. The hashes are those that the kernel writes into .orc_header (6.4 and later, 6.3.10 and later). */
export const ORC_VERSIONS: readonly OrcVersion[] = [
  {
    id: 4,
    signal: 0x800,
    kernels: '7.1 and later',
    header: '137c36ad7627c4dd55932176bb0ecdbd5041fc82',
    registers: REGISTERS_4,
    type: typeOf3,
  },
  {
    id: 3,
    signal: 0x800,
    kernels: '6.4 to 7.0',
    header: 'fe5d32bf581bd63b2ca9a5c65ba5a625eab3fe24',
    registers: REGISTERS_3,
    type: typeOf3,
  },
  {
    id: 2,
    signal: 0x400,
    kernels: '6.3',
    header: 'db84aed4103b31dd51e017f8f79783ca985c2c51',
    registers: REGISTERS_3,
    type: (flags, spReg) => (flags & 0x800 ? 'end' : spReg === 'undefined' ? 'undefined' : TYPES_1[(flags >>> 8) & 3]),
  },
  {
    id: 1,
    signal: null,
    kernels: '4.14 to 6.2',
    header: null,
    registers: REGISTERS_3,
    type: (flags, spReg) => (flags & 0x400 ? 'end' : spReg === 'undefined' ? 'undefined' : TYPES_1[(flags >>> 8) & 3]),
  },
]

/**
 * The version that a kernel has.
 * @param header - bytes between __start_orc_header and __stop_orc_header, null where there are none
 * @returns null for a header that nobody knows
 */
export function orcVersion(header: Uint8Array | null): OrcVersion | null {
  const hash = header === null ? null : [...header].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return ORC_VERSIONS.find((version) => version.header === hash) ?? null
}

/** Decodes an entry; null where it has a register or type that its version doesn't know. */
export function decodeOrc(version: OrcVersion, bytes: Uint8Array): OrcEntry | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const flags = view.getUint16(4, true)
  const spReg = version.registers[flags & 15]
  const bpReg = version.registers[(flags >>> 4) & 15]
  const type = version.type(flags, spReg)
  if (spReg === undefined || bpReg === undefined || type === undefined) return null
  const signal = version.signal === null ? type.startsWith('regs') : (flags & version.signal) !== 0
  return { type, spReg, spOffset: view.getInt16(0, true), bpReg, bpOffset: view.getInt16(2, true), signal }
}
