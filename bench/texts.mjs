#!/usr/bin/env node
// Large texts: time of `analyze --json` beside `wc -l` (of the archive: beside `xz -dc | wc -l`), and peak memory beyond what
// `node -e 0` takes. Whole processes, in turn, medians, page cache warm. CPU seconds (user and system) are what a busy machine
// moves least: ratios and the list's target are by them.
//   node bench/texts.mjs [--only list,log,short,tasks,sos] [--runs 3] [--list 2306920] [--log-mb 1024] [--tasks 300000] [--sos-mb 300]
// Makes its inputs one after the other in a private temporary folder, up to 2 GB, and removes them. Exit 1 when one takes more than
// MEMORY_MB beyond node, or the list more than LIST_SECONDS beyond the start-up of the tool.
import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const MEMORY_MB = 200
const LIST_SECONDS = 1

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'list,log,short,tasks,sos' },
    runs: { type: 'string', default: '3' },
    list: { type: 'string', default: '2306920' },
    'log-mb': { type: 'string', default: '1024' },
    tasks: { type: 'string', default: '300000' },
    'sos-mb': { type: 'string', default: '300' },
  },
})
const runs = Number(values.runs)
const bin = fileURLToPath(new URL('../bin/run.js', import.meta.url))
/** Writes to descriptor 3 what the process took. */
const REPORT =
  'data:text/javascript,import{writeSync}from"node:fs";process.on("exit",()=>writeSync(3,JSON.stringify(process.resourceUsage())))'

/** A seeded generator of numbers below 2^32. */
let state = 1680513
const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0)

/** Writes pieces until the file has that many bytes, or `make` gives null. */
function write(path, bytes, make) {
  const fd = openSync(path, 'w')
  let size = 0
  let block = ''
  for (let i = 0; size + block.length < bytes; i++) {
    const piece = make(i)
    if (piece === null) break
    block += piece
    if (block.length < 2 ** 20) continue
    size += writeSync(fd, block)
    block = ''
  }
  writeSync(fd, block)
  closeSync(fd)
}

const hex = (value, width) => value.toString(16).padStart(width, '0')
const stamp = (i) => `[${(1000 + i / 500).toFixed(6).padStart(12)}]`
const address = () => `ffff8${hex(next() % 0x1000, 3)}${hex(next(), 8)}`

/** hlist_nodes within slab objects of 64 bytes, all different, in an order of their own, as on a host that merged for long. */
function listLine(count) {
  const objects = 2 ** Math.ceil(Math.log2(count))
  return (i) => (i < count ? `ffff88${hex((Math.imul(i, 1664525) & (objects - 1)) * 64 + 0x30, 10)}\n` : null)
}

const BANNER = '[    0.000000] Linux version 4.4.0-72-generic (a@b) (gcc version 5.4.0) #93-Ubuntu SMP\n'
const CHATTER = [
  () =>
    `audit: type=1400 audit(${next() % 1e9}.${next() % 999}:${next() % 1e6}): apparmor="ALLOWED" operation="open" pid=${next() % 65536}`,
  () => `br0: port ${next() % 40}(vnet${next() % 40}) entered forwarding state`,
  () =>
    `kvm [${next() % 65536}]: vcpu${next() % 64}, guest rIP: 0x${address()} disabled perfctr wrmsr: 0xc2 data 0xffff`,
  () => `EXT4-fs (dm-${next() % 30}): mounted filesystem with ordered data mode. Opts: (null)`,
  () => `nf_conntrack: table full, dropping packet SRC=10.${next() % 256}.${next() % 256}.7 LEN=${next() % 1500}`,
]
const STACK = [
  '__schedule+0x2a3/0x7a0',
  'schedule+0x33/0xa0',
  'rwsem_down_read_failed+0xe5/0x110',
  'call_rwsem_down_read_failed+0x14/0x30',
]
const OUTER = [
  'down_read+0x20/0x30',
  'proc_pid_cmdline_read+0xd3/0x400',
  'vfs_read+0x8e/0x130',
  'SyS_read+0x46/0xa0',
  'entry_SYSCALL_64+0x1a/0xa4',
]
const trace = (head, i) =>
  [...STACK, ...OUTER].map((frame) => `${head(i)} [<ffffffff${hex(next(), 8)}>] ${frame}\n`).join('')
