import { actionsFor, type KsmState } from '../diagnosis/actions.ts'
import { catchActions } from '../diagnosis/catch-walker.ts'
import { besideLostIpi, checkOthers, type PlacedEvent } from '../diagnosis/checks.ts'
import { gatherText } from '../diagnosis/gather-text.ts'
import { readHang } from '../diagnosis/hang.ts'
import { hangFindings } from '../diagnosis/hang-findings.ts'
import { judgeText, nothingFound, otherTrouble, tellsTrouble } from '../diagnosis/judge-text.ts'
import { type KnownBug, knownBugs, stillHangs } from '../diagnosis/known-bugs.ts'
import type { Thresholds } from '../diagnosis/lists.ts'
import { type Past, pastOf, pastWords } from '../diagnosis/past.ts'
import { atLine, type TextEvent, type TextEvidence } from '../diagnosis/text-evidence.ts'
import { textGuests, textHost, toldAvailable } from '../diagnosis/text-host.ts'
import { textKsm } from '../diagnosis/text-ksm.ts'
import { cutLists, listProblems } from '../diagnosis/told-lists.ts'
import { type Evidence, type Finding, LEVELS } from '../diagnosis/types.ts'
import type { Problem } from '../base/errors.ts'
import { printable } from '../base/text.ts'
import { leavesOpen } from './common.ts'
import { environmentOf } from './environment.ts'
import { hangMember } from './hang.ts'
import { eventRows } from './log.ts'
import type { AnalyzeReport } from './schema.ts'
import { whatIfLimited } from './sharing.ts'
import { StackGroups } from './stack-groups.ts'

/** The texts of one host, as `analyze` takes them. */
export interface TextInputs {
  tool: AnalyzeReport['tool']
  inputs: AnalyzeReport['inputs']
  problems: Problem[]
  texts: readonly TextEvidence[]
  /** Statements about the logs themselves. */
  notes: readonly { input: string; kind: string; what: string; line: number; text: string }[]
  /** What says that the report was obfuscated; empty where nothing does. */
  obfuscatedBy: readonly string[]
  thresholds: Thresholds
}

/** The document of `analyze` out of texts alone: the same rules as for a dump, and never "proven". */
export function analyzeTextDocument(given: TextInputs): AnalyzeReport {
  const { tool, inputs, thresholds } = given
  const texts = withoutRepeats(cutLists(given.texts, given.problems))
  const problems = [...given.problems, ...listProblems(texts)]
  const host = textHost(texts)
  const ksm = textKsm(texts, host.release)
  const facts = gatherText(texts, ksm.lists, host.release)
  const events = texts.flatMap((text) => text.events)
  const reading = readHang(facts, events)
  const stacks = new StackGroups(facts.stacks)
  const longest = ksm.lists.reduce<number | null>(
    (most, { length }) => (length === null ? most : Math.max(most ?? 0, length)),
    null,
  )
  const consoles = given.notes
    .filter(({ kind }) => kind === 'guest-console')
    .map(({ input, line, what, text }) => ({ input, line, program: printable(what, 40), text: printable(text, 200) }))
  const seen = { texts, ksm, host, facts, reading, thresholds, consoles, obfuscatedBy: given.obfuscatedBy }
  const checked = checkOthers(
    facts,
    reading,
    events.length > 0 ? placed(texts) : null,
    'texts do not show every task',
    inputs[0]?.name ?? '',
    noCsd(given, events),
  )
  const own = [
    ...hangFindings(facts, reading).map((finding) => besideLostIpi(atMostStrong(finding), checked)),
    ...judgeText(seen),
  ]
  // a log's troubles are named once
  const told = tellsTrouble(own) ? own : [...own, ...otherTrouble(seen, checked)]
  const findings = LEVELS.flatMap((level) => told.filter((finding) => finding.level === level))
  const short = findings.find(({ code }) => code === 'walk-of-a-short-list')
  const first = findings[0] && findings[0].level !== 'ok' ? findings[0] : (short ?? nothingFound(seen))
  const past = pastOf(texts, reading, host.uptimeSeconds)
  const counters = Object.fromEntries([...ksm.counters].map(([name, { value }]) => [name, value]))
  const state: KsmState = {
    counters,
    bounded: ksm.bounded?.answer ?? null,
    longest,
    zeroPage: null,
    pageSize: 4096,
    memoryBytes: host.memoryBytes,
    availableBytes: toldAvailable(texts),
    pressed: checked.some(({ code, result }) => code === 'memory-pressure' && result === 'found'),
  }
  const limit = counters['max_page_sharing'] ?? null
  const known = knownBugs({
    bounded: ksm.bounded?.answer ?? null,
    by: ksm.bounded?.evidence.text ?? '',
    limit,
    // texts seldom tell of every list: that one is longer is an answer, that none of them is is not
    longest: limit !== null && longest !== null && longest > limit ? longest : null,
    hang: reading.hang !== null,
  })
  const comms = new Set(facts.tasks.flatMap((task) => task.comm ?? []))
  return {
    schema: 'ksm-dump/analyze/1',
    tool,
    inputs,
    partial: problems.some(leavesOpen),
    problems,
    kernel: {
      release: host.release,
      version: host.version,
      arch: host.arch,
      buildId: null,
      pageSize: null,
      kaslrOffset: null,
      physBase: null,
      symbols: null,
      types: null,
    },
    image: null,
    coverage: [],
    verdict: {
      level: first.level,
      code: first.code,
      confidence: first.confidence,
      summary: [first.summary, ...(first.code === 'ksm-walk-hang' ? aboutHang(past, known) : [])].join(' '),
    },
    findings,
    ruledOut: checked
      .filter((each) => each.result === 'ruled-out')
      .map(({ code, by, evidence }) => ({ code, by, evidence })),
    checked,
    ksm: {
      counters,
      totals: null,
      longest: [],
      histogram: [],
      census: { hlist: null, mm: null, agree: null, differences: [] },
      bounded: ksm.bounded?.answer ?? null,
      bounds: ksm.bounds,
      sharers: null,
      perNode: [],
      whatIf: whatIfLimited(longest === null ? null : { sites: longest, pages: 1 }, 4096),
    },
    hang: reading.hang && {
      ...hangMember(facts, reading.hang, stacks),
      past,
    },
    known,
    events: eventRows(events, facts.tasks),
    host: {
      name: host.name,
      time: host.time,
      uptimeSeconds: host.uptimeSeconds,
      cpus: host.cpus,
      memoryBytes: host.memoryBytes,
      panic: host.panic,
    },
    guests: textGuests(texts),
    stacks: stacks.member,
    environment: environmentOf(host),
    actions:
      first.level === 'ok'
        ? []
        : [
            ...catchActions(facts, reading, host.release),
            ...(first.level === 'unknown' ? [] : actionsFor(state, reading.hang, comms)),
          ],
    layout: null,
  }
}

