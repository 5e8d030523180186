import { sameName } from '../base/host-names.ts'
import { blankHost } from '../parsers/blank-told.ts'
import type { Origin, Spoken, Told } from '../parsers/told.ts'
import type { TextEvent, TextEvidence, TextNote } from './text-evidence.ts'

/** What one text tells of one boot of one host. */
export interface BootText<N extends TextNote = TextNote> {
  /** Null for what names no host and no boot in a text of several, and for a text that has one. */
  origin: Origin | null
  text: TextEvidence
  notes: N[]
  /** How many boots of its host follow in this text. */
  later: number
}

/** Boots that one text gives: the last ones. */
export const MOST_BOOTS = 256

/**
 * Parts one text by host and boot: the last `MOST_BOOTS` that report something, or the last one where none does. A boot that stands
 * there twice is one. A text of one boot comes back as it is.
 * @param cut - told how many boots that report something were left out
 */
export function byOrigin<N extends TextNote>(
  text: TextEvidence,
  notes: readonly N[],
  cut: (boots: number) => void = () => undefined,
): BootText<N>[] {
  const origins = originsOf([...text.told, ...text.events, ...notes])
  const whole: BootText<N> = { origin: null, text, notes: [...notes], later: 0 }
  if (origins.length === 0) return [whole]
  const same = repeats(text.events, origins)
  const of = ({ origin }: Spoken): Origin | null => (origin ? same.get(origin)! : null)
  const boots = [...new Set(origins.map((origin) => same.get(origin)!))]
  const telling = new Set<Origin | null>([...text.events.map(of), ...text.told.filter(reports).map(of)])
  const reporting = boots.filter((boot) => telling.has(boot))
  // where none reports anything, the present one says that
  const kept = reporting.length > 0 ? reporting.slice(-MOST_BOOTS) : boots.slice(-1)
  if (kept.length < reporting.length) cut(reporting.length - kept.length)
  const nameless = telling.has(null)
  const parts = kept.map((origin) => {
    const isOf = (each: Spoken): boolean => {
      const by = of(each)
      // what names no boot goes with the only one
      return by === origin || (by === null && kept.length === 1)
    }
    return {
      origin,
      text: {
        ...text,
        ...endOf(origin),
        told: [...text.told.filter(isOf), ...nameOf(origin)],
        events: eventsOf(text, isOf),
      },
      notes: notes.filter(isOf),
      later: boots.slice(boots.indexOf(origin) + 1).filter((next) => isOneHost(next.host, origin.host) && follows(next))
        .length,
    }
  })
  if (kept.length === 1 || !nameless) return parts
  const isNameless = (each: Spoken): boolean => of(each) === null
  const rest = { ...text, ending: null, told: text.told.filter(isNameless), events: eventsOf(text, isNameless) }
  return [...parts, { origin: null, text: rest, notes: notes.filter(isNameless), later: 0 }]
}

/** A log says so, or the dates of a journal: sessions of crash stand in any order, and may be of several dumps. */
function follows({ began, from }: Origin): boolean {
  return began !== null || (from?.endsWith('Z') ?? false)
}

function isOneHost(a: string | null, b: string | null): boolean {
  return (a === null) === (b === null) && sameName(a, b)
}

/** Without who says them: documents know no origins. */
function eventsOf({ events }: TextEvidence, isOf: (each: Spoken) => boolean): TextEvent[] {
  return events.filter(isOf).map(({ origin: _, ...event }) => event)
}

/** Which kernel it is says nothing of what it did. */
function reports(told: Told): boolean {
  return told.kind !== 'host' && !(told.kind === 'value' && told.name.startsWith('kernel.'))
}

/** Lines of a log name their host even where none says more of it. */
function nameOf({ host, began }: Origin): Told[] {
  return host === null ? [] : [{ ...blankHost(began?.line ?? 1, 'log lines'), nodename: host }]
}

function endOf({ ending, ended }: Origin): Pick<TextEvidence, 'ending' | 'rebooted'> {
  return { ending, rebooted: ended }
}

/** In the order of the text; sessions of crash come before logs. */
function originsOf(all: readonly Spoken[]): Origin[] {
  const origins = new Set<Origin>()
  for (const { origin } of all) if (origin) origins.add(origin)
  const found = [...origins]
  // a journal may be printed backwards
  const moments = found.map(({ from }) => (from?.endsWith('Z') ? Date.parse(from) : Number.NaN))
  if (!moments.some(Number.isNaN)) return found.sort((a, b) => Date.parse(a.from!) - Date.parse(b.from!))
  return found.sort((a, b) => (a.began?.line ?? 0) - (b.began?.line ?? 0))
}

/** The same report with the same stamp is of the same boot, where a log was appended twice: by each origin, the one that it is. */
function repeats(events: readonly TextEvent[], origins: readonly Origin[]): Map<Origin, Origin> {
  const parent = new Map<Origin, Origin>()
  const rootOf = (origin: Origin): Origin => {
    let root = origin
    for (let up = parent.get(root); up; up = parent.get(root)) root = up
    if (root !== origin) parent.set(origin, root)
    return root
  }
  const seen = new Map<string, Origin>()
  for (const event of events) {
    const key = event.origin ? eventKey(event) : null
    if (key === null) continue
    const [one, other] = [rootOf(seen.get(key) ?? event.origin!), rootOf(event.origin!)]
    seen.set(key, one)
    if (one !== other && sameName(one.host, other.host)) parent.set(other, one)
  }
  const whole = new Map<Origin, Origin>()
  for (const origin of origins) {
    const before = whole.get(rootOf(origin))
    // the last one ends as the boot does, the first one began as it did
    const { host, began, from } = before ?? origin
    whole.set(rootOf(origin), before ? { ...origin, host: host ?? origin.host, began, from } : origin)
  }
  return new Map(origins.map((origin) => [origin, whole.get(rootOf(origin))!]))
}

/** What tells a report from every other one of its host; null where it has neither stamp nor date. */
export function eventKey({ kind, pid, comm, seconds, cpu, time, dateText = null }: TextEvent): string | null {
  return time === null && dateText === null ? null : `${kind} ${pid} ${comm} ${seconds} ${cpu} ${time ?? dateText}`
}
