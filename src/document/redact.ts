import { type KnownName, KnownNames } from './known-names.ts'
import type { AnalyzeReport } from './schema.ts'
import { EVERYBODYS, SECRET_PATTERNS, type SecretKind, type SecretPattern } from './secret-patterns.ts'
import { StandIns } from './stand-ins.ts'

/** How much is hidden; all: kernel addresses as well. */
export type Redaction = 'names' | 'all'

/** A report without what tells whose it is. */
export interface Redacted {
  document: AnalyzeReport
  /** Stand-in to what it stands for, in the order of first sight. */
  originals: ReadonlyMap<string, string>
}

/**
 * Puts stand-ins for names of hosts, virtual machines and users, addresses of networks, MACs, UUIDs, serials, paths of homes and
 * command lines of qemu, everywhere in a report. What is replaced and what stays: docs/redaction.md. Redacting twice changes nothing.
 */
export function redact(document: AnalyzeReport, how: Redaction): Redacted {
  const redactor = new Redactor(document, how)
  const hidden = redactor.value(document, '') as AnalyzeReport
  const kernel =
    how === 'all' && hidden.kernel ? { ...hidden.kernel, kaslrOffset: null, physBase: null } : hidden.kernel
  return { document: { ...hidden, kernel }, originals: redactor.standIns.originals }
}

/** A place in a text and what comes there. */
interface Span {
  start: number
  end: number
  to: string
}

/** Members that hold names of functions or a program's own: nothing in them is replaced but addresses. */
const KEPT: ReadonlySet<string> = new Set(['symbol', 'module', 'buildId', 'tool.name'])
/** Characters before and behind a match that decide whether it is one. */
const CONTEXT = 40
/** What is in an input, behind its name: "!var/log/kern.log". */
const INSIDE = /^(?:[!/][^\s:]*)?/
const LONGEST_PATH = 4096
/** Addresses, numbers of pages: the most frequent texts. */
const HEX = /^0x[0-9a-f]{1,16}$/
/** A kernel address of x86_64: its upper half. */
const KERNEL_ADDRESS = /(?<![0-9a-z])(0x)?(ff[0-9a-f]{14})(?![0-9a-z])/gi

class Redactor {
  readonly standIns = new StandIns()
  private readonly names: KnownNames
  /** Inputs, as they were named. */
  private readonly roots: readonly string[]
  private readonly paths = new KnownNames()
  private readonly how: Redaction
  /** Texts that were done: many stand in a document several times. */
  private readonly done = new Map<string, string>()

  constructor(document: AnalyzeReport, how: Redaction) {
    this.how = how
    this.roots = document.inputs.map(({ name }) => name).sort((a, b) => b.length - a.length)
    for (const root of this.roots) this.paths.add('input', root)
    const texts: { text: string; member: string }[] = []
    const seen = new Set<string>()
    eachText(document, '', (text, member) => {
      if (!HEX.test(text) && seen.size < seen.add(`${member} ${text}`).size) texts.push({ text, member })
    })
    this.names = new KnownNames(new Set(texts.flatMap(({ text, member }) => (KEPT.has(member) ? [text] : []))))
    this.learn(document, texts)
  }