/**
 * The same event stands in several logs of a host, and twice in a mail: it is one. Where syslog's lines have no stamp and those of the
 * kernel's own log have, as many of the one are those of the other.
 */
function withoutRepeats(texts: readonly TextEvidence[]): TextEvidence[] {
  const seen = new Set<string>()
  const stamped = new Map<string, TextEvent[]>()
  const withStamps = texts.map((text) => ({
    ...text,
    events: text.events.filter((event) => {
      const { time } = event
      if (time === null) return true
      const key = sameWords(event)
      const stampedKey = `${key} ${time}`
      if (seen.has(stampedKey)) return false
      seen.add(stampedKey)
      const same = stamped.get(key)
      if (same) same.push(event)
      else stamped.set(key, [event])
      return true
    }),
  }))
  const twins = new Map<TextEvent, TextEvent>()
  for (const { events } of withStamps)
    for (const event of events) {
      if (event.time !== null) continue
      const twin = stamped.get(sameWords(event))?.shift()
      if (twin) twins.set(event, twin)
    }
  const richer = new Map(
    [...twins]
      .filter(([bare, twin]) => twin.stack.length < bare.stack.length)
      .map(([bare, twin]) => [twin, bare.stack]),
  )
  return withStamps.map((text) => ({
    ...text,
    events: text.events
      .filter((event) => !twins.has(event))
      .map((event) => ({ ...event, stack: richer.get(event) ?? event.stack })),
  }))
}

/** What the line of an event says, without when. */
const sameWords = ({ kind, pid, comm, seconds, cpu }: TextEvent): string => `${kind} ${pid} ${comm} ${seconds} ${cpu}`

/**
 * Where a kernel that times out on csd locks did not: people say so, or the log counts its waits (the hotfix of LP: #1680513) and
 * reports no timeout.
 */
function noCsd({ texts, notes }: TextInputs, events: readonly TextEvent[]): Evidence[] {
  const counted = notes.filter(({ kind, what }) => kind === 'csd' && what === 'called')
  const waits = events.some(({ kind }) => kind === 'csd-timeout')
    ? []
    : counted.slice(0, 1).map(({ input, line }) => ({
        input,
        at: atLine(line),
        text: 'this kernel counts its waits for csd locks, and no timeout is reported',
        check: null,
      }))
  const said = texts.flatMap(({ input, told }) =>
    told.flatMap((each) =>
      each.kind === 'value' && each.name === 'said.csd-timeouts'
        ? [{ input, at: atLine(each.line), text: 'it says that no csd lock timed out', check: null }]
        : [],
    ),
  )
  return [...said, ...waits]
}

/** What the verdict says of a hang beside its finding. */
function aboutHang(past: Past | null, known: readonly KnownBug[]): string[] {
  return [past && pastWords(past), stillHangs(known)].filter((each) => each !== null)
}

function placed(texts: readonly TextEvidence[]): PlacedEvent[] {
  return texts.flatMap(({ input, events }) =>
    events.map((event) => ({ ...event, where: { input, at: atLine(event.line) } })),
  )
}

function atMostStrong(finding: Finding): Finding {
  return finding.confidence === 'proven' ? { ...finding, confidence: 'strong' } : finding
}
