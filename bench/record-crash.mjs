#!/usr/bin/env node
// Records a crash session over a hang dump: what a careful engineer types who looks for a KSM walk, and what crash answers.
//   node bench/record-crash.mjs DUMP VMLINUX TRUTH.json --peers FOLDER [--flag NAME]... [--whole-list] > SESSION.txt
// Files lie in the current folder and are named without one, so no path of the machine comes into the text. Dumps without the kernel's text pages
// need --flag zero_excluded, kernels whose modules this crash can't read --flag no_modules. TRUTH.json is drgn's
// (as those of fixtures/): from it come the addresses to ask for. bench/peers.sh FOLDER installs crash.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    peers: { type: 'string' },
    flag: { type: 'string', multiple: true, default: [] },
    'whole-list': { type: 'boolean', default: false },
  },
})
const [dump, vmlinux, truthFile] = positionals
if (!truthFile || !values.peers) throw new Error('usage: record-crash.mjs DUMP VMLINUX TRUTH.json --peers FOLDER')
const truth = JSON.parse(readFileSync(truthFile, 'utf8'))
const { walkers, walked, locks, nodes } = truth
const bare = (address) => address.replace(/^0x/, '')
const node = nodes.find(({ address }) => address === walked.address)
const list = `list hlist_node.next ${bare(node.first)}`

const commands = [
  'sys',
  'ps',
  'ps -m',
  `set ${walkers[0].pid}`,
  `bt ${walkers[0].pid}`,
  `bt -f ${walkers[0].pid}`,
  `bt -sx ${walkers[0].pid}`,
  `bt -l ${walkers[0].pid}`,
  'bt -a',
  'foreach UN bt',
  'runq',
  ...locks.flatMap(({ address, mm, of }) => [
    `set ${of.pid}`,
    `px ((struct mm_struct *)0x${bare(mm)})->mmap_lock.count`,
    `struct rw_semaphore ${bare(address)}`,
    `struct mm_struct.mmap_lock -x ${bare(mm)}`,
  ]),
  `struct ksm_stable_node ${bare(walked.address)}`,
  'struct -o ksm_stable_node',
  `rd ${bare(walked.address)} 8`,
  values['whole-list'] ? list : `${list} | wc -l`,
  'struct ksm_rmap_item',
  ...['ksm_pages_shared', 'ksm_pages_sharing', 'ksm_max_page_sharing', 'ksm_merge_across_nodes', 'ksm_run'].map(
    (name) => `p ${name}`,
  ),
  'kmem -i',
  'kmem -s',
  'log',
  'quit',
]

const flags = values.flag.map((name) => `--${name}`)
const peers = fileURLToPath(new URL('peers.sh', import.meta.url))
const { stdout, status } = spawnSync('bash', [peers, values.peers, 'crash', ...flags, vmlinux, dump], {
  input: `${commands.join('\n')}\n`,
  maxBuffer: 2 ** 28,
})
if (status !== 0) throw new Error(`crash: exit ${status}`)
process.stdout.write(`$ crash ${[...flags, vmlinux, dump].join(' ')}\n`)
process.stdout.write(stdout)
