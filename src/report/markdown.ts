import { counted, duration, grouped, plural, size } from '../base/words.ts'
import type { AnalyzeReport } from '../document/schema.ts'
import { block, code, table, text } from './markup.ts'
import type { RenderOptions, Write } from './paint.ts'
import {
  boundsPhrase,
  contentPhrase,
  countedPhrase,
  countedTwice,
  coveragePhrase,
  dash,
  type Evidence,
  FIXES,
  HELD,
  hostName,
  machinePhrase,
  markedFrames,
  MARKS,
  meaningOf,
  namesInputs,
  nobodyHolds,
  OWNER_OF_READERS,
  pagesPhrase,
  PARTIAL,
  pastPhrase,
  processName,
  progressPhrase,
  RESULTS,
  sameCheck,
  savesPhrase,
  takenPhrase,
  WAITS,
  whatIfPhrase,
} from './phrases.ts'
import { NODE_COLUMNS, nodeCells } from './parts.ts'
import { named, type Who } from './wait-tree.ts'

type Ksm = NonNullable<AnalyzeReport['ksm']>
type Hang = NonNullable<AnalyzeReport['hang']>

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

/** The only links that are made. */
const BUG_PAGE = /^https:\/\/bugs\.launchpad\.net\/bugs\/\d{1,9}$/

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
    const { verdict, partial, ksm, host, kernel, tool } = this.document
    const explained =
      ksm === null
        ? ''
        : 'In plain words: KSM (kernel samepage merging) keeps one copy of equal pages of memory, mostly of virtual machines. The record of a copy (its stable_node) heads a list with one rmap_item for each place that shares it. Who moves or frees the copy must visit all of them (a walk of the list), while others wait. The mmap_lock guards the memory map of a process: who needs it and does not get it stands still.\n\n'
    const [name, taken, machine] = [hostName(host.name), takenPhrase(host), machinePhrase(host)]
    const about = [
      name === null ? [] : `host ${this.text(name)}`,
      kernel?.release ? `kernel ${this.text(kernel.release)}` : [],
      taken === null ? [] : `${host.time === null ? '' : 'taken '}${this.text(taken)}`,
      machine === null ? [] : machine,
      `told by ksm-dump ${this.text(tool.version)}`,
    ].flat()
    const standIns = this.redacted
      ? ' Names are replaced by stand-ins: `vm-1` is the same virtual machine everywhere.'
      : ''
    return `**${verdict.level.toUpperCase()}** (${verdict.confidence}): ${this.text(verdict.summary)}\n\n${partial ? `**This answer is partial**: ${PARTIAL}, see Coverage.\n\n` : ''}${explained}About: ${about.join(', ')}.${standIns}\n`
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

  /** Behind a sentence, in brackets. */
  private place({ input, at }: Pick<Evidence, 'input' | 'at'>): string {
    const parts = [input === '' ? [] : this.code(input), at === null ? [] : this.code(at)].flat()
    return parts.length === 0 ? '' : ` (${parts.join(', ')})`
  }

  private evidence(evidence: readonly Evidence[]): string {
    const most = Math.min(8, this.bounds.rows)
    const left = evidence.length - most
    const names = namesInputs(this.document)
    const rows = evidence.slice(0, most).map((each, i) => {
      const { input, at, text: what, check } = each
      const checks = [
        check?.crash == null ? [] : `in crash ${this.code(check.crash)}`,
        check?.drgn == null ? [] : `in drgn ${this.code(check.drgn)}`,
      ].flat()
      const same = i > 0 && sameCheck(each, evidence[i - 1])
      const how = checks.length === 0 ? '' : same ? '; the same commands check it' : `; check it ${checks.join(', ')}`
      return `    - ${this.text(what)}${this.place({ input: names ? input : '', at })}${how}\n`
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
        const fix = `${name}: ${FIXES[bug.thisKernel]}${bug.why === '' ? '' : `: ${this.text(bug.why)}`}.\n\n`
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
    return `${whatIfPhrase(whatIf)}\n\n${this.table(
      ['max_page_sharing', 'Copies (dups)', 'More memory', 'Longest walk'],
      [0, 1, 2, 3],
      whatIf.rows,
      (row) => [grouped(row.maxPageSharing), grouped(row.dups), size(row.extraBytes), duration(row.walkSeconds)],
    )}`
  }

  private lists(): string {
    const { ksm } = this.document
    if (!ksm) return ''
    const longest = this.table(
      NODE_COLUMNS.map(({ head }) => head),
      NODE_COLUMNS.flatMap(({ right }, i) => (right ? i : [])),
      ksm.longest,
      nodeCells,
    )
    const first = ksm.longest.find(({ kind, length }) => kind !== 'chain' && length > 0)
    const content = first
      ? `The longest one that is walked, ${first.address}: ${contentPhrase(first.zeroPage)}. It saves ${savesPhrase(first, this.document.kernel?.pageSize ?? null)}. Counted twice: ${countedTwice(ksm.census)}.\n\n`
      : ''
    return longest + content + this.sharers(ksm) + this.perNode(ksm)
  }

  private sharers({ sharers }: Ksm): string {
    if (!sharers || sharers.rows.length === 0) return ''
    const { processes, items } = sharers.leftOut
    const rest =
      processes > 0
        ? `${plural(processes, 'more process', 'more processes')} have ${grouped(items)} rmap_items.\n\n`
        : ''
    return `Who shares, over all lists:\n\n${this.table(
      ['rmap_items', 'Guest', 'pid', 'Command', 'NUMA node', 'mm'],
      [0, 2, 4],
      sharers.rows,
      (row) => [
        grouped(row.items),
        row.guest === null ? '-' : this.text(row.guest),
        dash(row.pid),
        this.text(processName(row)),
        dash(row.nid),
        row.mm,
      ],
    )}${rest}`
  }

  private perNode({ perNode }: Ksm): string {
    if (perNode.length === 0) return ''
    return `By NUMA node:\n\n${this.table(
      ['NUMA node', 'Lists', 'rmap_items', 'Saves'],
      [0, 1, 2, 3],
      perNode,
      (row) => [dash(row.nid), grouped(row.lists), grouped(row.items), size(row.mergedBytes)],
    )}`
  }

  private hang(): string {
    const { hang, stacks } = this.document
    if (!hang) return ''
    return `${this.walker(hang)}${this.lock(hang)}${this.waiters(hang)}${this.stacks(hang, stacks)}`
  }

  private walker({ holder, innermost, node, progress, pattern, past }: Hang): string {
    const about = holder
      ? `**Walker**: ${this.who(holder)}, state ${this.text(holder.state ?? 'unknown')}, CPU ${holder.cpu ?? 'unknown'}${pattern === null ? '' : `, ${this.code(pattern)}`}. `
      : ''
    const inside = `In ${this.code(innermost.symbol ?? 'an unknown function')} it ${this.text(meaningOf(innermost.meaning, this.document.checked))}.\n\n`
    const list = node
      ? `**List under the walk**: ${node.address === null ? 'unknown' : `stable_node ${this.code(node.address)}`}, pfn ${dash(node.kpfn)}, ${node.length === null ? 'length unknown' : `${counted(node.length, node.atLeast)} rmap_items`}.\n\n`
      : ''
    const far = progress === null ? '' : `**Progress**: ${progressPhrase(progress)}.\n\n`
    const over = past === null ? '' : `**Over?** ${pastPhrase(past)}.\n\n${this.evidence([past.evidence])}\n`
    const frames = markedFrames((holder?.stack ?? []).slice(0, 40)).map(
      ({ frame: { sp, address, symbol }, mark, name }, i) =>
        `${mark} #${i} ${sp === null ? '' : `[${sp.slice(2)}] `}${name}${address === null || symbol === null ? '' : ` at ${address.slice(2)}`}`,
    )
    const stack = frames.length === 0 ? '' : `The walker's stack (${this.text(MARKS)}):\n\n${block(frames)}`
    return `${about}${inside}${over}${list}${far}${stack}`
  }

  private lock({ lock }: Hang): string {
    if (!lock) return ''
    const held = lock.heldBy.map((by) => `${this.who(by)} (${by.confidence}: ${this.text(by.by)})`)
    const perhaps = lock.candidates.slice(0, this.bounds.rows).map((by) => `${this.who(by)}: ${this.text(by.by)}`)
    return `**Lock**: mmap_lock ${this.code(lock.address)} of ${lock.owner ? this.who(lock.owner) : `mm ${this.code(lock.mm)}`} (${lock.kind}), count ${this.code(lock.count)}, ${HELD[lock.held]}, owner word ${this.code(lock.ownerWord ?? 'unreadable')}${lock.held === 'read' ? OWNER_OF_READERS : ''}. Held by ${nobodyHolds(lock) ?? held.slice(0, this.bounds.rows).join('; ')}.${perhaps.length === 0 ? '' : ` Perhaps also ${perhaps.join('; ')}.`}\n\n`
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
    const { totals, bounds } = ksm
    const counted = totals ? `Counted: ${countedPhrase(totals)}.\n\n` : ''
    const limits = bounds ? `The longest list has ${boundsPhrase(bounds)}.\n\n` : ''
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
      image ? `- pages: ${pagesPhrase(image.pages)}\n` : '',
      this.rows(coverage, (each) => `- ${this.text(coveragePhrase(each))}\n`),
      guests && guests.length > 0
        ? `- guests: ${grouped(guests.length)}: ${guests
            .slice(0, this.bounds.rows)
            .map((guest) => this.text(guest))
            .join(', ')}${guests.length > this.bounds.rows ? ', ...' : ''}\n`
        : '',
      partial ? `- **the answer is partial**: ${PARTIAL}\n` : '',
      this.rows(
        problems,
        ({ code: what, message, input, at }) =>
          `- ${this.code(what)}: ${this.text(message)}${this.place({ input: inputs.length > 1 ? (input ?? '') : '', at })}\n`,
      ),
      Object.entries(environment)
        .flatMap(([key, value]) => (value === null ? [] : `- ${this.text(key)}: ${this.text(value)}\n`))
        .slice(0, this.bounds.rows + 5)
        .join(''),
    ]
    return parts.join('')
  }
}
