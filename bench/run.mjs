#!/usr/bin/env node
// Whole-process times beside drgn's, as ratios from one run on one machine: A B A B ..., medians, page cache warm.
//   node bench/run.mjs VMCORE [--peers FOLDER] [--runs 5]
// FOLDER is one that bench/peers.sh has made (needs root); without it only our own times are printed.
// Make a dump with a long list in another container: python3 bench/repack.py IN OUT --codec zlib --level 1
import { spawnSync } from 'node:child_process'
import { copyFileSync, rmSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const here = dirname(fileURLToPath(import.meta.url))
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { peers: { type: 'string' }, runs: { type: 'string', default: '5' } },
})
if (positionals.length !== 1) {
  console.error('usage: node bench/run.mjs VMCORE [--peers FOLDER] [--runs 5]')
  process.exit(2)
}
const dump = resolve(positionals[0])
const runs = Number(values.runs)
const bin = join(here, '../bin/run.js')

function time(command, args, cwd) {
  const started = process.hrtime.bigint()
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, maxBuffer: 2 ** 30 })
  const seconds = Number(process.hrtime.bigint() - started) / 1e9
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: exit ${status}\n${stderr}`)
  return { seconds, stdout }
}
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]

const report = JSON.parse(time(process.execPath, [bin, 'analyze', dump, '--json']).stdout)
const longest = report.ksm.longest.find((node) => node.kind !== 'chain')
const addresses = time(process.execPath, [bin, 'walk', dump, longest.address, '--addresses']).stdout
const first = addresses.subarray(0, 16).toString()
const lines = addresses.length / 17

const cases = {
  'node -e 0': () => time(process.execPath, ['-e', '0']),
  // into a pipe that somebody else reads, as in the README
  'ksm-dump walk --addresses': () =>
    time('sh', [
      '-c',
      '"$1" "$2" walk "$3" "$4" --addresses | wc -l',
      'sh',
      process.execPath,
      bin,
      dump,
      longest.address,
    ]),
  'ksm-dump analyze --json': () => time(process.execPath, [bin, 'analyze', dump, '--json']),
}
if (values.peers) {
  const script = join(dirname(dump), 'drgn-list.py')
  copyFileSync(join(here, 'drgn-list.py'), script)
  process.on('exit', () => rmSync(script, { force: true }))
  cases['drgn, loop of read_u64'] = () =>
    time(
      join(here, 'peers.sh'),
      [resolve(values.peers), 'python3', 'drgn-list.py', basename(dump), first],
      dirname(dump),
    )
  const counted = Number(cases['drgn, loop of read_u64']().stdout.toString())
  if (counted !== lines || counted !== longest.length)
    throw new Error(`drgn counts ${counted}, walk ${lines}, analyze ${longest.length}`)
}
const seconds = Object.fromEntries(Object.keys(cases).map((name) => [name, []]))
for (let i = 0; i < runs; i++) for (const [name, run] of Object.entries(cases)) seconds[name].push(run().seconds)

const base = seconds['drgn, loop of read_u64']
console.log(
  `${basename(dump)}: list of ${longest.length.toLocaleString('en-US')} rmap_items; ${runs} runs each, in turn`,
)
console.log(
  `${''.padEnd(28)}${'median'.padStart(8)}${'min'.padStart(8)}${'max'.padStart(8)}${base ? '   to drgn' : ''}`,
)
for (const [name, all] of Object.entries(seconds)) {
  const numbers = [median(all), Math.min(...all), Math.max(...all)].map((each) => each.toFixed(2).padStart(8)).join('')
  console.log(`${name.padEnd(28)}${numbers}${base ? (median(all) / median(base)).toFixed(2).padStart(10) : ''}`)
}
