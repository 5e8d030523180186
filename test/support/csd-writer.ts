import type { VirtAddr } from '../../src/base/units.ts'
import type { HandKernel } from './hand-kernel.ts'

/** CSD_FLAG_LOCK, and CSD_TYPE_SYNC, which says nothing of the lock. */
export const [LOCKED, SYNC] = [0x1, 0x10]
/** The function that every call is to make. */
export const FLUSH = 0xffffffff81051230n
/** Where cfd_data is in a CPU's area. */
export const CFD_DATA = 0x1c0n
const AREA = 4096

/** How one kernel's call_function_data differs. */
export interface CsdEra {
  /** A per-cpu pointer to each target's csd, or to a cfd_percpu that begins with it (5.12 to 6.3). */
  member?: 'csd' | 'pcpu'
  cpus?: number
}

/** The csds of smp_call_function_many, one for each pair of CPUs, none of them locked. */
export class CsdWriter {
  readonly cpus: number
  /** Address of __per_cpu_offset. */
  readonly offsets: VirtAddr
  private readonly kernel: HandKernel
  private readonly areas: VirtAddr[]

  constructor(kernel: HandKernel, { member = 'csd', cpus = 4 }: CsdEra = {}) {
    this.kernel = kernel
    this.cpus = cpus
    kernel.types.push({ name: 'call_function_data', size: 24, members: { [member]: 8, cpumask: 16 } })
    kernel.types.push({ name: '__call_single_data', size: 32, members: { 'node.u_flags': 8, func: 16, info: 24 } })
    kernel.symbols.set('cfd_data', [CFD_DATA])
    // the kernel's table is as long as NR_CPUS
    this.offsets = kernel.variable('__per_cpu_offset', 0n, 8 * (cpus + 1))
    kernel.variable('nr_cpu_ids', cpus, 4)
    this.areas = Array.from({ length: cpus }, () => kernel.object(AREA, AREA))
    this.areas.forEach((area, cpu) => {
      kernel.set(this.offsets + BigInt(8 * cpu), area).set(area + CFD_DATA + 8n, this.pointer(cpu))
      for (let target = 0; target < cpus; target++) this.call(cpu, target, SYNC)
    })
  }

  /** Address of a CPU's area. */
  area(cpu: number): VirtAddr {
    return this.areas[cpu]!
  }

  csd(caller: number, target: number): VirtAddr {
    return this.area(target) + this.pointer(caller)
  }

  /** Sets the flags of a csd. */
  call(caller: number, target: number, flags = SYNC | LOCKED): this {
    const csd = this.csd(caller, target)
    // the words around the flags are set: nobody may take them for flags
    this.kernel.set(csd, 0xffff_ffff_ffff_ffffn).set32(csd + 12n, 0xffff)
    this.kernel.set32(csd + 8n, flags).set(csd + 16n, FLUSH)
    return this
  }

  /** The per-cpu pointer of a caller: its csds lie at this offset in each target's area. */
  private pointer(caller: number): bigint {
    return BigInt(0x400 + 64 * caller)
  }
}
