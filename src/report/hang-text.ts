import { counted, duration, grouped, plural } from '../base/words.ts'
import type { AnalyzeReport } from '../document/schema.ts'
import { labelled } from './layout.ts'
import type { Paint, Write } from './paint.ts'
import { bracketed } from './parts.ts'
import {
  dash,
  groupName,
  HELD,
  MARKS,
  markedFrames,
  meaningOf,
  nobodyHolds,
  OWNER_OF_READERS,
  pastPhrase,
  placeOf,
  progressPhrase,
  RESULTS,
  sameCheck,
  WAITS,
} from './phrases.ts'
import { writeTable } from './table.ts'
import { named, waitTree, type Who } from './wait-tree.ts'

type Hang = NonNullable<AnalyzeReport['hang']>
type Evidence = AnalyzeReport['findings'][number]['evidence']

/** The hang: the walker's stack, who waits, and the chain between them. */
export function writeHang(
  hang: Hang,
  checked: AnalyzeReport['checked'],
  write: Write,
  columns: number,
  p: Paint,
): void {
  const line = (label: string, text: string): void => write(labelled(label, text, columns))
  const { holder, lock, node, progress, innermost } = hang
  write(`\n${p.bold('What hangs')}\n`)
  if (holder)
    line(
      'walker',
      `${named(holder)}, state ${holder.state ?? 'unknown'}, CPU ${holder.cpu ?? 'unknown'}${hang.pattern === null ? '' : `; ${hang.pattern}`}`,
    )
  line('innermost', `${innermost.symbol ?? 'unknown'}: it ${meaningOf(innermost.meaning, checked)}`)
  if (node) {
    const many = node.length === null ? 'length unknown' : `${counted(node.length, node.atLeast)} rmap_items`
    line(
      'walks',
      `${node.address === null ? 'a list' : `stable_node ${node.address} (pfn ${dash(node.kpfn)})`}, ${many}`,
    )
  }
  for (const [i, by] of (node?.validatedBy ?? []).entries()) line(i === 0 ? 'known by' : '', by)
  if (progress) line('progress', progressPhrase(progress))
  if (hang.past) line('over?', `${pastPhrase(hang.past)}${bracketed(placeOf(hang.past.evidence, true))}`)
  if (lock) {
    line(
      'lock',
      `${lock.address}, mmap_lock of ${lock.owner ? named(lock.owner) : `mm ${lock.mm}`}: ${lock.kind}, count ${lock.count}, ${HELD[lock.held]}`,
    )
    line('owner word', `${lock.ownerWord ?? 'unreadable'}${lock.held === 'read' ? OWNER_OF_READERS : ''}`)
    for (const [i, by] of lock.heldBy.entries())
      line(i === 0 ? 'held by' : '', `${named(by)}, ${by.confidence}: ${by.by}`)
    const nobody = nobodyHolds(lock)
    if (nobody !== null) line('held by', nobody)
    for (const by of lock.candidates) line('perhaps', `${named(by)}: ${by.by}`)
  }
  if (holder) {
    write(`\n${p.bold("The walker's stack")} (${MARKS})\n`)
    for (const [i, { mark, name }] of markedFrames(holder.stack).entries())
      write(`  ${mark} #${String(i).padEnd(2)} ${name}\n`)
  }
  if (hang.waiters.length === 0) return
  write(`\n${p.bold('Who waits')}\n`)
  writeWaiters(hang.waiters.slice(0, 20), write)
  if (hang.waiters.length > 20) write(`  ... and ${grouped(hang.waiters.length - 20)} more (--json has them all)\n`)
  if (!holder) return
  write(`\n${p.bold('The chain')}\n`)
  writeChain(hang, holder, write)
}

/** Waiters as a table, for 80 columns. */
export function writeWaiters(waiters: Hang['waiters'], write: Write): void {
  const rows = waiters.map((waiter) => [
    waiter.blockedSeconds === null ? '-' : duration(waiter.blockedSeconds),
    dash(waiter.pid),
    dash(waiter.comm),
    WAITS[waiter.waitsFor],
    waiter.by.join('+'),
    `${dash(waiter.behind.comm)} (${dash(waiter.behind.pid)})`,
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

/** Lines of the tree that are printed; more are counted. */
const MOST_LINES = 40

/** The waits as a tree, the walker at its root; equal waiters are counted. */
function writeChain(hang: Hang, root: Who, write: Write): void {
  write(`  ${named(root)} walks the list\n`)
  const { groups, apart } = waitTree(hang.waiters, root)
  for (const { waiters, depth } of groups.slice(0, MOST_LINES)) {
    // a chain may be longer than a line
    const indent = '   '.repeat(Math.min(depth - 1, 10))
    write(`${indent}  <- ${groupName(waiters)}, ${WAITS[waiters[0]!.waitsFor]}\n`)
  }
  if (groups.length > MOST_LINES)
    write(`  ... and ${grouped(groups.length - MOST_LINES)} more lines (--json has them all)\n`)
  if (apart > 0) write(`  ${plural(apart, 'more task')}: behind whom, up to the walker, is not known\n`)
}

/** What else was looked into. */
export function writeChecked(checked: AnalyzeReport['checked'], write: Write, columns: number, names: boolean): void {
  for (const { code, result, by, evidence } of checked) {
    write(labelled(code, `${RESULTS[result]}: ${by}`, columns, 17))
    writeEvidence(evidence, write, columns, names, 17)
  }
}

/** Pieces of evidence that are printed for one statement. */
const MOST_EVIDENCE = 8

/** What shows it: with its place, and the commands that check it. */
export function writeEvidence(evidence: Evidence, write: Write, columns: number, names: boolean, indent = 3): void {
  const shown = evidence.slice(0, MOST_EVIDENCE)
  const line = (label: string, text: string): void =>
    write(labelled(`${' '.repeat(indent)}${label}`, text, columns, indent + label.length + 1))
  for (const [i, each] of shown.entries()) {
    line('-', `${each.text}${bracketed(placeOf(each, names))}`)
    if (sameCheck(each, shown[i + 1])) continue
    if (each.check?.crash != null) line('  crash:', each.check.crash)
    if (each.check?.drgn != null) line('  drgn: ', each.check.drgn)
  }
  if (evidence.length > shown.length)
    line('...', `and ${grouped(evidence.length - shown.length)} more (--json has them all)`)
}
