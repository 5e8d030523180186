import { EXIT } from '../base/errors.ts'
import type { AnalyzeReport } from '../document/schema.ts'

/** What `--fail-on` takes, from mild to bad. */
export const FAIL_LEVELS = ['warning', 'critical'] as const
export type FailLevel = (typeof FAIL_LEVELS)[number]

/**
 * The exit code under `--fail-on`: 1 where the verdict is of that level or worse and nothing else is wrong. A partial or missing
 * answer keeps its own code, which is no success either; `unknown` is no level.
 * @param limit - null: `--fail-on` was not given
 */
export function failOn(exit: number, { verdict }: AnalyzeReport, limit: FailLevel | null): number {
  if (exit !== EXIT.done || limit === null) return exit
  const level = FAIL_LEVELS.indexOf(verdict.level as FailLevel)
  return level >= FAIL_LEVELS.indexOf(limit) ? EXIT.failOn : exit
}

/** Exit codes that a run over several inputs can have, worst first. */
const WORST_FIRST: readonly number[] = [
  EXIT.interrupted,
  EXIT.internal,
  EXIT.kernel,
  EXIT.unreadable,
  EXIT.usage,
  EXIT.incomplete,
  EXIT.failOn,
  EXIT.done,
]

/** Of two exit codes the one that says more about what went wrong. */
export function worse(one: number, other: number): number {
  return WORST_FIRST.indexOf(one) <= WORST_FIRST.indexOf(other) ? one : other
}
