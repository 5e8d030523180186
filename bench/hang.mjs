#!/usr/bin/env node
// The whole `analyze` of a hang beside Node's own start-up, medians of runs in turn, page cache warm, no cache of ours.
//   node bench/hang.mjs [VMCORE] [--runs 7]
// The budget: three times `node -e 0` plus 1.5 s. Exit 1 when the median is over it.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: '7' } },
})
const dump = positionals[0] ?? fileURLToPath(new URL('../fixtures/6.1-hang.vmcore', import.meta.url))
const bin = fileURLToPath(new URL('../bin/run.js', import.meta.url))

function time(args) {
  const started = process.hrtime.bigint()
  const { status, stderr } = spawnSync(process.execPath, args, { maxBuffer: 2 ** 28 })
  if (status !== 0) throw new Error(`node ${args.join(' ')}: exit ${status}\n${stderr}`)
  return Number(process.hrtime.bigint() - started) / 1e9
}
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]

const bare = []
const whole = []
for (let run = 0; run < Number(values.runs); run++) {
  bare.push(time(['-e', '0']))
  whole.push(time([bin, 'analyze', dump]))
}
const budget = 3 * median(bare) + 1.5
const took = median(whole)
console.log(`node -e 0          ${median(bare).toFixed(3)} s`)
console.log(
  `ksm-dump analyze   ${took.toFixed(3)} s (${Math.min(...whole).toFixed(3)} to ${Math.max(...whole).toFixed(3)})`,
)
console.log(
  `budget             ${budget.toFixed(3)} s: ${took <= budget ? 'kept' : 'NOT kept'} (${(took / budget).toFixed(2)} of it)`,
)
process.exit(took <= budget ? 0 : 1)
