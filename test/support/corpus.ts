import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  openSync,
  closeSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A dump with what a witness (drgn) says of it. */
export interface TruthDump {
  name: string
  path: string
  truth: Truth
}

/** The parts of a truth file that tests read; made by drgn, see fixtures/README.md. */
export interface Truth {
  kernel: { release: string; version: string; phys_base?: string; page_offset_base?: string; vmemmap_base?: string }
  symbols: Record<string, string>
  structs: Record<string, { size: number; members: Record<string, number> }>
  counters: Record<string, number>
  totals: Record<'nodes' | 'chains' | 'dups' | 'items' | 'migrate', number>
  census: { hlist: number; mm: number; slots: number; sameByHead: boolean }
  nodes: TruthNode[]
  log?: {
    records: number
    first: { seq: number; ns: number; text: string }
    last: { seq: number; ns: number; text: string }
    hung: object[]
  }
  locks?: {
    address: string
    mm: string
    count: string
    owner: string | null
    waiters: { pid: number; comm: string; type: number | null }[]
  }[]
  walkers?: { pid: number; comm: string }[]
  /** Hang dumps: the node under the walk, told by drgn's locals. */
  walked?: { address: string; length: number }
  walkDroppedLock?: boolean
  tasks: {
    address: string
    pid: number
    tgid: number
    comm: string
    state: string
    kthread: boolean
    mm: string | null
    cpu?: number
    running: boolean
    stack: { pc: string; symbol: string | null; offset: number | null; function: string; inlined: boolean }[]
  }[]
}

export interface TruthNode {
  address: string
  kind: string
  where: string
  tree: number | null
  nid: number
  kpfn: string | null
  page: string | null
  length: number
  rmapHlistLen: number | null
  mms: number | null
  chain: string | null
  first?: string
  mapping?: string
  mapcount?: number
  bad?: { pprev: number; head: number; flag: number }
  owners?: { mm: string; items: number; pid: number | null; comm: string | null }[]
}

export const FIXTURES = fileURLToPath(new URL('../../fixtures', import.meta.url))

/** The folder of dumps from outside, null when there is none: then its tests are skipped, loudly. */
export const CORPUS = process.env['KSM_DUMP_CORPUS'] || null

/** Every dump with a truth file: those of fixtures/, and those of the corpus, unpacked once into a cache folder. */
export function truthDumps(): TruthDump[] {
  const found = dumpsOf(FIXTURES, FIXTURES)
  if (CORPUS === null) {
    console.warn('SKIPPED: KSM_DUMP_CORPUS is not set, only the dumps of fixtures/ are compared with their truth')
    return found
  }
  return [...found, ...dumpsOf(CORPUS, unpack(CORPUS)).map((dump) => ({ ...dump, name: `corpus ${dump.name}` }))]
}

/** Path of a dump of the corpus by name, unpacked; null when there is no corpus or no such dump. */
export function corpusDump(name: string): string | null {
  if (CORPUS === null) return null
  const path = [unpack(CORPUS), CORPUS].map((folder) => join(folder, `${name}.vmcore`)).find((each) => existsSync(each))
  return path ?? null
}

function dumpsOf(folder: string, unpacked: string): TruthDump[] {
  const dumps: TruthDump[] = []
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.truth.json')) continue
    const name = basename(file, '.truth.json')
    const path = [unpacked, folder].map((each) => join(each, `${name}.vmcore`)).find((each) => existsSync(each))
    if (path) dumps.push({ name, path, truth: JSON.parse(readFileSync(join(folder, file), 'utf8')) as Truth })
    else console.warn(`SKIPPED: ${file} has no dump beside it`)
  }
  return dumps
}

/** Unpacks X.vmcore.xz and *.tar.xz of a folder into the cache, once for each state of the archives. */
function unpack(folder: string): string {
  const archives = readdirSync(folder).filter((file) => /\.(vmcore\.xz|tar\.xz)$/.test(file))
  const state = createHash('sha256')
  for (const file of archives) state.update(`${file} ${statSync(join(folder, file)).size}\n`)
  const cache = process.env['KSM_DUMP_CACHE'] || join(tmpdir(), 'ksm-dump-cache')
  const target = join(cache, state.digest('hex').slice(0, 16))
  if (existsSync(target)) return target
  const making = `${target}.${process.pid}`
  mkdirSync(making, { recursive: true })
  for (const file of archives) {
    const from = join(folder, file)
    if (file.endsWith('.tar.xz')) {
      execFileSync('tar', ['-xJf', from, '-C', making])
      continue
    }
    const fd = openSync(join(making, basename(file, '.xz')), 'w')
    execFileSync('xz', ['-dkc', from], { stdio: ['ignore', fd, 'inherit'] })
    closeSync(fd)
  }
  try {
    renameSync(making, target)
  } catch {
    rmSync(making, { recursive: true, force: true }) // another test process was faster
  }
  return target
}
