import type { TextParser, Told, ToldHost, ToldValue } from '../../src/parsers/told.ts'

/** Feeds a text line by line, as a reader does: line ends are not part of a line. */
export function fed<P extends TextParser>(parser: P, text: string | readonly string[]): Told[] {
  const lines = typeof text === 'string' ? text.replace(/\n$/, '').split('\n') : text
  lines.forEach((line, i) => {
    parser.push(line, i + 1)
  })
  parser.end()
  return parser.told
}

/** Values by name; of a name that is told twice the last. */
export function valuesOf(told: readonly Told[]): Record<string, string> {
  return Object.fromEntries(
    told.filter((each): each is ToldValue => each.kind === 'value').map((each) => [each.name, each.text]),
  )
}

/** What the hosts of a text say, without what they don't. */
export function hostsOf(told: readonly Told[]): Record<string, unknown>[] {
  return told
    .filter((each): each is ToldHost => each.kind === 'host')
    .map((each) => Object.fromEntries(Object.entries(each).filter(([key, value]) => value !== null && key !== 'kind')))
}

/** What a text tells, values only. */
export const values = (parser: TextParser, text: string | readonly string[]): Record<string, string> =>
  valuesOf(fed(parser, text))

/** What a text tells of the host, without lines and sources. */
export function host(parser: TextParser, text: string | readonly string[]): Record<string, unknown> {
  const all: Record<string, unknown> = {}
  for (const each of hostsOf(fed(parser, text))) Object.assign(all, each)
  delete all['line']
  delete all['source']
  return all
}
