import { readFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AnalyzeReport } from '../../src/document/schema.ts'
import type { Read } from '../../src/report/claim-list.ts'
import { writeCrashProof } from '../../src/report/proof-crash.ts'
import { writeDrgnProof } from '../../src/report/proof-drgn.ts'
import { analyzed } from '../support/analyzed.ts'
import { cli, fixture, skipLoudly } from '../support/cli.ts'
import { corpusDump } from '../support/corpus.ts'
import { hasPeer, runPeer } from '../support/peers.ts'

// The proofs are run by the programs that they are for: drgn on every hang dump, crash on dumps that have their vmlinux beside them.

const folder = mkdtempSync(join(tmpdir(), 'ksm-dump-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs check.py of a report on its dump. */
async function proven(document: AnalyzeReport, dump: string): Promise<{ code: number | null; lines: string[] }> {
  let text = ''
  writeDrgnProof(document, document.layout!, (piece) => (text += piece))
  const files = { dump: { copyOf: dump }, 'check.py': { text } }
  const { code, stdout, stderr } = await runPeer('drgn', ['-c', 'dump', 'check.py'], files)
  if (!stdout.includes(' PASS, ')) throw new Error(`check.py did not come to its end: ${stdout}\n${stderr}`)
  return { code, lines: stdout.trimEnd().split('\n') }
}

const failed = (lines: readonly string[]): string[] =>
  lines.filter((line) => line.startsWith('FAIL ')).map((line) => line.split(' ')[1]!.slice(0, -1))

const NO_DRGN = 'drgn is not here (apt-get install python3-drgn, or KSM_DUMP_PEERS): no proof was run'

describe('--proof', () => {
  const dump = fixture('6.1-hang.vmcore')

  test('a saved report gives the same two files; what is there is not overwritten', async () => {
    const [saved, direct, again] = ['saved.json', 'direct', 'deep/again'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ]
    expect((await cli(['analyze', dump, '--json', '-o', saved, '--proof', direct])).code).toBe(0)
    expect((await cli(['analyze', '--from', saved, '--proof', again])).code).toBe(0)
    expect(readdirSync(direct).sort()).toEqual(['check.crash', 'check.py'])
    for (const name of readdirSync(direct))
      expect(readFileSync(join(again, name), 'utf8')).toBe(readFileSync(join(direct, name), 'utf8'))
    const refused = await cli(['analyze', '--from', saved, '--proof', direct])
    expect([refused.code, refused.stdout]).toEqual([2, ''])
    expect(refused.stderr).toContain('--force overwrites it')
    expect((await cli(['analyze', '--from', saved, '--proof', direct, '--force'])).code).toBe(0)
  })

  test('a report without a dump proves nothing: it says so, and writes nothing', async () => {
    const text = join(folder, 'bt.txt')
    writeFileSync(
      text,
      'PID: 101    TASK: ffff88c242a40000  CPU: 0   COMMAND: "numad"\n #0 [ffff88c242a40100] rmap_walk_ksm at ffffffff811d5e2e\n',
    )
    const run = await cli(['analyze', text, '--proof', join(folder, 'none')])
    expect(run.code).toBe(4)
    expect(run.stderr).toContain('rests on no dump')
    expect(readdirSync(folder)).not.toContain('none')
  })
})

describe('check.py, run by drgn', () => {
  const fixtures = ['6.1-hang', '6.12-hang', '7.2-small', '6.1-small'].map((name) => ({
    name,
    path: fixture(`${name}.vmcore`),
  }))
  const corpus = ['6.1-headline', '6.1-healthy', '6.1-off'].map((name) => ({
    name: `corpus ${name}`,
    path: corpusDump(name),
  }))

  for (const { name, path } of [...fixtures, ...corpus])
    test(`${name}: every claim of the report holds`, async (context) => {
      if (!hasPeer('drgn')) skipLoudly(context, NO_DRGN)
      if (path === null) skipLoudly(context, `${name} is not here (KSM_DUMP_CORPUS)`)
      const { document } = await analyzed(path)
      const { code, lines } = await proven(document, path)
      expect(failed(lines)).toEqual([])
      expect(code).toBe(0)
      expect(lines.filter((line) => line.startsWith('PASS ')).length).toBeGreaterThan(20)
      // what can not be told: a register of a running task, and with an older drgn the names of symbols
      for (const line of lines.filter((each) => each.startsWith('UNKNOWN ')))
        expect(line).toMatch(/ hang\.holder\.stack\[0\]\.address|no kallsyms|does not read kallsyms/)
    }, 300_000)
})

describe('a report with one number changed', () => {
  let report: AnalyzeReport
  const dump = fixture('6.1-hang.vmcore')
  beforeAll(async () => {
    report = (await analyzed(dump)).document
  })

  /** What is changed, and the claims that fail then: the number's own, and those that rest on it as an address. */
  const CHANGES: [string, (of: AnalyzeReport) => void, string[]][] = [
    ['list length', ({ ksm }) => ksm!.longest[0]!.length++, ['ksm.longest[0].length']],
    ['rmap_hlist_len', ({ ksm }) => (ksm!.longest[0]!.rmapHlistLen = 229_999), ['ksm.longest[0].rmapHlistLen']],
    ['count over lists', ({ ksm }) => (ksm!.census.hlist = 230_341), ['ksm.census.hlist']],
    ['count over mms', ({ ksm }) => (ksm!.census.mm = 230_341), ['ksm.census.mm']],
    ['a counter', ({ ksm }) => (ksm!.counters['pages_sharing'] = 230_338), ['ksm.counters.pages_sharing']],
    ['an owner', ({ ksm }) => ksm!.longest[0]!.owners[1]!.items++, ['ksm.longest[0].owners[1].items']],
    ['mapcount', ({ ksm }) => (ksm!.longest[0]!.mapcount = 118_640), ['ksm.longest[0].mapcount']],
    ["the walker's pid", ({ hang }) => (hang!.holder!.pid = 102), ['hang.holder.pid']],
    ["the walker's name", ({ hang }) => (hang!.holder!.comm = 'nummad'), ['hang.holder.comm']],
    ['the count word', ({ hang }) => (hang!.lock!.count = '0x103'), ['hang.lock.count']],
    ['the owner word', ({ hang }) => (hang!.lock!.ownerWord = '0xffff8a77c12d8001'), ['hang.lock.ownerWord']],
    ['the order of the queue', ({ hang }) => hang!.lock!.queue.reverse(), ['hang.lock.queue']],
    [
      'a waiter',
      ({ hang }) => (hang!.waiters[3]!.pid = 93),
      ['pid', 'comm', 'state', 'blockedSeconds'].map((of) => `hang.waiters[3].${of}`),
    ],
    ['who holds the lock', ({ hang }) => (hang!.lock!.heldBy[0]!.pid = 95), ['hang.lock.heldBy[0].pid']],
    ['how long one waits', ({ hang }) => (hang!.waiters[0]!.blockedSeconds = 5.1), ['hang.waiters[0].blockedSeconds']],
    [
      'a return address',
      ({ hang }) => (hang!.holder!.stack[2]!.address = '0xffffffffa0ad92ee'),
      ['hang.holder.stack[2].address', 'hang.holder.stack[2].offset'],
    ],
    [
      'node under the walk',
      ({ hang }) => (hang!.node!.kpfn = '0x6aec'),
      ['hang.node.kpfn', 'hang.node.address', 'hang.progress.fraction'],
    ],
  ]

  const changed = (changes: typeof CHANGES): AnalyzeReport => {
    const document = structuredClone(report)
    for (const [, change] of changes) change(document)
    return document
  }

  for (const change of CHANGES.filter(([name]) => ['list length', "the walker's pid", 'the count word'].includes(name)))
    test(`${change[0]}: fails at that claim and no other`, async (context) => {
      if (!hasPeer('drgn')) skipLoudly(context, NO_DRGN)
      const { code, lines } = await proven(changed([change]), dump)
      expect([code, failed(lines)]).toEqual([1, change[2]])
    }, 60_000)

  test('every number: each fails at its claim, and no other claim does', async (context) => {
    if (!hasPeer('drgn')) skipLoudly(context, NO_DRGN)
    const { code, lines } = await proven(changed(CHANGES), dump)
    expect(code).toBe(1)
    expect(failed(lines).sort()).toEqual(CHANGES.flatMap(([, , fails]) => fails).sort())
  }, 60_000)

  test("a waiter's pid that is another's of the same queue", async (context) => {
    if (!hasPeer('drgn')) skipLoudly(context, NO_DRGN)
    const document = structuredClone(report)
    const { waiters } = document.hang!
    expect(document.hang!.lock!.queue).toContain(waiters[1]!.pid)
    waiters[4]!.pid = waiters[1]!.pid
    const { code, lines } = await proven(document, dump)
    expect(code).toBe(1)
    expect(failed(lines)).toEqual(expect.arrayContaining(['hang.waiters[1].pid', 'hang.waiters[4].pid']))
  }, 60_000)

  /** One change for each way of reading; the claim that fails is that of the number that was changed. */
  const KINDS: Record<Exclude<Read['kind'], 'register' | 'symbols'>, [path: string, (of: AnalyzeReport) => void]> = {
    counter: ['ksm.counters.run', ({ ksm }) => (ksm!.counters['run'] = 7)],
    variable: ['layout.trees.count', ({ layout }) => (layout!.trees.count = 2)],
    vmcoreinfo: ['kernel.physBase', ({ kernel }) => (kernel!.physBase = '0x1000')],
    total: ['ksm.totals.nodes', ({ ksm }) => ksm!.totals!.nodes++],
    'by-mms': ['ksm.census.mm', ({ ksm }) => ksm!.census.mm!++],
    'by-length': ['ksm.histogram[0].lists', ({ ksm }) => ksm!.histogram[0]!.lists++],
    sharer: ['ksm.sharers.rows[1].items', ({ ksm }) => ksm!.sharers!.rows[1]!.items--],
    list: ['ksm.longest[1].mms', ({ ksm }) => ksm!.longest[1]!.mms++],
    owner: ['ksm.longest[1].owners[0].items', ({ ksm }) => ksm!.longest[1]!.owners[0]!.items--],
    node: ['ksm.longest[1].tree', ({ ksm }) => (ksm!.longest[1]!.tree = 3)],
    'by-node': ['ksm.perNode[0].items', ({ ksm }) => ksm!.perNode[0]!.items--],
    member: ['hang.holder.cpu', ({ hang }) => hang!.holder!.cpu!++],
    'lock-of': ['hang.lock.address', ({ hang }) => (hang!.lock!.address = '0xffff8a77c7cbc978')],
    page: ['ksm.longest[1].page', ({ ksm }) => (ksm!.longest[1]!.page = '0xfffff270c0000000')],
    mapping: ['ksm.longest[1].address', ({ ksm }) => (ksm!.longest[1]!.kpfn = '0x6aeb')],
    mapcount: ['ksm.longest[1].mapcount', ({ ksm }) => ksm!.longest[1]!.mapcount!++],
    progress: ['hang.progress.fraction', ({ hang }) => (hang!.progress!.fraction = 0.5)],
    word: ['hang.holder.stack[1].address', ({ hang }) => (hang!.holder!.stack[1]!.address = '0xffffffffa0b135cd')],
    symbol: ['hang.holder.stack[2].offset', ({ hang }) => hang!.holder!.stack[2]!.offset!++],
    listed: ['hang.holder.task', ({ hang }) => (hang!.holder!.task = '0xffff8a77c7cbc970')],
    comm: ['hang.holder.comm', ({ hang }) => (hang!.holder!.comm = 'numab')],
    state: ['hang.holder.state', ({ hang }) => (hang!.holder!.state = 'D')],
    queue: ['hang.waiters.length', ({ hang }) => (hang!.waiters[2]!.by = ['stack'])],
    queued: ['hang.waiters[0].comm', ({ hang }) => (hang!.waiters[0]!.comm = 'ps')],
    // by its stack alone it is looked for among all tasks
    task: ['hang.waiters[3].comm', ({ hang }) => Object.assign(hang!.waiters[3]!, { by: ['stack'], comm: 'ps' })],
    process: ['ksm.sharers.rows[0].pid', ({ ksm }) => (ksm!.sharers!.rows[0]!.pid = 93)],
    holder: ['hang.lock.heldBy[0].pid', ({ hang }) => (hang!.lock!.heldBy[0]!.pid = 4_000_000)],
  }

  for (const [kind, [path, change]] of Object.entries(KINDS))
    test(`read by "${kind}": it fails at ${path}`, async (context) => {
      if (!hasPeer('drgn')) skipLoudly(context, NO_DRGN)
      const document = structuredClone(report)
      change(document)
      const { code, lines } = await proven(document, dump)
      expect(code).toBe(1)
      expect(failed(lines)).toContain(path)
    }, 60_000)

  test('a report of another dump fails, memory that is not there is unknown', async (context) => {
    if (!hasPeer('drgn')) skipLoudly(context, NO_DRGN)
    const { code, lines } = await proven(report, fixture('6.1-small.vmcore'))
    expect([1, 2]).toContain(code)
    expect(lines.filter((line) => line.startsWith('UNKNOWN ')).length).toBeGreaterThan(20)
    expect(lines.filter((line) => /^PASS .*(length|pid|count)/.test(line))).toEqual([])
  }, 60_000)
})

describe('check.crash, run by crash', () => {
  const folderOfDumps = process.env['KSM_DUMP_VMLINUX'] || null

  test('every claim holds on each X.vmcore with X.vmlinux beside it', async (context) => {
    if (!hasPeer('crash')) skipLoudly(context, 'crash is not here (KSM_DUMP_PEERS): check.crash was not run')
    if (folderOfDumps === null)
      skipLoudly(context, 'KSM_DUMP_VMLINUX is not set: no dump with its vmlinux, check.crash was not run')
    const names = readdirSync(folderOfDumps).filter((name) => name.endsWith('.vmcore'))
    expect(names).not.toEqual([])
    for (const name of names) {
      const dump = join(folderOfDumps, name)
      const { document } = await analyzed(dump)
      let script = ''
      writeCrashProof(document, document.layout!, (piece) => (script += piece))
      const files = { dump: { copyOf: dump }, vmlinux: { copyOf: dump.replace(/vmcore$/, 'vmlinux') } }
      const { stdout } = await runPeer('crash', ['-s', 'vmlinux', 'dump'], files, script)
      expect(stdout.split('\n').filter((line) => line.startsWith('FAIL '))).toEqual([])
      expect(stdout).toMatch(/^\d+ PASS, 0 FAIL, 0 UNKNOWN$/m)
    }
  }, 600_000)
})
