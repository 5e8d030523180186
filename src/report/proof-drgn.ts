import { hex } from '../base/text.ts'
import type { AnalyzeReport } from '../document/schema.ts'
import { type Claim, type Expected, type Layout, type OfWaiter, queueForm, type Read } from './claim-list.ts'
import { claimsOf, safeLayout } from './claims.ts'
import type { Write } from './paint.ts'
import { READER } from './proof-reader.ts'

/**
 * The claims of a report as a script for drgn, which needs no vmlinux: `drgn -c DUMP check.py`. Nothing of the report stands in it
 * but numbers and the names of symbols and members.
 */
export function writeDrgnProof(report: AnalyzeReport, given: Layout, write: Write): void {
  const layout = safeLayout(given)
  write(HEAD)
  write('\n# Where members lie, bytes from the start of their struct; what this kernel has not is None.\n')
  for (const part of PARTS) {
    const member = layout.members[part]
    write(
      member
        ? `${constant(part)} = ${member.offset}  # struct ${member.struct}, ${member.member} (${member.size} bytes)\n`
        : `${constant(part)} = None\n`,
    )
  }
  write(`
VMEMMAP = ${layout.vmemmap}  # the first struct page
STRUCT_PAGE = ${layout.structPage}  # sizeof(struct page)
TREES = ${layout.trees.address}  # the roots of the stable trees
TREE_COUNT = ${Math.min(layout.trees.count, 1024)}
`)
  write('\n# Symbols and their addresses.\nSYMBOLS = {\n')
  for (const [name, address] of Object.entries(layout.symbols)) write(`    "${name}": ${address},\n`)
  write('}\n')
  write(READER)
  write('\n\n# The claims of the report, one by one.\n')
  for (const claim of claimsOf(report, layout)) write(line(claim, layout))
  write('\nfinish()\n')
}

const HEAD = `# Reads what a report of ksm-dump says again, in the memory of the dump itself:
#   drgn -c DUMP check.py
# It needs no vmlinux: every address and offset is a number below, with the name of the member that it is.
# Prints PASS, FAIL or UNKNOWN (memory that is not in the dump) for each claim; leaves with 1 if one FAILs, with 2 if
# more are UNKNOWN than PASS (another dump, or one that drgn can not read).
import sys

from drgn import FaultError
`

/** Parts of the layout that the script uses, in the order of its table. */
const PARTS = [
  'stable_node.hlist',
  'stable_node.hlist_dup',
  'stable_node.list',
  'stable_node.kpfn',
  'stable_node.rmap_hlist_len',
  'stable_node.nid',
  'rmap_item.rmap_list',
  'rmap_item.mm',
  'rmap_item.address',
  'rmap_item.head',
  'rmap_item.hlist',
  'mm_slot.list',
  'mm_slot.rmap_list',
  'rb_node.rb_right',
  'rb_node.rb_left',
  'page.mapping',
  'page._mapcount',
  'mm.mmap_lock',
  'rwsem.count',
  'rwsem.owner',
  'rwsem.waiters',
  'rwsem.first_waiter',
  'rwsem.wait_list',
  'rwsem_waiter.list',
  'rwsem_waiter.task',
  'rwsem_waiter.timeout',
  'mutex.waiters',
  'mutex.first_waiter',
  'mutex.wait_list',
  'mutex_waiter.list',
  'mutex_waiter.task',
  'rt_waiter.entry',
  'rt_waiter.task',
  'task.pid',
  'task.tgid',
  'task.comm',
  'task.mm',
  'task.state',
  'task.exit_state',
  'task.on_cpu',
  'task.cpu',
  'task.tasks',
  'task.stack',
  'task.last_arrival',
  'task.signal',
  'task.thread_node',
  'signal.thread_head',
  'rq.clock',
] as const

/** rmap_item._mapcount -> RMAP_ITEM_MAPCOUNT. */
function constant(part: string): string {
  return part.replace('._', '.').replace('.', '_').toUpperCase()
}

function line({ path, what, expected, read, lacks }: Claim, layout: Layout): string {
  const wanted = literal(expected)
  const show = typeof expected === 'bigint' ? 'hex' : 'str'
  if (lacks !== null) return `unknown("${path}", "${what}", "the report does not say where ${lacks} is")\n`
  return `claim("${path}", "${what}", ${wanted}, lambda: ${reading(read, layout)}, ${show})\n`
}

function literal(expected: Expected): string {
  if (typeof expected === 'bigint') return hex(expected)
  if (typeof expected === 'string') return `"${expected}"`
  return typeof expected === 'number' ? String(expected) : `[${expected.join(', ')}]`
}

