import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  type AnalyzeReport,
  type LogReport,
  type TasksReport,
  DOCUMENTS,
  type InfoReport,
  type NodeRow,
  type WalkReport,
} from '../../src/document/schema.ts'
import { type CliRun, cli, fixture } from '../support/cli.ts'
import type { Truth } from '../support/corpus.ts'
import { CONTRACT, COUNTERS, departures } from '../support/json-contract.ts'

// --json of every command over the fixtures: valid by our schema, and with every member that docs/json.md promises.

interface Documents {
  info: InfoReport
  nodes: { schema: string; nodes: NodeRow[]; totals: Truth['totals']; leftOut: number }
  walk: WalkReport
  analyze: AnalyzeReport
  tasks: TasksReport
  log: LogReport
}

const runs = new Map<string, Promise<CliRun>>()

/** Runs a command with --json, once for each line. */
async function json<C extends keyof Documents>(
  command: C,
  ...args: readonly string[]
): Promise<{ run: CliRun; document: Documents[C] }> {
  const key = [command, ...args].join('\n')
  const running = runs.get(key) ?? cli([command, ...args, '--json'])
  runs.set(key, running)
  const run = await running
  const document = JSON.parse(run.stdout) as Documents[C]
  expect(DOCUMENTS[command].safeParse(document).error).toBeUndefined()
  expect(departures(document, CONTRACT[command])).toEqual([])
  return { run, document }
}

const whole = (run: CliRun): void => expect([run.code, run.stderr]).toEqual([0, ''])
const truthOf = (name: string): Truth => JSON.parse(readFileSync(fixture(`${name}.truth.json`), 'utf8')) as Truth

