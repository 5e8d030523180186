import { EXIT, KsmDumpError, type Problem } from '../base/errors.ts'
import { analyzeTextDocument } from '../document/analyze-text.ts'
import { sameName } from '../base/host-names.ts'
import { sameBoot } from '../diagnosis/text-host.ts'
import { joinHosts } from '../document/join-hosts.ts'
import { joinTexts } from '../document/join-texts.ts'
import type { AnalyzeReport } from '../document/schema.ts'
import { looksPacked } from '../io/decompress.ts'
import { fileSource } from '../io/file-source.ts'
import { isFolder } from '../io/folder.ts'
import { analyze, type AnalyzeOptions } from './analyze.ts'
import { HEAD, kindOf } from './input-kinds.ts'
import { exitCode, exitOfProblems, type Outcome } from './outcome.ts'
import { noAnswer } from './no-answer.ts'
import type { HostInputs } from './host-inputs.ts'
import { readHosts, type ReadInputs } from './read-hosts.ts'
import type { Run } from './run-steps.ts'
import { INTERRUPTED } from './session.ts'
import { TOOL } from './tool.ts'

/** What is answered of one boot of one host. */
interface Answer {
  name: string
  boot: string | null
  outcome: Outcome<AnalyzeReport>
}

/** `analyze` on inputs of any kind. Dumps alone are the parts of one; with texts, folders or archives everything is read and joined. */
export async function analyzeInputs(
  names: readonly string[],
  options: AnalyzeOptions,
  run: Run,
): Promise<Outcome<AnalyzeReport>> {
  if (!names.some(needsReading)) return analyze(names, options, run)
  const read = await readHosts(names, run)
  const closes: (() => void)[] = [read.close]
  try {
    const answers: Answer[] = []
    for (const host of read.hosts) {
      for (const outcome of await answersOf(host, read, options, run)) {
        closes.push(outcome.close)
        answers.push({ name: host.names.join(', '), boot: host.boot, outcome })
      }
    }
    return together(answers, read, run, () => {
      for (const close of closes) close()
    })
  } catch (error) {
    for (const close of closes) close()
    throw error
  }
}

/** Whether an input is read by the general way: a folder, standard input, an archive, a report or a text. */
function needsReading(name: string): boolean {
  if (name === '-') return true
  try {
    if (isFolder(name)) return true
    const source = fileSource(name)
    const head = new Uint8Array(Math.min(HEAD, source.size))
    const length = source.read(0, head)
    source.close()
    const entry = kindOf(head.subarray(0, length))
    return entry ? entry.opens !== 'dump' : looksPacked(head.subarray(0, length))
  } catch (error) {
    // said better by who opens it as a dump
    if (error instanceof KsmDumpError || (error as NodeJS.ErrnoException).syscall !== undefined) return false
    throw error
  }
}

/**
 * The answer for one host: by its dump where there is one that is understood, else by its texts. Texts that are not of its boot
 * have an answer of their own.
 */
async function answersOf(
  host: HostInputs,
  read: ReadInputs,
  options: AnalyzeOptions,
  run: Run,
): Promise<Outcome<AnalyzeReport>[]> {
  const problems: Problem[] = []
  if (host.dumps.length > 0) {
    const outcome = await analyze(
      host.dumps.map((dump) => dump.file),
      options,
      run,
      host.dumps.map((dump) => dump.path),
    )
    if (host.texts.length === 0) return [outcome]
    if (!outcome.error) {
      const text = textAnswer(host, read, options, problems)
      if (text === null) return [outcome]
      if (!ofOneBoot(outcome.document, text.document)) return [outcome, text]
      return [{ ...outcome, document: joinTexts(outcome.document, text.document) }]
    }
    problems.push(...(outcome.document.problems as Problem[]))
    outcome.close()
  }
  const text = textAnswer(host, read, options, problems)
  return text === null ? [] : [text]
}

/** Texts that name another kernel, host or moment of booting than a dump are of another host or boot. */
function ofOneBoot(dump: AnalyzeReport, text: AnalyzeReport): boolean {
  const release = text.kernel?.release ?? null
  return (
    (release === null || release === dump.kernel?.release) &&
    sameName(dump.host.name, text.host.name) &&
    sameBoot(bootedAt(dump.host), bootedAt(text.host))
  )
}

/** Seconds of the epoch. */
function bootedAt({ time, uptimeSeconds }: AnalyzeReport['host']): number | null {
  return time === null || uptimeSeconds === null ? null : Date.parse(time) / 1000 - uptimeSeconds
}

/** The answer of a host's texts; null where they tell nothing. A log that reports nothing tells that. */
function textAnswer(
  host: HostInputs,
  read: ReadInputs,
  options: AnalyzeOptions,
  problems: Problem[],
): Outcome<AnalyzeReport> | null {
  if (!host.quiet && !host.texts.some(({ told, events }) => told.length > 0 || events.length > 0)) return null
  const document = analyzeTextDocument({
    tool: TOOL,
    inputs: read.inputs.map(({ name, kind, bytes }) => ({ name, kind, bytes })),
    problems,
    texts: host.texts,
    notes: host.notes,
    obfuscatedBy: host.sos.obfuscated === 'yes' ? host.sos.signs : [],
    thresholds: options.thresholds,
  })
  return { document, exit: exitCode(null, problems), error: null, close: () => undefined }
}

function nothingKnown(input: string | null): KsmDumpError {
  return new KsmDumpError(
    'not-a-dump',
    'Nothing of a known kind is in these inputs: no dump, no crash output, no kernel log, no report.',
    {
      input,
      advice: 'Give a vmcore, what crash printed, a kernel log, a sosreport, an apport file or the mail of a bug.',
    },
  )
}

function together(answers: readonly Answer[], read: ReadInputs, run: Run, close: () => void): Outcome<AnalyzeReport> {
  const problems = [...read.problems]
  if (run.abort.aborted) problems.push({ ...INTERRUPTED })
  const inputs = read.inputs.map(({ name, kind, bytes }) => ({ name, kind, bytes }))
  if (answers.length === 0) {
    const report = problems.find(({ code }) => code === 'is-a-report')
    const error = report
      ? new KsmDumpError(report.code, report.message, { input: report.input })
      : nothingKnown(inputs[0]?.name ?? null)
    return {
      document: noAnswer(
        inputs,
        problems.filter((each) => each !== report),
        error,
      ),
      exit: exitCode(error, problems),
      error,
      close,
    }
  }
  const document = joinHosts(
    answers.map(({ name, boot, outcome }) => ({ name, boot, document: outcome.document })),
    inputs,
    problems,
  )
  const error = answers.every(({ outcome }) => outcome.error !== null) ? answers[0]!.outcome.error : null
  const exit = exitOfProblems(document.problems)
  // an input that gave nothing beside others that did
  const partial = document.partial || (error === null && exit !== EXIT.done)
  return { document: { ...document, partial }, exit, error, close }
}
