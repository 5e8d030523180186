import { duration, grouped, plural } from '../base/words.ts'
import type { AnalyzeReport } from '../document/schema.ts'
import { writeChecked, writeEvidence, writeHang } from './hang-text.ts'
import { labelled, paragraph } from './layout.ts'
import { paint, type RenderOptions, type Write } from './paint.ts'
import { writeCompleteness, writeIdentity, writeOwners } from './parts.ts'
import {
  boundsPhrase,
  checksPhrase,
  contentPhrase,
  countedPhrase,
  countedTwice,
  dash,
  FIXES,
  lengthPhrase,
  namesInputs,
  PRICE,
  savesPhrase,
  typedInCrash,
  whatIfPhrase,
} from './phrases.ts'
import { writeFirstActions, writeVerdict } from './verdict-text.ts'
import { writeHistogram, writeLongest, writePerNode, writeSharers, writeWhatIf } from './sharing-text.ts'

type Ksm = NonNullable<AnalyzeReport['ksm']>
type Longest = Ksm['longest'][number]

/** `analyze` for a terminal: verdict, reasons, proof, longest lists, distribution, counters, identity, completeness. */
export function analyzeText(document: AnalyzeReport, write: Write, options: RenderOptions): void {
  const { verdict, ksm } = document
  const { columns } = options
  const p = paint(options.colors)
  const heading = (text: string): void => write(`\n${p.bold(text)}\n`)

  writeVerdict(verdict, write, columns, p)
  writeFirstActions(document.actions, write, columns, p, 'below')
  const names = namesInputs(document)
  if (document.findings.length > 0) {
    heading('Why: the chain of reasons')
    writeReasons(document, write, columns, names)
  }
  if (document.hang) writeHang(document.hang, document.checked, write, columns, p)
  if (document.checked.length > 0) {
    heading('Looked into as well')
    writeChecked(document.checked, write, columns, names)
  }
  if (ksm) {
    const proof = ksm.longest.find((node) => node.kind !== 'chain')
    if (proof && proof.length > 0) {
      heading('Proof: the longest list')
      writeProof(document, ksm, proof, write, columns)
    }
    if (ksm.longest.length > 0) {
      heading('Longest lists')
      writeLongest(ksm.longest, write, columns)
    }
    if (ksm.histogram.length > 0) {
      heading('Lists by length')
      writeHistogram(ksm.histogram, write, columns)
    }
    if (ksm.sharers && ksm.sharers.rows.length > 0) {
      heading('Who shares, over all lists')
      writeSharers(ksm.sharers, write, columns)
    }
    if (ksm.perNode.length > 1) {
      heading('By NUMA node')
      writePerNode(ksm.perNode, write)
    }
    if (ksm.whatIf && verdict.level !== 'ok') {
      heading('What another max_page_sharing would do')
      write(paragraph(whatIfPhrase(ksm.whatIf), columns, '  '))
      writeWhatIf(ksm.whatIf, write)
    }
    if (Object.keys(ksm.counters).length > 0) {
      heading("KSM's counters")
      writeCounters(ksm, write, columns)
    }
  }
  if (document.actions.length > 0) {
    heading('What to do, in this order')
    writeActions(document.actions, write, columns)
  }
  heading(document.image ? 'Dump and kernel' : 'Host and kernel')
  writeIdentity(document, write, columns)
  if (document.guests !== null && document.guests.length > 0)
    write(labelled('guests', `${document.guests.length}: ${document.guests.slice(0, 20).join(', ')}`, columns))
  if (document.known.length > 0) heading('Known bug')
  for (const bug of document.known) writeKnown(bug, write, columns)
  if (document.image || document.coverage.length > 0 || document.problems.length > 0 || document.partial)
    heading('Completeness')
  writeCompleteness(document, write, columns)
  const environment = Object.entries(document.environment).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  )
  if (environment.length > 0) heading("For a bug report, in apport's keys")
  for (const [key, value] of environment) write(paragraph(`${key}: ${value}`, columns, '  '))
}

