// Runs every test: vitest over test/, which also drives the real binary and the conformance cases.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const require = createRequire(import.meta.url)
const vitest = join(dirname(require.resolve('vitest/package.json')), require('vitest/package.json').bin.vitest)
const { status } = spawnSync(process.execPath, [vitest, 'run', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
})
if (!process.env.KSM_DUMP_CORPUS) {
  console.log(
    '\nNOTE: KSM_DUMP_CORPUS is not set: the tests over dumps outside the repo were SKIPPED (fixtures/ was tested).',
  )
}
process.exit(status ?? 1)
