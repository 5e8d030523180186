import { hex } from '../base/text.ts'
import type { AnalyzeReport } from '../document/schema.ts'
import { type Claim, type Expected, type Layout, type LockType, queueForm } from './claim-list.ts'
import { claimsOf, safeLayout } from './claims.ts'
import { FOLDER, TOOLS } from './proof-tools.ts'
import type { Write } from './paint.ts'

/**
 * The claims of a report as input for crash, which has the vmlinux: `crash vmlinux DUMP < check.crash`. Names of members and symbols
 * are vmlinux's to resolve; nothing else of the report stands in it but numbers. Claims that crash has no command for are left to
 * the script for drgn.
 */
export function writeCrashProof(report: AnalyzeReport, given: Layout, write: Write): void {
  const layout = safeLayout(given)
  const claims = claimsOf(report, layout).filter(({ lacks }) => lacks === null)
  const queues = new Queues(claims)
  write(TOOLS)
  for (const line of ksmLines(layout)) write(`${line}\n`)
  for (const line of queues.lines(layout)) write(`${line}\n`)
  write('\n# The claims of the report, one by one.\n')
  for (const claim of claims) {
    const found = command(claim, layout, queues)
    if (found !== null)
      write(`${found} | sh ${FOLDER}/tell '${claim.path}: ${claim.what}' '${shown(claim.expected)}'\n`)
  }
  write('\n# The offsets that check.py goes by, as vmlinux has them.\n')
  for (const [part, { struct, member, offset }] of Object.entries(layout.members))
    write(
      `p/d &((struct ${struct} *)0)->${member} | awk -f ${FOLDER}/value | sh ${FOLDER}/tell 'layout.members.${part}: offset' '${offset}'\n`,
    )
  write(
    `p/d (sizeof(struct page)) | awk -f ${FOLDER}/value | sh ${FOLDER}/tell 'layout.structPage: sizeof(struct page)' '${layout.structPage}'\n`,
  )
  write(`!sh ${FOLDER}/finish\nquit\n`)
}

function shown(expected: Expected): string {
  if (typeof expected === 'bigint') return hex(expected)
  return typeof expected === 'object' ? expected.join(' ') : String(expected)
}

/** Commands that are made by what a command before them found: crash reads them from a file. */
const run = (make: string): string[] => [`${make} > ${FOLDER}/commands`, `< ${FOLDER}/commands`]

/** Lists every stable_node and walks every list, both ways, into files. */
function ksmLines({ members, trees }: Layout): string[] {
  const [hlist, dup, list] = [
    members['stable_node.hlist'],
    members['stable_node.hlist_dup'],
    members['stable_node.list'],
  ]
  const [length, items] = [members['stable_node.rmap_hlist_len'], members['rmap_item.hlist']]
  const [slot, chain] = [members['mm_slot.list'], members['mm_slot.rmap_list']]
  if (!hlist || !items) return []
  const node = `struct=${hlist.struct}`
  const lines = [`\n# Every stable_node (${node}): tree, address, kind, chain.`]
  for (let tree = 0; tree < Math.min(trees.count, 1024); tree++) {
    const root = hex(BigInt(trees.address) + BigInt(8 * tree))
    const shows = length ? ` -d -s ${length.struct}.${length.member}` : ''
    lines.push(
      `tree -t rbtree ${root}${shows} | awk -v t=${tree} -v has=${length ? 1 : 0} -f ${FOLDER}/trees >> ${FOLDER}/nodes`,
    )
  }
  if (dup)
    lines.push(
      ...run(
        `!awk '$3 == "chain" { print "list hlist_node.next 0x" $2 "+${hlist.offset} | awk -v t=" $1 " -v kind=dup -v chain=" $2 " -v d=${dup.offset} -v skip=1 -f ${FOLDER}/links >> ${FOLDER}/nodes" }' ${FOLDER}/nodes`,
      ),
    )
  if (list)
    lines.push(
      `list -H migrate_nodes | awk -v t=- -v kind=migrate -v chain=- -v d=${list.offset} -v skip=0 -f ${FOLDER}/links >> ${FOLDER}/nodes`,
    )
  lines.push(
    '\n# Every list: its items by mm, and the checks of each item.',
    ...run(
      `!awk '$3 != "chain" { print "list -x -l ${items.offset} -S ${items.struct}.mm,address,head 0x" $2 "+${hlist.offset} | awk -v a=" $2 " -f ${FOLDER}/items >> ${FOLDER}/lists" }' ${FOLDER}/nodes`,
    ),
  )
  if (slot && chain)
    lines.push(
      '\n# The second count: the rmap_list of each process.',
      ...run(
        `list -l ${slot.offset} -S ${chain.struct}.rmap_list -H ksm_mm_head+${slot.offset} | awk '$1 == "rmap_list" && $3 != "0x0" { print "list -x ${items.struct}.rmap_list -S ${items.struct}.address " $3 " | awk -f ${FOLDER}/stable >> ${FOLDER}/mms" }'`,
      ),
    )
  return lines
}

