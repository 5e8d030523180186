import type { VirtAddr } from '../../src/base/units.ts'
import type { HandKernel } from './hand-kernel.ts'

const TASK = {
  'thread_info.cpu': 16,
  flags: 44,
  tasks: 64,
  mm: 96,
  pid: 104,
  tgid: 108,
  signal: 128,
  thread_node: 144,
  comm: 176,
}
const TASK_SIZE = 256
const THREAD_HEAD = 16
const PF_KTHREAD = 0x0020_0000

/** A process; what is left out is 0. */
export interface TaskRecipe {
  pid: number
  comm: string
  mm?: bigint
  kthread?: boolean
  cpu?: number
  /** Further threads, by their mm. */
  threads?: readonly bigint[]
}

/** The task list of a kernel: init_task, and one task_struct a process. */
export class TaskList {
  readonly init: VirtAddr
  private readonly kernel: HandKernel
  private readonly links: VirtAddr[]

  constructor(kernel: HandKernel, recipes: readonly TaskRecipe[]) {
    this.kernel = kernel
    kernel.types.push({ name: 'task_struct', size: TASK_SIZE, members: TASK })
    kernel.types.push({ name: 'signal_struct', size: 64, members: { thread_head: THREAD_HEAD } })
    this.init = kernel.variable('init_task', 0n, TASK_SIZE)
    this.links = [this.init + 64n]
    for (const recipe of recipes) this.links.push(this.task(recipe) + 64n)
    this.ring(this.links)
  }

  /** Address of the task_struct of the `i`th process. */
  at(i: number): VirtAddr {
    return this.links[i + 1]! - 64n
  }

  /** Address of its link in the task list. */
  link(i: number): VirtAddr {
    return this.links[i + 1]!
  }

  /** Writes a member. */
  poke(i: number, member: keyof typeof TASK, value: bigint): this {
    this.kernel.set(this.at(i) + BigInt(TASK[member]), value)
    return this
  }

  private ring(links: readonly VirtAddr[]): void {
    links.forEach((link, i) => {
      const next = links[(i + 1) % links.length]!
      this.kernel.set(link, next).set(next + 8n, link)
    })
  }

  /** A task_struct in a page of its own, with its signal_struct and its threads. */
  private task({ pid, comm, mm = 0n, kthread = false, cpu = 0, threads = [] }: TaskRecipe): VirtAddr {
    const { kernel } = this
    const task = kernel.object(TASK_SIZE, 4096)
    const signal = kernel.object(64)
    kernel.set32(task + 16n, cpu).set32(task + 44n, kthread ? PF_KTHREAD : 0x400)
    kernel
      .set(task + 96n, mm)
      .set32(task + 104n, pid)
      .set32(task + 108n, pid)
      .set(task + 128n, signal)
    kernel.text(task + 176n, comm.slice(0, 16))
    const nodes = [signal + BigInt(THREAD_HEAD), task + 144n]
    for (const each of threads) {
      const thread = kernel.object(TASK_SIZE)
      kernel.set(thread + 96n, each)
      nodes.push(thread + 144n)
    }
    this.ring(nodes)
    return task
  }
}

/** numa_node by CPU, as a per-cpu variable. */
export function numaNodes(kernel: HandKernel, nodes: readonly number[]): void {
  const area = kernel.object(0x1000, 4096)
  const offsets = kernel.variable('__per_cpu_offset', 0n, 8 * nodes.length)
  kernel.variable('nr_cpu_ids', nodes.length, 4)
  // a per-cpu symbol is small; the area of CPU i begins 256 bytes behind that of the one before
  kernel.symbols.set('numa_node', [0x1c0n])
  nodes.forEach((nid, cpu) => {
    const base = BigInt.asUintN(64, area - 0x1c0n + BigInt(256 * cpu))
    kernel.set(offsets + BigInt(8 * cpu), base)
    kernel.set32(base + 0x1c0n, nid)
  })
}