  /** A value of the document, and all that is in it. @param member - the name of the member that it is, or that its list is */
  value(value: unknown, member: string): unknown {
    if (typeof value === 'string') return this.text(value, member)
    if (Array.isArray(value)) return value.map((each) => this.value(each, member))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [key, this.value(each, memberOf(key, member))]),
    )
  }

  /** Finds the names that are hidden wherever they stand. */
  private learn(document: AnalyzeReport, texts: readonly { text: string; member: string }[]): void {
    const { host, guests, ksm, verdict, findings } = document
    if (host.name !== null) this.names.add('host', host.name)
    for (const guest of guests ?? []) this.names.add('vm', guest)
    for (const { guest } of ksm?.sharers?.rows ?? []) if (guest !== null) this.names.add('vm', guest)
    // findings of several hosts begin with the names of their hosts
    if (host.name !== null && prefixOf(verdict.summary) === host.name)
      for (const { summary } of findings) {
        const name = prefixOf(summary)
        if (name !== undefined && !this.roots.includes(name)) this.names.add('host', name)
      }
    for (const { text } of texts) this.standIns.avoid(text)
    const rest = texts.flatMap(({ text, member }) => (KEPT.has(member) ? [] : text))
    for (const text of rest) this.learnFrom(text, true)
    for (const { text, member } of texts) if (member === 'comm' || member === 'comms') this.names.addCut(text)
    for (const text of rest) this.learnFrom(text, 'cut')
  }

  private learnFrom(text: string, which: SecretPattern['name']): void {
    for (const { kind, pattern, name, isOne } of SECRET_PATTERNS) {
      if (name !== which) continue
      for (const match of text.matchAll(pattern)) {
        const it = match.groups!['it']!
        if (isOne === undefined || isOne(it, this.around(text, match.index, match.index + match[0].length)))
          this.names.add(kind, withoutEscapes(it))
      }
    }
  }

  private text(text: string, member: string): string {
    if (KEPT.has(member)) return this.withoutAddresses(text)
    switch (member) {
      case 'host.name':
        return this.named('host', text)
      case 'guests':
      case 'guest':
        return this.named('vm', text)
      case 'input':
      case 'inputs.name':
        return this.withoutAddresses(this.input(text))
      default:
        return this.withoutAddresses(this.words(text, false))
    }
  }

  /** A member that is nothing but a name. */
  private named(kind: 'host' | 'vm', text: string): string {
    if (EVERYBODYS.has(text)) return text
    const known = this.names.get(text)
    return known ? this.standIn(known) : this.standIns.of(kind, text)
  }

  /** The name of an input, or of a file in one: without the folders that the input lies in. */
  private input(text: string): string {
    const root = this.rootOf(text)
    return this.standIns.ofInput(root, this.words(baseName(root), true)) + this.words(text.slice(root.length), true)
  }

  private rootOf(text: string): string {
    const root = this.roots.find((each) => text.startsWith(each) && /^(?:[!/]|$)/.test(text.slice(each.length)))
    return root ?? text.split('!', 1)[0]!
  }

  /** A text with stand-ins. @param isFile - it is the name of a file, where any word may be a name */
  private words(text: string, isFile: boolean): string {
    if (HEX.test(text)) return text
    const key = `${isFile} ${text}`
    const known = this.done.get(key)
    if (known !== undefined) return known
    const hidden = this.spans(text, isFile).applied(text)
    this.done.set(key, hidden)
    return hidden
  }

  private spans(text: string, isFile: boolean): Spans {
    const spans = new Spans(text.length)
    const prefix = isFile ? undefined : prefixOf(text)
    const host = prefix === undefined ? null : this.names.get(prefix)
    if (host?.kind === 'host') spans.add(0, prefix!.length, () => this.standIn(host))
    for (const { at, text: root } of isFile ? [] : this.paths.find(text, false)) {
      const path = root + INSIDE.exec(text.slice(at + root.length, at + root.length + LONGEST_PATH))![0]
      spans.add(at, at + path.length, () => this.input(path))
    }
    for (const { kind, pattern, isOne } of SECRET_PATTERNS)
      for (const match of text.matchAll(pattern)) {
        const [start, end] = match.indices!.groups!['it']!
        const it = text.slice(start, end)
        if (isOne && !isOne(it, this.around(text, start, end))) continue
        spans.add(start, end, () => this.secret(kind, it))
      }
    for (const { at, text: it, name } of this.names.find(text, isFile))
      spans.add(at, at + it.length, () => this.standIn(name))
    return spans
  }

  /** What a pattern found. */
  private secret(kind: SecretKind, it: string): string {
    const known = this.names.get(withoutEscapes(it))
    return known ? this.standIn(known) : this.standIns.of(kind, withoutEscapes(it))
  }

  private standIn({ kind, canonical }: KnownName): string {
    return kind === 'input' ? this.input(canonical) : this.standIns.of(kind, canonical)
  }

  private withoutAddresses(text: string): string {
    if (this.how !== 'all') return text
    return text.replace(KERNEL_ADDRESS, (_all, prefix: string | undefined, digits: string) => {
      const standIn = this.standIns.ofAddress(digits.toLowerCase())
      return prefix === undefined ? standIn.slice(2) : standIn
    })
  }

  private around(text: string, start: number, end: number): { before: string; after: string; domains: Set<string> } {
    return {
      before: text.slice(Math.max(0, start - CONTEXT), start),
      after: text.slice(end, end + CONTEXT),
      domains: this.names.domains,
    }
  }
}

/** Places that are replaced; the first claim of a place counts. Stand-ins are numbered from left to right. */
class Spans {
  private readonly claimed: Uint8Array
  private readonly spans: (Omit<Span, 'to'> & { to: () => string })[] = []

  constructor(length: number) {
    this.claimed = new Uint8Array(length)
  }

  add(start: number, end: number, to: () => string): void {
    if (start === end || this.claimed.subarray(start, end).includes(1)) return
    this.claimed.fill(1, start, end)
    this.spans.push({ start, end, to })
  }

  applied(text: string): string {
    let from = 0
    let out = ''
    for (const { start, end, to } of this.spans.sort((a, b) => a.start - b.start)) {
      out += text.slice(from, start) + to()
      from = end
    }
    return out + text.slice(from)
  }
}

/** What a sentence begins with that is about one of several hosts: "web01: ", "web01 (boot of Nov 22 03:10:00): ". */
function prefixOf(text: string): string | undefined {
  return /^([\w.-]{1,253})(?: \(boot [^()]{1,80}\))?: /.exec(text)?.[1]
}

/** The last part of a path, without slashes at its end. */
function baseName(path: string): string {
  const clean = path.replace(/(?<!\/)\/+$/, '')
  return clean.slice(clean.lastIndexOf('/') + 1) || path
}

/** systemd writes a dash in a unit's name as \x2d. */
function withoutEscapes(name: string): string {
  return name.replaceAll('\\x2d', '-')
}

function eachText(value: unknown, member: string, visit: (text: string, member: string) => void): void {
  if (typeof value === 'string') visit(value, member)
  else if (Array.isArray(value)) for (const each of value) eachText(each, member, visit)
  else if (typeof value === 'object' && value !== null)
    for (const [key, each] of Object.entries(value)) eachText(each, memberOf(key, member), visit)
}

/** A member by its own name; one called "name" by what it is the name of, too. */
function memberOf(key: string, holder: string): string {
  return key === 'name' ? `${holder}.name` : key
}
