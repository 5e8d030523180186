/**
 * The VMCOREINFO text: `KEY=value` lines that the kernel keeps ready for a crash.
 * @see kernel/vmcore_info.c, include/linux/vmcore_info.h (v6.12); kernel/crash_core.c before 6.9
 */
export interface VmcoreInfo {
  /** Raw value of a key, e.g. `OSRELEASE`; null when the line is missing. */
  get(key: string): string | null
  /** `SYMBOL(name)`: virtual address at run time, KASLR included; null when missing or not a hexadecimal number. */
  symbol(name: string): bigint | null
  /** `NUMBER(name)`: signed decimal (phys_base may be negative), a few are 0x hexadecimal. */
  number(name: string): bigint | null
  /** `OFFSET(struct.member)`, bytes. */
  offset(path: string): number | null
  /** `SIZE(struct)`, bytes. */
  size(name: string): number | null
  /** `KERNELOFFSET`: virtual KASLR shift; null where the kernel has no such line. */
  kernelOffset(): bigint | null
  /** Names of all SYMBOL() lines. */
  symbols(): string[]
}

/** The text is at most one page in every kernel; what is longer is not read further. */
const MAX_TEXT = 65_536

/** @param text - the note's desc as text */
export function parseVmcoreInfo(text: string): VmcoreInfo {
  const lines = new Map<string, string>()
  for (const line of text.slice(0, MAX_TEXT).split('\n')) {
    const equals = line.indexOf('=')
    if (equals > 0) lines.set(line.slice(0, equals), line.slice(equals + 1).trim())
  }
  const hexadecimal = (value: string | undefined): bigint | null =>
    value !== undefined && /^(0x)?[0-9a-f]{1,16}$/i.test(value) ? BigInt(`0x${value.replace(/^0x/i, '')}`) : null
  const decimal = (value: string | undefined): number | null =>
    value !== undefined && /^\d{1,9}$/.test(value) ? Number(value) : null
  return {
    get: (key) => lines.get(key) ?? null,
    symbol: (name) => hexadecimal(lines.get(`SYMBOL(${name})`)),
    number: (name) => {
      const value = lines.get(`NUMBER(${name})`)
      if (value === undefined) return null
      if (/^-?\d{1,20}$/.test(value)) return BigInt(value)
      return /^0x/i.test(value) ? hexadecimal(value) : null
    },
    offset: (path) => decimal(lines.get(`OFFSET(${path})`)),
    size: (name) => decimal(lines.get(`SIZE(${name})`)),
    kernelOffset: () => hexadecimal(lines.get('KERNELOFFSET')),
    symbols: () => [...lines.keys()].filter((key) => key.startsWith('SYMBOL(')).map((key) => key.slice(7, -1)),
  }
}
