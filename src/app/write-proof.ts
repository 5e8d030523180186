import { KsmDumpError } from '../base/errors.ts'
import type { AnalyzeReport } from '../document/schema.ts'
import { makeFolder, standsInTheWay, WholeFile } from '../io/whole-file.ts'
import { writeCrashProof } from '../report/proof-crash.ts'
import { writeDrgnProof } from '../report/proof-drgn.ts'

/** The scripts of a proof, and what writes them. */
const SCRIPTS = [
  { name: 'check.py', render: writeDrgnProof },
  { name: 'check.crash', render: writeCrashProof },
] as const

const pathOf = (folder: string, name: string): string => `${folder}/${name}`

/**
 * Refuses a folder that holds another proof, before the work begins.
 * @throws KsmDumpError file-exists
 */
export function refuseProof(folder: string, force: boolean): void {
  for (const { name } of SCRIPTS)
    if (standsInTheWay(pathOf(folder, name), force))
      throw new KsmDumpError('file-exists', `${pathOf(folder, name)} is there already: --force overwrites it.`)
}

/**
 * Writes the scripts that check a report's claims without us; the folder is made where it is missing.
 * @throws KsmDumpError no-proof for a report that rests on no dump, not-written
 */
export function writeProof(report: AnalyzeReport, folder: string, force: boolean): void {
  const { layout } = report
  if (layout === null)
    throw new KsmDumpError(
      'no-proof',
      'This report rests on no dump whose KSM lists were read, so there is no memory that a script could check: nothing is written for --proof.',
    )
  makeFolder(folder)
  for (const { name, render } of SCRIPTS) {
    const file = new WholeFile(pathOf(folder, name), force)
    try {
      render(report, layout, (piece) => file.write(Buffer.from(piece)))
      file.finish()
    } catch (error) {
      file.discard()
      throw error
    }
  }
}
