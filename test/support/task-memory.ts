import type { VirtAddr } from '../../src/base/units.ts'
import type { Kernel } from '../../src/kernel/types.ts'
import { HandKernel } from './hand-kernel.ts'

/** Members of task_struct that every kernel of these tests has, beside its state, its CPU and on_cpu. */
export const TASK_AT = {
  on_cpu: 40,
  flags: 44,
  tasks: 64,
  mm: 96,
  pid: 104,
  tgid: 108,
  exit_state: 112,
  signal: 128,
  thread_node: 144,
  comm: 176,
  stack: 192,
  'thread.sp': 200,
  'sched_info.last_arrival': 208,
  blocker: 216,
}
const STATE_AT = 24
const CPU_AT = 16
const TASK_SIZE = 256
const SIGNAL_SIZE = 64
const THREAD_HEAD = 16n
const ON_RQ_AT = 41n

export const PF_KTHREAD = 0x0020_0000

/** A task_struct; what is left out is 0. */
export interface TaskStructRecipe {
  pid: number
  comm?: string
  state?: number
  exitState?: number
  flags?: number
  cpu?: number
  onCpu?: number
  mm?: bigint
  stack?: bigint
  sp?: bigint
  /** Nanoseconds. */
  lastArrival?: bigint
  blocker?: bigint
}

/** A thread group: its leader, and the other threads. */
export interface GroupRecipe extends TaskStructRecipe {
  threads?: readonly TaskStructRecipe[]
}

/** How one kernel's task_struct differs from another's. */
export interface TaskEra {
  state?: '__state' | 'state'
  cpu?: 'thread_info.cpu' | 'cpu' | null
  /** Bytes of on_cpu; null: a kernel without SMP. */
  onCpu?: 1 | 4 | null
  /** Members that it does not have. */
  lacks?: readonly string[]
}

/** The task list of a kernel by hand: each task_struct and each signal_struct in a page of its own. */
export class TaskMemory extends HandKernel {
  readonly init: VirtAddr
  private readonly groups: VirtAddr[][]
  private readonly onCpuSize: number

  constructor(recipes: readonly GroupRecipe[], era: TaskEra = {}) {
    super()
    const { state = '__state', cpu = 'thread_info.cpu', onCpu = 4, lacks = [] } = era
    this.onCpuSize = onCpu ?? 0
    const members: Record<string, number> = {
      ...TASK_AT,
      [state]: STATE_AT,
      ...(cpu === null ? {} : { [cpu]: CPU_AT }),
    }
    for (const name of onCpu === null ? [...lacks, 'on_cpu'] : lacks) delete members[name]
    this.types.push({ name: 'task_struct', size: TASK_SIZE, members })
    this.types.push({ name: 'signal_struct', size: SIGNAL_SIZE, members: { thread_head: Number(THREAD_HEAD) } })
    this.init = this.variable('init_task', 0n, TASK_SIZE)
    this.groups = recipes.map((recipe) => this.group(recipe))
    this.ring([this.init, ...this.groups.map(([leader]) => leader!)].map((task) => task + BigInt(TASK_AT.tasks)))
  }

  /** Address of a task_struct: of a group's leader, or of its `thread`th other thread. */
  task(group: number, thread = -1): VirtAddr {
    return this.groups[group]![thread + 1]!
  }

  /** Address of its link in the list of processes. */
  link(group: number): VirtAddr {
    return this.task(group) + BigInt(TASK_AT.tasks)
  }

  /** Address of its link in its group's list of threads. */
  node(group: number, thread = -1): VirtAddr {
    return this.task(group, thread) + BigInt(TASK_AT.thread_node)
  }

  /** Address of a group's signal_struct. */
  signal(group: number): VirtAddr {
    return this.get(this.task(group) + BigInt(TASK_AT.signal))
  }

  /** Leaves a part of a task_struct's page out. */
  tear(task: VirtAddr, from: number, to: number): this {
    this.memory.hole(Math.floor(this.phys(task) / 4096), from, to)
    return this
  }

  /** The kernel; on_cpu has as many bytes as the era says. */
  override kernel(): Kernel {
    const kernel = super.kernel()
    const { types } = kernel
    const struct: Kernel['types']['struct'] = (name, having) => {
      const type = types.struct(name, having)
      if (name !== 'task_struct' || !type) return type
      return {
        ...type,
        member: (path) => {
          const found = type.member(path)
          return found && path === 'on_cpu' ? { ...found, size: this.onCpuSize } : found
        },
      }
    }
    return { ...kernel, types: { ...types, struct } }
  }

  private ring(links: readonly VirtAddr[]): void {
    links.forEach((link, i) => {
      const next = links[(i + 1) % links.length]!
      this.set(link, next).set(next + 8n, link)
    })
  }

  private group({ threads = [], ...leader }: GroupRecipe): VirtAddr[] {
    const tasks = [leader, ...threads].map((recipe) => this.struct(recipe, leader.pid))
    const signal = this.object(SIGNAL_SIZE, 4096)
    for (const task of tasks) this.set(task + BigInt(TASK_AT.signal), signal)
    this.ring([signal + THREAD_HEAD, ...tasks.map((task) => task + BigInt(TASK_AT.thread_node))])
    return tasks
  }

  private struct(recipe: TaskStructRecipe, tgid: number): VirtAddr {
    const { pid, comm = '', state = 0, exitState = 0, flags = 0, cpu = 0, onCpu = 0 } = recipe
    const { mm = 0n, stack = 0n, sp = 0n, lastArrival = 0n, blocker = 0n } = recipe
    const task = this.object(TASK_SIZE, 4096)
    const at = (name: keyof typeof TASK_AT): VirtAddr => task + BigInt(TASK_AT[name])
    this.set32(task + BigInt(CPU_AT), cpu).set32(task + BigInt(STATE_AT), state)
    // where on_cpu is one byte, on_rq is its neighbour
    if (this.onCpuSize === 1) this.bytes(at('on_cpu'), Uint8Array.of(onCpu)).bytes(task + ON_RQ_AT, Uint8Array.of(1))
    else this.set32(at('on_cpu'), onCpu)
    this.set32(at('flags'), flags).set32(at('pid'), pid).set32(at('tgid'), tgid).set32(at('exit_state'), exitState)
    this.set(at('mm'), mm).set(at('stack'), stack).set(at('thread.sp'), sp)
    this.set(at('sched_info.last_arrival'), lastArrival).set(at('blocker'), blocker)
    this.text(at('comm'), comm.slice(0, 16))
    return task
  }
}
