// Biome, and two greps for what it does not see: bigint literals in hot files, machine paths and registries anywhere.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const biome = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome')
let failed = spawnSync(process.execPath, [biome, 'check', '.'], { cwd: root, stdio: 'inherit' }).status !== 0

const files = spawnSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  .stdout.split('\n')
  .filter(Boolean)
const complain = (file, line, what) => {
  console.error(`${file}:${line + 1}: ${what}`)
  failed = true
}
for (const file of files) {
  if (!/\.(ts|mjs|js|md|json|py|sh)$/.test(file) && !file.startsWith('.ci/')) continue
  const lines = readFileSync(`${root}/${file}`, 'utf8').split('\n')
  lines.forEach((text, line) => {
    if (file.endsWith('.hot.ts') && /\b\d+n\b/.test(text)) complain(file, line, 'a bigint literal in a hot file')
    if (file !== '.ci/run' && file !== 'scripts/lint.mjs' && /\.\.\/shared\b/.test(text))
      complain(file, line, 'names a folder outside the repo')
    if (/registry\.npmjs|"resolved":/.test(text) && file !== 'scripts/lint.mjs')
      complain(file, line, 'names a package registry')
  })
}
process.exit(failed ? 1 : 0)
