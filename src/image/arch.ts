import type { Arch } from './types.ts'

/** utsname.machine -> architecture. */
const MACHINES: readonly [RegExp, Arch][] = [
  [/^x86_64$/, 'x86_64'],
  [/^i[3-6]86$/, 'i386'],
  [/^(aarch64|arm64)/, 'aarch64'],
  [/^arm/, 'arm'],
  [/^ppc64/, 'ppc64'],
  [/^(ppc|powerpc)/, 'ppc'],
  [/^s390x$/, 's390x'],
  [/^s390$/, 's390'],
  [/^riscv64$/, 'riscv64'],
  [/^riscv32$/, 'riscv32'],
  [/^loongarch64$/, 'loongarch64'],
  [/^mips/, 'mips'],
]

/** @param machine - utsname.machine, as "x86_64" or "i686"; empty gives 'unknown' */
export function archOfMachine(machine: string): Arch {
  return MACHINES.find(([pattern]) => pattern.test(machine))?.[1] ?? 'unknown'
}

/** e_machine -> architecture by word size 4 and 8: ELF gABI; i386 kernels with PAE write ELF64 with machine 3. */
const ELF_MACHINES: Readonly<Record<number, readonly [Arch, Arch]>> = {
  3: ['i386', 'i386'],
  8: ['mips', 'mips'],
  20: ['ppc', 'ppc'],
  21: ['ppc64', 'ppc64'],
  22: ['s390', 's390x'],
  40: ['arm', 'arm'],
  62: ['x86_64', 'x86_64'],
  183: ['aarch64', 'aarch64'],
  243: ['riscv32', 'riscv64'],
  258: ['loongarch64', 'loongarch64'],
}

/** @param machine - e_machine of the ELF header */
export function archOfElf(machine: number, wordSize: 4 | 8): Arch {
  return ELF_MACHINES[machine]?.[wordSize === 4 ? 0 : 1] ?? 'unknown'
}

/** Page size of an ELF core without PAGESIZE in its VMCOREINFO: the usual one of its machine. */
export function usualPageSize(arch: Arch): number {
  return arch === 'ppc64' ? 65_536 : 4096
}
