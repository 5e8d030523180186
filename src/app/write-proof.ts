import { KsmDumpError } from '../base/errors.ts'
import type { AnalyzeReport } from '../document/schema.ts'
import { makeFolder, refuseIn, writeWhole } from '../io/whole-file.ts'
import { writeCrashProof } from '../report/proof-crash.ts'
import { writeDrgnProof } from '../report/proof-drgn.ts'

/** The scripts of a proof, and what writes them. */
const SCRIPTS = [
  { name: 'check.py', render: writeDrgnProof },
  { name: 'check.crash', render: writeCrashProof },
] as const

/**
 * Refuses a folder that can't hold a proof or holds another one, before the work begins.
 * @throws KsmDumpError file-exists, not-written
 */
export function refuseProof(folder: string, force: boolean): void {
  refuseIn(
    folder,
    SCRIPTS.map(({ name }) => name),
    force,
  )
}

/**
 * Writes the scripts that check a report's claims without us; the folder is made where it is missing.
 * @throws KsmDumpError no-proof for a report that rests on no dump, not-written
 */
export async function writeProof(report: AnalyzeReport, folder: string, force: boolean): Promise<void> {
  const { layout } = report
  if (layout === null)
    throw new KsmDumpError(
      'no-proof',
      'This report rests on no dump whose KSM lists were read, so there is no memory that a script could check: nothing is written for --proof.',
    )
  makeFolder(folder)
  for (const { name, render } of SCRIPTS)
    await writeWhole(`${folder}/${name}`, { force }, (write) => render(report, layout, write))
}
