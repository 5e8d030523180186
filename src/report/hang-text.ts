import { counted, duration, grouped } from '../base/words.ts'
import type { AnalyzeReport } from '../document/schema.ts'
import { labelled } from './layout.ts'
import type { Paint, Write } from './paint.ts'
import { writeTable } from './table.ts'
import { named, waitTree, type Who } from './wait-tree.ts'

type Hang = NonNullable<AnalyzeReport['hang']>
type Holder = NonNullable<Hang['holder']>

/** Functions of the pattern: the frames that matter. */
export const MATTERS =
  /rmap_walk_ksm|try_to_(migrate|unmap)|migrate_pages|migrate_to_node|remove_migration|flush_tlb|smp_call_function|csd_lock|compact_zone|shrink_|folio_referenced|page_referenced|move_pages|mbind|offline/

/** The functions that walk a KSM list. */
export const WALKS = /rmap_walk_ksm|collect_procs_ksm|_ksm$/

/** How a lock is held, in words. */
export const HELD = {
  read: 'held for reading',
  write: 'held for writing',
  free: 'free',
  unknown: 'state unknown',
} as const
export const OWNER_OF_READERS = ': only the last reader that took it, who may wait by now'

/** What the walker does in its innermost function, after "it ". */
export const MEANINGS: Readonly<Record<string, string>> = {
  'csd-lock-wait-inlined':
    'waits in csd_lock_wait (inlined) for another CPU to flush its TLB: normal, once for each rmap_item, and no sign of a lost IPI',
  'csd-lock-wait': 'waits for another CPU to flush its TLB: normal, once for each rmap_item, and no sign of a lost IPI',
  'anon-vma-wait': 'sleeps until it gets the lock of an anon_vma: another one holds it',
  resched: 'asks whether it should give the CPU away, or has: it does so for each rmap_item',
  interrupted: 'was interrupted in it',
  walking: 'is in the walk itself',
}

/** What a task waits for, in words. */
export const WAITS: Readonly<Record<Hang['waiters'][number]['waitsFor'], string>> = {
  read: 'to read-lock',
  write: 'to write-lock',
  'migration-entry': 'for a page moved',
  'page-lock': 'for a page lock',
  'vma-lock': 'for a VMA lock',
  'ksm-thread-mutex': 'for ksm_thread_mutex',
  mutex: 'for a mutex',
  'anon-vma': 'for an anon_vma lock',
}

