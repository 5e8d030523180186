import type { Thresholds } from '../diagnosis/lists.ts'
import { type Analysis, analyzeDocument, LONGEST } from '../document/analyze.ts'
import { readSleepers } from '../diagnosis/sleepers.ts'
import { readGuests } from '../diagnosis/guests.ts'
import type { AnalyzeReport } from '../document/schema.ts'
import { readHost } from '../kernel/host.ts'
import { gatherHang } from '../diagnosis/gather-hang.ts'
import { listProcesses } from '../kernel/processes.ts'
import { stackReader } from '../kernel/stacks.ts'
import { listTasks } from '../kernel/task-list.ts'
import { ownersOf } from '../ksm/list-census.ts'
import { surveyKsm } from '../ksm/survey.ts'
import { readZeroPages } from '../ksm/zero-page.ts'
import type { Outcome } from './outcome.ts'
import { type Run, runSteps } from './run-steps.ts'
import { type CommonOptions, Session } from './session.ts'

export interface AnalyzeOptions extends CommonOptions {
  thresholds: Thresholds
}

/** The main job: a vmcore in, every KSM list counted, and a verdict. Never throws for what the input is. */
export async function analyze(
  files: readonly string[],
  options: AnalyzeOptions,
  run: Run,
  names: readonly string[] = files,
): Promise<Outcome<AnalyzeReport>> {
  const session = new Session(files, options, run, names)
  const analysis: Omit<Analysis, 'opened'> = {
    kernel: null,
    survey: null,
    processes: null,
    host: null,
    hang: null,
    sleepers: [],
    tasksComplete: false,
    content: null,
    guests: null,
    thresholds: options.thresholds,
    input: session.input,
  }
  await session.attempt(async () => {
    const kernel = await session.openKernel()
    analysis.kernel = kernel
    analysis.host = readHost(kernel)
    session.mark('host')
    const pagesPresent = session.image?.pagesPresent ?? 0
    const survey = await runSteps(
      surveyKsm(kernel, session.input, { owners: LONGEST, byMm: true, pagesPresent }, run.abort),
      run,
    )
    analysis.survey = survey
    session.problems.push(...survey.problems)
    session.mark('ksm')
    const processes = listProcesses(kernel, session.input)
    analysis.processes = processes
    session.problems.push(...processes.problems)
    session.mark('processes')
    const list = await runSteps(listTasks(kernel, session.input, run.abort), run)
    analysis.tasksComplete = list.complete
    // the task list's own faults are known from the processes already
    if (processes.complete) session.problems.push(...list.problems)
    const stacks = stackReader(kernel, session.image?.cpus ?? [])
    analysis.hang = await runSteps(
      gatherHang(kernel, survey, list.tasks, list.complete, stacks, session.input, session.problems, run.abort),
      run,
    )
    analysis.sleepers = await runSteps(
      readSleepers(
        list.tasks,
        new Map(analysis.hang.tasks.map((task) => [task.id, task])),
        stackReader({ ...kernel, memory: kernel.probe }, []),
        run.abort,
      ),
      run,
    )
    session.mark('stacks')
    analysis.content = await runSteps(
      readZeroPages(kernel, survey.nodes, survey.nodes.sorted().slice(0, LONGEST), run.abort),
      run,
    )
    session.mark('contents')
    analysis.guests = readGuests(kernel, ownersOf(survey.lists.byMm))
  })
  return session.outcome(analyzeDocument({ ...analysis, opened: session.opened() }))
}