const syslog = (i) => `Nov 22 15:30:${String(i % 60).padStart(2, '0')} compute-07 kernel: ${stamp(i)}`

/** A kern.log: chatter, and now and then a hung task. */
function logPiece(i) {
  if (i % 100_000 !== 99_999) return `${syslog(i)} ${CHATTER[next() % CHATTER.length]()}\n`
  return `${syslog(i)} INFO: task ps:${4000 + (i % 1000)} blocked for more than 120 seconds.\n${syslog(i)} Call Trace:\n${trace(syslog, i)}`
}

/** A task of sysrq-t, each with a name and a stack. */
const taskPiece = (count) => (i) =>
  i < count
    ? `${stamp(i)} worker-${hex(i, 6)}  S    0 ${String(i + 1).padStart(6)}      2 0x80000000\n${stamp(i)} Call Trace:\n${trace(stamp, i)}`
    : null

/** The report of a host: its small files, a log, and what nobody reads. */
function sosReport(folder, megabytes) {
  const top = join(folder, 'sosreport-compute-07-2026-11-22-abcdefg')
  for (const each of ['sys/kernel/mm/ksm', 'var/log', 'proc', 'sos_commands/process', 'sos_commands/host'])
    mkdirSync(join(top, each), { recursive: true })
  const knobs = {
    run: 1,
    pages_shared: 9,
    pages_sharing: 2306930,
    pages_to_scan: 1250,
    merge_across_nodes: 1,
    sleep_millisecs: 10,
  }
  for (const [name, value] of Object.entries(knobs)) writeFileSync(join(top, 'sys/kernel/mm/ksm', name), `${value}\n`)
  writeFileSync(
    join(top, 'proc/version'),
    'Linux version 4.4.0-72-generic (buildd@lcy01-17) #93-Ubuntu SMP Fri Mar 31 14:07:41 UTC 2017\n',
  )
  writeFileSync(
    join(top, 'sos_commands/host/uname_-a'),
    'Linux compute-07 4.4.0-72-generic #93-Ubuntu SMP Fri Mar 31 14:07:41 UTC 2017 x86_64\n',
  )
  // xz leaves a third of such a log, and half of such words
  write(join(top, 'var/log/kern.log'), megabytes * 2 ** 20, logPiece)
  write(
    join(top, 'sos_commands/process/lsof_-b_M_-n_-l'),
    megabytes * 1.4 * 2 ** 20,
    () => `${address()} ${address()} ${next()}\n`,
  )
  const packed = join(folder, 'sosreport-compute-07-2026-11-22-abcdefg.tar.xz')
  shell(`tar -C '${folder}' -c '${top.slice(folder.length + 1)}' | xz -0 -T2 > '${packed}'`)
  rmSync(top, { recursive: true })
  return packed
}

function shell(line) {
  const { status, stderr } = spawnSync('bash', ['-c', `set -o pipefail; ${line}`])
  if (status !== 0) throw new Error(`${line}: exit ${status}\n${stderr}`)
}

const since = (started) => Number(process.hrtime.bigint() - started) / 1e9

/** Seconds, by the clock and of the CPU, of a command of the shell. */
function timeShell(line) {
  const started = process.hrtime.bigint()
  const { status, stderr } = spawnSync('bash', ['-c', `TIMEFORMAT='%U %S'; set -o pipefail; time { ${line}; }`])
  const wall = since(started)
  if (status !== 0) throw new Error(`${line}: exit ${status}\n${stderr}`)
  const [user, system] = String(stderr).trim().split('\n').at(-1).split(' ').map(Number)
  return { wall, cpu: user + system }
}

