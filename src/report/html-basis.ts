import { grouped, size } from '../base/words.ts'
import type { AnalyzeReport } from '../document/schema.ts'
import { MOST, type Section } from './html-parts.ts'
import { code, markup, type Piece, prose } from './html-template.ts'
import { facts, leftOut, table } from './html-table.ts'
import { uptime } from './parts.ts'

const WHY = {
  'dump-level': 'left out by the dump level',
  erased: 'erased',
  damaged: 'damaged',
  'no-types': 'no types',
} as const

/** What the answer rests on: how complete it is, of which kernel and host, out of which inputs. */
export function basis(document: AnalyzeReport): Section {
  return {
    id: 'basis',
    title: 'What this rests on',
    body: [completeness(document), identity(document), inputs(document)],
  }
}

function completeness({ image, coverage, problems, partial }: AnalyzeReport): Piece {
  if (!image && coverage.length === 0 && problems.length === 0 && !partial) return null
  const missing =
    image &&
    [
      image.pages.excluded > 0 && `${grouped(image.pages.excluded)} excluded`,
      image.pages.damaged > 0 && `${grouped(image.pages.damaged)} damaged`,
      image.pages.beyond > 0 && `${grouped(image.pages.beyond)} beyond the end`,
    ].filter((each) => each !== false)
  return markup`<h3>How complete</h3>${facts([
    ['answer', partial && markup`<strong>partial</strong>: something that was needed is missing`],
    [
      'pages',
      image &&
        missing &&
        `${grouped(image.pages.needed)} were needed, ${missing.length === 0 ? 'all were there' : missing.join(', ')}`,
    ],
    ...coverage
      .slice(0, MOST.problems)
      .map(({ what, present, absent, why }): [string, Piece] => [
        'by design',
        `${what}: ${grouped(present)} in the dump, ${grouped(absent)} not${why === null ? '' : ` (${WHY[why]})`}`,
      ]),
  ])}${
    problems.length > 0 &&
    markup`<ul class="problems">${problems
      .slice(0, MOST.problems)
      .map(
        ({ code: name, message, input, at }) =>
          markup`<li><code>${name}</code> ${prose(message)} <span class="at">${[input, at].filter((each) => each !== null).join(', ')}</span></li>`,
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
    ['host', host.name],
    ['taken', host.time && `${host.time}${host.uptimeSeconds === null ? '' : `, up ${uptime(host.uptimeSeconds)}`}`],
    [
      'machine',
      [
        host.cpus !== null && `${grouped(host.cpus)} CPUs`,
        host.memoryBytes !== null && `${size(host.memoryBytes)} of memory`,
      ]
        .filter((each) => each !== false)
        .join(', '),
    ],
    ['panic', host.panic],
    [
      'guests',
      guests !== null &&
        guests.length > 0 &&
        `${grouped(guests.length)}: ${guests.slice(0, MOST.owners).join(', ')}${guests.length > MOST.owners ? ', …' : ''}`,
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
