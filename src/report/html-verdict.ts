import { counted, duration, grouped, plural, size } from '../base/words.ts'
import type { AnalyzeReport } from '../document/schema.ts'
import { DEFAULT_LIMIT, hostName, PARTIAL, walkOf } from './phrases.ts'
import { badge, MOST, shell } from './html-parts.ts'
import { markup, type Markup, type Piece, prose } from './html-template.ts'

/** What the report says, in one look: the verdict, the numbers behind it, and what to type now. */
export function verdictHead(document: AnalyzeReport): Markup {
  const { verdict, host, kernel, partial } = document
  const [, first = verdict.summary, rest = ''] = /^(.*?\.)\s+(.+)$/.exec(verdict.summary) ?? []
  const place = [hostName(host.name), kernel?.release, host.time].filter((each) => each !== null && each !== undefined)
  return markup`
<header class="verdict ${verdict.level}">
<p class="place">${
    place.length > 0
      ? place.join(' · ')
      : document.inputs
          .slice(0, MOST.comms)
          .map(({ name }) => name)
          .join(', ')
  }</p>
<p class="level">${badge(verdict.level, verdict.level)} <span class="sure">confidence: <strong>${verdict.confidence}</strong></span> <code>${verdict.code}</code></p>
<h1>${prose(first)}</h1>
${rest !== '' && markup`<p class="lead">${prose(rest)}</p>`}
${partial && markup`<p class="lead"><strong>This answer is partial:</strong> ${PARTIAL}, <a href="#basis">see what</a>.</p>`}
${tiles(document)}
</header>`
}

/** The numbers that count; those that are not known are left out. */
function tiles({ hang, ksm }: AnalyzeReport): Piece {
  // one list: the one that is walked, else the longest; its walk is not that of another
  const longest = ksm?.longest.find((node) => node.kind !== 'chain')
  const length = hang?.node ? hang.node.length : (longest?.length ?? toldLength(ksm))
  const limit = ksm?.counters['max_page_sharing'] ?? null
  const merged = ksm?.perNode.reduce((all, { mergedBytes }) => all + mergedBytes, 0) ?? 0
  const rows: [string, string | null, string][] = [
    [
      hang?.node ? 'list that is walked' : 'longest list',
      length === null ? null : counted(length, hang?.node?.atLeast ?? false),
      'rmap_items',
    ],
    ['one pass over it', length === null || length === 0 ? null : duration(walkOf(length)), 'estimate'],
    [
      hang?.past ? 'tasks that waited' : 'tasks that wait',
      hang && hang.waiters.length > 0 ? grouped(hang.waiters.length) : null,
      '',
    ],
    ['longest wait', hang?.longestWait ? duration(hang.longestWait.seconds) : null, ''],
    ['merged memory', merged > 0 ? size(merged) : null, ''],
    [
      'max_page_sharing',
      limit === null ? null : grouped(limit),
      limit === DEFAULT_LIMIT ? 'default' : `default ${DEFAULT_LIMIT}`,
    ],
  ]
  const known = rows.filter(([, value]) => value !== null)
  return (
    known.length > 0 &&
    markup`<dl class="tiles">${known.map(([name, value, unit]) => markup`<div><dt>${name}</dt><dd>${value}${unit !== '' && markup` <small>${unit}</small>`}</dd></div>`)}</dl>`
  )
}

/** The longest list that a text tells of; null where lists were walked. */
function toldLength(ksm: AnalyzeReport['ksm']): number | null {
  return ksm !== null && ksm.longest.length === 0 ? (ksm.whatIf?.sites ?? null) : null
}

/** What to type first; null where nothing hurries. */
export function typeNow({ actions }: AnalyzeReport): Markup | null {
  const first = actions.filter(({ now }) => now).slice(0, MOST.evidence)
  if (first.length === 0) return null
  const later = actions.find(({ code, now }) => code === 'unmerge' && !now)
  return markup`
<section class="now" aria-labelledby="now"><h2 id="now">What to do now</h2>
<p>As root on the host. <a href="#actions">${plural(actions.length, 'step')} in all</a>, with cost and risk, are below.</p>
<ol>${first.map(({ title, commands }) => markup`<li>${prose(title)}.${shell(commands)}</li>`)}</ol>
${later && markup`<p class="caution"><strong>Not yet:</strong> <code>${later.commands[0] ?? later.title}</code> needs ${later.cost}.</p>`}
</section>`
}
