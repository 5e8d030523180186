import { isUnnamed, sameName } from '../../base/host-names.ts'
import type { Moment, Origin } from '../told.ts'

/** Hosts and boots that are told apart in one log; what comes beyond them goes with the last. */
const MOST = 4_096

type Ending = Origin['ending']

/**
 * Whose lines a log has: one speaker for each host and boot, parted only where it is sure. While no more than one name was met,
 * everything is that host's: the first lines of a boot have no name, or "localhost".
 */
export class Origins {
  /** By the name that lines have; '' for all while there is no more than one. */
  private readonly current = new Map<string, Origin>()
  private readonly byBootId = new Map<string, Origin>()
  private readonly withIds = new WeakSet<Origin>()
  private readonly names: string[] = []
  private readonly keys = new Map<string, string>()
  /** Boots that told something. */
  private readonly told = new Set<Origin>()
  /** The boot id that a mark of journalctl gave, for the next line. */
  private marked: { id: string; at: Moment } | null = null
  private readonly endingOf: (host: string | null) => Ending

  /** @param endingOf - when the lines of a host end that were read so far; null: of the only one */
  constructor(endingOf: (host: string | null) => Ending) {
    this.endingOf = endingOf
  }

  /** Lines of more than one host were met. */
  get several(): boolean {
    return this.names.length > 1
  }

  /** The only host that lines name; null where none does, or several do. */
  get name(): string | null {
    return this.several ? null : (this.names[0] ?? null)
  }

  /** Who speaks in a line of `host`; @param bootId - of its journal entry, null where there is none */
  of(host: string | null, at: Moment, bootId: string | null = null): Origin {
    const key = this.keyOf(host)
    const { marked } = this
    this.marked = null
    const id = bootId ?? marked?.id ?? null
    if (id !== null) return this.withId(id, key, host, bootId === null ? marked!.at : at)
    const origin = this.current.get(key) ?? this.begin(key, host, null)
    origin.from ??= at.dateText
    if (origin.host === null && host !== null && !isUnnamed(host)) origin.host = host
    return origin
  }

  /** Something was told of a boot. */
  tells(origin: Origin): void {
    this.told.add(origin)
    if (this.told.size > MOST) this.told.delete(this.told.values().next().value!)
  }

  /**
   * A kernel begins to speak; nothing that it has said is behind it.
   * @param ending - when the lines of the boot before end; left out: with the last line that was read
   */
  booted(host: string | null, at: Moment, ending: Ending = null): void {
    const key = this.keyOf(host)
    const before = this.current.get(key)
    if (!before || !this.told.has(before)) return
    this.begin(key, host, at, before)
    before.ending = ending ?? before.ending
  }

  /** journalctl says that another boot begins: with its id, or (of old) without. Between the lines of several hosts the old mark is no sure one. */
  mark(id: string | null, at: Moment): void {
    if (id !== null) this.marked = { id, at }
    else if (!this.several) this.booted(null, at)
  }

  /** No more lines come. */
  end(): void {
    for (const [key, origin] of this.current) origin.ending = this.endingOf(key === '' ? this.name : key)
  }

  private withId(id: string, key: string, host: string | null, at: Moment): Origin {
    const known = this.byBootId.get(id)
    const before = this.current.get(key)
    if (known) {
      this.current.set(key, known)
      return known
    }
    // journalctl prints backwards, too
    const next = before && !isEarlier(at.dateText, before.from) ? before : undefined
    const isFree = before !== undefined && !this.told.has(before) && !this.withIds.has(before)
    const origin = isFree ? before : this.begin(key, host, next ? at : null, next)
    if (this.byBootId.size < MOST) this.byBootId.set(id, origin)
    this.withIds.add(origin)
    origin.from ??= at.dateText
    return origin
  }

  private begin(key: string, host: string | null, at: Moment | null, before?: Origin): Origin {
    if (before && at) {
      before.ended = at
      before.ending = this.endingOf(key === '' ? this.name : key)
    }
    const name = host === null || isUnnamed(host) ? (before?.host ?? null) : host
    const origin: Origin = { host: name, began: at, from: at?.dateText ?? null, ending: null, ended: null }
    this.current.set(key, origin)
    return origin
  }

  private keyOf(host: string | null): string {
    if (host !== null && !this.keys.has(host)) this.meet(host)
    if (!this.several || host === null) return ''
    return this.keys.get(host) ?? ''
  }

  private meet(host: string): void {
    if (isUnnamed(host) || this.keys.size >= MOST) return
    const same = this.names.find((name) => sameName(name, host))
    this.keys.set(host, same ?? host)
    if (same !== undefined) return
    this.names.push(host)
    if (this.names.length !== 2) return
    // until now everything was the first one's
    const first = this.current.get('')
    if (first) this.current.set(this.names[0]!, first)
    this.current.delete('')
  }
}

function isEarlier(date: string | null, than: string | null): boolean {
  return date !== null && than !== null && Date.parse(date) < Date.parse(than)
}
