/**
 * Kernel logs as text, in every form in which they are handed over: dmesg and its options, files of syslog, journalctl's forms, crash's
 * `log`, consoles, pstore, pasted into mail. The forms are tables: klog/prefixes.ts, klog/messages.ts, klog/frames.ts, klog/heads.ts,
 * klog/hosts.ts, klog/notes.ts.
 */
import { apart, bootMoment } from '../base/boot-moment.ts'
import { blankHost } from './blank-told.ts'
import { CLOSE, EVENT, HOST, NOTE } from './klog/bits.ts'
import { cleanLines } from './klog/clean.ts'
import { type HostLine, isFoldedTaint, readHost } from './klog/hosts.ts'
import { Interner } from './klog/intern.ts'
import { hasMessageBytes, JournalFields, type JournalEntry, readJournalJson } from './klog/journal.ts'
import { Kept } from './klog/kept.ts'
import { LastLines } from './klog/last-lines.ts'
import type { LogEvent } from './klog/log-event.ts'
import { readBlocker, readEvent, readOomSign } from './klog/messages.ts'
import { GATE } from './klog/needles.ts'
import { type NoteKind, type NoteLine, readNote } from './klog/notes.ts'
import { Origins } from './klog/origins.ts'
import { type Prefix, readPrefix } from './klog/prefixes.ts'
import { LogStream } from './klog/stream.ts'
import type { Origin, Spoken, TextParser, Told, ToldHost, ToldTask } from './told.ts'

/** Where something stands. */
interface Place {
  line: number
  /** The date in front of it as printed; in ISO 8601 where a journal has it as a number. */
  dateText: string | null
  /** The host's name in front of it. */
  host: string | null
}

/** An event and where it stands. The same one may come twice (a mail's subject): same kind, pid and time. */
export type TextLogEvent = LogEvent & Place & Spoken

/** A statement about the log itself, about a csd lock, or that the kernel is a guest's. */
export interface LogNote extends NoteLine, Place, Spoken {
  time: number | null
  /** The line's own words, cut. */
  text: string
}

/** What of a journal's message is looked at first. */
const WINDOW = 96
const LONGEST_NOTE = 200
const LONGEST_FOLDED = 240
/** CPUs and tasks of hosts whose lines may be mixed. */
const MOST_STREAMS = 256
/** Stamps that run back by more than the CPUs' clocks differ, in seconds. */
const BACK = 1
/** A line that belongs to a later time by so much more than its stamp says: no log is held back for so long. */
const HELD_BACK = 86_400
/** A date without a year that is so much earlier is of the next one, in seconds. */
const MOST_OF_A_YEAR = 300 * 86_400
/** Records that one line may hold. */
const MOST_RECORDS = 256
const STAMP_WITHIN = /\[ {0,12}\d{1,7}\.\d{6}\]/
const LOG_DAEMONS = /^(?:systemd-journald?|journal|rsyslogd(?:-\d{1,6})?|imjournal|imuxsock|auditd)\b/

/**
 * Reads one log; several hosts' lines may be mixed in it, and several boots follow one another: then what it tells carries its `origin`.
 */
export class KernelLogParser implements TextParser {
  private readonly keptTold = new Kept<Told>(20_000, 100_000, (told) => (told.kind === 'task' ? told.frames.length : 0))
  private readonly keptEvents = new Kept<TextLogEvent>(10_000, 75_000, (event) => event.stack.length)
  private readonly keptNotes = new Kept<LogNote>(4_000)
  readonly told: Told[] = this.keptTold.items
  readonly events: TextLogEvent[] = this.keptEvents.items
  readonly notes: LogNote[] = this.keptNotes.items

  private readonly interner = new Interner()
  private readonly streams = new Map<string, LogStream>()
  private readonly fields = new JournalFields((message) => GATE.look(message) !== 0)
  /** Last stamp, last line with a date and a stamp, and boot by host. */
  private readonly clocks = new Map<string, number>()
  private readonly dated = new Map<string, { time: number; dateText: string }>()
  private readonly boots = new Map<string, string>()
  /** What was last said of a host, by host and source; and each word of its being a guest. */
  private readonly said = new Map<string, { words: string; by: Origin | null }>()
  private readonly lastLines = new LastLines()
  private readonly origins = new Origins((host) => this.lastLines.of(host))
  /** Who said what was told; in the told itself only where there are several. */
  private readonly saidBy = new WeakMap<object, Origin>()
  private origin: Origin | null = null
  /** Of the journal's entry that speaks. */
  private bootId: string | null = null
  /** The date of what was told last. */
  private date: string | null = null
  /** The last stamp of all. */
  private clock: number | undefined = undefined
  /** Where lines without a prefix belong. */
  private current: LogStream | null = null
  private place: Place = { line: 0, dateText: null, host: null }
  /** A line that mail seems to have folded: the next one may be its rest. */
  private folded: { prefix: Prefix; line: number } | null = null