/** The queues of locks: each is read once, into a file of pids. */
class Queues {
  private readonly files = new Map<bigint, { file: string; type: LockType }>()

  constructor(claims: readonly Claim[]) {
    for (const { read } of claims)
      if ((read.kind === 'queue' || read.kind === 'queued') && !this.files.has(read.lock))
        this.files.set(read.lock, { file: `${FOLDER}/queue-${this.files.size}`, type: read.type })
  }

  file(lock: bigint): string {
    return this.files.get(lock)!.file
  }

  lines(layout: Layout): string[] {
    return [...this.files].flatMap(([lock, { file, type }]) => [
      `\n# The queue of the lock at ${hex(lock)}.`,
      ...queueLines(layout, lock, type).map((line) => `${line} > ${FOLDER}/tasks`),
      ...run(
        `!awk '{ print "p/d ((struct task_struct *)" $1 ")->pid | awk -f ${FOLDER}/value >> ${file}" }' ${FOLDER}/tasks`,
      ),
    ])
  }
}

/** Writes the waiters' task_structs, in the order of the queue; the last line's output is meant. */
function queueLines({ members }: Layout, lock: bigint, type: LockType): string[] {
  const form = queueForm({ members } as Layout, type)!
  const head = members[`${type}.${form}`]!
  const entry = members[form === 'waiters' ? 'rt_waiter.entry' : `${type}_waiter.list`]!
  const task = `awk -f ${FOLDER}/task`
  const place = hex(lock + BigInt(head.offset))
  switch (form) {
    case 'wait_list':
      return [`list -l ${entry.offset} -S ${entry.struct}.task -H ${place} | ${task}`]
    case 'waiters':
      return [`tree -t rbtree -l -o ${entry.offset} -s ${entry.struct}.task ${place} | ${task}`]
    case 'first_waiter':
      // the ring has no head: crash is told to begin at the first
      return [
        `p/x ((struct ${head.struct} *)${hex(lock)})->${head.member} | awk -f ${FOLDER}/value | awk '/^0x./ && $1 != "0x0" { print "list ${entry.struct}.${entry.member} -S ${entry.struct}.task " $1 " | ${task} > ${FOLDER}/ring" }' > ${FOLDER}/commands; : > ${FOLDER}/ring`,
        `< ${FOLDER}/commands`,
        `!cat ${FOLDER}/ring`,
      ]
  }
}

