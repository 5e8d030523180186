import { nodesDocument, type NodesFilter } from '../document/nodes.ts'
import type { NodesReport } from '../document/schema.ts'
import { surveyKsm } from '../ksm/survey.ts'
import { readZeroPages } from '../ksm/zero-page.ts'
import type { Outcome } from './outcome.ts'
import { type Run, runSteps } from './run-steps.ts'
import { type CommonOptions, Session } from './session.ts'

export interface NodesOptions extends CommonOptions, NodesFilter {}

/** Every stable_node, longest list first. Never throws for what the input is. */
export async function nodes(files: readonly string[], options: NodesOptions, run: Run): Promise<Outcome<NodesReport>> {
  const session = new Session(files, options, run)
  const found: Parameters<typeof nodesDocument>[1] = {
    kernel: null,
    survey: null,
    rows: new Uint32Array(),
    content: null,
  }
  await session.attempt(async () => {
    const kernel = await session.openKernel()
    found.kernel = kernel
    const pagesPresent = session.image?.pagesPresent ?? 0
    const survey = await runSteps(
      surveyKsm(kernel, session.input, { owners: 0, byMm: false, pagesPresent }, run.abort),
      run,
    )
    found.survey = survey
    session.problems.push(...survey.problems)
    session.mark('ksm')
    const rows = survey.nodes.sorted(
      (row) =>
        survey.nodes.length[row]! >= options.minLength &&
        (options.tree === null || survey.nodes.tree[row] === options.tree),
    )
    found.rows = options.top === null ? rows : rows.slice(0, options.top)
    found.content = await runSteps(readZeroPages(kernel, survey.nodes, found.rows, run.abort), run)
    session.mark('contents')
  })
  return session.outcome(nodesDocument(session.opened(), found))
}
