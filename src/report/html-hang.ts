import { counted, duration, grouped, plural } from '../base/words.ts'
import type { AnalyzeReport } from '../document/schema.ts'
import { figure, legend, MOST, type Section } from './html-parts.ts'
import { code, markup, type Piece, prose } from './html-template.ts'
import { facts, leftOut, table } from './html-table.ts'
import {
  HELD,
  markedFrames,
  MARKS,
  MATTERS,
  meaningOf,
  nobodyHolds,
  OWNER_OF_READERS,
  pastPhrase,
  placeOf,
  progressPhrase,
  WAITS,
} from './phrases.ts'
import { type Stack, stacksPicture } from './pictures/stacks.ts'
import { named } from './wait-tree.ts'

type Hang = NonNullable<AnalyzeReport['hang']>
type Holder = NonNullable<Hang['holder']>
type Group = NonNullable<AnalyzeReport['stacks']>['groups'][number]

/** The walker and who waits, with their stacks. */
export function waitersAndHolder(document: AnalyzeReport): Section | null {
  const { hang, stacks, events, checked } = document
  const parts = [
    hang && walkerFacts(hang, checked),
    hang && hang.waiters.length > 0 && waitersTable(hang, stacks?.groups.length ?? 0),
    stacks && stacks.groups.length > 0 && stackParts(stacks),
    events.length > 0 && logTable(events),
  ].filter((part) => part !== null && part !== false)
  if (parts.length === 0) return null
  return { id: 'tasks', title: hang ? 'Who walks, who waits' : 'Tasks and their stacks', body: parts }
}

function walkerFacts(hang: Hang, checked: AnalyzeReport['checked']): Piece {
  const { holder, lock, node, progress, innermost } = hang
  return markup`<h3>The walker</h3>${facts([
    [
      'task',
      holder &&
        markup`${named(holder)}${holder.state === null ? null : `, state ${holder.state}`}${holder.cpu === null ? null : `, CPU ${holder.cpu}`}${holder.task === null ? null : markup`, task_struct ${code(holder.task)}`}`,
    ],
    ['pattern', hang.pattern && code(hang.pattern)],
    ['innermost', markup`${code(innermost.symbol ?? 'unknown')}: it ${meaningOf(innermost.meaning, checked)}`],
    [
      'walks',
      node &&
        markup`${node.address === null ? 'a list' : markup`stable_node ${code(node.address)}`}${node.kpfn === null ? null : markup`, pfn ${code(node.kpfn)}`}, ${node.length === null ? 'length unknown' : `${counted(node.length, node.atLeast)} rmap_items`}`,
    ],
    ['progress', progress && progressPhrase(progress)],
    [
      'over?',
      hang.past && markup`${pastPhrase(hang.past)} <span class="at">${placeOf(hang.past.evidence, true)}</span>`,
    ],
    [
      'lock',
      lock &&
        markup`${code(lock.address)}, mmap_lock of ${lock.owner ? named(lock.owner) : markup`mm ${code(lock.mm)}`}: ${lock.kind}, count ${code(lock.count)}, ${HELD[lock.held]}`,
    ],
    ['owner word', lock && markup`${code(lock.ownerWord)}${lock.held === 'read' ? OWNER_OF_READERS : null}`],
    ['held by', lock && (nobodyHolds(lock) ?? holders(lock.heldBy))],
    ['perhaps', lock && lock.candidates.length > 0 && holders(lock.candidates)],
  ])}${holder && holder.stack.length > 0 && walkerStack(holder)}`
}

function holders(all: NonNullable<Hang['lock']>['heldBy']): Piece {
  const shown = all.slice(0, MOST.evidence)
  const left = all.length - shown.length
  return [
    shown.map((by, i) => markup`${i > 0 ? '; ' : null}${named(by)} (${by.confidence}: ${prose(by.by)})`),
    left > 0 && `; … and ${grouped(left)} more`,
  ]
}

/** As crash prints it, innermost first. */
function walkerStack({ stack }: Holder): Piece {
  const lines = markedFrames(stack.slice(0, MOST.frames)).map(
    ({ frame: { sp, address, symbol, inlined }, mark, name }, i) => {
      const place = sp === null ? '' : `[${sp.slice(2)}] `
      const tail = `${inlined ? ' (inlined)' : ''}${address === null || symbol === null ? '' : ` at ${address.slice(2)}`}`
      return markup`${mark} ${`#${i}`.padStart(3)} ${place}${mark === '>' ? markup`<b>${name}</b>` : name}${tail}\n`
    },
  )
  return markup`<h3>The walker's stack</h3><p>Innermost first; ${MARKS}.</p>
<pre class="stack" tabindex="0" role="region" aria-label="The walker's stack"><code>${lines}</code></pre>${leftOut(stack.length - MOST.frames)}`
}

