import { type LogFilter, logDocument } from '../document/log.ts'
import type { LogReport } from '../document/schema.ts'
import { KsmDumpError } from '../base/errors.ts'
import { logProblems, openLog } from '../kernel/kernel-log.ts'
import type { LogRecord } from '../kernel/log-record.ts'
import { EventParser } from '../parsers/klog-events.ts'
import type { Outcome } from './outcome.ts'
import type { Run } from './run-steps.ts'
import { type CommonOptions, Session } from './session.ts'

/** Records between two looks at Ctrl-C. */
const TURN = 4096

/** The kernel's log: of kernels without symbols and types, too, because it needs none. Never throws for what the input is. */
export async function log(
  files: readonly string[],
  options: CommonOptions & LogFilter,
  run: Run,
): Promise<Outcome<LogReport>> {
  const session = new Session(files, options, run)
  let records: LogRecord[] = []
  let events = new EventParser()
  await session.attempt(async () => {
    records = []
    events = new EventParser()
    await session.openImage()
    const opening = session.findKernel()
    const reading = openLog(opening)
    if (!reading && opening.stopped) throw opening.stopped
    let step = reading?.next()
    for (; step && !step.done && !run.abort.aborted; step = reading?.next()) {
      records.push(step.value)
      events.push(step.value.text, step.value.time)
      if (records.length % TURN === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    session.mark('log')
    if (records.length === 0)
      throw new KsmDumpError(
        'pages-absent',
        'The kernel log can not be read: its ring buffer is not in the dump, or of an unknown kind.',
        { input: session.input },
      )
    if (step?.done) session.problems.push(...logProblems(opening, step.value, session.input))
  })
  return session.outcome(logDocument(session.opened(), records, events.events, options))
}
