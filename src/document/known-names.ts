import { EVERYBODYS, isOurs, type SecretKind } from './secret-patterns.ts'
import { isStandIn } from './stand-ins.ts'

/** A name, and the one by which it gets its stand-in: "web01" has that of "web01.example.com". */
export interface KnownName {
  /** input: the path of an input. */
  kind: SecretKind | 'input'
  canonical: string
  /** It is a word of ours, too: it is replaced only where a name must stand. */
  ours: boolean
}

interface Alias {
  text: string
  /** Where its first word begins. */
  offset: number
  name: KnownName
}

const WORD = /[\p{L}\p{N}]+/gu
/** What a word goes on with: in the name of a file an underscore separates. */
const GOES_ON = { text: /[\p{L}\p{N}_]/u, file: /[\p{L}\p{N}]/u } as const
/** What stands before a path, or a name with a sign before its first word, when it is only the end of a longer one. */
const LONGER = /[\p{L}\p{N}_./-]/u
/** Longest comm of a task. @see include/linux/sched.h, TASK_COMM_LEN */
const COMM = 15

/** A name that was found, and where. */
export interface FoundName {
  at: number
  text: string
  name: KnownName
}

/** The names of a document that are hidden wherever they stand as words. */
export class KnownNames {
  /** What stands behind the name of a host, in lower case: "example.com". */
  readonly domains = new Set<string>()
  private readonly names = new Map<string, KnownName>()
  /** By name in lower case: DNS does not tell cases apart. */
  private readonly hosts = new Map<string, KnownName>()
  private readonly byFirstWord = new Map<string, Alias[]>()
  private readonly symbols: ReadonlySet<string>

  /** @param symbols - functions that the document names: never a name */
  constructor(symbols: ReadonlySet<string> = new Set()) {
    this.symbols = symbols
  }

  add(kind: KnownName['kind'], text: string): void {
    if (EVERYBODYS.has(text) || isStandIn(text) || this.names.has(text)) return
    const same = kind === 'host' ? this.hosts.get(text.toLowerCase()) : undefined
    if (same) {
      this.alias(text, same)
      return
    }
    const name = { kind, canonical: text, ours: isOurs(text) || this.symbols.has(text) }
    this.alias(text, name)
    if (kind !== 'host') return
    const dot = text.indexOf('.')
    if (dot <= 0) return
    const [short, domain] = [text.slice(0, dot), text.slice(dot + 1)]
    if (!this.names.has(short) && !EVERYBODYS.has(short)) this.alias(short, { ...name, ours: isOurs(short) })
    if (domain.includes('.')) {
      this.domains.add(domain.toLowerCase())
      this.add('host', domain)
    }
  }

  /** A name that a task's comm cuts: "qemu:customer-d" of "customer-database". */
  addCut(comm: string): void {
    if (comm.length !== COMM) return
    for (const { index } of comm.matchAll(WORD)) {
      const tail = comm.slice(index)
      const whole = tail.length < 3 ? null : this.startingWith(tail)
      if (whole && !isOurs(tail)) this.alias(tail, whole)
    }
  }

  get(text: string): KnownName | null {
    return this.names.get(text) ?? this.hosts.get(text.toLowerCase()) ?? null
  }

  /**
   * Finds the names that stand as words in a text.
   * @param isFile - the text is the name of a file: words of ours are names there, too, and underscores separate
   */
  find(text: string, isFile: boolean): FoundName[] {
    const found: FoundName[] = []
    const goesOn = isFile ? GOES_ON.file : GOES_ON.text
    let free = 0
    for (const { 0: word, index } of text.matchAll(WORD)) {
      let longest: Alias | null = null
      for (const alias of this.byFirstWord.get(word.toLowerCase()) ?? []) {
        const at = index - alias.offset
        const longer = longest === null || alias.text.length > longest.text.length
        if (!longer || at < free || (alias.name.ours && !isFile) || !standsAt(text, at, alias)) continue
        if ((alias.offset > 0 ? LONGER : goesOn).test(text[at - 1] ?? '')) continue
        const end = at + alias.text.length
        if (!(goesOn.test(alias.text.at(-1)!) && goesOn.test(text[end] ?? ''))) longest = alias
      }
      if (longest === null) continue
      const at = index - longest.offset
      found.push({ at, text: text.slice(at, at + longest.text.length), name: longest.name })
      free = at + longest.text.length
    }
    return found
  }

  private startingWith(tail: string): KnownName | null {
    for (const [text, name] of this.names) if (text.startsWith(tail) && text !== tail && !name.ours) return name
    return null
  }

  private alias(text: string, name: KnownName): void {
    if (this.names.has(text)) return
    this.names.set(text, name)
    if (name.kind === 'host') this.hosts.set(text.toLowerCase(), name)
    const first = text.match(/[\p{L}\p{N}]+/u)
    if (!first) return
    const key = first[0].toLowerCase()
    const aliases = this.byFirstWord.get(key) ?? []
    aliases.push({ text, offset: first.index!, name })
    this.byFirstWord.set(key, aliases)
  }
}

/** Whether a name stands there; a host's in any case. */
function standsAt(text: string, at: number, { text: name, name: { kind } }: Alias): boolean {
  if (text.startsWith(name, at)) return true
  return kind === 'host' && text.slice(at, at + name.length).toLowerCase() === name.toLowerCase()
}
