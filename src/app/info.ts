import { infoDocument } from '../document/info.ts'
import type { InfoReport } from '../document/schema.ts'
import { readHost, type HostReading } from '../kernel/host.ts'
import { type LogExtent, logExtent } from '../kernel/kernel-log.ts'
import type { Outcome } from './outcome.ts'
import type { Run } from './run-steps.ts'
import { type CommonOptions, Session } from './session.ts'

/** What a file is, which kernel, how complete, and what will work on it. Never throws for what the input is. */
export async function info(files: readonly string[], options: CommonOptions, run: Run): Promise<Outcome<InfoReport>> {
  const session = new Session(files, options, run)
  let reading: HostReading | null = null
  let log: LogExtent | null = null
  await session.attempt(async () => {
    await session.openImage()
    const opening = session.findKernel()
    if (opening.kernel) reading = readHost(opening.kernel)
    log = logExtent(opening)
    session.mark('host')
  })
  return session.outcome(infoDocument(session.opened(), reading, log, session.input))
}