  /** When the log ends, as its last line says: seconds since boot, and the date in front of it; null where it does not say. */
  get ending(): Origin['ending'] {
    return this.lastLines.of(this.origins.name)
  }

  /** Events and statements that were left out of the middle because there are too many. */
  get leftOut(): number {
    return this.keptTold.leftOut + this.keptEvents.leftOut + this.keptNotes.leftOut
  }

  push(line: string, at: number): void {
    this.read(line, at)
    if (line !== '') this.lastLines.take(line)
  }

  private read(line: string, at: number): void {
    if (this.fields.open || JournalFields.begins(line)) {
      const entry = this.fields.push(line)
      if (entry !== null) {
        if (entry !== 'taken') this.entry(entry, at)
        return
      }
    }
    if (isJson(line)) {
      this.json(line, at)
      return
    }
    if (GATE.look(line) === 0 && this.folded === null) return
    for (const part of cleanLines(line)) this.part(part, at)
  }

  end(): void {
    const entry = this.fields.end()
    if (entry) this.entry(entry, this.place.line)
    for (const stream of this.streams.values()) stream.end()
    this.streams.clear()
    // an OOM kill without its own message is told late
    this.events.sort((a, b) => a.line - b.line)
    this.tellOrigins()
  }

  private tellOrigins(): void {
    this.origins.end()
    const all: readonly Spoken[] = [...this.told, ...this.events, ...this.notes]
    const origins = all.map((each) => this.saidBy.get(each))
    if (new Set(origins.filter((origin) => origin !== undefined)).size < 2) return
    for (const [i, each] of all.entries()) each.origin = origins[i]
  }

  private part(text: string, at: number): void {
    let before: Prefix | null = null
    // serial consoles and mail put several records into one line
    for (let rest: string | null = text, most = MOST_RECORDS; rest !== null && most > 0; most--) {
      const prefix = readPrefix(rest)
      if (this.unfold(prefix)) return
      prefix.host ??= before?.host ?? null
      prefix.dateText ??= before?.dateText ?? null
      if (prefix.program !== null) {
        this.foreign(prefix, at)
        return
      }
      const next = prefix.text.search(STAMP_WITHIN)
      rest = next >= 0 ? prefix.text.slice(next) : null
      if (next >= 0) prefix.text = prefix.text.slice(0, next)
      this.speak(prefix, at, next >= 0 && before === null && !prefix.any)
      before = prefix
    }
  }

  /**
   * The kernel's own words.
   * @param torn - they stand in front of a record on its line: half a line that another program wrote to the console ends nothing
   */
  private speak(prefix: Prefix, at: number, torn = false): void {
    const { text, time } = prefix
    const seen = GATE.scan(text, 0, text.length)
    const bits = torn ? seen & ~CLOSE : seen
    if (bits === 0) return
    this.place = this.placeOf(prefix, at)
    const note = (bits & NOTE) !== 0 ? readNote(text) : null
    const restarts = this.watchClock(time, note)
    const before = this.anotherBoot(time)
    if (note?.kind === 'border') {
      this.border(note, text, time, restarts)
      // the first lines of the next boot may name no host yet
      this.dated.clear()
    } else if (before) this.origins.booted(this.place.host, this.place, before)
    if (note?.kind !== 'border' || note.what !== 'journal') this.turn(prefix.any)
    if (note) this.note(note, text, time)
    if ((bits & HOST) !== 0) this.hosts(text, time)
    const stream = this.streamOf(prefix)
    stream.line(text, bits, time, at)
    this.current = stream
    if (isFolded(text, bits)) this.folded = { prefix, line: at }
  }

  /** Puts a folded line together. @returns whether `next` was its rest */
  private unfold(next: Prefix): boolean {
    const { folded } = this
    this.folded = null
    if (folded === null || next.any) return false
    const { prefix, line } = folded
    const begun = prefix.text.trimEnd()
    // a soft break of quoted-printable
    const whole = begun.endsWith('=') ? begun.slice(0, -1) + next.text : `${begun} ${next.text.trim()}`
    // a terminal breaks in the middle of a word
    const event = [whole, begun + next.text].find((text) => readEvent(text))
    if (event !== undefined) {
      this.speak({ ...prefix, text: event }, line)
      return true
    }
    this.place = this.placeOf(prefix, line)
    this.turn(prefix.any)
    if (isFoldedTaint(begun)) this.hosts(whole, prefix.time)
    return false
  }

