import type { TextEvent, TextEvidence } from '../diagnosis/text-evidence.ts'
import { blankHost } from '../parsers/blank-told.ts'
import { tellSections } from '../parsers/crash/sections.ts'
import { CrashParser } from '../parsers/crash-text.ts'
import { CsdProse } from '../parsers/csd-prose.ts'
import { FoldedStacksParser } from '../parsers/folded-stacks.ts'
import { KernelLogParser, type LogNote } from '../parsers/klog-text.ts'
import { LogRun } from '../parsers/klog/run.hot.ts'
import { pastedValuesText } from '../parsers/pasted-values.ts'
import { ProcStackParser } from '../parsers/proc-stack.ts'
import { PsTextParser } from '../parsers/ps-text.ts'
import { abrtMember, isOfCapture, kdumpMember } from '../parsers/sos/kdump-folder.ts'
import { sosMember } from '../parsers/sos/members.ts'
import type { SosMember } from '../parsers/sos/sos-member.ts'
import { numactlText } from '../parsers/numa-text.ts'
import { numadLogText } from '../parsers/numad-log.ts'
import { proseKernelText } from '../parsers/uname-text.ts'
import { virshListText } from '../parsers/virsh-text.ts'
import { TextLines } from '../parsers/text-lines.ts'
import type { TextParser, Told, ToldHost } from '../parsers/told.ts'
import type { Holder, TextMember } from './member.ts'

/** Takes the lines of one member and says what they told. */
export interface TextReader {
  push(line: string, at: number): void
  end(): ReadText
}

/** What a member told. */
export interface ReadText {
  told: Told[]
  events: TextEvent[]
  notes: LogNote[]
  ending?: TextEvidence['ending']
  /** Statements that were left out because there are too many. */
  leftOut?: number
}

/** Fields of an apport report that tell something; the others are not read. */
const APPORT_FIELDS = [
  'VmCoreDmesg',
  'OopsText',
  'Stacktrace',
  'CurrentDmesg.txt',
  'Uname',
  'DistroRelease',
  'ProcVersionSignature',
  'Description',
]

/** A member of a report or of a folder that kdump or abrt left; null for a path that tells nothing. */
export function knownMember(name: string): SosMember | null {
  return sosMember(name) ?? kdumpMember(name) ?? abrtMember(name)
}

/** Which members are read; of a folder that is no report its own files, too. */
export function wantsMember(name: string, holder: Holder): boolean {
  if (holder === 'apport') return APPORT_FIELDS.includes(name)
  return knownMember(name) !== null || (holder === 'folder' && !name.includes('/') && !isOfCapture(name))
}

/** The reader for a member: by its path where that tells, else one that looks for everything. */
export function readerFor(member: TextMember): TextReader {
  if (member.holder === 'apport') {
    const field = hostField(member.name)
    if (field) return field
  }
  const known = member.holder === 'none' ? null : knownMember(member.name)
  const parser = known?.parser
  if (typeof parser === 'function') return single(parser())
  if (parser === 'kernel-log') return ofLog()
  if (parser === 'ps') return single(new PsTextParser())
  if (parser === 'proc-stack') return single(new ProcStackParser(member.name))
  return ofAnything()
}

function single(parser: TextParser): TextReader {
  return {
    push: (line, at) => parser.push(line, at),
    end() {
      parser.end()
      return { told: parser.told, events: [], notes: [] }
    },
  }
}

function ofLog(): TextReader {
  const log = new KernelLogParser()
  return {
    push: (line, at) => log.push(line, at),
    end() {
      log.end()
      return readLog(log)
    },
  }
}

function readLog({ told, events, notes, ending, leftOut }: KernelLogParser): ReadText {
  return { told, events, notes, ending, leftOut }
}

/** A line of a log is its speaker's for every parser. */
function tellSpeakers({ told, events, notes }: KernelLogParser, all: readonly Told[]): void {
  const speakers = new Map([...told, ...events, ...notes].map(({ line, origin }) => [line, origin]))
  for (const each of all) each.origin ??= speakers.get(each.line)
}

/** Characters of a line that is one whole address. */
const ADDRESS = 16

/** A text of any kind, or of several: every parser sees every line and knows its own. */
function ofAnything(): TextReader {
  const log = new KernelLogParser()
  const crash = new CrashParser()
  const parsers: TextParser[] = [
    crash,
    log,
    new ProcStackParser(),
    new PsTextParser(),
    new FoldedStacksParser(),
    pastedValuesText(),
    proseKernelText(),
    virshListText(),
    numactlText(),
    numadLogText(),
    new CsdProse(),
  ]
  const run = new LogRun()
  const lines = new TextLines((line, at) => {
    // nobody else looks for anything within millions of addresses, or of the kernel's messages
    if (crash.counts(line)) return
    if (run.isLong(line)) log.push(line, at)
    else for (const parser of parsers) parser.push(line, at)
  })
  return {
    push(line, at) {
      if (line.length === ADDRESS && lines.idle && crash.counts(line)) return
      lines.push(line, at)
    },
    end() {
      lines.end()
      for (const parser of parsers) parser.end()
      const told = parsers.flatMap((parser) => parser.told)
      tellSpeakers(log, told)
      tellSections(crash.told, [...told, ...log.events, ...log.notes])
      return { ...readLog(log), told, leftOut: log.leftOut + crash.leftOut }
    },
  }
}

/** Fields of apport that name the host's kernel and distribution. @see apport data/general-hooks, problem_report.py */
const HOST_FIELDS: Readonly<Record<string, (value: string) => Partial<ToldHost>>> = {
  // "Linux 4.4.0-72-generic x86_64"
  Uname: (value) => ({ release: value.split(' ')[1] ?? null, arch: value.split(' ')[2] ?? null }),
  DistroRelease: (value) => ({ distribution: value }),
  ProcVersionSignature: (value) => ({ version: value }),
}

function hostField(name: string): TextReader | null {
  const read = HOST_FIELDS[name]
  if (!read) return null
  const told: Told[] = []
  return {
    push(line, at) {
      if (told.length === 0 && line.trim() !== '') told.push({ ...blankHost(at, 'apport'), ...read(line.trim()) })
    },
    end: () => ({ told, events: [], notes: [] }),
  }
}