/** What the script evaluates to read a claim again. */
function reading(read: Read, layout: Layout): string {
  switch (read.kind) {
    case 'counter': {
      const { symbol, offset, size, member } = layout.counters[read.counter]!
      const signed = read.counter === 'max_page_sharing'
      return `number(SYMBOLS["${symbol}"]${member === null ? '' : ` + ${offset}`}, ${size}${signed ? ', True' : ''})`
    }
    case 'variable':
      return `number(SYMBOLS["${read.symbol}"], ${read.size})`
    case 'vmcoreinfo':
      return VMCOREINFO[read.key]
    case 'symbols':
      return 'known_symbols()'
    case 'total':
      return `total("${read.of}")`
    case 'by-mms':
      return 'by_mms()'
    case 'by-length':
      return `by_length(${read.from}, ${read.to}, "${read.of}")`
    case 'sharer':
      return `shared_by(${hex(read.mm)})`
    case 'node':
      return `hangs(${hex(read.node)}, "${read.of}")`
    case 'by-node':
      return `by_node(${read.nid}, "${read.of}")`
    case 'listed':
      return `listed(${hex(read.task)})`
    case 'list':
      return `items_of(${hex(read.node)}, "${read.of}")`
    case 'owner':
      return `items_of(${hex(read.node)}, ${hex(read.mm)})`
    case 'member':
      return member(read.at, read.member, layout)
    case 'lock-of':
      return `lock_of(${hex(read.mm)})`
    case 'holder':
      return read.way === 'write'
        ? `writer(${hex(read.lock)})`
        : `reader(${hex(read.lock)}, ${hex(read.mm)}, ${read.pid}, ${queue(read.lock, 'rwsem', layout)})`
    case 'page':
      return `page_of(${hex(read.node)}, ${layout.members['stable_node.kpfn']!.size}, ${read.own ? 'True' : 'False'})`
    case 'mapping':
      return `number(page(${hex(read.pfn)}) + ${constant('page.mapping')}, 8)`
    case 'mapcount':
      return `mapcount(${hex(read.pfn)})`
    case 'progress':
      return `progress("${read.pass}", ${hex(read.node)}, ${hex(read.pfn)})`
    case 'word':
      return `number(${hex(read.at)}, 8)`
    case 'register':
      return `instruction_pointer(${hex(read.task)}, ${hex(read.at)})`
    case 'symbol':
      return `symbol("${read.symbol}", ${read.offset}, ${hex(read.at)})`
    case 'comm':
      return `comm(${hex(read.task)})`
    case 'state':
      return `state(${hex(read.task)})`
    case 'queue':
      return read.of === 'pids'
        ? `pids(${queue(read.lock, read.type, layout)})`
        : `len(${queue(read.lock, read.type, layout)})`
    case 'queued':
      return `${OF_TASK[read.of]}(by_pid(${queue(read.lock, read.type, layout)}, ${ofRow(read)})${read.of === 'blocked' ? `, ${hex(read.lock)}` : ''})`
    case 'task':
      return `${OF_TASK[read.of]}(by_pid(tasks(), ${ofRow(read)}))`
    case 'process':
      return `process_of(${hex(read.mm)}, ${read.pid})`
  }
}

const VMCOREINFO = {
  'BUILD-ID': 'vmcoreinfo("BUILD-ID")',
  KERNELOFFSET: 'int(vmcoreinfo("KERNELOFFSET"), 16)',
  'NUMBER(phys_base)': 'int(vmcoreinfo("NUMBER(phys_base)")) % 2**64',
}

/** Only a row's own claim says that its pid stands in the report more often than in memory. */
const ofRow = ({ pid, of, rows }: { pid: number; of: OfWaiter; rows: number }): string =>
  of === 'pid' ? `${pid}, ${rows}` : String(pid)

const OF_TASK = { pid: 'pid', comm: 'comm', state: 'state', blocked: 'blocked' }

/** Members that can be negative. */
const SIGNED: ReadonlySet<string> = new Set(['stable_node.rmap_hlist_len', 'stable_node.nid', 'task.pid'])

function member(at: bigint, part: string, layout: Layout): string {
  const { size } = layout.members[part]!
  return `number(${hex(at)} + ${constant(part)}, ${size}${SIGNED.has(part) ? ', True' : ''})`
}

function queue(lock: bigint, type: 'rwsem' | 'mutex', layout: Layout): string {
  const form = queueForm(layout, type)!
  return `queue(${hex(lock)}, "${type}", "${form}")`
}
