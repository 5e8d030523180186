import { counted, duration, grouped, plural } from '../base/words.ts'
import type { AnalyzeReport } from '../document/schema.ts'
import type { RenderOptions, Write } from './paint.ts'
import {
  boundsPhrase,
  DEFAULT_LIMIT,
  type Evidence,
  FIXES,
  HELD,
  namesInputs,
  nobodyHolds,
  PARTIAL,
  pastPhrase,
  WAITS,
  WALKS,
} from './phrases.ts'
import { asciiText, lines, whole } from './plain.ts'
import { named, type Who } from './wait-tree.ts'

type Hang = NonNullable<AnalyzeReport['hang']>

/** What a comment may be. Launchpad hides what is behind 3,200 characters, and its mails have 72 columns. */
const MOST_LINES = 40
const MOST_CHARACTERS = 3200
const COLUMNS = 72

/** A paragraph, or commands on lines of their own. */
interface Part {
  /** What is left out first when it is too long: the greatest. */
  rank: number
  text?: string
  commands?: readonly string[]
  /** An empty line stands before it. */
  gap?: true
}

/**
 * The report as a comment for a bug: plain ASCII that reads as Markdown, too, without tables or quotes. Names, addresses and
 * numbers stand whole. What does not fit is left out by rank.
 */
export function launchpadText(document: AnalyzeReport, write: Write, options: RenderOptions): void {
  let parts = partsOf(document, options.redacted === true)
  let text = laidOut(parts)
  while (text.split('\n').length - 1 > MOST_LINES || text.length > MOST_CHARACTERS) {
    const worst = Math.max(...parts.map(({ rank }) => rank))
    parts = parts.filter(({ rank }) => rank < worst)
    text = laidOut(parts)
  }
  write(text)
}

function laidOut(parts: readonly Part[]): string {
  let text = ''
  for (const { text: sentence, commands, gap } of parts) {
    if (gap) text += '\n'
    if (commands) text += `\n${commands.map((command) => `    ${command}\n`).join('')}\n`
    else text += `${lines(sentence!, COLUMNS).join('\n')}\n`
  }
  return text.replace(/\n{3,}/g, '\n\n')
}

function partsOf(document: AnalyzeReport, redacted: boolean): Part[] {
  const { hang, verdict, tool } = document
  const head = `ksm-dump ${asciiText(tool.version, 20)}: ${verdict.level.toUpperCase()} (${verdict.confidence})`
  const said: Part[] = hang
    ? [{ rank: 1, text: `${head}. ${gist(hang, verdict.confidence)}` }, ...hangParts(document, hang)]
    : [{ rank: 1, text: `${head}. ${asciiText(verdict.summary, 420)}` }, ...listParts(document)]
  return [
    ...said,
    ...limitPart(document),
    ...knownPart(document),
    ...openPart(document),
    ...sourcePart(document),
    ...kernelPart(document),
    ...problemPart(document),
    ...actionParts(document),
    ...attachment(document, redacted),
  ]
}

const who = ({ pid, comm }: Who): string => whole(named({ pid, comm: comm === null ? null : asciiText(comm, 30) }))

/** What hangs, or hung, in a sentence; who waited is not said to wait still. */
function gist({ waiters, node, past }: Hang, confidence: AnalyzeReport['verdict']['confidence']): string {
  const perhaps = confidence === 'weak' ? ', perhaps' : ''
  const count = waiters.length
  const length = node?.length == null ? 'a list' : `a list of ${counted(node.length, node.atLeast)} rmap_items`
  const walks = `${past ? 'walked' : 'walks'} ${length}`
  const what =
    count === 0
      ? `One task ${walks}${perhaps}; who ${past ? 'waited' : 'waits'} for it is not known.`
      : `${plural(count, 'task')} ${past ? 'waited' : count === 1 ? 'waits' : 'wait'}${perhaps} because one task ${walks}.`
  const over = past ? ` But ${pastPhrase(past)} (${sourceOf(past.evidence)}).` : ''
  return `${what}${over} KSM (same-page merging) keeps one copy of equal memory pages. The record of a copy (its stable_node) heads a list with one rmap_item for each place that shares it; who moves or frees the copy visits them all.`
}

