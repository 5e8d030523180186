import { max } from 'd3-array'
import { counted, duration, grouped } from '../base/words.ts'
import type { AnalyzeReport } from '../document/schema.ts'
import { WAITS } from './hang-text.ts'
import { badge, evidenceList, figure, legend, MOST, type Section, shell } from './html-parts.ts'
import { code, markup, link, type Piece, prose } from './html-template.ts'
import { leftOut, table } from './html-table.ts'
import { type WaitBox, waitPicture } from './pictures/wait-graph.ts'
import { named, waitTree } from './wait-tree.ts'

type Hang = NonNullable<AnalyzeReport['hang']>

/** Why: each finding with what shows it, and who waits for whom. */
export function reasons(document: AnalyzeReport): Section | null {
  const { findings, verdict, hang } = document
  if (findings.length === 0) return null
  const several = document.inputs.length > 1
  return {
    id: 'reasons',
    title: 'Why: the chain of reasons',
    body: markup`${hang && waitGraph(hang)}
${findings.slice(0, MOST.findings).map(
  ({ code: name, level, confidence, summary, evidence }) => markup`
<article class="finding"><h3>${badge(level, level)} <code>${name}</code> <span class="sure">${confidence}</span></h3>
<p>${summary === verdict.summary ? 'The verdict above, shown by:' : prose(summary)}</p>
${evidenceList(evidence, several)}</article>`,
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
  const groups = waitTree(hang.waiters, holder)
  const shown = groups.slice(0, MOST.boxes)
  const first = boxes.length
  for (const { waiters, parent } of shown) {
    const one = waiters[0]!
    const longest = max(waiters, ({ blockedSeconds }) => blockedSeconds ?? -1) ?? -1
    boxes.push({
      kind: 'waiter',
      title: waiters.length === 1 ? named(one) : `${grouped(waiters.length)} × ${one.comm ?? 'a task'}`,
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
  const whose = lock?.owner ? markup` The lock is the mmap lock of ${named(lock.owner)}.` : null
  return figure(
    'Who waits for whom.',
    markup`An arrow leads from who waits to what it waits for.${whose} ${legend([
      ['waiter', 'waits'],
      ['walker', 'walks the list'],
      ['list', 'the list'],
    ])}`,
    (width) => waitPicture(boxes, width),
  )
}

const RESULTS = { 'ruled-out': ['ruled out', 'ok'], open: ['open', 'unknown'], found: ['found', 'warning'] } as const

/** What else was looked into, and what excludes it. */
export function lookedInto(document: AnalyzeReport): Section | null {
  const { checked } = document
  if (checked.length === 0) return null
  const several = document.inputs.length > 1
  return {
    id: 'checked',
    title: 'What was ruled out, and what stays open',
    body: markup`<dl class="checks">${checked.slice(0, MOST.findings).map(({ code: name, result, by, evidence }) => {
      const [word, tone] = RESULTS[result]
      return markup`<div><dt>${badge(word, tone)} <code>${name}</code></dt><dd>${prose(by)}${evidenceList(evidence, several)}</dd></div>`
    })}</dl>${leftOut(checked.length - MOST.findings)}`,
  }
}

const FIXED = { 'has-fix': 'has the fix', 'lacks-fix': 'lacks the fix', unknown: 'unknown' } as const
const TONES = { 'has-fix': 'ok', 'lacks-fix': 'critical', unknown: 'unknown' } as const

/** The known bug, whether this kernel has the fix, and which packages bring it. */
export function knownBugs({ known }: AnalyzeReport): Section | null {
  if (known.length === 0) return null
  return {
    id: 'known',
    title: 'The known bug',
    body: known.slice(0, MOST.findings).map(
      ({ bug, url, thisKernel, why, packages }) => markup`
<p>${link(url, bug)}. This kernel: ${badge(FIXED[thisKernel], TONES[thisKernel])} ${prose(why)}.</p>
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
}`,
    ),
  }
}

/** What to do, in order. */
export function whatToDo({ actions }: AnalyzeReport): Section | null {
  if (actions.length === 0) return null
  return {
    id: 'actions',
    title: 'What to do, in this order',
    body: markup`<ol class="actions">${actions.slice(0, MOST.findings).map(
      ({ title, commands, cost, risk, applies, now }) => markup`
<li><h3>${prose(title)}${now ? markup` ${badge('now', 'critical')}` : null}</h3>${shell(commands)}
<dl class="facts"><div><dt>when</dt><dd>${prose(applies)}</dd></div><div><dt>cost</dt><dd>${prose(cost)}</dd></div><div><dt>risk</dt><dd>${prose(risk)}</dd></div></dl></li>`,
    )}</ol>${leftOut(actions.length - MOST.findings)}`,
  }
}
