import type { AnalyzeReport } from '../document/schema.ts'

/** Names that may stand in a script: those of symbols, structs and members. Everything else from a report is left out. */
export const NAME = /^[A-Za-z_][\w.$]*$/
/** Text that is compared with memory byte by byte; other text may have been changed when it was made safe to print. */
const PLAIN = /^[ -~]{1,15}$/

export type Layout = NonNullable<AnalyzeReport['layout']>

/** A number as the report shows it, an address or flag word (bigint), pids in their order, or bytes (lower-case hexadecimal). */
export type Expected = number | bigint | readonly number[] | string

/** What is read again, and how; addresses are numbers of the report. */
export type Read =
  | { kind: 'counter'; counter: string }
  | { kind: 'variable'; symbol: string; size: 4 | 8 }
  | { kind: 'vmcoreinfo'; key: 'BUILD-ID' | 'KERNELOFFSET' | 'NUMBER(phys_base)' }
  | { kind: 'symbols' }
  | { kind: 'total'; of: 'nodes' | 'chains' | 'dups' | 'migrate' | 'items' }
  | { kind: 'by-mms' }
  | { kind: 'by-length'; from: number; to: number; of: 'lists' | 'items' }
  | { kind: 'sharer'; mm: bigint }
  | { kind: 'list'; node: bigint; of: 'length' | 'pprev' | 'head' | 'flag' | 'mms' }
  | { kind: 'owner'; node: bigint; mm: bigint }
  /** Where a stable_node hangs: itself where it hangs anywhere, its tree, or the chain that a dup is in. */
  | { kind: 'node'; node: bigint; of: 'address' | 'tree' | 'chain' }
  | { kind: 'by-node'; nid: number; of: 'lists' | 'items' }
  /** The value of a member of a struct at an address. */
  | { kind: 'member'; at: bigint; member: string }
  /** The mmap_lock of an mm that a task has. */
  | { kind: 'lock-of'; mm: bigint }
  /** The struct page of the frame that a node names; `own`: its mapping names the node. */
  | { kind: 'page'; node: bigint; own: boolean }
  | { kind: 'mapping'; pfn: bigint }
  | { kind: 'mapcount'; pfn: bigint }
  | { kind: 'progress'; pass: 'unmap' | 'restore'; node: bigint; pfn: bigint }
  | { kind: 'word'; at: bigint }
  /** The instruction pointer of a task: `at` on its stack, where it was switched out. */
  | { kind: 'register'; task: bigint; at: bigint }
  /** The address of a symbol of the dump, plus an offset; `at`: what the report says. */
  | { kind: 'symbol'; symbol: string; offset: number; at: bigint }
  /** A task_struct: itself where it is in the task list. */
  | { kind: 'listed'; task: bigint }
  | { kind: 'comm'; task: bigint }
  | { kind: 'state'; task: bigint }
  | { kind: 'queue'; lock: bigint; type: LockType; of: 'pids' | 'number' }
  /** A task in a queue, by its pid; `rows`: how often the report has that pid among the waiters. */
  | { kind: 'queued'; lock: bigint; type: LockType; pid: number; of: OfWaiter; rows: number }
  /** A task by its pid. */
  | { kind: 'task'; pid: number; of: OfWaiter; rows: number }
  /** Who holds a lock: for writing, the task of its owner word; for reading, `pid` if that task may. */
  | { kind: 'holder'; lock: bigint; mm: bigint; pid: number; way: 'read' | 'write' }
  /** Which process has an mm: `pid` if that one is among them. */
  | { kind: 'process'; mm: bigint; pid: number }

export type LockType = 'rwsem' | 'mutex'
export type OfWaiter = 'pid' | 'comm' | 'state' | 'blocked'

/** A statement of a report that memory can confirm. */
export interface Claim {
  /** Where it stands in the report. */
  path: string
  /** What is read again. */
  what: string
  expected: Expected
  read: Read
  /** The member or symbol that the report does not give, though the claim needs it; null where it gives all. */
  lacks: string | null
}

/** The parts of the layout that each reading needs; symbols begin with "&". */
const TREES = ['stable_node.hlist', 'rb_node.rb_right', 'rb_node.rb_left'] as const
const ITEMS = ['rmap_item.hlist', 'rmap_item.head', 'rmap_item.address', 'rmap_item.mm', 'stable_node.hlist'] as const
const TASKS = ['&init_task', 'task.tasks', 'task.signal', 'task.thread_node', 'signal.thread_head', 'task.pid'] as const
const STATE = ['task.state', 'task.exit_state'] as const
const ARRIVAL = ['task.last_arrival', 'rq.clock', '&runqueues', '&__per_cpu_offset', '&nr_cpu_ids'] as const
const QUEUED_AT = ['rwsem_waiter.timeout', '&jiffies_64', '&tick_nsec'] as const