function hangParts({ ksm }: AnalyzeReport, hang: Hang): Part[] {
  const { node, lock, longestWait } = hang
  const nid = ksm?.longest.find(({ address }) => address === node?.address)?.nid ?? null
  const place = [
    node?.kpfn == null ? [] : whole(`pfn ${node.kpfn}`),
    nid === null ? [] : whole(`NUMA node ${nid}`),
  ].flat()
  const parts: Part[] = []
  if (node)
    parts.push({
      rank: 2,
      gap: true,
      text: `List: ${node.address === null ? 'a list' : `stable_node ${node.address}`}${place.length === 0 ? '' : ` (${place.join(', ')})`} has ${node.length === null ? 'an unknown number of' : whole(counted(node.length, node.atLeast))} rmap_items.`,
    })
  parts.push({ rank: 3, text: walkerText(hang) })
  if (lock) {
    const holders = lock.heldBy.slice(0, 3).map((each) => `${who(each)}${behindText(hang, each)}`)
    const free = lock.held === 'free' && holders.length === 0
    const held = free ? '' : `, held by ${nobodyHolds(lock) === null ? holders.join(', ') : 'an unknown task'}`
    parts.push({
      rank: 4,
      text: `Lock: mmap_lock ${lock.address} of ${lock.owner ? who(lock.owner) : `mm ${lock.mm}`}, ${whole(`count ${lock.count}`)} (${HELD[lock.held]})${held}.`,
    })
  } else if (hang.waiters.some(({ waitsFor }) => waitsFor === 'read' || waitsFor === 'write'))
    parts.push({ rank: 4, text: 'Lock: which mmap_lock is held, and whose it is, was not found out.' })
  else parts.push({ rank: 4, text: 'Lock: no task is seen to wait for a mmap_lock.' })
  if (hang.waiters.length > 0) {
    const longest = longestWait ? `; the longest, ${who(longestWait)}, for ${whole(duration(longestWait.seconds))}` : ''
    parts.push({
      rank: 5,
      text: `${hang.past ? 'Waited' : 'Waiting'}: ${plural(hang.waiters.length, 'task')} (${waitsText(hang)})${longest}.`,
    })
  }
  return parts
}

/** A holder that is not the walker waits for it, mostly. */
function behindText({ waiters, holder }: Hang, { pid }: Who): string {
  const wait = waiters.find((waiter) => pid !== null && waiter.pid === pid)
  if (!wait || wait.behind.pid === pid) return ''
  return `, who waits for ${wait.behind.pid !== null && wait.behind.pid === holder?.pid ? 'the walker' : who(wait.behind)}`
}

/** Functions that tell who walks: the outermost one on the stack is named. */
const WHO_WALKS =
  /^(?:do_migrate_pages|do_pages_move|do_move_page|kernel_move_pages|do_mbind|kernel_mbind|cpuset_migrate_mm|compact_zone|alloc_contig_|migrate_longterm|do_migrate_range|offline_pages|soft_offline|memory_failure|demote_|damon_|page_idle_|shrink_|evict_folios|migrate_pages$)/

function walkerText({ holder, innermost, progress, pattern, past }: Hang): string {
  const frames = (holder?.stack ?? []).flatMap(({ symbol, how }) =>
    symbol === null ? [] : { symbol, guess: how === 'scan' },
  )
  // a frame that is known is named rather than one that is a guess
  const known = frames.filter(({ guess }) => !guess)
  const symbol = (name: string): string => asciiText(name, 60)
  const told = ({ symbol: name, guess }: (typeof frames)[number]): string =>
    `${symbol(name)}${guess ? ' (a guess)' : ''}`
  const isWalk = (frame: (typeof frames)[number]): boolean => WALKS.test(frame.symbol)
  const isAbove = (frame: (typeof frames)[number]): boolean => WHO_WALKS.test(frame.symbol)
  const walk = known.find(isWalk) ?? frames.find(isWalk)
  const under = known.findLast(isAbove) ?? frames.findLast(isAbove)
  const place = [
    walk ? told(walk) : `a walk of a KSM list (${symbol(pattern ?? 'unknown')})`,
    under ? `under ${told(under)}` : [],
  ].flat()
  const inside =
    innermost.symbol === null || innermost.symbol === walk?.symbol
      ? ''
      : `, ${past ? 'then' : 'just now'} in ${told(frames.find((frame) => frame.symbol === innermost.symbol) ?? { symbol: innermost.symbol, guess: false })}`
  const state = [
    holder?.state == null ? [] : whole(`state ${asciiText(holder.state, 10)}`),
    holder?.cpu == null ? [] : whole(`CPU ${holder.cpu}`),
  ].flat()
  const far =
    progress?.fraction == null
      ? ''
      : `; the ${progress.pass} pass is ${whole(`${Math.round(progress.fraction * 100)} %`)} through${progress.confidence === 'weak' ? ', perhaps' : ''}`
  return `Walker: ${holder ? who(holder) : 'a task'}${state.length === 0 ? '' : `, ${state.join(', ')},`} ${past ? 'was' : 'is'} in ${place.join(' ')}${inside}${far}.`
}

