// Builds src/ into dist/ (first src/document/our-words.ts out of the rest), then oclif.manifest.json, schemas/*.json, the codes in
// docs/findings.md and man/*.1 out of it.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { writeOurWords } from './our-words.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const require = createRequire(import.meta.url)
writeOurWords()
rmSync(`${root}/dist`, { recursive: true, force: true })
const { status } = spawnSync(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.json'], {
  cwd: root,
  stdio: 'inherit',
})
if (status !== 0) process.exit(status ?? 1)

const { Plugin } = await import('@oclif/core/config')
const plugin = new Plugin({
  root,
  ignoreManifest: true,
  errorOnManifestCreate: true,
  respectNoCacheDefault: true,
  type: 'core',
})
await plugin.load()
writeFileSync(`${root}/oclif.manifest.json`, `${JSON.stringify(plugin.manifest, null, 2)}\n`)

const { z } = await import('zod')
const { DOCUMENTS } = await import('../dist/document/schema.js')
mkdirSync(`${root}/schemas`, { recursive: true })
for (const [command, schema] of Object.entries(DOCUMENTS)) {
  // "input" leaves additional members allowed: documents may grow.
  writeFileSync(
    `${root}/schemas/${command}.json`,
    `${JSON.stringify(z.toJSONSchema(schema, { io: 'input' }), null, 2)}\n`,
  )
}

const { EXPLANATIONS } = await import('../dist/document/explanations.js')
const { explainMarkdown } = await import('../dist/report/explain-text.js')
const findings = `${root}/docs/findings.md`
const [above] = readFileSync(findings, 'utf8').split('\n## Codes\n')
writeFileSync(findings, `${above}\n## Codes\n\n${explainMarkdown(EXPLANATIONS)}`)

const { manPages } = await import('./man-pages.mjs')
rmSync(`${root}/man`, { recursive: true, force: true })
mkdirSync(`${root}/man`)
for (const [file, roff] of Object.entries(manPages(root))) writeFileSync(`${root}/man/${file}`, roff)