/** The command that prints what a claim's value is in the dump; null where crash has none. */
function command({ read, expected }: Claim, layout: Layout, queues: Queues): string | null {
  const value = (expression: string): string =>
    // in brackets: crash takes "symbol ... :" for a per-cpu variable and its CPUs
    `p/${typeof expected === 'bigint' ? 'x' : 'd'} (${expression}) | awk -f ${FOLDER}/value`
  const pageOf = (pfn: string): string =>
    `${layout.symbols['vmemmap_base'] ? 'vmemmap_base' : layout.vmemmap} + ${pfn} * sizeof(struct page)`
  const fromLists = (condition: string, sum: string): string =>
    `!awk '$2 == "torn" { torn = 1 } ${condition} { n += ${sum} } END { if (!torn) print n + 0 }' ${FOLDER}/lists`
  const ofNode = (node: bigint, what: string): string =>
    `!awk '$1 == "${bare(node)}" && $2 == "${what}" { n = $3; seen = 1 } $1 == "${bare(node)}" { known = 1 } END { if (seen) print n; else if (known) print 0 }' ${FOLDER}/lists`
  switch (read.kind) {
    case 'counter': {
      const { symbol, member } = layout.counters[read.counter]!
      return value(member === null ? symbol : `${symbol}.${member}`)
    }
    case 'variable':
      return value(read.symbol)
    case 'vmcoreinfo':
      return vmcoreinfo(read.key)
    case 'total':
      return read.of === 'items'
        ? fromLists('$2 == "length"', '$3')
        : `!awk '${NODES[read.of]} { n++ } END { print n + 0 }' ${FOLDER}/nodes`
    case 'by-mms':
      return `!awk '$1 == "torn" { torn = 1 } { n += $1 } END { if (NR > 0 && !torn) print n + 0 }' ${FOLDER}/mms`
    case 'by-length':
      return fromLists(`$2 == "length" && $3 >= ${read.from} && $3 <= ${read.to}`, read.of === 'items' ? '$3' : '1')
    case 'sharer':
      return fromLists(`$2 == "${hex(read.mm)}"`, '$3')
    case 'list':
      return read.of === 'pprev' ? pprev(read.node, layout) : ofNode(read.node, read.of)
    case 'owner':
      return ofNode(read.node, hex(read.mm))
    case 'node':
      return `!awk '$2 == "${bare(read.node)}" { n = ${{ address: '"0x" $2', tree: '$1', chain: '"0x" $4' }[read.of]} } END { if (NR > 0) print n == "" ? "none" : n }' ${FOLDER}/nodes`
    case 'member': {
      const { struct, member } = layout.members[read.member]!
      return value(`((struct ${struct} *)${hex(read.at)})->${member}`)
    }
    case 'lock-of': {
      const { struct, member } = layout.members['mm.mmap_lock']!
      return value(`&((struct ${struct} *)${hex(read.mm)})->${member}`)
    }
    case 'page': {
      const { struct, member } = layout.members['stable_node.kpfn']!
      return value(pageOf(`((struct ${struct} *)${hex(read.node)})->${member}`))
    }
    case 'mapping':
      return value(`((struct page *)(${pageOf(hex(read.pfn))}))->mapping`)
    case 'mapcount':
      return `p/d ((struct page *)(${pageOf(hex(read.pfn))}))->_mapcount | awk -f ${FOLDER}/value | awk 'NF { print $1 + 1 }'`
    case 'word':
      return `rd -64 ${hex(read.at)} | awk '$1 == "${bare(read.at)}:" { sub(/^0+/, "", $2); print "0x" $2 }'`
    case 'register':
      return `bt ${bare(read.task)} | awk '/^ *#0/ { exit } $1 == "RIP:" { print "0x" $2; exit }'`
    case 'symbol':
      return `eval ${read.symbol}+${read.offset} | awk '/^hexadecimal/ { print "0x" $2 }'`
    case 'listed':
      return `ps ${bare(read.task)} | awk '{ sub(/^>/, "") } $4 == "${bare(read.task)}" { print "0x" $4 }'`
    case 'comm':
      return commOf(bare(read.task), expected)
    case 'state':
      return stateOf(bare(read.task), '$4')
    case 'queue':
      if (read.of === 'number') return `!wc -l < ${queues.file(read.lock)} | tr -d ' '`
      return expected === '' ? null : `!tr '\\n' ' ' < ${queues.file(read.lock)} | sed 's/ *$//'`
    case 'queued':
    case 'task':
      // of the time crash shows nothing to compare; a pid that stands twice in the report is no waiter twice
      if (read.of === 'blocked') return null
      if (read.of === 'pid' && read.rows > 1) return `!echo ${read.rows} times in the report`
      if (read.of === 'comm') return commOf(String(read.pid), expected)
      if (read.of === 'state') return stateOf(String(read.pid), '$1')
      return read.kind === 'queued'
        ? among(queues.file(read.lock), read.pid)
        : `ps ${read.pid} | awk '{ sub(/^>/, "") } $1 == "${read.pid}" { print $1 }'`
    case 'process':
      return `p/d ((struct mm_struct *)${hex(read.mm)})->owner->tgid | awk -f ${FOLDER}/value`
    case 'symbols':
    case 'by-node':
    case 'progress':
    case 'holder':
      return null
  }
}

const NODES = {
  nodes: '$3 != "chain"',
  chains: '$3 == "chain"',
  dups: '$3 == "dup"',
  migrate: '$3 == "migrate"',
}

/** As crash prints addresses. */
const bare = (address: bigint): string => address.toString(16)

function vmcoreinfo(key: string): string {
  const pattern = key.replace(/[()]/g, '.')
  const print = key === 'KERNELOFFSET' ? '"0x" $2' : '$2'
  const found = `help -n | awk -F= '$1 ~ /(^| )${pattern}$/ { print ${print}; exit }'`
  // a signed decimal; awk's numbers hold it, as phys_base is a few gigabytes at most
  return key === 'NUMBER(phys_base)'
    ? `${found} | awk '{ if ($1 < 0) printf "0x%s%08x\\n", "ffffffff", 4294967296 + $1; else printf "0x%x\\n", $1 }'`
    : found
}

function pprev(node: bigint, { members }: Layout): string {
  const head = node + BigInt(members['stable_node.hlist']!.offset)
  return `list -S hlist_node.pprev ${hex(head)} | awk -f ${FOLDER}/pprev`
}

/** Bytes of a task's comm; a '.' may stand for a byte that can not be printed. */
function commOf(task: string, expected: Expected): string | null {
  if (typeof expected === 'string' && /^(..)*2e/.test(expected)) return null
  return `task -R comm ${task} | awk -F'"' '/ comm =/ { sub(/\\\\.*/, "", $2); printf "%s", $2 }' | od -An -v -tx1 | tr -d ' '`
}

/** The letter of crash's state, as byte. */
function stateOf(task: string, column: string): string {
  return `ps ${task} | awk '{ sub(/^>/, "") } ${column} == "${task}" { print $5 }' | awk -f ${FOLDER}/state`
}

function among(file: string, pid: number): string {
  return `!{ test -s ${file} && { grep -qx -e ${pid} ${file} && echo ${pid} || echo none; }; }`
}
