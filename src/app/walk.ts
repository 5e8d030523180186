import { type FoundList, walkDocument } from '../document/walk.ts'
import type { WalkReport } from '../document/schema.ts'
import { listProcesses } from '../kernel/processes.ts'
import { PIECE } from '../ksm/address-log.hot.ts'
import { AddressSweep } from '../ksm/address-sweep.hot.ts'
import type { WalkTarget } from '../ksm/list-start.ts'

export type { WalkTarget }
import { type OneList, walkOneList } from '../ksm/one-list.ts'
import type { Outcome } from './outcome.ts'
import { type Run, runSteps } from './run-steps.ts'
import { type CommonOptions, Session } from './session.ts'

export interface WalkOptions extends CommonOptions {
  /** Most items to walk, null for all. */
  limit: number | null
  /** Owners need the task list; `--addresses` does not. */
  owners: boolean
}

/** A batch of hlist_node addresses, as halves; valid until the next one. */
export interface AddressBatch {
  lo: Uint32Array
  hi: Uint32Array
  count: number
}

export interface WalkOutcome extends Outcome<WalkReport> {
  /** The addresses of the list, batch by batch. */
  addresses(): Generator<AddressBatch>
}

const BATCH = 65_536

/** Walks one list from whatever leads to it. Never throws for what the input is. */
export async function walk(
  files: readonly string[],
  target: WalkTarget,
  options: WalkOptions,
  run: Run,
): Promise<WalkOutcome> {
  const session = new Session(files, options, run)
  const found: FoundList = {
    kernel: null,
    list: null,
    processes: null,
    asked: 'address' in target ? target.address : null,
  }
  await session.attempt(async () => {
    const kernel = await session.openKernel()
    found.kernel = kernel
    const list = await runSteps(
      walkOneList(
        kernel,
        session.input,
        target,
        session.image?.pagesPresent ?? 0,
        { limit: options.limit, log: !options.owners },
        run.abort,
      ),
      run,
    )
    found.list = list
    session.problems.push(...list.problems)
    session.mark('walk')
    if (!options.owners) return
    found.processes = listProcesses(kernel, session.input)
    session.problems.push(...found.processes.problems)
    session.mark('processes')
  })
  const outcome = session.outcome(walkDocument(session.opened(), found))
  const { kernel, list } = found
  return {
    ...outcome,
    addresses: () =>
      kernel && list ? sweep(new AddressSweep(kernel.physical, kernel.directMap, BATCH), list) : none(),
  }
}

function* sweep(sweeper: AddressSweep, list: OneList): Generator<AddressBatch> {
  const { log } = list
  if (log) {
    for (let piece = 0; piece * PIECE < log.count; piece++)
      yield { lo: log.lo[piece]!, hi: log.hi[piece]!, count: Math.min(PIECE, log.count - piece * PIECE) }
    return
  }
  for (const segment of list.segments) {
    sweeper.start(segment.lo, segment.hi)
    for (let left = segment.count; left > 0; ) {
      const count = sweeper.run(left)
      if (count === 0) break
      left -= count
      yield { lo: sweeper.lo, hi: sweeper.hi, count }
    }
  }
}

function* none(): Generator<AddressBatch> {}
