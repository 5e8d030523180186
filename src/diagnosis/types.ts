/** Levels of a verdict and of a finding; the words of docs/json.md. */
export type Level = 'critical' | 'warning' | 'ok' | 'unknown'

/** From the worst on. */
export const LEVELS: readonly Level[] = ['critical', 'warning', 'unknown', 'ok']

/** proven: read and checked in the dump. strong: read, but a part is missing. weak: inferred. */
export type Confidence = 'proven' | 'strong' | 'weak'

/** A command that shows the same in another tool, ready to paste; null where it can't. */
export interface Check {
  crash: string | null
  drgn: string | null
}

/** Where a statement was seen. */
export interface Evidence {
  /** Name of the input. */
  input: string
  /** Address, offset or line. */
  at: string | null
  text: string
  check: Check | null
}

/** Every code that a finding or a verdict can have; explained in docs/findings.md. */
export const FINDING_CODES = [
  'ksm-walk-hang',
  'another-walk',
  'walk-of-a-short-list',
  'mmap-lock-queue',
  'lock-queue',
  'deadlock',
  'oversized-list',
  'list-over-limit',
  'no-oversized-list',
  'nothing-merged',
  'list-unknown',
  'no-limit',
  'limit-of-no-help',
  'list-bounds',
  'guest-log',
  'waits-unexplained',
  'other-trouble',
  'samples-of-walk',
  'obfuscated-report',
  'nothing-found',
  'stale-nodes',
  'exited-processes',
] as const
export type FindingCode = (typeof FINDING_CODES)[number]

export interface Finding {
  code: FindingCode
  level: Level
  confidence: Confidence
  /** One or two plain sentences. */
  summary: string
  evidence: Evidence[]
}

export interface Verdict {
  level: Level
  code: FindingCode
  confidence: Confidence
  summary: string
}

/** Explanations that are looked into besides the walk of a list; the words of docs/json.md. */
export const CHECK_CODES = ['lost-ipi', 'memory-pressure', 'deadlock', 'ksmd-scan', 'lru-drain'] as const
export type CheckCode = (typeof CHECK_CODES)[number]

/** What was looked into, and what came of it. */
export interface Checked {
  code: CheckCode
  result: 'ruled-out' | 'open' | 'found'
  /** The reason, one sentence. */
  by: string
  evidence: Evidence[]
}
