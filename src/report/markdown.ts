import { counted, duration, grouped, plural, size } from '../base/words.ts'
import type { AnalyzeReport } from '../document/schema.ts'
import { HELD, MEANINGS, WAITS } from './hang-text.ts'
import { named, type Who } from './wait-tree.ts'
import { block, code, table, text } from './markup.ts'
import type { RenderOptions, Write } from './paint.ts'
import { contentPhrase } from './parts.ts'

type Ksm = NonNullable<AnalyzeReport['ksm']>
type Hang = NonNullable<AnalyzeReport['hang']>
type Evidence = AnalyzeReport['findings'][number]['evidence'][number]

/** How long lists and texts may be. */
interface Bounds {
  rows: number
  letters: number
}

/** GitHub takes 65,536 characters in a comment. */
const MOST_CHARACTERS = 65_000
/** Tried one after the other until the report is short enough; the last one always is. */
const BOUNDS: readonly Bounds[] = [
  { rows: 40, letters: 800 },
  { rows: 20, letters: 500 },
  { rows: 10, letters: 300 },
  { rows: 5, letters: 150 },
  { rows: 2, letters: 60 },
]

/** The whole report as Markdown that GitHub and Launchpad render; parts that have nothing to say are left out. */
export function markdownText(document: AnalyzeReport, write: Write, options: RenderOptions): void {
  const written = BOUNDS.map((bounds) => () => new Markdown(document, bounds, options.redacted === true).all())
  let report = ''
  for (const make of written) {
    report = make()
    if (report.length <= MOST_CHARACTERS) break
  }
  write(report)
}

const RESULTS = { 'ruled-out': 'ruled out', open: 'open', found: 'found' } as const
const FIX = {
  'has-fix': 'This kernel has the fix',
  'lacks-fix': 'This kernel lacks the fix',
  unknown: 'Whether this kernel has the fix is unknown',
} as const
const WHY_ABSENT = {
  'dump-level': 'left out by the dump level',
  erased: 'erased',
  damaged: 'damaged',
  'no-types': 'no types',
}
/** The only links that are made. */
const BUG_PAGE = /^https:\/\/bugs\.launchpad\.net\/bugs\/\d{1,9}$/

const dash = (value: number | string | null): string => (value === null ? '-' : String(value))

class Markdown {
  private readonly document: AnalyzeReport
  private readonly bounds: Bounds
  private readonly redacted: boolean

  constructor(document: AnalyzeReport, bounds: Bounds, redacted: boolean) {
    this.document = document
    this.bounds = bounds
    this.redacted = redacted
  }

  /** The parts in their order, without the empty ones. */
  all(): string {
    const parts: [string, string][] = [
      ['Verdict', this.verdict()],
      ['Chain of reasons', this.reasons()],
      ['What else it might be', this.checked()],
      ['Known bug', this.known()],
      ['What to do now', this.actions()],
      ['What another max_page_sharing would do', this.whatIf()],
      ['Longest lists, and whose they are', this.lists()],
      ['The walker, and who waits', this.hang()],
      ['Counters', this.counters()],
      ['Coverage and environment', this.coverage()],
    ]
    const written = parts.flatMap(([title, body]) => (body === '' ? [] : `## ${text(title)}\n\n${body.trimEnd()}\n`))
    return written.join('\n')
  }

  private text(foreign: string): string {
    return text(foreign, this.bounds.letters)
  }

  private code(foreign: string): string {
    return code(foreign, this.bounds.letters)
  }

  private who(who: Who): string {
    return this.text(named(who))
  }

  /** The first rows, and how many are left out. */
  private rows<T>(all: readonly T[], row: (each: T) => string): string {
    const left = all.length - this.bounds.rows
    return `${all.slice(0, this.bounds.rows).map(row).join('')}${left > 0 ? `- ... and ${grouped(left)} more\n` : ''}`
  }

  private table<T>(
    heads: readonly string[],
    right: readonly number[],
    all: readonly T[],
    row: (each: T) => string[],
  ): string {
    if (all.length === 0) return ''
    const left = all.length - this.bounds.rows
    const more = left > 0 ? `... and ${grouped(left)} more\n\n` : ''
    return table(heads, all.slice(0, this.bounds.rows).map(row), right) + more
  }

