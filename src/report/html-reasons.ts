import { max } from 'd3-array'
import { counted, duration, grouped, plural } from '../base/words.ts'
import type { AnalyzeReport } from '../document/schema.ts'
import { badge, evidenceList, figure, legend, MOST, type Section, shell } from './html-parts.ts'
import { code, markup, link, type Piece, prose } from './html-template.ts'
import { leftOut, table } from './html-table.ts'
import { FIXES, groupName, namesInputs, RESULTS, typedInCrash, WAITS } from './phrases.ts'
import { type WaitBox, waitPicture } from './pictures/wait-graph.ts'
import { named, waitTree } from './wait-tree.ts'

type Hang = NonNullable<AnalyzeReport['hang']>

/** Why: each finding with what shows it, and who waits for whom. */
export function reasons(document: AnalyzeReport): Section | null {
  const { findings, verdict, hang } = document
  if (findings.length === 0) return null
  const names = namesInputs(document)
  return {
    id: 'reasons',
    title: 'Why: the chain of reasons',
    body: markup`${hang && waitGraph(hang)}
${findings.slice(0, MOST.findings).map(
  ({ code: name, level, confidence, summary, evidence }) => markup`
<article class="finding"><h3>${badge(level, level)} <code>${name}</code> <span class="sure">${confidence}</span></h3>
<p>${summary === verdict.summary ? 'The verdict above, shown by:' : prose(summary)}</p>
${evidenceList(evidence, names)}</article>`,
)}
${leftOut(findings.length - MOST.findings)}`,
  }
}

/** The graph, where somebody walks. */
function waitGraph(hang: Hang): Piece {
  const { holder, node, lock, progress } = hang
  if (!holder) return null
  const boxes: WaitBox[] = []
  if (node)
    boxes.push({
      kind: 'list',
      title: node.length === null ? 'KSM list' : `KSM list of ${counted(node.length, node.atLeast)}`,
      detail: node.address ?? 'address unknown',
      parent: null,
    })
  const walker =
    boxes.push({
      kind: 'walker',
      title: named(holder),
      detail: progress?.fraction ? `walks, ${Math.round(progress.fraction * 100)} % through` : 'walks the list',
      parent: boxes.length > 0 ? 0 : null,
    }) - 1
  const { groups, apart } = waitTree(hang.waiters, holder)
  const shown = groups.slice(0, MOST.boxes)
  const first = boxes.length
  for (const { waiters, parent } of shown) {
    const one = waiters[0]!
    const longest = max(waiters, ({ blockedSeconds }) => blockedSeconds ?? -1) ?? -1
    boxes.push({
      kind: 'waiter',
      title: groupName(waiters),
      detail: `${WAITS[one.waitsFor]}${longest < 0 ? '' : `, ${waiters.length === 1 ? '' : 'up to '}${duration(longest)}`}`,
      parent: parent === null ? walker : first + parent,
    })
  }
  if (groups.length > shown.length)
    boxes.push({
      kind: 'more',
      title: `${grouped(groups.length - shown.length)} more groups`,
      detail: 'see --json',
      parent: walker,
    })
  const whose = lock?.owner ? markup` The lock is the mmap_lock of ${named(lock.owner)}.` : null
  const others = apart > 0 && ` ${plural(apart, 'more task')}: behind whom, up to the walker, is not known.`
  return figure(
    'Who waits for whom.',
    markup`An arrow leads from who waits to what it waits for.${whose}${others} ${legend([
      ['waiter', 'waits'],
      ['walker', 'walks the list'],
      ['list', 'the list'],
    ])}`,
    (width) => waitPicture(boxes, width),
  )
}

const TONE_OF = { 'ruled-out': 'ok', open: 'unknown', found: 'warning' } as const

/** What else was looked into, and what excludes it. */
export function lookedInto(document: AnalyzeReport): Section | null {
  const { checked } = document
  if (checked.length === 0) return null
  const names = namesInputs(document)
  return {
    id: 'checked',
    title: 'What was ruled out, and what stays open',
    body: markup`<dl class="checks">${checked.slice(0, MOST.findings).map(({ code: name, result, by, evidence }) => {
      return markup`<div><dt>${badge(RESULTS[result], TONE_OF[result])} <code>${name}</code></dt><dd>${prose(by)}${evidenceList(evidence, names)}</dd></div>`
    })}</dl>${leftOut(checked.length - MOST.findings)}`,
  }
}

const TONES = { 'has-fix': 'ok', 'lacks-fix': 'critical', unknown: 'unknown' } as const

/** The known bug, whether this kernel has the fix, and which packages bring it. */
export function knownBugs({ known }: AnalyzeReport): Section | null {
  if (known.length === 0) return null
  return {
    id: 'known',
    title: 'The known bug',
    body: [
      known.slice(0, MOST.findings).map(
        ({ bug, url, thisKernel, why, packages }) => markup`
<div class="bug"><p>${link(url, bug)}: ${badge(FIXES[thisKernel], TONES[thisKernel])} ${prose(why)}.</p>
${
  packages.length > 0 &&
  markup`<details><summary>Which packages have the fix: ${grouped(packages.length)} kernels, with sources</summary>${table(
    {
      caption: `Packages with the fix of ${bug}`,
      columns: [
        { head: 'kernel', rowHead: true },
        { head: 'fix' },
        { head: 'from version' },
        { head: 'source', wraps: true },
        { head: 'confidence' },
      ],
      rows: packages
        .slice(0, MOST.rows)
        .map(({ kernel, fixed, from, source, sure }) => [
          kernel,
          fixed === null ? 'unknown' : fixed ? 'yes' : 'no',
          code(from),
          source,
          sure,
        ]),
      more: packages.length - MOST.rows,
    },
  )}</details>`
}</div>`,
      ),
      leftOut(known.length - MOST.findings),
    ],
  }
}

/** What to do, in order. */
export function whatToDo({ actions }: AnalyzeReport): Section | null {
  if (actions.length === 0) return null
  return {
    id: 'actions',
    title: 'What to do, in this order',
    body: markup`<ol class="actions">${actions.slice(0, MOST.findings).map(
      ({ code: which, title, commands, cost, risk, applies, now }) => markup`
<li><h3>${prose(title)}${now ? markup` ${badge('now', 'critical')}` : null}</h3>${shell(commands, typedInCrash(which))}
<dl class="facts"><div><dt>when</dt><dd>${prose(applies)}</dd></div><div><dt>cost</dt><dd>${prose(cost)}</dd></div><div><dt>risk</dt><dd>${prose(risk)}</dd></div></dl></li>`,
    )}</ol>${leftOut(actions.length - MOST.findings)}`,
  }
}