describe.each(['6.1-small', '7.2-small'])('%s', (name) => {
  const dump = fixture(`${name}.vmcore`)
  const truth = truthOf(name)
  const node = truth.nodes.find((each) => each.kind === 'node')!

  test('tasks', async () => {
    const { run, document } = await json('tasks', dump)
    whole(run)
    expect(document.tasks.map((task) => task.address).sort()).toEqual(truth.tasks.map((task) => task.address).sort())
    expect(document.leftOut).toBe(0)
    const init = await json('tasks', dump, '--pid', '1', '--no-stacks')
    expect(init.document.tasks).toMatchObject([
      { pid: 1, tgid: 1, comm: 'init', kthread: false, stack: [], stackFrom: null },
    ])
    const ksmd = await json('tasks', dump, '--match', 'ksm_scan_thread')
    expect(ksmd.document.tasks.map((task) => task.comm)).toEqual(['ksmd'])
    const sleeping = await json('tasks', dump, '--state', 'SI')
    expect(sleeping.document.tasks.length).toBe(truth.tasks.filter((task) => 'SI'.includes(task.state)).length)
    expect((await cli(['tasks', dump, '--state', 'Q'])).code).toBe(2)
    const text = await cli(['tasks', dump, '--match', 'ksmd', '--stacks'])
    expect(text.stdout).toMatch(/^\[ksmd\] {2}pid \d+, state S, last on CPU \d+\n {2}#0 {2}__schedule\+0x/)
  })

  test('log', async () => {
    const { run, document } = await json('log', dump)
    whole(run)
    expect(document.records.length).toBe(truth.log?.records)
    const late = await json('log', dump, '--since', '2', '--level', '6')
    expect(late.document.records).toEqual(document.records.filter((each) => each.time >= 2 && each.level <= 6))
    expect(late.document.leftOut).toBe(document.records.length - late.document.records.length)
    const text = await cli(['log', dump])
    expect(text.stdout.split('\n')[0]).toBe(`[    0.000000] ${truth.log?.first.text}`)
  })

  test('info', async () => {
    const { run, document } = await json('info', dump)
    whole(run)
    expect(document).toMatchObject({
      schema: 'ksm-dump/info/1',
      partial: false,
      problems: [],
      inputs: [{ name: dump, kind: 'kdump' }],
      kernel: { release: truth.kernel.release, arch: 'x86_64', pageSize: 4096, symbols: 'kallsyms', types: 'btf' },
      image: { format: 'kdump', headerVersion: 6, compression: ['zlib'], dumpLevel: 31, flattened: false },
      can: { ksm: { ok: true, why: null }, tasks: { ok: true, why: null } },
      wants: [],
    })
    expect(document.host.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  })

  test('nodes: all of them, from long to short, ties by address', async () => {
    const { run, document } = await json('nodes', dump)
    whole(run)
    expect(document.schema).toBe('ksm-dump/nodes/1')
    expect(document.totals).toEqual(truth.totals)
    expect(document.nodes.length).toBe(truth.totals.nodes + truth.totals.chains)
    const sorted = document.nodes.toSorted(
      (a, b) => b.length - a.length || (BigInt(a.address) < BigInt(b.address) ? -1 : 1),
    )
    expect(document.nodes.map((row) => row.address)).toEqual(sorted.map((row) => row.address))
    expect(document.leftOut).toBe(0)
  })

  test('analyze', async () => {
    const { run, document } = await json('analyze', dump)
    whole(run)
    expect(document).toMatchObject({ schema: 'ksm-dump/analyze/1', verdict: { level: 'ok' }, hang: null })
    const ksm = document.ksm!
    for (const counter of COUNTERS) expect([counter, ksm.counters[counter] !== undefined]).toEqual([counter, true])
    for (const [counter, value] of Object.entries(truth.counters))
      expect([counter, ksm.counters[counter === 'zero_pages' ? 'ksm_zero_pages' : counter]]).toEqual([counter, value])
    expect(ksm.longest.length).toBeGreaterThanOrEqual(10)
    expect(ksm.longest.map(({ owners, ...row }) => row)).toEqual(
      (await json('nodes', dump)).document.nodes.slice(0, ksm.longest.length),
    )
    expect(ksm.census).toMatchObject({ hlist: truth.census.hlist, mm: truth.census.mm, agree: true })
    expect(document.known).toContainEqual(expect.objectContaining({ bug: 'LP: #1680513' }))
  })

  test('walk', async () => {
    const { run, document } = await json('walk', dump, node.address)
    whole(run)
    expect(document).toMatchObject(wholeWalk(node.address, 'stable_node', node.length, node.address))
    const owners = document.owners.map(({ mm, items, pid, comm }) => ({ mm, items, pid, comm }))
    expect(owners).toEqual(node.owners!.toSorted((a, b) => b.items - a.items || (a.mm < b.mm ? -1 : 1)))
  })
})

function wholeWalk(start: string, takenFor: string, length: number, node: string): object {
  return {
    schema: 'ksm-dump/walk/1',
    start: { address: start, takenFor },
    length,
    end: 'end',
    endAt: null,
    endWhy: null,
    checks: { pprevBad: 0, headBad: 0, flagBad: 0 },
    node: { address: node },
  }
}

describe('options', () => {
  const dump = fixture('6.1-small.vmcore')
  const truth = truthOf('6.1-small')
  const node = truth.nodes.find((each) => each.kind === 'node')!

  test('nodes: --top, --min-length and --tree choose rows, totals stay', async () => {
    const { nodes, totals } = (await json('nodes', dump)).document
    const long = (await json('nodes', '--min-length', '100', dump, '--top=2')).document
    expect(long.nodes).toEqual(nodes.slice(0, 2))
    expect(long.leftOut).toBe(nodes.length - 2)
    expect(long.totals).toEqual(totals)
    const tree = (await json('nodes', dump, '--tree', '1', '--top', '0')).document
    expect(tree.nodes).toEqual(nodes.filter((row) => row.tree === 1))
    expect(tree.nodes.length).toBeGreaterThan(5)
  })

  test('walk: from an hlist_node, first and in the middle, a page, a pfn, an address without 0x', async () => {
    const { stdout, code } = await cli(['walk', dump, node.address, '--addresses'])
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^([0-9a-f]{16}\n)+$/)])
    const lines = stdout.trimEnd().split('\n')
    expect(lines.length).toBe(node.length)
    expect(`0x${lines[0]}`).toBe(node.first)
    const middle = `0x${lines[10]}`
    const starts: [given: string, address: string, takenFor: string, length: number][] = [
      [node.first!, node.first!, 'hlist_node', node.length],
      [middle, middle, 'hlist_node', node.length - 10],
      [node.page!, node.page!, 'page', node.length],
      [`pfn:${node.kpfn}`, node.page!, 'pfn', node.length],
      [node.address.slice(2).toUpperCase(), node.address, 'stable_node', node.length],
    ]
    for (const [given, address, takenFor, length] of starts) {
      const { document } = await json('walk', dump, given)
      expect(document).toMatchObject(wholeWalk(address, takenFor, length, node.address))
      expect(document.node?.length).toBe(node.length)
      expect(document.owners.reduce((sum, owner) => sum + owner.items, 0)).toBe(length)
    }
  })

  test('walk: a chain is its dups added up', async () => {
    const chain = truth.nodes.find((each) => each.kind === 'chain')!
    const { document } = await json('walk', dump, chain.address)
    expect(document).toMatchObject({ length: chain.length, node: { kind: 'chain', kpfn: null, rmapHlistLen: -1024 } })
  })

  test('walk: --limit ends it early, which is a partial answer', async () => {
    const { run, document } = await json('walk', dump, node.address, '--limit', '7')
    expect(run.code).toBe(4)
    expect(document).toMatchObject({ partial: true, length: 7, end: 'limit', problems: [{ code: 'limit-reached' }] })
    expect(document.endAt).toMatch(/^0xffff[0-9a-f]{12}$/)
    expect(run.stderr).toMatch(/^ksm-dump: PARTIAL: .*\n.*limit.*\n$/)
  })

  test('analyze: --threshold decides the verdict; --timings adds the only member that may differ', async () => {
    const longest = Math.max(...truth.nodes.filter((each) => each.kind !== 'chain').map((each) => each.length))
    const { run, document } = await json('analyze', dump, '--threshold', String(longest), '--timings')
    expect(run.code).toBe(0)
    expect(document.verdict).toMatchObject({ level: 'critical', code: 'oversized-list' })
    const { timings, ...rest } = document
    expect(timings).toMatchObject({ milliseconds: expect.anything(), work: expect.anything() })
    // another cache size, the same bytes
    const small = await json('analyze', dump, '--threshold', String(longest), '--memory', '1M')
    expect(small.document).toEqual(rest)
  })
})