  private verdict(): string {
    const { verdict, ksm, host, kernel, tool } = this.document
    const explained =
      ksm === null
        ? ''
        : 'In plain words: KSM (kernel samepage merging) keeps one copy of equal pages of memory, mostly of virtual machines. The record of a copy (its stable_node) heads a list with one entry (rmap_item) for each place that shares it. Who moves or frees the copy must visit all entries (a walk of the list), while others wait. The mmap lock guards the memory map of a process: who needs it and does not get it stands still.\n\n'
    const about = [
      host.name === null || host.name === '(none)' ? [] : `host ${this.text(host.name)}`,
      kernel?.release ? `kernel ${this.text(kernel.release)}` : [],
      host.time === null ? [] : `taken ${this.text(host.time)}`,
      host.uptimeSeconds === null ? [] : `up ${duration(host.uptimeSeconds)}`,
      `told by ksm-dump ${this.text(tool.version)}`,
    ].flat()
    const standIns = this.redacted
      ? ' Names are replaced by stand-ins: `vm-1` is the same virtual machine everywhere.'
      : ''
    return `**${verdict.level.toUpperCase()}** (${verdict.confidence}): ${this.text(verdict.summary)}\n\n${explained}About: ${about.join(', ')}.${standIns}\n`
  }

  private reasons(): string {
    return this.document.findings
      .slice(0, this.bounds.rows)
      .map(
        (finding, i) =>
          `${i + 1}. **${finding.level}, ${finding.confidence}** (${this.code(finding.code)}): ${finding.summary === this.document.verdict.summary ? 'the verdict above' : this.text(finding.summary)}\n${this.evidence(finding.evidence)}`,
      )
      .join('')
      .concat(this.more(this.document.findings.length))
  }

  private more(count: number): string {
    const left = count - this.bounds.rows
    return left > 0 ? `\n... and ${grouped(left)} more\n` : ''
  }

  private evidence(evidence: readonly Evidence[]): string {
    const most = Math.min(8, this.bounds.rows)
    const left = evidence.length - most
    const rows = evidence.slice(0, most).map(({ input, at, text: what, check }, i) => {
      const place = [input === '' ? [] : this.code(input), at === null ? [] : `at ${this.code(at)}`].flat().join(' ')
      const checks = [
        check?.crash == null ? [] : `in crash ${this.code(check.crash)}`,
        check?.drgn == null ? [] : `in drgn ${this.code(check.drgn)}`,
      ].flat()
      const same = i > 0 && JSON.stringify(check) === JSON.stringify(evidence[i - 1]!.check)
      const how = checks.length === 0 ? '' : same ? '; the same commands check it' : `; check it ${checks.join(', ')}`
      return `    - ${this.text(what)}${place === '' ? '' : ` (${place})`}${how}\n`
    })
    return `${rows.join('')}${left > 0 ? `    - ... and ${grouped(left)} more\n` : ''}`
  }

  private checked(): string {
    const { checked, ruledOut } = this.document
    const told = new Set(checked.map((each) => each.code))
    const rows = [
      ...checked,
      ...ruledOut.filter((each) => !told.has(each.code)).map((each) => ({ ...each, result: 'ruled-out' as const })),
    ]
    return this.rows(
      rows,
      (each) =>
        `- ${this.code(each.code)}: **${RESULTS[each.result]}**: ${this.text(each.by)}\n${this.evidence(each.evidence)}`,
    )
  }

  private known(): string {
    return this.document.known
      .slice(0, this.bounds.rows)
      .map((bug) => {
        const name = BUG_PAGE.test(bug.url)
          ? `[${/^LP: #\d{1,9}$/.test(bug.bug) ? bug.bug : this.text(bug.bug)}](${bug.url})`
          : this.text(bug.bug)
        const fix = `${name}: ${FIX[bug.thisKernel]}${bug.why === '' ? '' : `: ${this.text(bug.why)}`}.\n\n`
        const fixed = (each: (typeof bug.packages)[number]): string =>
          each.fixed === null ? 'unknown' : each.fixed ? (each.from ?? 'yes') : 'no'
        return (
          fix +
          this.table(['Kernel', 'Has the fix since', 'Source', 'How sure'], [], bug.packages, (each) => [
            this.text(each.kernel),
            this.text(fixed(each)),
            this.text(each.source),
            each.sure,
          ])
        )
      })
      .join('')
  }

  private actions(): string {
    const { actions } = this.document
    if (actions.length === 0) return ''
    const rows = actions.slice(0, this.bounds.rows).map((action, i) => {
      const commands = action.commands.slice(0, this.bounds.rows).map((command) => `    - ${this.code(command)}\n`)
      return `${i + 1}. **${this.text(action.title)}**${action.now ? ' (now)' : ''}: ${this.text(action.applies)}.\n${commands.join('')}    - cost: ${this.text(action.cost)}\n    - risk: ${this.text(action.risk)}\n`
    })
    return `In this order, as root on the host:\n\n${rows.join('')}${this.more(actions.length)}`
  }

  private whatIf(): string {
    const whatIf = this.document.ksm?.whatIf
    if (!whatIf) return ''
    return `The longest list's content is shared by ${grouped(whatIf.sites)} places. With a limit it takes several copies (dups); a walk visits one copy's list. Times are estimates at 10 us an entry.\n\n${this.table(
      ['max_page_sharing', 'Copies', 'More memory', 'Longest walk'],
      [0, 1, 2, 3],
      whatIf.rows,
      (row) => [grouped(row.maxPageSharing), grouped(row.dups), size(row.extraBytes), duration(row.walkSeconds)],
    )}`
  }