  /** Lines that programs wrote: log daemons, systemd, and those that write the console of a guest. */
  private foreign(prefix: Prefix, at: number): void {
    const { text, time } = prefix
    const program = prefix.program ?? ''
    const bits = GATE.scan(text, 0, text.length)
    if (bits === 0) return
    this.place = this.placeOf(prefix, at)
    this.turn(prefix.any)
    if ((bits & NOTE) !== 0 && LOG_DAEMONS.test(program)) {
      const note = readNote(text)
      if (note?.kind === 'lost') this.note(note, text, time)
    }
    if ((bits & HOST) !== 0 && /^systemd(?:\[1\])?$/.test(program)) this.hosts(text, time)
    if ((bits & EVENT) !== 0 && time !== null && readEvent(text))
      this.note({ kind: 'guest-console', what: program, count: null }, text, time)
  }

  private json(line: string, at: number): void {
    const from = line.indexOf('"MESSAGE"')
    if (GATE.scan(line, from, Math.min(line.length, from + WINDOW)) === 0 && !hasMessageBytes(line)) return
    const entry = readJournalJson(line)
    if (entry) this.entry(entry, at)
    else for (const part of cleanLines(line)) this.part(part, at)
  }

  private entry(entry: JournalEntry, at: number): void {
    const { host, dateText, bootId, program } = entry
    if (bootId !== null && bootId !== this.boots.get(host ?? '')) {
      const known = this.boots.has(host ?? '')
      remember(this.boots, host ?? '', bootId)
      this.place = this.placeOf(entry, at)
      this.turn(true, bootId)
      if (known) this.note({ kind: 'border', what: 'boot id', count: null }, `_BOOT_ID=${bootId}`, entry.time)
    }
    this.bootId = bootId
    for (const message of entry.messages)
      for (const text of message.split('\n', 512))
        if (program === null)
          this.speak({ ...{ host, dateText, caller: null, program, any: true }, time: entry.time, text }, at)
        else this.foreign({ ...readPrefix(text), host, dateText, program }, at)
    this.bootId = null
  }

  /** @param any - the line has a prefix; one without is of who spoke last */
  private turn(any: boolean, bootId = this.bootId): void {
    if (!any && this.origin !== null) return
    const { host, line, dateText } = this.place
    // a name is sure only beside a date: a console's lines begin with any word
    this.origin = this.origins.of(dateText === null ? null : host, { line, dateText }, bootId)
  }

  /** @param restarts - whether the stamps begin again here; null where there are none */
  private border({ what }: NoteLine, text: string, time: number | null, restarts: boolean | null): void {
    const { host, line, dateText } = this.place
    const at = { line, dateText }
    if (what === 'journal') {
      const id = /^-- Boot ([0-9a-f]{32}) --/.exec(text)?.[1] ?? null
      if (id === null && !text.startsWith('-- Reboot --')) return
      this.origins.mark(id, at)
      this.origin = null
    }
    // the id of a journal's entry says more; a banner that somebody pasted has neither stamp nor date
    else if (what === 'banner' && this.bootId === null && (restarts ?? this.isLater(dateText, host)))
      this.origins.booted(dateText === null ? null : host, at, this.beforeBanner(time))
  }

  /** What stands before a banner and what its kernel said until then; null where lines of several hosts are mixed. */
  private beforeBanner(time: number | null): Origin['ending'] {
    return time === null || this.origins.several ? null : this.lastLines.beforeBanner(time)
  }

  /** Whether a date is behind those before it: a log file's always is, dmesg -T may be printed twice. */
  private isLater(dateText: string | null, host: string | null): boolean {
    if (dateText === null) return false
    const before = this.lastLines.of(null)?.dateText ?? this.date
    if (host !== null) return before === null || isForward(before, dateText)
    return before !== null && Date.parse(dateText) > Date.parse(before)
  }

  /** Keeps who says something. */
  private says<T extends object>(told: T): T {
    if (this.origin === null) this.turn(true)
    this.date = this.place.dateText
    this.saidBy.set(told, this.origin!)
    this.origins.tells(this.origin!)
    return told
  }

  /**
   * Whether a line is of another boot than the last one of its host, which dates and stamps together say where no banner does.
   * @returns the moment of that last one; null where they can be one, or nothing tells
   */
  private anotherBoot(time: number | null): { time: number; dateText: string } | null {
    const { host, dateText } = this.place
    if (time === null || dateText === null || host === null || this.bootId !== null) return null
    const last = this.dated.get(host)
    remember(this.dated, host, { time, dateText })
    const [before, now] = [bootMoment(last?.dateText, last?.time), bootMoment(dateText, time)]
    if (!last || !before || !now || !isForward(last.dateText, dateText)) return null
    const seconds = apart(before, now)
    return seconds > (time < last.time - BACK ? 0 : HELD_BACK) ? last : null
  }

