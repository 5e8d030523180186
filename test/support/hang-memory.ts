import type { Problem } from '../../src/base/errors.ts'
import { finish } from '../../src/base/steps.ts'
import type { VirtAddr } from '../../src/base/units.ts'
import { gatherHang } from '../../src/diagnosis/gather-hang.ts'
import type { HangFacts } from '../../src/diagnosis/hang-facts.ts'
import { type HangReading, readHang } from '../../src/diagnosis/hang.ts'
import type { CpuRegisters } from '../../src/kernel/registers.ts'
import type { StackReader, TaskStack } from '../../src/kernel/stacks.ts'
import type { Task } from '../../src/kernel/task-list.ts'
import type { Frame, Stack } from '../../src/kernel/unwind.ts'
import type { KsmSurvey } from '../../src/ksm/survey.ts'
import { frames } from './hang-facts.ts'
import { KsmMemory, type KsmRecipe } from './ksm-memory.ts'
import { surveyOf } from './ksm-results.ts'
import { type HandLock, type LockForm, type LockRecipe, LockWriter, type WaiterRecipe } from './lock-writer.ts'

const MMAP_LOCK = 0x40n
const LRU = 8n
const ANON_VMA = { root: 16, rwsem: 24 }

/** Where on a stack the innermost frame is, and how far apart frames are. */
const [INNERMOST, FRAME] = [0x3000n, 0x100n]
/** Behind the innermost frame: room for a waiter's structure, then for words. */
const [STRUCTURE, WORDS] = [0x10n, 0x80n]

/** A task that waits or runs; what is left out is as of a process in state D. */
export interface TaskRecipe extends Partial<Omit<Task, 'address' | 'stack'>> {
  /** Words that stand on its stack. */
  words?: readonly bigint[]
}

/** A host by hand: KSM with one list, tasks with stacks, and locks of one form. */
export class HangMemory extends KsmMemory {
  readonly locks: LockWriter
  readonly tasks: Task[] = []
  /** Tasks whose stacks were asked for. */
  readonly asked: Task[] = []
  private readonly stacks = new Map<Task, Frame[]>()
  private readonly cpus = new Map<number, CpuRegisters>()
  private readonly cpuStacks = new Map<number, Stack>()

  constructor(form: LockForm = 'list', recipe: KsmRecipe = { trees: [[{ items: 300 }]] }) {
    super(recipe)
    this.locks = new LockWriter(this, form)
    const page = this.types.findIndex(({ name }) => name === 'page')
    this.types[page] = { ...this.types[page]!, members: { ...this.types[page]!.members, lru: Number(LRU) } }
    this.types.push({ name: 'mm_struct', size: 256, members: { mmap_lock: Number(MMAP_LOCK) } })
    this.types.push({ name: 'anon_vma', size: 128, members: ANON_VMA })
  }

  /** An mm_struct; its lock is free until it is written. */
  process(): VirtAddr {
    const mm = this.object(256, 4096)
    this.mmapLock(mm)
    return mm
  }

  mmapLock(mm: VirtAddr, recipe: LockRecipe = {}): HandLock {
    return this.locks.rwsem({ at: mm + MMAP_LOCK, ...recipe })
  }

  /** An anon_vma that is its own root, and the lock in it. */
  anonVma(recipe: LockRecipe = {}): { address: VirtAddr; lock: HandLock } {
    const address = this.object(128, 4096)
    this.root(address, address)
    return { address, lock: this.locks.rwsem({ at: address + BigInt(ANON_VMA.rwsem), ...recipe }) }
  }

  /** Sets the root of an anon_vma. */
  root(anonVma: VirtAddr, root: bigint): this {
    return this.set(anonVma + BigInt(ANON_VMA.root), root)
  }

  /** A page under migration: locked, and off the LRU. */
  movingPage(pfn: number): VirtAddr {
    const page = this.page(pfn)
    this.poke(page, 'page', 'flags', 1n).poke(page, 'page', 'mapping', page + 3n)
    this.linkPages([page])
    return page
  }

  /** Links pages by their lru in one ring, with a list_head where one is given. */
  linkPages(pages: readonly VirtAddr[], head?: VirtAddr): this {
    const links = [...(head === undefined ? [] : [head]), ...pages.map((page) => page + LRU)]
    links.forEach((link, i) => {
      const next = links[(i + 1) % links.length]!
      this.set(link, next).set(next + 8n, link)
    })
    return this
  }

  /** Adds a task. @param text - functions on its stack, innermost first */
  add(pid: number, comm: string, text: string, { words = [], ...rest }: TaskRecipe = {}): Task {
    const address = this.object(256, 256)
    const stack = this.object(0x4000, 0x4000)
    const task: Task = {
      address,
      pid,
      tgid: pid,
      comm,
      state: 'D',
      cpu: null,
      running: false,
      kthread: false,
      mm: 0n,
      stack,
      sp: stack,
      lastArrival: null,
      blocker: null,
      ...rest,
    }
    const symbols = frames(text)
    const listed = symbols.map((symbol, i): Frame => {
      const sp = stack + INNERMOST + FRAME * BigInt(i)
      return { address: 0xffffffff81000000n, sp, place: { symbol, offset: 4, module: null }, how: 'orc' }
    })
    this.stacks.set(task, listed)
    this.tasks.push(task)
    this.put(task, ...words)
    return task
  }

  /** Writes words on a task's stack, from the same place on. */
  put(task: Task, ...words: readonly bigint[]): this {
    words.forEach((word, i) => {
      this.set(task.stack + INNERMOST + WORDS + BigInt(8 * i), word)
    })
    return this
  }

  /** A task in a lock's queue, its structure on its own stack. @param type - 0 writer, 1 reader */
  waiter({ address, stack }: Task, type = 1, timeout = 0n): WaiterRecipe {
    return { task: address, type, timeout, at: stack + INNERMOST + STRUCTURE }
  }

  /** What a CPU does. */
  cpu(cpu: number, registers: CpuRegisters, text: string): this {
    this.cpus.set(cpu, registers)
    const listed = frames(text).map(
      (symbol): Frame => ({ address: 0n, sp: 0n, place: { symbol, offset: 4, module: null }, how: 'orc' }),
    )
    this.cpuStacks.set(cpu, { frames: listed, end: 'end' })
    return this
  }

  reader(): StackReader {
    return {
      code: { at: () => null, isText: () => false },
      read: (task): TaskStack => {
        this.asked.push(task)
        return { frames: this.stacks.get(task)!, from: 'switch', end: 'end', whole: true, noRegisters: false }
      },
      registers: () => [],
      cpu: (cpu) => this.cpus.get(cpu) ?? null,
      ofCpu: (cpu) => this.cpuStacks.get(cpu) ?? null,
    }
  }

  /** All that explains a hang, and what it explains. */
  gather(abort = { aborted: false }): {
    facts: HangFacts
    problems: Problem[]
    reading: HangReading
    survey: KsmSurvey
  } {
    const kernel = this.kernel()
    const survey = surveyOf(kernel)
    const problems: Problem[] = []
    const facts = finish(gatherHang(kernel, survey, this.tasks, true, this.reader(), 'dump', problems, abort))
    return { facts, problems, reading: readHang(facts), survey }
  }
}
