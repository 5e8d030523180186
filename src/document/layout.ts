import { hex } from '../base/text.ts'
import { RENAMED } from '../kernel/eras/renamed.ts'
import type { Kernel, TypeSource } from '../kernel/types.ts'
import { addressOf, type VariableType } from '../kernel/variables.ts'
import { COUNTER_VARIABLES } from '../ksm/counters.ts'
import { KSM_ERAS, type KsmLayout } from '../ksm/eras.ts'
import type { AnalyzeReport } from './schema.ts'

type Layout = NonNullable<AnalyzeReport['layout']>

/** Variables that whoever reads the answer again begins with. */
const VARIABLES = [
  'root_stable_tree',
  'ksm_nr_node_ids',
  'migrate_nodes',
  'ksm_mm_head',
  'init_task',
  'vmemmap_base',
  'page_offset_base',
  'vmcoreinfo_data',
  'vmcoreinfo_size',
  'jiffies_64',
  'tick_nsec',
  'runqueues',
  '__per_cpu_offset',
  'nr_cpu_ids',
] as const

/** Struct and path of a member, in one era. */
type Candidate = readonly [struct: string, path: string]

const all = (struct: string, paths: readonly string[]): Candidate[] => paths.map((path) => [struct, path])

/** Members by their part, each with the names that it has had; the first that a kernel has is taken. */
const MEMBERS: Record<string, readonly Candidate[]> = {
  'rb_node.rb_right': [['rb_node', 'rb_right']],
  'rb_node.rb_left': [['rb_node', 'rb_left']],
  'page.mapping': [['page', 'mapping']],
  'page._mapcount': [['page', '_mapcount']],
  'mm.mmap_lock': all('mm_struct', RENAMED.mmap_lock),
  'rwsem.count': [
    ['rw_semaphore', 'rwbase.readers'],
    ['rw_semaphore', 'count'],
  ],
  'rwsem.owner': [
    ['rw_semaphore', 'rwbase.rtmutex.owner'],
    ['rw_semaphore', 'owner'],
  ],
  'rwsem.waiters': [['rw_semaphore', 'rwbase.rtmutex.waiters.rb_root.rb_node']],
  'rwsem.first_waiter': [['rw_semaphore', 'first_waiter']],
  'rwsem.wait_list': [['rw_semaphore', 'wait_list']],
  'rwsem_waiter.list': [['rwsem_waiter', 'list']],
  'rwsem_waiter.task': [['rwsem_waiter', 'task']],
  'rwsem_waiter.timeout': [['rwsem_waiter', 'timeout']],
  'mutex.waiters': [['mutex', 'rtmutex.waiters.rb_root.rb_node']],
  'mutex.first_waiter': [['mutex', 'first_waiter']],
  'mutex.wait_list': [['mutex', 'wait_list']],
  'mutex_waiter.list': [['mutex_waiter', 'list']],
  'mutex_waiter.task': [['mutex_waiter', 'task']],
  'rt_waiter.entry': all('rt_mutex_waiter', RENAMED.entry),
  'rt_waiter.task': [['rt_mutex_waiter', 'task']],
  'task.pid': [['task_struct', 'pid']],
  'task.tgid': [['task_struct', 'tgid']],
  'task.comm': [['task_struct', 'comm']],
  'task.mm': [['task_struct', 'mm']],
  'task.state': all('task_struct', RENAMED.state),
  'task.exit_state': [['task_struct', 'exit_state']],
  'task.on_cpu': [['task_struct', 'on_cpu']],
  'task.cpu': all('task_struct', RENAMED.cpu),
  'task.tasks': [['task_struct', 'tasks']],
  'task.stack': [['task_struct', 'stack']],
  'task.last_arrival': [['task_struct', 'sched_info.last_arrival']],
  'task.signal': [['task_struct', 'signal']],
  'task.thread_node': [['task_struct', 'thread_node']],
  'signal.thread_head': [['signal_struct', 'thread_head']],
  'rq.clock': [['rq', 'clock']],
}

/** The same for KSM's own structs, whose names an era gives. */
function ksmMembers(layout: KsmLayout): Record<string, readonly Candidate[]> {
  const era = KSM_ERAS.find(({ id }) => id === layout.era)!
  return {
    ...parts('stable_node', era.stableNode, ['hlist', 'hlist_dup', 'list', 'kpfn', 'rmap_hlist_len', 'nid']),
    ...parts('rmap_item', era.rmapItem, ['rmap_list', 'mm', 'address', 'head', 'hlist']),
    'mm_slot.list': [[era.mmSlot, era.slotList]],
    'mm_slot.rmap_list': [[era.mmSlot, 'rmap_list']],
  }
}

function parts(part: string, struct: string, names: readonly string[]): Record<string, readonly Candidate[]> {
  return Object.fromEntries(names.map((name) => [`${part}.${name}`, [[struct, name]]]))
}

/** What tells KSM's struct from others of its name: khugepaged has a mm_slot too (until 6.0). */
const HAVING: Record<string, string> = { mm_slot: 'rmap_list' }

const BYTES: Record<Exclude<VariableType, 'pointer'>, number> = { bool: 1, int: 4, uint: 4, ulong: 8 }

/**
 * The member `layout` of `analyze`.
 * @param hang - the functions of its walker's stack are among the symbols
 */
export function layoutMember(kernel: Kernel, ksm: KsmLayout, hang: AnalyzeReport['hang']): Layout {
  const functions = hang?.holder?.stack.flatMap(({ symbol, module }) => (module === null ? (symbol ?? []) : [])) ?? []
  const counters = countersOf(kernel)
  const variables = Object.values(counters).map(({ symbol }) => symbol)
  return {
    vmemmap: hex(kernel.space.vmemmap),
    pageOffset: hex(kernel.space.pageOffset),
    structPage: ksm.page.size,
    trees: { address: hex(ksm.trees.address), count: ksm.trees.count },
    symbols: Object.fromEntries(
      [...new Set([...VARIABLES, ...variables, ...functions])].flatMap((name) => {
        const address = addressOf(kernel, name)
        return address === null ? [] : [[name, hex(address)]]
      }),
    ),
    counters,
    members: Object.fromEntries(
      Object.entries({ ...ksmMembers(ksm), ...MEMBERS }).flatMap(([part, candidates]) => {
        const found = memberOf(kernel.types, candidates)
        return found === null ? [] : [[part, found]]
      }),
    ),
  }
}

function countersOf(kernel: Kernel): Layout['counters'] {
  const known = COUNTER_VARIABLES.filter(([, symbol]) => addressOf(kernel, symbol) !== null)
  const scans = kernel.types.struct('ksm_scan', 'seqnr')?.member('seqnr')
  return {
    ...Object.fromEntries(
      known.map(([name, symbol, type]) => [name, { symbol, member: null, offset: 0, size: BYTES[type] }]),
    ),
    ...(scans && addressOf(kernel, 'ksm_scan') !== null
      ? { full_scans: { symbol: 'ksm_scan', member: 'seqnr', offset: scans.offset, size: scans.size } }
      : {}),
  }
}

function memberOf(types: TypeSource, candidates: readonly Candidate[]): Layout['members'][string] | null {
  for (const [struct, path] of candidates) {
    const member = types.struct(struct, HAVING[struct] ?? path.split('.')[0])?.member(path)
    if (member) return { struct, member: path, offset: member.offset, size: member.size }
  }
  return null
}
