import type { TextParser } from '../told.ts'

/** Readers that are no TextParser of this table: parsers of logs, tasks and sessions, and what opens files in files. */
export type OtherReader = 'kernel-log' | 'ps' | 'proc-stack' | 'crash' | 'dump' | 'apport' | 'archive'

/** Which boot a log is of: the one that runs, the one before it, or the one that ended in a dump. */
export type Boot = 'this' | 'last' | 'crashed'

/** A wanted member of a sosreport, of a kdump folder or of an abrt folder. */
export interface SosMember {
  /** What it is about: "ksm", "kernel log", "processes" ... */
  subject: string
  /** Makes the parser that its lines are for, or names the reader. A compressed member is told by content, not by its name. */
  parser: (() => TextParser) | OtherReader
  /** 1: the verdict rests on it; 2: names, numbers and layout of the host; 3: support. Lower ones first where a budget is short. */
  priority: 1 | 2 | 3
  /** The path that it stands for below the top folder: a kept tail and the link in its place have the same. */
  path: string
  /** Of files of one process. */
  pid: number | null
  /** Null where a log may be of several boots. */
  boot: Boot | null
  /** The number or the day of a rotated file, "1" or "20170326": older than the file without. */
  rotated: string | null
  /** tail: its beginning is missing, the first line may be half of one; incomplete: its writing was cut off. */
  part: 'tail' | 'incomplete' | null
  /** Another output of the same command: what it tells is not told twice. */
  repeat: boolean
  /** Where it came from by its source's table: first sos that has it, or the program that writes it. */
  source: string
}

/** One kind of wanted member. */
export interface MemberRow {
  subject: string
  /** Literal beginning of the path, with its last slash. */
  under: string
  /** The rest. Groups: pid, n, name, rotated. */
  rest: RegExp
  parser: OtherReader | ((found: Groups) => TextParser)
  priority: 1 | 2 | 3
  boot?: Boot
  part?: 'incomplete'
  source: string
}

export type Groups = Readonly<Record<string, string | undefined>>

/** The member that a row makes of a path; null when the path is another's. */
export function memberBy(row: MemberRow, path: string, as: string = path): SosMember | null {
  if (!path.startsWith(row.under)) return null
  const found = row.rest.exec(path.slice(row.under.length))
  if (!found) return null
  const groups: Groups = found.groups ?? {}
  const { parser } = row
  return {
    subject: row.subject,
    parser: typeof parser === 'string' ? parser : () => parser(groups),
    priority: row.priority,
    path: as,
    pid: groups['pid'] === undefined ? null : Number(groups['pid']),
    boot: row.boot ?? null,
    rotated: groups['rotated'] ?? null,
    part: row.part ?? null,
    repeat: false,
    source: row.source,
  }
}
