import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

const folder = import.meta.dirname
const dist = resolve(process.env['KSM_DUMP_DIST'] ?? resolve(folder, '../../dist'))

test('the build gives the expected answer in all 222 format cases', { timeout: 300_000 }, () => {
  expect(existsSync(resolve(dist, 'image/open.js')), `no build in ${dist}: npm run build`).toBe(true)
  const { stdout, status } = spawnSync(
    process.execPath,
    [resolve(folder, 'run-cases.mjs'), '--adapter', resolve(folder, 'adapter.mjs')],
    { encoding: 'utf8', env: { ...process.env, KSM_DUMP_DIST: dist }, maxBuffer: 16 * 1024 * 1024 },
  )
  expect(stdout.trimEnd().split('\n')).toEqual(['222 passed, 0 failed, 0 skipped'])
  expect(status).toBe(0)
})
