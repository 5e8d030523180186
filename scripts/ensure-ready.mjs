// Installs what package-lock.json names when it is not there yet, then builds: so `npm start` and `npm test` work in a fresh clone.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const lock = JSON.parse(readFileSync(`${root}/package-lock.json`, 'utf8'))
const installed = `${root}/node_modules/.package-lock.json`
const same = () => {
  const have = JSON.parse(readFileSync(installed, 'utf8')).packages
  return Object.entries(lock.packages).every(
    ([path, entry]) => path === '' || entry.optional || have[path]?.version === entry.version,
  )
}
const run = (command, args) => {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' })
  if (status !== 0) process.exit(status ?? 1)
}
if (!existsSync(installed) || !same()) {
  console.log('Installing the packages of package-lock.json ...')
  run('npm', ['ci', '--no-audit', '--no-fund'])
}
run(process.execPath, ['scripts/build.mjs'])
