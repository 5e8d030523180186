// Writes src/document/our-words.ts: the words that our own sentences, codes and commands are made of. The build runs it.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const root = fileURLToPath(new URL('..', import.meta.url))
const target = 'src/document/our-words.ts'
/** Rooms whose sentences come to stand in a document; parsers and files have words of others, names among them. */
const rooms = ['app', 'base', 'diagnosis', 'document', 'image', 'kernel', 'ksm']
/** Files whose texts never do. */
const notOurs = ['our-words.ts', 'secret-patterns.ts', 'completion.ts']

/** Texts of a program: strings and the constant parts of templates. */
function textsOf(source) {
  const texts = []
  const visit = (node) => {
    if (ts.isImportDeclaration(node)) return
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node))
      texts.push(node.text)
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile('', source, ts.ScriptTarget.Latest))
  return texts
}

export function ourWords() {
  const words = new Set()
  for (const room of rooms)
    for (const file of readdirSync(`${root}/src/${room}`, { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts') || notOurs.some((name) => file.endsWith(name))) continue
      for (const text of textsOf(readFileSync(`${root}/src/${room}/${file}`, 'utf8')))
        for (const [word] of text.matchAll(/[a-z][a-z0-9]+(?:[-_.][a-z0-9]+)*/gi))
          for (const part of [word, ...word.split(/[-_.]/)])
            if (/^[a-z].+/i.test(part) && part.length <= 40) words.add(part.toLowerCase())
    }
  return [...words].sort()
}

export function writeOurWords() {
  const lines = ['']
  for (const word of ourWords()) {
    if (`${lines.at(-1)} ${word}`.length > 118) lines.push('')
    lines[lines.length - 1] += lines.at(-1) === '' ? word : ` ${word}`
  }
  writeFileSync(
    `${root}/${target}`,
    `/** Words of our own sentences, codes and commands, in lower case. Written by scripts/our-words.mjs, in the build. */
export const OUR_WORDS: ReadonlySet<string> = new Set(
  \`
${lines.join('\n')}
\`
    .trim()
    .split(/\\s/),
)
`,
  )
}
