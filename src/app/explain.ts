import { KsmDumpError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { printable } from '../base/text.ts'
import { type Explanation, EXPLANATIONS, explanationsOf } from '../document/explanations.ts'
import type { ExplainReport } from '../document/schema.ts'
import { Output, terminal } from '../io/terminal.ts'
import { writeJson } from '../report/json.ts'
import { codesText, explainText } from '../report/explain-text.ts'
import { TOOL } from './tool.ts'

/**
 * Prints what a code means. @param code - null: lists every code
 * @throws KsmDumpError bad-flag when there is no such code
 */
export function explain(code: string | null, json: boolean): void {
  const found = code === null ? [...EXPLANATIONS] : explanationsOf(code)
  if (found.length === 0) {
    const meant = nearest(
      code ?? '',
      EXPLANATIONS.map((each) => each.code),
    )
    throw new KsmDumpError('bad-flag', `${printable(code ?? '', 80)} is no code of a report.`, {
      advice: meant === null ? 'ksm-dump explain lists them all.' : `Did you mean ${meant}?`,
    })
  }
  const output = new Output()
  const write = (piece: string): void => output.write(piece)
  if (json) writeJson(documentOf(found), write)
  else if (code === null) codesText(found, write, terminal())
  else explainText(found, write, terminal())
  output.flush()
}

function documentOf(explanations: Explanation[]): ExplainReport {
  return { schema: 'ksm-dump/explain/1', tool: TOOL, inputs: [], partial: false, problems: [], explanations }
}