  /**
   * Stamps begin again with each boot, and where another log was appended.
   * @returns whether they do here; null where there is no stamp
   */
  private watchClock(time: number | null, note: NoteLine | null): boolean | null {
    const { host } = this.place
    if (time === null) return null
    const last = this.clocks.get(host ?? '')
    // the first lines of a boot do not name their host; those before them are near it where a log was turned round
    const latest = this.origins.several
      ? last
      : note?.what === 'banner'
        ? (this.beforeBanner(time)?.time ?? this.clock)
        : this.clock
    remember(this.clocks, host ?? '', time)
    this.clock = time
    if (last !== undefined && time < last - BACK && note?.kind !== 'border')
      this.note({ kind: 'border', what: 'stamps', count: null }, '', time)
    return latest !== undefined && time < latest - BACK
  }

  private note(note: NoteLine, text: string, time: number | null): void {
    const { host } = this.place
    if (note.kind === 'border' || note.kind === 'lost')
      for (const [key, stream] of this.streams)
        if (host === null || key.startsWith(`${host}|`)) {
          if (note.kind === 'border') stream.end()
          else stream.close()
        }
    const said = { ...note, ...this.place, time, text: this.interner.copy(text.trim().slice(0, LONGEST_NOTE)) }
    if (this.origin !== null) this.saidBy.set(said, this.origin)
    this.keptNotes.push(said)
  }

  private hosts(text: string, time: number | null): void {
    for (const said of readHost(text)) {
      const key = `${this.place.host ?? ''}|${said.source}|${said.guest ?? ''}`
      const words = `${said.release} ${said.version} ${said.guest}`
      const before = this.said.get(key)
      if (before?.words === words && before.by === this.origin) continue
      remember(this.said, this.interner.copy(key), { words: this.interner.copy(words), by: this.origin })
      this.keptTold.push(this.says(this.host(said)))
      if (said.guest !== null) this.note({ kind: 'guest', what: said.source, count: null }, said.guest, time)
    }
  }

  private host({ source, release, version, guest }: HostLine): ToldHost {
    const own = (text: string | null): string | null => (text === null ? null : this.interner.copy(text))
    return {
      ...blankHost(this.place.line, source),
      release: own(release),
      version: own(version),
      nodename: this.place.host,
      date: this.place.dateText,
      guest: own(guest),
    }
  }

  private placeOf({ host, dateText }: Pick<Prefix, 'host' | 'dateText'>, line: number): Place {
    return {
      line,
      dateText: dateText === null ? null : this.interner.copy(dateText),
      host: host === null ? null : this.interner.copy(host),
    }
  }

  private streamOf({ host, caller, any }: Prefix): LogStream {
    if (!any && this.current) return this.current
    const key = `${host ?? ''}|${caller ?? ''}`
    const known = this.streams.get(key)
    if (known) return known
    const oldest = this.streams.keys().next()
    if (this.streams.size >= MOST_STREAMS && !oldest.done) {
      this.streams.get(oldest.value)?.end()
      this.streams.delete(oldest.value)
    }
    const stream = new LogStream(
      {
        begin: (event) => this.says({ ...event, ...this.place }),
        event: (event) => this.keptEvents.push(event as TextLogEvent),
        task: (task) => this.task(task),
      },
      this.interner,
    )
    this.streams.set(key, stream)
    return stream
  }

  private task(task: Omit<ToldTask, 'line'>): ToldTask {
    const told = this.says({ ...task, line: this.place.line })
    this.keptTold.push(told)
    return told
  }
}

/** Whether a date is not before another one; most files of syslog name no year. */
function isForward(from: string, to: string): boolean {
  const seconds = (Date.parse(to) - Date.parse(from)) / 1000
  return Number.isNaN(seconds) || seconds >= 0 || seconds < -MOST_OF_A_YEAR
}

/** A message that ends before it says all, or a taint line before the release: mail folds at 72 to 80 characters. */
function isFolded(text: string, bits: number): boolean {
  if (text.length > LONGEST_FOLDED || text.includes('%')) return false
  if ((bits & HOST) !== 0 && isFoldedTaint(text.trimEnd())) return true
  return (bits & EVENT) !== 0 && !readEvent(text) && !readBlocker(text) && !readOomSign(text)
}

/** An object of `journalctl -o json`, json-seq or json-sse. */
function isJson(line: string): boolean {
  const first = line.charCodeAt(0)
  return (first === 123 || first === 30 || (first === 100 && line.startsWith('data: {'))) && line.includes('"MESSAGE"')
}

/** Sets one of a map that keeps no more than some hundreds: the oldest goes. */
function remember<K, V>(map: Map<K, V>, key: K, value: V): void {
  map.set(key, value)
  if (map.size > MOST_STREAMS) map.delete(map.keys().next().value!)
}

export type { NoteKind }
