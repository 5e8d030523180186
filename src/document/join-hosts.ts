import type { Problem } from '../base/errors.ts'
import { isUnnamed } from '../base/host-names.ts'
import { LEVELS } from '../diagnosis/types.ts'
import { leavesOpen } from './common.ts'
import type { AnalyzeReport } from './schema.ts'

/**
 * One document out of those of several hosts, which are never joined: the worst one's, with the findings of the others beside its
 * own, each with the name of its host, and with its boot where a host has several.
 * @param problems - of reading the inputs
 */
export function joinHosts(
  hosts: readonly { name: string; boot: string | null; document: AnalyzeReport }[],
  inputs: AnalyzeReport['inputs'],
  problems: readonly Problem[],
): AnalyzeReport {
  const sorted = [...hosts].sort((a, b) => rank(a.document) - rank(b.document))
  const worst = sorted[0]!.document
  const seen = new Set<string>()
  const all = [...hosts.flatMap(({ document }) => document.problems), ...problems].filter((problem) => {
    const key = JSON.stringify(problem)
    return seen.has(key) ? false : seen.add(key)
  })
  const named = sorted.length > 1
  const nameOf = ({ name, boot, document: { host } }: (typeof sorted)[number]): string =>
    (host.name === null || isUnnamed(host.name) ? name : host.name) + (boot === null ? '' : ` (${boot})`)
  return {
    ...worst,
    inputs,
    problems: all,
    partial: sorted.some(({ document }) => document.partial) || all.some((problem) => leavesOpen(problem as Problem)),
    verdict: named ? { ...worst.verdict, summary: `${nameOf(sorted[0]!)}: ${worst.verdict.summary}` } : worst.verdict,
    findings: sorted.flatMap((host) =>
      host.document.findings.map((finding) =>
        named ? { ...finding, summary: `${nameOf(host)}: ${finding.summary}` } : finding,
      ),
    ),
    events: named ? worst.events : sorted.flatMap(({ document }) => document.events),
  }
}

function rank({ verdict }: AnalyzeReport): number {
  return LEVELS.indexOf(verdict.level)
}