  private lists(): string {
    const { ksm } = this.document
    if (!ksm) return ''
    const longest = this.table(
      ['Entries', 'Kind', 'stable_node', 'Tree', 'NUMA node', 'Page frame', 'Processes', 'Page', 'End'],
      [0, 3, 4, 6],
      ksm.longest,
      (node) => [
        grouped(node.length),
        node.kind,
        node.address,
        dash(node.tree),
        dash(node.nid),
        dash(node.kpfn),
        grouped(node.mms),
        node.kind === 'chain' ? '-' : node.pageState,
        node.end,
      ],
    )
    const [first] = ksm.longest
    const content = first
      ? `The longest one's page: ${contentPhrase(first.zeroPage)}. It saves ${size(first.mergedBytes)}.\n\n`
      : ''
    return longest + content + this.sharers(ksm) + this.perNode(ksm)
  }

  private sharers({ sharers }: Ksm): string {
    if (!sharers || sharers.rows.length === 0) return ''
    const { processes, items } = sharers.leftOut
    const rest =
      processes > 0 ? `${plural(processes, 'more process', 'more processes')} have ${grouped(items)} entries.\n\n` : ''
    return `Who shares, over all lists:\n\n${this.table(
      ['Entries', 'Virtual machine', 'pid', 'Command', 'NUMA node', 'mm'],
      [0, 2, 4],
      sharers.rows,
      (row) => [
        grouped(row.items),
        row.guest === null ? '-' : this.text(row.guest),
        dash(row.pid),
        row.comm === null ? (row.process === 'exited' ? 'exited process' : 'unknown') : this.text(row.comm),
        dash(row.nid),
        row.mm,
      ],
    )}${rest}`
  }

  private perNode({ perNode }: Ksm): string {
    if (perNode.length === 0) return ''
    return `By NUMA node:\n\n${this.table(['NUMA node', 'Lists', 'Entries', 'Saved'], [0, 1, 2, 3], perNode, (row) => [
      dash(row.nid),
      grouped(row.lists),
      grouped(row.items),
      size(row.mergedBytes),
    ])}`
  }

  private hang(): string {
    const { hang, stacks } = this.document
    if (!hang) return ''
    return `${this.walker(hang)}${this.lock(hang)}${this.waiters(hang)}${this.stacks(hang, stacks)}`
  }

  private walker({ holder, innermost, node, progress, pattern }: Hang): string {
    const about = holder
      ? `**Walker**: ${this.who(holder)}, state ${this.text(dash(holder.state))}, CPU ${dash(holder.cpu)}${pattern === null ? '' : `, ${this.code(pattern)}`}. `
      : ''
    const inside = `In ${this.code(innermost.symbol ?? 'an unknown function')} it ${this.text(MEANINGS[innermost.meaning] ?? innermost.meaning)}.\n\n`
    const list = node
      ? `**List under the walk**: ${node.address === null ? 'unknown' : `stable_node ${this.code(node.address)}`}, page frame ${dash(node.kpfn)}, ${node.length === null ? 'length unknown' : `${counted(node.length, node.atLeast)} entries`}.\n\n`
      : ''
    const far =
      progress?.fraction == null
        ? ''
        : `**Progress**: ${progress.pass} pass, ${(progress.fraction * 100).toFixed(1)} %${progress.secondsLeft === null ? '' : `, about ${duration(progress.secondsLeft)} left of it (estimate)`}.\n\n`
    const frames = (holder?.stack ?? []).slice(0, 40).map((frame, i) => {
      const name =
        frame.symbol === null ? '?' : `${frame.symbol}${frame.offset === null ? '' : `+0x${frame.offset.toString(16)}`}`
      return `#${i} ${frame.sp === null ? '' : `[${frame.sp.slice(2)}] `}${name}${frame.address === null ? '' : ` at ${frame.address.slice(2)}`}`
    })
    return `${about}${inside}${list}${far}${frames.length === 0 ? '' : block(frames)}`
  }

  private lock({ lock }: Hang): string {
    if (!lock) return ''
    const held = lock.heldBy.map((by) => `${this.who(by)} (${by.confidence}: ${this.text(by.by)})`)
    const perhaps = lock.candidates.slice(0, this.bounds.rows).map((by) => `${this.who(by)}: ${this.text(by.by)}`)
    return `**Lock**: mmap_lock ${this.code(lock.address)} of ${lock.owner ? this.who(lock.owner) : `mm ${this.code(lock.mm)}`} (${lock.kind}), count ${this.code(lock.count)}, ${HELD[lock.held]}, owner word ${this.code(lock.ownerWord ?? 'unreadable')}. Held by ${held.length === 0 ? 'an unknown task' : held.slice(0, this.bounds.rows).join('; ')}.${perhaps.length === 0 ? '' : ` Perhaps also ${perhaps.join('; ')}.`}\n\n`
  }

