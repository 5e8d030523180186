import type { AnalyzeReport } from '../document/schema.ts'

/** Names that may stand in a script: those of symbols, structs and members. Everything else from a report is left out. */
const NAME = /^[A-Za-z_][\w.$]*$/
/** Text that is compared with memory byte by byte; other text may have been changed when it was made safe to print. */
const PLAIN = /^[ -~]{1,15}$/

export type Layout = NonNullable<AnalyzeReport['layout']>
type Ksm = NonNullable<AnalyzeReport['ksm']>
type Hang = NonNullable<AnalyzeReport['hang']>
type Lock = NonNullable<Hang['lock']>

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
function everyNodeOf({ ksm }: AnalyzeReport, { symbols, members }: Layout): readonly string[] {
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

/** A layout of which nothing but numbers and well-formed names is left. */
export function safeLayout(layout: Layout): Layout {
  const named = <T>(from: Record<string, T>, names: (entry: T) => readonly (string | null)[]): Record<string, T> =>
    // without a prototype: "constructor" is no entry
    Object.assign(
      Object.create(null),
      Object.fromEntries(
        Object.entries(from).filter(([name, entry]) =>
          [name, ...names(entry)].every((each) => each === null || NAME.test(each)),
        ),
      ),
    )
  return {
    ...layout,
    symbols: named(layout.symbols, () => []),
    counters: named(layout.counters, ({ symbol, member }) => [symbol, member]),
    members: named(layout.members, ({ struct, member }) => [struct, member]),
  }
}

/** More NUMA nodes than MAX_NUMNODES (1 << 10) can't be. */
const MOST_TREES = 1024

/**
 * Every statement of a report that the memory of its dump can confirm, in the order of the report.
 * @param layout - made safe
 */
export function claimsOf(report: AnalyzeReport, layout: Layout): Claim[] {
  const list = new ClaimList(layout, everyNodeOf(report, layout))
  kernelClaims(list, report, layout)
  if (report.ksm) ksmClaims(list, report.ksm, layout)
  if (report.hang) hangClaims(list, report.hang, report.verdict.summary)
  return list.claims
}

/** Collects claims; what the report leaves open (null) is none. */
class ClaimList {
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

function kernelClaims(list: ClaimList, { kernel }: AnalyzeReport, layout: Layout): void {
  const buildId = kernel?.buildId ?? null
  list.add(
    'kernel.buildId',
    'build id in VMCOREINFO',
    buildId !== null && /^[0-9a-f]+$/.test(buildId) ? buildId : null,
    {
      kind: 'vmcoreinfo',
      key: 'BUILD-ID',
    },
  )
  list.add('kernel.kaslrOffset', 'KERNELOFFSET in VMCOREINFO', word(kernel?.kaslrOffset), {
    kind: 'vmcoreinfo',
    key: 'KERNELOFFSET',
  })
  list.add('kernel.physBase', 'phys_base in VMCOREINFO', word(kernel?.physBase), {
    kind: 'vmcoreinfo',
    key: 'NUMBER(phys_base)',
  })
  list.add(
    'layout.symbols',
    'names of the table at the addresses that kallsyms in the dump give',
    // an address of a per-cpu variable is an offset
    Object.values(layout.symbols).filter((at) => BigInt(at) >= 1n << 63n).length,
    {
      kind: 'symbols',
    },
  )
  for (const [symbol, expected] of [
    ['vmemmap_base', layout.vmemmap],
    ['page_offset_base', layout.pageOffset],
  ] as const) {
    if (layout.symbols[symbol])
      list.add(symbol === 'vmemmap_base' ? 'layout.vmemmap' : 'layout.pageOffset', symbol, word(expected), {
        kind: 'variable',
        symbol,
        size: 8,
      })
  }
  // before 3.9 the variable is itself the root
  if (layout.symbols['root_stable_tree'] !== layout.trees.address)
    list.add('layout.trees.address', 'root_stable_tree', word(layout.trees.address), {
      kind: 'variable',
      symbol: 'root_stable_tree',
      size: 8,
    })
  if (layout.symbols['ksm_nr_node_ids'])
    list.add('layout.trees.count', 'ksm_nr_node_ids', layout.trees.count, {
      kind: 'variable',
      symbol: 'ksm_nr_node_ids',
      size: 4,
    })
}

function ksmClaims(list: ClaimList, ksm: Ksm, layout: Layout): void {
  for (const [counter, value] of Object.entries(ksm.counters))
    if (layout.counters[counter])
      list.add(`ksm.counters.${counter}`, layout.counters[counter].symbol, value, { kind: 'counter', counter })
  if (layout.trees.count <= MOST_TREES) {
    if (ksm.totals) {
      for (const of of ['nodes', 'chains', 'dups', 'migrate'] as const)
        list.add(`ksm.totals.${of}`, TOTALS[of], ksm.totals[of], { kind: 'total', of })
      list.add('ksm.totals.items', TOTALS.items, ksm.totals.items, { kind: 'total', of: 'items' })
    }
    list.add('ksm.census.hlist', TOTALS.items, ksm.census.hlist, { kind: 'total', of: 'items' })
  }
  list.add('ksm.census.mm', 'stable rmap_items counted over the rmap_lists of all processes', ksm.census.mm, {
    kind: 'by-mms',
  })
  for (const [i, row] of ksm.longest.entries()) nodeClaims(list, `ksm.longest[${i}]`, row)
  ksm.histogram.forEach(({ from, to, lists, items }, i) => {
    const path = `ksm.histogram[${i}]`
    list.add(`${path}.lists`, `lists of ${from} to ${to} rmap_items`, lists, {
      kind: 'by-length',
      from,
      to,
      of: 'lists',
    })
    list.add(`${path}.items`, 'rmap_items in them', items, { kind: 'by-length', from, to, of: 'items' })
  })
  ksm.perNode.forEach(({ nid, lists, items }, i) => {
    if (nid === null) return
    const path = `ksm.perNode[${i}]`
    list.add(`${path}.lists`, `lists of NUMA node ${nid}`, lists, { kind: 'by-node', nid, of: 'lists' })
    list.add(`${path}.items`, 'rmap_items in them', items, { kind: 'by-node', nid, of: 'items' })
  })
  ksm.sharers?.rows.forEach((row, i) => {
    const path = `ksm.sharers.rows[${i}]`
    const mm = word(row.mm)!
    list.add(`${path}.items`, 'rmap_items of this mm over all lists', row.items, { kind: 'sharer', mm })
    processClaim(list, `${path}.pid`, mm, row.pid)
  })
}

const TOTALS = {
  nodes: 'stable_nodes that have a page, dups included',
  chains: 'chains in the stable trees',
  dups: 'dups in chains',
  migrate: 'stable_nodes on migrate_nodes',
  items: 'rmap_items counted over all hlists',
}

function nodeClaims(list: ClaimList, path: string, row: Ksm['longest'][number]): void {
  const node = word(row.address)!
  const pfn = word(row.kpfn)
  list.add(`${path}.address`, 'a stable_node in the trees', node, { kind: 'node', node, of: 'address' })
  list.add(`${path}.tree`, 'its tree', row.tree, { kind: 'node', node, of: 'tree' })
  list.add(`${path}.chain`, 'its chain', word(row.chain), { kind: 'node', node, of: 'chain' })
  list.add(`${path}.rmapHlistLen`, 'rmap_hlist_len', row.rmapHlistLen, {
    kind: 'member',
    at: node,
    member: 'stable_node.rmap_hlist_len',
  })
  // a chain has no rmap_items of its own, and what stands in its nid means nothing
  if (row.kind === 'chain') return
  list.add(`${path}.length`, 'rmap_items in its hlist', row.length, { kind: 'list', node, of: 'length' })
  if (row.checks) {
    const { pprevBad, headBad, flagBad } = row.checks
    list.add(`${path}.checks.pprevBad`, 'wrong pprev links', pprevBad, { kind: 'list', node, of: 'pprev' })
    list.add(`${path}.checks.headBad`, 'rmap_items of another head', headBad, { kind: 'list', node, of: 'head' })
    list.add(`${path}.checks.flagBad`, 'rmap_items without STABLE_FLAG', flagBad, { kind: 'list', node, of: 'flag' })
  }
  list.add(`${path}.mms`, 'mms that share it', row.mms, { kind: 'list', node, of: 'mms' })
  list.add(`${path}.nid`, 'nid', row.nid, { kind: 'member', at: node, member: 'stable_node.nid' })
  row.owners.forEach(({ mm, items, pid }, i) => {
    const owner = word(mm)!
    list.add(`${path}.owners[${i}].items`, 'its rmap_items of this mm', items, { kind: 'owner', node, mm: owner })
    processClaim(list, `${path}.owners[${i}].pid`, owner, pid)
  })
  if (pfn === null) return
  list.add(`${path}.kpfn`, 'kpfn', pfn, { kind: 'member', at: node, member: 'stable_node.kpfn' })
  // the page of a node whose sharers have gone may be anybody's
  const own = row.pageState === 'live' || row.pageState === 'migrating'
  list.add(`${path}.page`, 'struct page of the frame that its kpfn names', word(row.page), { kind: 'page', node, own })
  if (own) list.add(`${path}.address`, 'stable_node that page->mapping names, | 3', node | 3n, { kind: 'mapping', pfn })
  if (row.page !== null) list.add(`${path}.mapcount`, 'page->_mapcount + 1', row.mapcount, { kind: 'mapcount', pfn })
}

function processClaim(list: ClaimList, path: string, mm: bigint, pid: number | null): void {
  if (pid !== null) list.add(path, 'process that has this mm', pid, { kind: 'process', mm, pid })
}

/** The length of the walked list that a verdict names; null where it names none. */
function lengthIn(verdict: string): number | null {
  const digits = /whose list has (\d[\d,]{0,20}) rmap_items/.exec(verdict)?.[1]
  return digits === undefined ? null : Number(digits.replaceAll(',', ''))
}

function hangClaims(list: ClaimList, hang: Hang, verdict: string): void {
  if (hang.holder) walkerClaims(list, hang.holder)
  const { node, lock, progress } = hang
  const address = word(node?.address)
  const pfn = word(node?.kpfn)
  if (node && address !== null) {
    list.add('hang.node.length', 'rmap_items in the hlist under the walk', node.length, {
      kind: 'list',
      node: address,
      of: 'length',
    })
    list.add('verdict.summary', 'rmap_items that the verdict says it has', lengthIn(verdict), {
      kind: 'list',
      node: address,
      of: 'length',
    })
    if (pfn !== null) {
      list.add('hang.node.kpfn', 'kpfn of the node under the walk', pfn, {
        kind: 'member',
        at: address,
        member: 'stable_node.kpfn',
      })
      list.add('hang.node.address', 'stable_node that page->mapping names, | 3', address | 3n, { kind: 'mapping', pfn })
      if (progress)
        list.add('hang.progress.fraction', 'walked, by length and mapcount', progress.fraction, {
          kind: 'progress',
          pass: progress.pass,
          node: address,
          pfn,
        })
    }
  }
  if (lock) lockClaims(list, lock)
  waitersClaims(list, hang.waiters)
}

function walkerClaims(list: ClaimList, holder: NonNullable<Hang['holder']>): void {
  const task = word(holder.task)
  if (task !== null) {
    list.add('hang.holder.task', 'task_struct of the walker, in the task list', task, { kind: 'listed', task })
    list.add('hang.holder.pid', 'pid of the walker', holder.pid, { kind: 'member', at: task, member: 'task.pid' })
    list.add('hang.holder.comm', 'comm of the walker, bytes', commBytes(holder.comm), { kind: 'comm', task })
    list.add('hang.holder.state', 'state of the walker, a letter as byte', stateOf(holder.state), {
      kind: 'state',
      task,
    })
    list.add('hang.holder.cpu', 'CPU of the walker', holder.cpu, { kind: 'member', at: task, member: 'task.cpu' })
  }
  holder.stack.forEach(({ address, sp, symbol, offset, module }, i) => {
    const path = `hang.holder.stack[${i}]`
    const code = word(address)
    const at = word(sp)
    if (code === null || at === null) return
    if (i > 0) list.add(`${path}.address`, 'return address on the stack', code, { kind: 'word', at })
    // the innermost frame of a task on a CPU stands in its registers, that of another one on the stack
    else if (task !== null) list.add(`${path}.address`, 'instruction pointer', code, { kind: 'register', task, at })
    if (symbol !== null && offset !== null && module === null && NAME.test(symbol))
      list.add(`${path}.offset`, `${symbol} + ${offset}`, code, { kind: 'symbol', symbol, offset, at: code })
  })
}

const HOLDS = {
  write: 'task of the owner word, which holds the lock for writing',
  read: 'a task outside the queue of the lock, on whose stack the lock or its mm is',
}

function lockClaims(list: ClaimList, lock: Lock): void {
  const at = word(lock.address)!
  const mm = word(lock.mm)!
  list.add('hang.lock.address', 'the mmap_lock of the mm, which is that of a task', at, { kind: 'lock-of', mm })
  list.add('hang.lock.count', 'count of the lock', word(lock.count), { kind: 'member', at, member: 'rwsem.count' })
  list.add('hang.lock.ownerWord', 'owner word of the lock', word(lock.ownerWord), {
    kind: 'member',
    at,
    member: 'rwsem.owner',
  })
  processClaim(list, 'hang.lock.owner.pid', mm, lock.owner?.pid ?? null)
  if (lock.held === 'read' || lock.held === 'write')
    for (const [i, { pid }] of lock.heldBy.entries())
      if (pid !== null)
        list.add(`hang.lock.heldBy[${i}].pid`, HOLDS[lock.held], pid, {
          kind: 'holder',
          lock: at,
          mm,
          pid,
          way: lock.held,
        })
  const pids = lock.queue.map((pid) => pid ?? -1)
  list.add('hang.lock.queue', 'pids in the queue of the lock, in order', pids, {
    kind: 'queue',
    lock: at,
    type: 'rwsem',
    of: 'pids',
  })
  list.add('hang.lock.queue.length', 'tasks in the queue of the lock', pids.length, {
    kind: 'queue',
    lock: at,
    type: 'rwsem',
    of: 'number',
  })
}

type Waiter = Hang['waiters'][number]

function waitersClaims(list: ClaimList, waiters: readonly Waiter[]): void {
  const rows = new Map<number, number>()
  const queues = new Map<bigint, { type: LockType; count: number }>()
  for (const waiter of waiters) {
    if (waiter.pid !== null) rows.set(waiter.pid, (rows.get(waiter.pid) ?? 0) + 1)
    const lock = queueOf(waiter)
    if (lock === null) continue
    const queue = queues.get(lock) ?? { type: lockTypeOf(waiter), count: 0 }
    queues.set(lock, { ...queue, count: queue.count + 1 })
  }
  for (const [lock, { type, count }] of queues)
    list.add('hang.waiters.length', `waiters in the queue of the lock at 0x${lock.toString(16)}`, count, {
      kind: 'queue',
      lock,
      type,
      of: 'number',
    })
  for (const [i, waiter] of waiters.entries())
    if (waiter.pid !== null) waiterClaims(list, `hang.waiters[${i}]`, waiter, waiter.pid, rows.get(waiter.pid)!)
}

/** The lock in whose queue somebody stands; null where it is known by the stack alone, or waits for something else. */
const queueOf = ({ by, lock }: Waiter): bigint | null => (by.includes('queue') ? word(lock) : null)

const lockTypeOf = ({ waitsFor }: Waiter): LockType =>
  waitsFor === 'ksm-thread-mutex' || waitsFor === 'mutex' ? 'mutex' : 'rwsem'

function waiterClaims(list: ClaimList, path: string, waiter: Waiter, pid: number, rows: number): void {
  const lock = queueOf(waiter)
  const read = (of: OfWaiter): Read =>
    lock === null ? { kind: 'task', pid, of, rows } : { kind: 'queued', lock, type: lockTypeOf(waiter), pid, of, rows }
  list.add(`${path}.pid`, lock === null ? 'a task' : 'a task in the queue of its lock', pid, read('pid'))
  list.add(`${path}.comm`, 'comm of that task, bytes', commBytes(waiter.comm), read('comm'))
  list.add(`${path}.state`, 'state of that task, a letter as byte', stateOf(waiter.state), read('state'))
  list.add(
    `${path}.blockedSeconds`,
    'seconds since it queued, or was last put on a CPU',
    waiter.blockedSeconds,
    read('blocked'),
  )
}

/** An address, page frame or flag word of the document. */
function word(text: string | null | undefined): bigint | null {
  return text === null || text === undefined ? null : BigInt(text)
}

/** Bytes of a name, so that no text of the dump stands in a script; null for text that is not as it stands in memory. */
function commBytes(comm: string | null): string | null {
  return comm !== null && PLAIN.test(comm) ? Buffer.from(comm, 'latin1').toString('hex') : null
}

/** A letter of /proc/PID/stat, as a byte. */
function stateOf(state: string | null): string | null {
  return state !== null && /^[RSDTtXZPI]$/.test(state) ? Buffer.from(state, 'latin1').toString('hex') : null
}
