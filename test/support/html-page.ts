import { AnalyzeDocument, type AnalyzeReport } from '../../src/document/schema.ts'
import { analyzeHtml } from '../../src/report/html.ts'

/** The page of a document. */
export async function pageOf(document: AnalyzeReport): Promise<string> {
  const pieces: string[] = []
  await analyzeHtml(document, (piece) => pieces.push(piece))
  return pieces.join('')
}

/** A document with a text in every place where the schema lets any text be. */
export function withTextEverywhere(document: AnalyzeReport, text: string): AnalyzeReport {
  const copy = mapped(document, text)
  const { error } = AnalyzeDocument.safeParse(copy)
  for (const { path } of error?.issues ?? []) {
    let [from, to] = [document as unknown, copy as unknown]
    for (const step of path.slice(0, -1)) [from, to] = [at(from, step), at(to, step)]
    const last = path.at(-1) as string
    ;(to as Record<string, unknown>)[last] = at(from, last)
  }
  return AnalyzeDocument.parse(copy)
}

const at = (value: unknown, step: PropertyKey): unknown => (value as Record<PropertyKey, unknown>)[step]

function mapped<T>(value: T, text: string): T {
  if (typeof value === 'string') return text as T
  if (Array.isArray(value)) return value.map((each) => mapped(each, text)) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, mapped(each, text)])) as T
}

/** Tags with the names of their attributes, in their order: what a page is made of, whatever its texts are. */
export function skeleton(page: string): string {
  return (page.match(/<[^>]*>/g) ?? []).map((tag) => tag.replace(/"[^"]*"/g, '""')).join('\n')
}

/** What stands between the tags, entities and white space resolved. */
export function plainText(page: string): string {
  const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#96': '`' }
  return page
    .replace(/<(style|script)>[\s\S]*?<\/\1>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&(\w+|#\d+);/g, (_all, name: string) => entities[name] ?? `&${name};`)
    .replace(/\s+/g, ' ')
}