function waitsText({ waiters }: Hang): string {
  const counts = new Map<string, number>()
  for (const { waitsFor } of waiters) counts.set(WAITS[waitsFor], (counts.get(WAITS[waitsFor]) ?? 0) + 1)
  return [...counts].map(([what, count]) => `${grouped(count)} ${what}`).join(', ')
}

/** Where nothing hangs: the longest list. */
function listParts({ ksm }: AnalyzeReport): Part[] {
  const node = ksm?.longest.find(({ kind }) => kind !== 'chain')
  if (!ksm || (!node && !ksm.bounds)) return []
  if (!node)
    return [
      {
        rank: 5,
        text: `Longest list: ${boundsPhrase(ksm.bounds!)}.`,
      },
    ]
  return [
    {
      rank: 5,
      text: `Longest list: stable_node ${node.address} with ${grouped(node.length)} rmap_items, of ${plural(node.mms, 'process', 'processes')}.`,
    },
  ]
}

function limitPart({ ksm }: AnalyzeReport): Part[] {
  if (!ksm) return []
  const limit = ksm.counters['max_page_sharing'] ?? null
  if (limit !== null)
    return [{ rank: 6, text: `Limit: max_page_sharing is ${grouped(limit)} (the default is ${DEFAULT_LIMIT}).` }]
  if (ksm.bounded === false)
    return [{ rank: 6, text: 'Limit: this kernel has no max_page_sharing: lists grow without end.' }]
  return [{ rank: 6, text: 'Limit: the value of max_page_sharing is not known.' }]
}

function knownPart({ known }: AnalyzeReport): Part[] {
  return known.slice(0, 1).map(({ bug, thisKernel, why }) => ({
    rank: 7,
    gap: true,
    text: `Known bug: ${/^LP: #\d{1,9}$/.test(bug) ? whole(bug) : asciiText(bug, 40)}. ${FIXES[thisKernel].replace(/^./, (first) => first.toUpperCase())}${why === '' ? '' : `: ${asciiText(why, 200)}`}.`,
  }))
}

/** What else it might be. */
function openPart({ checked }: AnalyzeReport): Part[] {
  const of = (result: string): string =>
    checked
      .flatMap((each) => (each.result === result ? asciiText(each.code, 30) : []))
      .slice(0, 8)
      .join(', ')
  const texts = [
    of('ruled-out') && `Ruled out: ${of('ruled-out')}.`,
    of('found') && `Also found: ${of('found')}.`,
    of('open') && `Not ruled out: ${of('open')}.`,
  ].filter(Boolean)
  return texts.length === 0 ? [] : [{ rank: 10, text: texts.join(' ') }]
}

/** Sources that are named for one statement. */
const MOST_PLACES = 3

/** Where texts say it: the input and lines behind each finding, and behind what was found or ruled out. */
function sourcePart(document: AnalyzeReport): Part[] {
  if (!namesInputs(document)) return []
  const { findings, checked } = document
  const statements = [...findings, ...checked.filter(({ result }) => result !== 'open')]
  let last: string | null = null
  const texts = statements.slice(0, 6).flatMap(({ code, evidence }) => {
    const known = evidence.filter(
      (each, i) =>
        each.at !== null && evidence.findIndex(({ input, at }) => input === each.input && at === each.at) === i,
    )
    const places = known.slice(0, MOST_PLACES).map(({ input, at }) => {
      // the input is said where it is another than before
      const place = sourceOf({ input: input === last ? '' : input, at })
      last = input
      return place
    })
    const more = known.length > MOST_PLACES ? ` and ${known.length - MOST_PLACES} more` : ''
    return places.length === 0 ? [] : `${asciiText(code, 40)} by ${places.join(', ')}${more}`
  })
  return texts.length === 0 ? [] : [{ rank: 10, text: `Sources: ${texts.join('; ')}.` }]
}

/** "kern.log line 65"; of a long name the end, which tells more. */
function sourceOf({ input, at }: Pick<Evidence, 'input' | 'at'>): string {
  const name = input.length > 36 ? `...${input.slice(-33)}` : input
  return [name === '' ? [] : asciiText(name, 36), at === null ? [] : whole(asciiText(at, 30))].flat().join(' ')
}

