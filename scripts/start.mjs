// Runs `analyze` on the bundled dump; further arguments go to it.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const args = ['bin/run.js', 'analyze', 'fixtures/6.1-hang.vmcore', ...process.argv.slice(2)]
console.log(`$ ksm-dump ${args.slice(1).join(' ')}\n`)
process.exit(spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status ?? 1)