/** The same of a node process, and its peak memory in MB. */
function timeNode(args) {
  const started = process.hrtime.bigint()
  const { status, output } = spawnSync(process.execPath, ['--import', REPORT, ...args], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    maxBuffer: 2 ** 28,
  })
  const wall = since(started)
  if (status !== 0) throw new Error(`node ${args.join(' ')}: exit ${status}\n${output[2]}`)
  const { userCPUTime, systemCPUTime, maxRSS } = JSON.parse(String(output[3]))
  return { wall, cpu: (userCPUTime + systemCPUTime) / 1e6, megabytes: maxRSS / 1024 }
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]

const INPUTS = {
  list: { name: `list of ${values.list}`, make: (path) => write(path, Infinity, listLine(Number(values.list))) },
  log: {
    name: `kern.log, ${values['log-mb']} MB`,
    make: (path) => write(path, Number(values['log-mb']) * 2 ** 20, logPiece),
  },
  short: {
    name: `lines of 20 bytes, ${values['log-mb']} MB`,
    make: (path) =>
      write(path, Number(values['log-mb']) * 2 ** 20, (i) =>
        i === 0 ? BANNER : `${stamp(i)} ${hex(i & 0xffff, 4)}\n`,
      ),
  },
  tasks: {
    name: `sysrq-t of ${values.tasks} tasks`,
    make: (path) => write(path, Infinity, taskPiece(Number(values.tasks))),
  },
  sos: {
    name: `sosreport.tar.xz, ${values['sos-mb']} MB`,
    make: (_, folder) => sosReport(folder, Number(values['sos-mb'])),
  },
}

const folder = mkdtempSync(join(tmpdir(), 'ksm-dump-bench-'))
let kept = true
try {
  const bare = []
  const start = []
  const small = join(folder, 'small.txt')
  writeFileSync(small, BANNER)
  for (let run = 0; run < runs; run++) {
    bare.push(timeNode(['-e', '0']))
    start.push(timeNode([bin, 'analyze', '--json', small]))
  }
  const of = (list, member) => median(list.map((run) => run[member]))
  const base = of(bare, 'megabytes')
  const startUp = of(start, 'cpu')
  const row = (...cells) =>
    console.log(cells.map((cell, i) => (i === 0 ? cell.padEnd(26) : cell.padStart(12))).join(''))
  row('', 'size', 'wc wall', 'wc CPU', 'wall', 'CPU', 'CPU / wc', 'peak MB', 'over node')
  for (const [name, list] of [
    ['node -e 0', bare],
    ['analyze of one line', start],
  ])
    row(
      name,
      '',
      '',
      '',
      `${of(list, 'wall').toFixed(2)} s`,
      `${of(list, 'cpu').toFixed(2)} s`,
      '',
      of(list, 'megabytes').toFixed(0),
    )
  for (const each of values.only.split(',')) {
    const { name, make } = INPUTS[each]
    const path = make(join(folder, each), folder) ?? join(folder, each)
    const count = path.endsWith('.xz') ? `xz -dc '${path}' | wc -l` : `wc -l '${path}'`
    timeShell(count) // the page cache is warm from here on
    const others = []
    const own = []
    for (let run = 0; run < runs; run++) {
      others.push(timeShell(count))
      own.push(timeNode([bin, 'analyze', '--json', path]))
    }
    const peak = Math.max(...own.map(({ megabytes }) => megabytes))
    row(
      name,
      `${(statSync(path).size / 2 ** 20).toFixed(0)} MB`,
      `${of(others, 'wall').toFixed(2)} s`,
      `${of(others, 'cpu').toFixed(2)} s`,
      `${of(own, 'wall').toFixed(2)} s`,
      `${of(own, 'cpu').toFixed(2)} s`,
      (of(own, 'cpu') / of(others, 'cpu')).toFixed(1),
      peak.toFixed(0),
      (peak - base).toFixed(0),
    )
    const misses = [
      ...(peak - base > MEMORY_MB ? [`more than ${MEMORY_MB} MB beyond node`] : []),
      ...(each === 'list' && of(own, 'cpu') - startUp > LIST_SECONDS
        ? [`more than ${LIST_SECONDS} s beyond start-up`]
        : []),
    ]
    for (const miss of misses) console.log(`  NOT kept: ${miss}`)
    if (misses.length > 0) kept = false
    rmSync(path)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exit(kept ? 0 : 1)