function kernelPart({ kernel, environment, host }: AnalyzeReport): Part[] {
  if (!kernel?.release) return []
  const version = environment.ProcVersionSignature ?? environment.Package ?? kernel.version
  const machine = host.memoryBytes === null ? '' : `; ${grouped(Math.round(host.memoryBytes / 2 ** 20))} MiB of memory`
  return [
    {
      rank: 9,
      text: `Kernel: ${asciiText(kernel.release, 60)}${version === null ? '' : ` (${asciiText(version, 80)})`}${machine}.`,
    },
  ]
}

/** What is missing, by every code, and the first in words. */
function problemPart({ partial, problems }: AnalyzeReport): Part[] {
  const [first] = problems
  if (!first) return partial ? [{ rank: 6, text: `Incomplete: ${PARTIAL}.` }] : []
  const counts = new Map<string, number>()
  for (const { code } of problems) counts.set(code, (counts.get(code) ?? 0) + 1)
  const codes = [...counts].map(([code, count]) => `${asciiText(code, 30)}${count > 1 ? ` (${grouped(count)})` : ''}`)
  const more = codes.length > MOST_CODES ? ` and ${codes.length - MOST_CODES} more kinds` : ''
  const all =
    problems.length === 1
      ? ''
      : `${plural(problems.length, 'problem')}: ${codes.slice(0, MOST_CODES).join(', ')}${more}; the first: `
  return [
    {
      rank: 6,
      text: `${partial ? 'Incomplete' : 'Doubtful'}: ${all}${asciiText(first.message, 160).replace(/\.$/, '')}.`,
    },
  ]
}

/** Kinds of problems that are named. */
const MOST_CODES = 5

/** The first action with its commands, and the names of the others. */
function actionParts({ actions }: AnalyzeReport): Part[] {
  const first = actions.find(({ now }) => now) ?? actions[0]
  if (!first) return []
  const commands = first.commands.flatMap((command) => {
    const plain = asciiCommand(command)
    return plain === null ? [] : plain
  })
  const parts: Part[] = [{ rank: 8, gap: true, text: `First, as root: ${asciiText(first.title, 160)}.` }]
  if (commands.length > 0) parts.push({ rank: 8, commands: commands.slice(0, 4) })
  const rest = actions
    .filter((action) => action !== first)
    .map(({ title }) => asciiText(title.split(/[:,]/, 1)[0]!, 60))
  if (rest.length > 0) parts.push({ rank: 11, text: `Then: ${rest.slice(0, 6).join('; ')}. Read cost and risk first.` })
  return parts
}

/**
 * A command as it is to be typed, without its comment where that does not fit; null when it does not fit on a line, or may become a
 * link: half a command is none.
 */
function asciiCommand(given: string): string | null {
  const command = given.length > COLUMNS - 4 ? given.replace(/ {2,}# .*$/, '') : given
  // what begins with another sign could be a list, a quotation or a heading
  const fits = /^[a-z/][\x20-\x7e]*$/i.test(command) && command.length <= COLUMNS - 4
  return fits && !/[<`[\]]|:\/\/|www\.|lp:|@/i.test(command) ? command : null
}

/** What the whole report has beside this, which is attached; only what is there is promised. */
function attachment(document: AnalyzeReport, redacted: boolean): Part[] {
  const { ksm, hang, findings, actions, problems, coverage, checked } = document
  const checks = [...findings, ...checked].flatMap(({ evidence }) => evidence.flatMap(({ check }) => check ?? []))
  const tools = (['crash', 'drgn'] as const).filter((tool) => checks.some((check) => check[tool] !== null))
  const stacks = [
    hang?.holder && hang.holder.stack.length > 0 ? 'the walker' : [],
    hang?.waiters.some(({ stack }) => stack !== null) ? 'who waits' : [],
  ].flat()
  const counters = Object.values(ksm?.counters ?? {}).some((value) => value !== null)
  const contents = [
    findings.length === 0
      ? []
      : `${plural(findings.length, 'finding')} with what shows ${findings.length === 1 ? 'it' : 'them'}`,
    tools.length === 0 ? [] : `commands of ${tools.join(' and ')} that check it`,
    stacks.length === 0 ? [] : `stacks of ${stacks.join(' and of ')}`,
    ksm && ksm.longest.length > 0 ? 'the longest lists and whose they are' : [],
    actions.length === 0 ? [] : 'all actions with cost and risk',
    counters ? 'counters' : [],
    problems.length + coverage.length === 0 ? [] : 'what could not be read',
  ].flat()
  const names = redacted ? ' Names are replaced by stand-ins (vm-1, host-1).' : ''
  return [
    {
      rank: 1,
      gap: true,
      text: `Attachment: the whole report${contents.length === 0 ? '' : `, with ${contents.join(', ')}`}.${names}`,
    },
  ]
}