function waitersTable(hang: Hang, groups: number): Piece {
  const rows = hang.waiters.slice(0, MOST.rows)
  // columns that say something: where all wait for the lock above, its address is not said again
  const logged = rows.some(({ loggedSeconds }) => loggedSeconds !== null)
  const sure = rows.every(({ confidence }) => confidence === rows[0]?.confidence) ? rows[0]?.confidence : null
  const locks = rows.some(({ lock }) => lock !== null && lock !== hang.lock?.address)
  const stackOf = (at: number | null): Piece =>
    at === null || at >= groups ? '–' : at < MOST.stacks ? markup`<a href="#stack-${at + 1}">${at + 1}</a>` : at + 1
  return table({
    caption: `Who waits: ${plural(hang.waiters.length, 'task')}${sure === null ? '' : `, by ${sure} signs`}`,
    sortable: true,
    columns: [
      { head: 'task', rowHead: true },
      { head: 'pid', right: true },
      { head: 'state' },
      { head: 'blocked', right: true },
      ...(logged ? [{ head: 'in the log', right: true }] : []),
      { head: 'waits' },
      ...(locks ? [{ head: 'lock' }] : []),
      { head: 'seen in' },
      ...(sure === null ? [{ head: 'confidence' }] : []),
      { head: 'behind' },
      { head: 'stack', right: true },
    ],
    rows: rows.map((waiter) => [
      waiter.comm ?? 'unknown',
      waiter.pid === null ? '–' : String(waiter.pid),
      waiter.state ?? '–',
      seconds(waiter.blockedSeconds),
      ...(logged ? [seconds(waiter.loggedSeconds)] : []),
      WAITS[waiter.waitsFor],
      ...(locks ? [code(waiter.lock)] : []),
      waiter.by.join(' + '),
      ...(sure === null ? [waiter.confidence] : []),
      named(waiter.behind),
      stackOf(waiter.stack),
    ]),
    more: hang.waiters.length - rows.length,
  })
}

const seconds = (value: number | null): Piece | { shown: Piece; sort: number } =>
  value === null ? '–' : { shown: duration(value), sort: value }

/** A state in words, and whether it waits, runs or sleeps. */
function stateOf({ state, running }: Group): Pick<Stack, 'state' | 'kind'> {
  if (running) return { state: 'on a CPU', kind: 'runs' }
  if (state === 'R') return { state: 'could run (R)', kind: 'runs' }
  if (state === 'D') return { state: 'waits (D)', kind: 'waits' }
  return { state: state === null ? 'state unknown' : `sleeps (${state})`, kind: 'sleeps' }
}

function stackParts({ groups, leftOut: hidden }: NonNullable<AnalyzeReport['stacks']>): Piece {
  const stacks: Stack[] = groups.map((group) => ({
    ...stateOf(group),
    tasks: group.tasks,
    frames: group.frames.map(({ symbol }) => symbol ?? 'unknown'),
  }))
  const shown = groups.slice(0, MOST.stacks)
  return markup`<h3>All stacks</h3>${
    groups.length > 1 &&
    figure(
      'Stacks of the tasks, by state.',
      markup`As wide as the tasks that are in it; the innermost functions are at the bottom, the full names in the stacks below. <span class="zooms"></span> ${legend(
        [
          ['waits', 'waits'],
          ['runs', 'runs'],
          ['sleeps', 'sleeps, or unknown'],
        ],
      )}`,
      (width) => stacksPicture(stacks, Math.max(width, MOST.icicle), MATTERS),
      'icicle',
    )
  }${shown.map(
    (group, i) => markup`
<details class="stackgroup"><summary>Stack ${i + 1}: ${plural(group.tasks, 'task')}, ${stateOf(group).state}, ${group.comms.slice(0, MOST.comms).join(', ')}</summary>
<pre class="stack" id="stack-${i + 1}" tabindex="0"><code>${group.frames
      .slice(0, MOST.frames)
      .map(
        ({ symbol, module }, at) =>
          markup`${`#${at}`.padStart(3)} ${symbol ?? 'unknown'}${module === null ? null : ` [${module}]`}\n`,
      )}</code></pre></details>`,
  )}${leftOut(groups.length - shown.length + hidden)}`
}

/** What the kernel's log, or a text, says that happened. */
function logTable(events: AnalyzeReport['events']): Piece {
  const rows = events.slice(0, MOST.events)
  const blocked = rows.some(({ blockedOn }) => blockedOn !== null)
  const title = `What the kernel's log says: ${plural(events.length, 'report')}`
  return markup`<details><summary>${title}</summary>${table({
    caption: title,
    sortable: true,
    columns: [
      { head: 'report', rowHead: true },
      { head: 'at', right: true },
      { head: 'task' },
      { head: 'for', right: true },
      ...(blocked ? [{ head: 'blocked on', wraps: true }] : []),
    ],
    rows: rows.map((event) => [
      event.kind,
      event.time === null ? '–' : { shown: `${event.time.toFixed(3)} s`, sort: event.time },
      event.comm === null && event.pid === null ? '–' : named(event),
      event.seconds === null ? '–' : { shown: `${grouped(event.seconds)} s`, sort: event.seconds },
      ...(blocked ? [event.blockedOn === null ? '–' : prose(event.blockedOn)] : []),
    ]),
    more: events.length - rows.length,
  })}</details>`
}
