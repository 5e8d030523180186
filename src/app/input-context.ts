import type { ErrorCode, Problem } from '../base/errors.ts'
import type { Abort, Progress } from '../base/steps.ts'
import { plural } from '../base/words.ts'
import type { ByteReader } from '../io/byte-reader.ts'
import type { PrivateTemp } from '../io/private-temp.ts'
import type { EndedBy, StreamEnded } from '../io/stream-ended.ts'
import type { UnpackLimits, UnpackMeter } from '../io/unpack-meter.ts'
import type { Group, Holder, Member } from './member.ts'

/** Bounds of a walk over inputs. */
export interface InputLimits {
  unpack: UnpackLimits
  /** Bytes of dumps that are copied out of streams, in all; never more than half of the free space. */
  spool: number
  /** Tars inside tars. */
  tars: number
}

/**
 * Which members of reports and folders are read. Dumps and archives are opened whatever it says.
 * @param name - below the report's top folder: "sys/kernel/mm/ksm/run"; in a folder that is no report: below that folder; a
 * field's name in an apport report
 */
export type Wants = (name: string, holder: Holder) => boolean

/** Names in a problem about many members. */
const NAMED = 3
/** Different reasons, at most. */
const KINDS_OF_SKIPS = 100

const CODES: Readonly<Record<EndedBy, ErrorCode>> = {
  cut: 'file-truncated',
  damaged: 'file-truncated',
  limit: 'limit-reached',
  unreadable: 'read-failed',
  interrupted: 'interrupted',
}

/** A stream of bytes and where it comes from. */
export interface Place {
  /** As shown. */
  path: string
  name: string
  holder: Holder
  group: Group
  /** Somebody asked for it: otherwise only dumps and archives in it are opened. */
  wanted: boolean
  /** Tars that it is in. */
  tars: number
  /** The file on disk that has just these bytes; null inside of streams. */
  file: string | null
  /** Reads it once more from its start; null where that can't be. */
  again: (() => ByteReader) | null
}

/** Opens a stream as what its bytes are; containers call it for what is in them. */
export type OpenPlace = (context: InputContext, place: Place, reader: ByteReader) => AsyncGenerator<Member>

/** What all openers of one walk share. */
export class InputContext {
  readonly problems: Problem[] = []
  readonly open: OpenPlace
  readonly wants: Wants
  readonly limits: InputLimits
  readonly abort: Abort
  readonly show: (progress: Progress) => void
  readonly temp: PrivateTemp
  /** Of the input that is read now. */
  meter: UnpackMeter
  private readonly told = new WeakSet<StreamEnded>()
  private readonly skips = new Map<string, { where: string; why: string; names: string[]; count: number }>()

  constructor(parts: {
    open: OpenPlace
    wants: Wants
    limits: InputLimits
    abort: Abort
    show: (progress: Progress) => void
    temp: PrivateTemp
    meter: UnpackMeter
  }) {
    this.open = parts.open
    this.wants = parts.wants
    this.limits = parts.limits
    this.abort = parts.abort
    this.show = parts.show
    this.temp = parts.temp
    this.meter = parts.meter
  }

  /** Notes why a stream ended early: once, where it was seen first. @returns the phrase for the member */
  ended(path: string, error: StreamEnded): string {
    // an interrupt is the run's own matter
    if (!this.told.has(error) && error.by !== 'interrupted') this.problem(CODES[error.by], path, error.message)
    this.told.add(error)
    return error.message
  }

  problem(code: ErrorCode, path: string, what: string): void {
    this.problems.push({ code, message: `${path}: ${what}.`, input: path, at: null })
  }

  /** Notes a member that is left out; many of one kind become one problem, in `tellSkips`. */
  skip(where: string, name: string, why: string): void {
    const own = `${where}\n${why}`
    const key = this.skips.has(own) || this.skips.size < KINDS_OF_SKIPS ? own : ''
    let skips = this.skips.get(key)
    if (skips === undefined) {
      skips = { where, why: key === '' ? 'for other reasons' : why, names: [], count: 0 }
      this.skips.set(key, skips)
    }
    skips.count++
    if (skips.names.length < NAMED) skips.names.push(name)
  }

  /** Makes problems of what was skipped. An answer is whole without them: they are told, not missed. */
  tellSkips(): void {
    for (const { where, why, names, count } of this.skips.values()) {
      const more = count > names.length ? ` and ${plural(count - names.length, 'more', 'more')}` : ''
      this.problem('implausible-value', where, `skipped ${names.join(', ')}${more}: ${why}`)
    }
    this.skips.clear()
  }
}

/** One group's name is the path of what holds it. */
export function newGroup(name: string, input: number): Group {
  return { name, input, kind: null }
}
