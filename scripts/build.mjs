// Builds src/ into dist/ (first src/document/our-words.ts out of the rest), then oclif.manifest.json and schemas/*.json out of it.
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
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
