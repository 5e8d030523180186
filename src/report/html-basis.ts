import { grouped } from '../base/words.ts'
import type { AnalyzeReport } from '../document/schema.ts'
import { MOST, type Section } from './html-parts.ts'
import { code, markup, type Piece, prose } from './html-template.ts'
import { facts, leftOut, table } from './html-table.ts'
import { coveragePhrase, hostName, machinePhrase, PARTIAL, pagesPhrase, placeOf, takenPhrase } from './phrases.ts'

/** What the answer rests on: how complete it is, of which kernel and host, out of which inputs. */
export function basis(document: AnalyzeReport): Section {
  return {
    id: 'basis',
    title: 'What this rests on',
    body: [completeness(document), identity(document), inputs(document)],
  }
}

function completeness(document: AnalyzeReport): Piece {
  const { image, coverage, problems, partial } = document
  if (!image && coverage.length === 0 && problems.length === 0 && !partial) return null
  const several = document.inputs.length > 1
  return markup`<h3>How complete</h3>${facts([
    ['answer', partial && markup`<strong>partial</strong>: ${PARTIAL}`],
    ['pages', image && pagesPhrase(image.pages)],
    ...coverage.slice(0, MOST.problems).map((each): [string, Piece] => ['by design', coveragePhrase(each)]),
    ['not shown', coverage.length > MOST.problems && `${grouped(coverage.length - MOST.problems)} more of these`],
  ])}${
    problems.length > 0 &&
    markup`<ul class="problems">${problems
      .slice(0, MOST.problems)
      .map(
        ({ code: name, message, input, at }) =>
          markup`<li><code>${name}</code> ${prose(message)} <span class="at">${placeOf({ input: input ?? '', at }, several)}</span></li>`,
      )}</ul>${leftOut(problems.length - MOST.problems)}`
  }`
}

function identity({ kernel, host, environment, image, guests }: AnalyzeReport): Piece {
  const rows = facts([
    ...Object.entries(environment).map(([name, value]): [string, Piece] => [name, value]),
    ['kernel', kernel?.version && `${kernel.release ?? ''} ${kernel.version}`],
    ['build id', kernel?.buildId && code(kernel.buildId)],
    ['KASLR offset', kernel?.kaslrOffset && code(kernel.kaslrOffset)],
    ['symbols, types', kernel?.symbols && `${kernel.symbols}, ${kernel.types ?? 'none'}`],
    [
      'dump',
      image &&
        `${image.format}${image.compression.length > 0 ? `, ${image.compression.join(', ')}` : ''}${image.dumpLevel === null ? '' : `, dump level ${image.dumpLevel}`}, ${grouped(image.pagesPresent)} pages`,
    ],
    ['host', hostName(host.name)],
    ['taken', takenPhrase(host)],
    ['machine', machinePhrase(host)],
    ['panic', host.panic],
    [
      'guests',
      guests !== null &&
        guests.length > 0 &&
        `${grouped(guests.length)}: ${guests.slice(0, MOST.owners).join(', ')}${guests.length > MOST.owners ? ` … and ${grouped(guests.length - MOST.owners)} more` : ''}`,
    ],
  ])
  return rows && markup`<h3>Kernel and host</h3>${rows}`
}

function inputs({ inputs: all }: AnalyzeReport): Piece {
  return table({
    caption: 'Inputs',
    columns: [{ head: 'name', rowHead: true }, { head: 'kind' }, { head: 'bytes', right: true }],
    rows: all
      .slice(0, MOST.rows)
      .map(({ name, kind, bytes }) => [name, kind ?? 'unknown', bytes === null ? '–' : grouped(bytes)]),
    more: all.length - MOST.rows,
  })
}
