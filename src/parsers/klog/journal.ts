/**
 * Journal entries: `journalctl -o json` (an object a line, also behind the marks of json-sse and json-seq), json-pretty, export and
 * verbose (a field a line).
 * @see systemd src/shared/logs-show.c; https://systemd.io/JOURNAL_EXPORT_FORMATS/
 */

/** A journal entry, as far as it matters here; null where it has no such field. */
export interface JournalEntry {
  /** Several where the field came more than once; none where it was too long to be shown. */
  messages: string[]
  time: number | null
  dateText: string | null
  host: string | null
  /** Null: the kernel. */
  program: string | null
  bootId: string | null
}

const FIELDS = [
  'MESSAGE',
  '_TRANSPORT',
  'SYSLOG_IDENTIFIER',
  '_HOSTNAME',
  '_BOOT_ID',
  '_SOURCE_MONOTONIC_TIMESTAMP',
  '__REALTIME_TIMESTAMP',
] as const
type Field = (typeof FIELDS)[number]
type Fields = Partial<Record<Field, unknown>>

/** @returns null when the line is no JSON object with a message */
export function readJournalJson(line: string): JournalEntry | null {
  let parsed: unknown
  try {
    parsed = JSON.parse(line.replace(/^(?:data: |\u001e)/, ''))
  } catch {
    return null
  }
  if (typeof parsed !== 'object' || parsed === null || !('MESSAGE' in parsed)) return null
  return entryOf(parsed as Fields)
}

/** Whether the message of a JSON line is an array of byte values (it has unprintable ones): no words can be seen in it. */
export function hasMessageBytes(line: string): boolean {
  const at = line.indexOf('"MESSAGE"')
  return at >= 0 && /^"MESSAGE"\s{0,4}:\s{0,4}\[/.test(line.slice(at, at + 20))
}

function entryOf(fields: Fields): JournalEntry {
  const text = (field: Field): string | null => {
    const value = fields[field]
    const one = Array.isArray(value) ? value[0] : value
    return typeof one === 'string' ? one : null
  }
  const micros = (field: Field): number | null => {
    const value = text(field)
    return value !== null && /^\d{1,16}$/.test(value) ? Number(value) : null
  }
  const at = micros('__REALTIME_TIMESTAMP')
  const monotonic = micros('_SOURCE_MONOTONIC_TIMESTAMP')
  const identifier = text('SYSLOG_IDENTIFIER')
  return {
    messages: messagesOf(fields.MESSAGE),
    time: monotonic === null ? null : monotonic / 1e6,
    dateText: at === null || at > 8.64e18 ? null : new Date(at / 1000).toISOString(),
    host: text('_HOSTNAME'),
    program: text('_TRANSPORT') === 'kernel' || identifier === 'kernel' ? null : (identifier ?? text('_TRANSPORT')),
    bootId: text('_BOOT_ID'),
  }
}

function messagesOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (!Array.isArray(value)) return []
  if (value.every((each) => Number.isInteger(each) && each >= 0 && each < 256))
    return [new TextDecoder().decode(Uint8Array.from(value as number[]))]
  return value.filter((each) => typeof each === 'string').slice(0, 16)
}

const EXPORT_HEAD = /^__(?:CURSOR|REALTIME_TIMESTAMP)=/
/** `Mon 2026-11-23 15:38:44.317072 UTC [s=5c0f...;i=1a2b;b=...;m=...;t=...;x=...]` */
const VERBOSE_HEAD = /^[A-Z][a-z]{2} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} \S{1,6}) \[s=[\da-f]{32};i=/
const FIELD_NAME = /^[A-Z_][A-Z\d_]{0,63}$/
const WANTED: ReadonlySet<string> = new Set(FIELDS)
const PRETTY_FIELD = /^\s{1,8}"([A-Z_][A-Z\d_]{0,63})" ?: ?(.{1,65536}?),?$/
/** Lengths that names of wanted fields have. */
const LENGTHS = new Uint8Array(32)
for (const field of FIELDS) LENGTHS[field.length] = 1
const CLOSED = 93

/** Entries of the forms that have a field a line. */
export class JournalFields {
  /** Fields of the entry that is open. */
  private fields: Fields | null = null
  private pretty = false
  private date: string | null = null
  /** The field whose value comes on the next line, behind its length. */
  private binary: string | null = null

  private readonly wants: (message: string) => boolean

  /** @param wants - whether an entry with this message matters */
  constructor(wants: (message: string) => boolean) {
    this.wants = wants
  }

  /** Whether the next lines are fields. */
  get open(): boolean {
    return this.fields !== null
  }

  /** Whether a line begins an entry. */
  static begins(line: string): boolean {
    const first = line.charCodeAt(0)
    if (first === 95) return EXPORT_HEAD.test(line)
    if (first === 123) return line.length === 1
    return line.charCodeAt(line.length - 1) === CLOSED && VERBOSE_HEAD.test(line)
  }

  /**
   * @returns the entry that this line completes; 'taken' when it is a part of one; null when it belongs to none
   */
  push(line: string): JournalEntry | 'taken' | null {
    if (JournalFields.begins(line)) return this.begin(line)
    if (this.fields === null) return null
    if (this.binary !== null) {
      // eight bytes of length come first
      this.set(this.binary, line.slice(8))
      this.binary = null
      return 'taken'
    }
    if (line === '' || line === '}' || line === '},') return this.complete()
    if (this.pretty) {
      const found = PRETTY_FIELD.exec(line)
      if (!found) return this.drop()
      if (WANTED.has(found[1]!)) this.set(found[1]!, parsed(found[2]!))
      return 'taken'
    }
    // verbose indents by four
    const at = line.startsWith('    ') ? 4 : 0
    const first = line.charCodeAt(at)
    if (first !== 95 && !(first >= 65 && first <= 90)) return this.drop()
    const equals = line.indexOf('=', at)
    if (equals >= 0) {
      const length = equals - at
      if (length < LENGTHS.length && LENGTHS[length] === 1) this.set(line.slice(at, equals), line.slice(equals + 1))
    } else if (FIELD_NAME.test(line.slice(at))) this.binary = line.slice(at)
    else return this.drop()
    return 'taken'
  }

  /** The last entry, where nothing stands behind it. */
  end(): JournalEntry | null {
    const entry = this.complete()
    return entry === 'taken' ? null : entry
  }

  private begin(line: string): JournalEntry | 'taken' {
    // cursor and time are fields of one entry
    const head = line.startsWith('__')
    if (head && this.fields !== null && !this.pretty && !('MESSAGE' in this.fields) && this.date === null) {
      this.set(line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1))
      return 'taken'
    }
    const before = this.complete()
    this.fields = {}
    this.pretty = line.length === 1
    this.date = VERBOSE_HEAD.exec(line)?.[1] ?? null
    if (head) this.set(line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1))
    return before
  }

  private set(field: string, value: unknown): void {
    if (this.fields !== null && WANTED.has(field)) this.fields[field as Field] = value
  }

  private complete(): JournalEntry | 'taken' {
    const { fields, date } = this
    this.drop()
    if (fields === null || !('MESSAGE' in fields)) return 'taken'
    if (typeof fields.MESSAGE === 'string' && !this.wants(fields.MESSAGE)) return 'taken'
    const entry = entryOf(fields)
    return { ...entry, dateText: entry.dateText ?? date }
  }

  private drop(): null {
    this.fields = null
    this.binary = null
    this.date = null
    return null
  }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return null
  }
}
