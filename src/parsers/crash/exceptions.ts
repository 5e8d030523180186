/**
 * Where each machine says which function an exception or interrupt stopped: that function has no numbered frame of its own, or
 * one that follows. One entry a form.
 */
export interface ExceptionForm {
  machine: string
  source: string
  pattern: RegExp
  /** Which group holds "f+219", which an address. */
  place: number
  address: number | null
}

export const EXCEPTIONS: readonly ExceptionForm[] = [
  {
    //     [exception RIP: smp_call_function_single+219]
    machine: 'x86_64, x86',
    source: 'crash 9.0.2, x86_64.c, x86_64_exception_frame',
    pattern: /^ *\[exception [RE]IP: ([^\]]{1,300})\]/,
    place: 1,
    address: null,
  },
  {
    //      PC: ffff0000080857d0  [arch_cpu_idle+36]
    machine: 'arm64',
    source: 'crash 9.0.2, arm64.c, arm64_print_exception_frame',
    pattern: /^ *PC: ([0-9a-f]{8,16}) +\[([^\]]{1,300})\]/,
    place: 2,
    address: 1,
  },
  {
    //  [NIP  : .plpar_hcall_norets+24]
    machine: 'ppc64',
    source: 'crash 9.0.2, ppc64.c, ppc64_print_nip_lr',
    pattern: /^ *\[NIP +: ([^\]]{1,300})\]/,
    place: 1,
    address: null,
  },
  {
    //   -function : psw_idle at 941d5a
    machine: 's390x',
    source: 'crash 9.0.2, s390x.c, s390x_print_lowcore',
    pattern: /^ *-function +: (\S{1,300}) at ([0-9a-f]{4,16})$/,
    place: 1,
    address: 2,
  },
  {
    //  PSW:  0704c00180000000 0000000000112345 (vtime_account+0)
    machine: 's390x',
    source: 'crash 9.0.2, s390x.c, s390x_print_pt_regs',
    pattern: /^ *PSW: +[0-9a-f]{16} ([0-9a-f]{16}) \(([^)]{1,300})\)/,
    place: 2,
    address: 1,
  },
]

/** "user space", "unknown or invalid address": nothing in the kernel. */
export const NO_FUNCTION = /^(?:user space|unknown or invalid address|unknown)$/