/** @param everyNode - parts without which some stable_nodes would not be found in this kernel */
function needs(read: Read, everyNode: readonly string[]): readonly string[] {
  switch (read.kind) {
    case 'counter':
    case 'vmcoreinfo':
    case 'symbols':
    case 'word':
      return []
    case 'page':
      return ['stable_node.kpfn', ...(read.own ? ['page.mapping'] : [])]
    case 'variable':
    case 'symbol':
      return [`&${read.symbol}`]
    case 'total':
      return read.of === 'items' ? [...everyNode, ...ITEMS] : everyNode
    case 'node':
      return everyNode
    case 'by-node':
      return [...everyNode, ...ITEMS, 'stable_node.nid']
    case 'listed':
      return TASKS
    case 'by-length':
    case 'sharer':
      return [...everyNode, ...ITEMS]
    case 'by-mms':
      return ['&ksm_mm_head', 'mm_slot.list', 'mm_slot.rmap_list', 'rmap_item.rmap_list', 'rmap_item.address']
    case 'list':
    case 'owner':
      return ITEMS
    case 'member':
      return [read.member]
    case 'lock-of':
      return [...TASKS, 'task.mm', 'mm.mmap_lock']
    case 'holder':
      return [...TASKS, ...(read.way === 'write' ? ['rwsem.owner'] : ['task.stack'])]
    case 'mapping':
      return ['page.mapping']
    case 'mapcount':
      return ['page._mapcount']
    case 'progress':
      return ['page._mapcount', ...ITEMS]
    case 'register':
      return ['task.on_cpu']
    case 'comm':
      return ['task.comm']
    case 'state':
      return STATE
    case 'queue':
    case 'queued':
      return ['task.pid', ...(read.kind === 'queued' ? ofTask(read.of) : [])]
    case 'task':
      return [...TASKS, ...ofTask(read.of)]
    case 'process':
      return [...TASKS, 'task.mm', 'task.tgid']
  }
}

function ofTask(of: OfWaiter): readonly string[] {
  return { pid: [], comm: ['task.comm'], state: STATE, blocked: ARRIVAL }[of]
}

/** What finds every stable_node: chains and dups are there since 4.13, migrate_nodes since 3.9. */
export function everyNodeOf({ ksm }: AnalyzeReport, { symbols, members }: Layout): readonly string[] {
  const chains = ['stable_node.rmap_hlist_len', 'stable_node.hlist_dup']
  const migrate = ['&migrate_nodes', 'stable_node.list']
  const bounded = ksm?.bounded !== false
  const migrates = bounded || symbols['migrate_nodes'] !== undefined || members['stable_node.list'] !== undefined
  return [...TREES, ...(bounded ? chains : []), ...(migrates ? migrate : [])]
}

/** How the waiters of a lock hang in this kernel, by the members that it has; null where none is known. */
export function queueForm(layout: Layout, type: LockType): 'waiters' | 'first_waiter' | 'wait_list' | null {
  const form = (['waiters', 'first_waiter', 'wait_list'] as const).find((each) => layout.members[`${type}.${each}`])
  const waiter =
    form === 'waiters' ? ['rt_waiter.entry', 'rt_waiter.task'] : [`${type}_waiter.list`, `${type}_waiter.task`]
  return form !== undefined && waiter.every((part) => layout.members[part]) ? form : null
}

/** Collects claims; what the report leaves open (null) is none. */
export class ClaimList {
  readonly claims: Claim[] = []
  private readonly layout: Layout

  private readonly everyNode: readonly string[]

  constructor(layout: Layout, everyNode: readonly string[]) {
    this.layout = layout
    this.everyNode = everyNode
  }

  add(path: string, what: string, expected: Expected | null | undefined, read: Read): void {
    if (expected !== null && expected !== undefined)
      this.claims.push({ path, what, expected, read, lacks: this.lacking(read) })
  }

  private lacking(read: Read): string | null {
    const lock = lockType(read)
    if (lock !== null && queueForm(this.layout, lock) === null) return `${lock}.wait_list`
    if (read.kind === 'counter' && !this.counterIsKnown(read.counter)) return 'the variable'
    const { symbols, members } = this.layout
    const parts = [...needs(read, this.everyNode), ...(lock === 'rwsem' && ofBlocked(read) ? this.queuedAt() : [])]
    return parts.find((part) => (part[0] === '&' ? !symbols[part.slice(1)] : !members[part])) ?? null
  }

  /** Where the lock records when somebody queued, that is what the report goes by. */
  private queuedAt(): readonly string[] {
    return this.layout.members['rwsem_waiter.timeout'] ? QUEUED_AT : []
  }

  private counterIsKnown(name: string): boolean {
    const counter = this.layout.counters[name]
    return counter !== undefined && this.layout.symbols[counter.symbol] !== undefined
  }
}

/** The lock whose queue is read; null where none is. */
function lockType(read: Read): LockType | null {
  if (read.kind === 'holder') return read.way === 'read' ? 'rwsem' : null
  return read.kind === 'queue' || read.kind === 'queued' ? read.type : null
}

const ofBlocked = (read: Read): boolean => read.kind === 'queued' && read.of === 'blocked'

export function processClaim(list: ClaimList, path: string, mm: bigint, pid: number | null): void {
  if (pid !== null) list.add(path, 'process that has this mm', pid, { kind: 'process', mm, pid })
}

/** An address, page frame or flag word of the document. */
export function word(text: string | null | undefined): bigint | null {
  return text === null || text === undefined ? null : BigInt(text)
}

/** Bytes of a name, so that no text of the dump stands in a script; null for text that is not as it stands in memory. */
export function commBytes(comm: string | null): string | null {
  return comm !== null && PLAIN.test(comm) ? Buffer.from(comm, 'latin1').toString('hex') : null
}

/** A letter of /proc/PID/stat, as a byte. */
export function stateOf(state: string | null): string | null {
  return state !== null && /^[RSDTtXZPI]$/.test(state) ? Buffer.from(state, 'latin1').toString('hex') : null
}