  private waiters({ waiters }: Hang): string {
    if (waiters.length === 0) return ''
    return `**${plural(waiters.length, 'task')} ${waiters.length === 1 ? 'waits' : 'wait'}**, directly or behind others:\n\n${this.table(
      ['Blocked', 'pid', 'Command', 'Waits', 'Behind', 'Stack'],
      [0, 1],
      waiters,
      (waiter) => [
        waiter.blockedSeconds === null ? '-' : duration(waiter.blockedSeconds),
        dash(waiter.pid),
        this.text(waiter.comm ?? '-'),
        WAITS[waiter.waitsFor],
        this.who(waiter.behind),
        waiter.stack === null ? '-' : `stack ${waiter.stack + 1}`,
      ],
    )}`
  }

  /** Stacks of those that wait, each once. */
  private stacks({ waiters }: Hang, stacks: AnalyzeReport['stacks']): string {
    const wanted = [...new Set(waiters.flatMap(({ stack }) => (stack === null ? [] : stack)))].sort((a, b) => a - b)
    return wanted
      .slice(0, this.bounds.rows)
      .map((index) => {
        const group = stacks?.groups[index]
        if (!group) return ''
        const comms = group.comms.slice(0, 5).map((comm) => this.text(comm))
        const frames = group.frames
          .slice(0, 40)
          .map(({ symbol, module }, i) => `#${i} ${symbol ?? '?'}${module === null ? '' : ` [${module}]`}`)
        return `Stack ${index + 1}, of ${plural(group.tasks, 'task')} (${comms.join(', ')}):\n\n${block(frames)}`
      })
      .join('')
      .concat(this.more(wanted.length).trimStart())
  }

  private counters(): string {
    const { ksm } = this.document
    if (!ksm) return ''
    const known = Object.entries(ksm.counters).flatMap(([name, value]) => (value === null ? [] : [{ name, value }]))
    const counters = this.table(['Counter', 'Value'], [1], known, ({ name, value }) => [
      this.text(name),
      grouped(value),
    ])
    const { totals, census, bounds } = ksm
    const counted = totals
      ? `Counted: ${plural(totals.nodes, 'list')} (${grouped(totals.dups)} of them dups of ${plural(totals.chains, 'chain')}), ${grouped(totals.items)} entries, ${grouped(totals.migrate)} migrating.${census.mm === null ? '' : ` A second count, over the processes, gives ${grouped(census.mm)}${census.agree === null ? '' : census.agree ? ': they agree' : ': THEY DIFFER'}.`}\n\n`
      : ''
    const limits = bounds
      ? `By these counters the longest list has between ${grouped(bounds.atLeast)} and ${grouped(bounds.atMost)} entries.\n\n`
      : ''
    return counters + counted + limits
  }

  private coverage(): string {
    const { inputs, image, coverage, problems, partial, environment, guests } = this.document
    const parts = [
      this.rows(
        inputs,
        ({ name, kind, bytes }) =>
          `- input ${this.code(name)}: ${kind ?? 'of no known kind'}, ${bytes === null ? 'size unknown' : size(bytes)}\n`,
      ),
      image
        ? `- pages that the answer needed: ${grouped(image.pages.needed)}; ${grouped(image.pages.excluded)} excluded, ${grouped(image.pages.damaged)} damaged, ${grouped(image.pages.beyond)} beyond the end\n`
        : '',
      this.rows(
        coverage,
        ({ what, present, absent, why }) =>
          `- ${this.text(what)}: ${grouped(present)} there, ${grouped(absent)} not${why === null ? '' : ` (${WHY_ABSENT[why]})`}\n`,
      ),
      guests && guests.length > 0
        ? `- virtual machines: ${plural(guests.length, 'name')}: ${guests
            .slice(0, this.bounds.rows)
            .map((guest) => this.text(guest))
            .join(', ')}${guests.length > this.bounds.rows ? ', ...' : ''}\n`
        : '',
      partial ? '- **the answer is partial**: something that was needed is missing\n' : '',
      this.rows(
        problems,
        ({ code: what, message, at }) =>
          `- ${this.code(what)}: ${this.text(message)}${at === null ? '' : ` (at ${this.code(at)})`}\n`,
      ),
      Object.entries(environment)
        .flatMap(([key, value]) => (value === null ? [] : `- ${this.text(key)}: ${this.text(value)}\n`))
        .slice(0, this.bounds.rows + 5)
        .join(''),
    ]
    return parts.join('')
  }
}
