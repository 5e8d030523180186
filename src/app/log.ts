import { type LogFilter, logDocument } from '../document/log.ts'
import type { LogReport } from '../document/schema.ts'
import { KsmDumpError } from '../base/errors.ts'
import { type LogRecord, readPrintkRing } from '../kernel/printk-ring.ts'
import { EventParser } from '../parsers/klog-events.ts'
import type { Outcome } from './outcome.ts'
import type { Run } from './run-steps.ts'
import { type CommonOptions, Session } from './session.ts'

/** The kernel's log. Never throws for what the input is. */
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
    const kernel = await session.openKernel()
    for (const record of readPrintkRing(kernel)) {
      records.push(record)
      events.push(record.text, record.time)
      if (run.abort.aborted) break
    }
    session.mark('log')
    if (records.length === 0)
      throw new KsmDumpError(
        'pages-absent',
        'The kernel log can not be read: its ring buffer is not in the dump, or of an unknown kind.',
        { input: session.input },
      )
  })
  return session.outcome(logDocument(session.opened(), records, events.events, options))
}