/** Each finding with what shows it; the verdict is not said twice. */
function writeReasons({ findings, verdict }: AnalyzeReport, write: Write, columns: number, names: boolean): void {
  for (const [i, { code, level, confidence, summary, evidence }] of findings.slice(0, MOST_FINDINGS).entries()) {
    const what = summary === verdict.summary ? 'the verdict above' : summary
    write(labelled(`${i + 1}.`, `${level}, ${confidence} (${code}): ${what}`, columns, 3))
    writeEvidence(evidence, write, columns, names)
  }
  const left = findings.length - MOST_FINDINGS
  if (left > 0) write(`  ... and ${plural(left, 'more finding')} (--json has them all)\n`)
}

/** Findings that are printed. */
const MOST_FINDINGS = 40

function writeActions(actions: AnalyzeReport['actions'], write: Write, columns: number): void {
  for (const [i, action] of actions.entries()) {
    write(labelled(`${i + 1}.`, `${action.title} (${action.applies}).`, columns, 3))
    const prompt = typedInCrash(action.code) ? 'crash>' : '#'
    for (const command of action.commands) write(`       ${prompt} ${command}\n`)
    write(labelled('', `cost: ${action.cost}`, columns, 3))
    write(labelled('', `risk: ${action.risk}`, columns, 3))
  }
}

function writeProof(document: AnalyzeReport, ksm: Ksm, node: Longest, write: Write, columns: number): void {
  const line = (label: string, text: string): void => write(labelled(label, text, columns))
  const place =
    node.where === 'migrate'
      ? 'on migrate_nodes'
      : `tree ${dash(node.tree)}${node.kind === 'dup' ? `, dup of chain ${node.chain}` : ''}`
  line('stable_node', `${node.address} (${place}, NUMA node ${dash(node.nid)})`)
  const mapped = node.mapcount === null ? '' : `, mapped by ${grouped(node.mapcount)} PTEs now`
  line('page', `${dash(node.page)} (pfn ${dash(node.kpfn)}): ${node.pageState}${mapped}`)
  line('length', lengthPhrase(node))
  line('checks', checksPhrase(node.checks))
  if (node.walkSeconds !== null) line('a walk', `about ${duration(node.walkSeconds)} at ${PRICE} (estimate)`)
  line('content', contentPhrase(node.zeroPage))
  line('saves', savesPhrase(node, document.kernel?.pageSize ?? null))
  line('counted twice', countedTwice(ksm.census))
  line('owners', plural(node.mms, 'process', 'processes'))
  writeOwners(node.owners, write)
}

function writeKnown(bug: AnalyzeReport['known'][number], write: Write, columns: number): void {
  write(labelled(bug.bug, `${FIXES[bug.thisKernel]}: ${bug.why}. ${bug.url}`, columns))
  write(labelled('fixed in', bug.fixedIn.join('; '), columns))
}

/** Counters in the order and under the names of sysfs, those that this kernel has. */
function writeCounters(ksm: Ksm, write: Write, columns: number): void {
  const known = Object.entries(ksm.counters).filter((entry): entry is [string, number] => entry[1] !== null)
  const half = Math.ceil(known.length / 2)
  const columnOf = (entries: [string, number][]): string[] => {
    const names = Math.max(0, ...entries.map(([name]) => name.length))
    const numbers = Math.max(0, ...entries.map(([, value]) => grouped(value).length))
    return entries.map(([name, value]) => `${name.padEnd(names)} ${grouped(value).padStart(numbers)}`)
  }
  const [left, right] = [columnOf(known.slice(0, half)), columnOf(known.slice(half))]
  const two = 2 + (left[0]?.length ?? 0) + 3 + (right[0]?.length ?? 0) <= columns
  const lines = two ? left.map((text, i) => `${text}   ${right[i] ?? ''}`) : columnOf(known)
  for (const text of lines) write(`  ${text.trimEnd()}\n`)
  const { totals, bounds } = ksm
  if (bounds) write(labelled('longest list', boundsPhrase(bounds), columns))
  if (totals) write(labelled('counted', countedPhrase(totals), columns))
}