/** The hang: the walker's stack, who waits, and the chain between them. */
export function writeHang(hang: Hang, write: Write, columns: number, p: Paint): void {
  const line = (label: string, text: string): void => write(labelled(label, text, columns))
  const { holder, lock, node, progress, innermost } = hang
  write(`\n${p.bold('What hangs')}\n`)
  if (holder)
    line(
      'walker',
      `${named(holder)}, state ${holder.state ?? 'unknown'}, CPU ${holder.cpu ?? 'unknown'}; ${hang.pattern}`,
    )
  line('innermost', `${innermost.symbol ?? 'unknown'}: it ${MEANINGS[innermost.meaning] ?? innermost.meaning}`)
  if (node) {
    const many = node.length === null ? 'length unknown' : `${counted(node.length, node.atLeast)} rmap_items`
    line(
      'walks',
      `${node.address === null ? 'a list' : `stable_node ${node.address} (pfn ${node.kpfn ?? '-'})`}, ${many}`,
    )
  }
  for (const [i, by] of (node?.validatedBy ?? []).entries()) line(i === 0 ? 'known by' : '', by)
  if (progress) {
    const left =
      progress.secondsLeft === null
        ? ''
        : `, about ${duration(progress.secondsLeft)} left of this pass at 10 us an item (estimate)`
    line(
      'progress',
      progress.fraction === null
        ? `${progress.pass} pass, how far can not be told`
        : `${progress.pass} pass, ${(progress.fraction * 100).toFixed(1)} %${left}`,
    )
  }
  if (lock) {
    line(
      'lock',
      `${lock.address}, mmap lock of ${lock.owner ? named(lock.owner) : `mm ${lock.mm}`}: ${lock.kind}, count ${lock.count}, ${HELD[lock.held]}`,
    )
    line('owner word', `${lock.ownerWord ?? 'unreadable'}${lock.held === 'read' ? OWNER_OF_READERS : ''}`)
    for (const [i, by] of lock.heldBy.entries())
      line(i === 0 ? 'held by' : '', `${named(by)}, ${by.confidence}: ${by.by}`)
    if (lock.heldBy.length === 0) line('held by', 'unknown')
    for (const by of lock.candidates) line('perhaps', `${named(by)}: ${by.by}`)
  }
  if (holder) {
    write(`\n${p.bold("The walker's stack")} (> marks the frames that matter, ? a guess)\n`)
    const own = ownFrames(holder.stack)
    holder.stack.forEach((frame, i) => {
      const name =
        frame.symbol === null
          ? (frame.address ?? '?')
          : `${frame.symbol}${frame.offset === null ? '' : `+0x${frame.offset.toString(16)}`}${frame.module === null ? '' : ` [${frame.module}]`}`
      const mark = frame.how === 'scan' ? '?' : i >= own && MATTERS.test(frame.symbol ?? '') ? '>' : ' '
      write(`  ${mark} #${String(i).padEnd(2)} ${name}\n`)
    })
  }
  write(`\n${p.bold('Who waits')}\n`)
  writeWaiters(hang.waiters.slice(0, 20), write)
  if (hang.waiters.length > 20) write(`  ... and ${grouped(hang.waiters.length - 20)} more (--json has them all)\n`)
  write(`\n${p.bold('The chain')}\n`)
  if (holder) writeChain(hang, holder, write)
}

/** Waiters as a table, for 80 columns. */
export function writeWaiters(waiters: Hang['waiters'], write: Write): void {
  const rows = waiters.map((waiter) => [
    waiter.blockedSeconds === null ? '-' : duration(waiter.blockedSeconds),
    waiter.pid === null ? '-' : String(waiter.pid),
    waiter.comm ?? '-',
    WAITS[waiter.waitsFor],
    waiter.by.join('+'),
    `${waiter.behind.comm ?? '-'} (${waiter.behind.pid ?? '-'})`,
  ])
  writeTable(
    [
      { head: 'blocked', right: true },
      { head: 'pid', right: true },
      { head: 'comm' },
      { head: 'waits' },
      { head: 'seen in' },
      { head: 'behind' },
    ],
    rows,
    write,
  )
}

/** Where the walk's own frames begin: behind those of an interrupt on top of it. */
export function ownFrames(stack: Holder['stack']): number {
  const walk = stack.findIndex((frame) => WALKS.test(frame.symbol ?? ''))
  return stack.slice(0, Math.max(0, walk)).findLastIndex((frame) => frame.symbol?.startsWith('asm_')) + 1
}

/** Lines of the tree that are printed; more are counted. */
const MOST_LINES = 40

/** The waits as a tree, the walker at its root; equal waiters are counted. */
function writeChain(hang: Hang, root: Who, write: Write): void {
  write(`  ${named(root)} walks the list\n`)
  const tree = waitTree(hang.waiters, root)
  for (const { waiters, depth } of tree.slice(0, MOST_LINES)) {
    const first = waiters[0]!
    const who = waiters.length === 1 ? named(first) : `${waiters.length} x ${first.comm}`
    write(`${'   '.repeat(depth - 1)}  <- ${who}, ${WAITS[first.waitsFor]}\n`)
  }
  if (tree.length > MOST_LINES)
    write(`  ... and ${grouped(tree.length - MOST_LINES)} more lines (--json has them all)\n`)
}

/** What else was looked into. */
export function writeChecked(checked: AnalyzeReport['checked'], write: Write, columns: number): void {
  for (const { code, result, by } of checked) write(labelled(code, `${result}: ${by}`, columns, 17))
}
