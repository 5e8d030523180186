import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AnalyzeReport, DOCUMENTS } from '../../src/document/schema.ts'
import { atWorkOn, type CliRun, cli, complaints, fixture, skipLoudly, sleep } from '../support/cli.ts'
import { scratchFolder } from '../support/containers.ts'
import { corpusDump, type Truth } from '../support/corpus.ts'
import { CONTRACT, departures } from '../support/json-contract.ts'
import { growList, Remake } from '../support/remake.ts'

// Ctrl-C: what was found so far, marked as partial, and exit 130.

const scratch = scratchFolder()
afterAll(() => scratch.remove())

/** A dump with one long list, and its stable_node. */
let long: { path: string; node: string }
const ITEMS = 300_000

beforeAll(async () => {
  const truth = JSON.parse(readFileSync(fixture('6.1-small.truth.json'), 'utf8')) as Truth
  const node = truth.nodes.find((each) => each.kind === 'node')!
  const remake = await Remake.of(fixture('6.1-small.vmcore'))
  growList(remake, BigInt(node.address), BigInt(node.owners![0]!.mm), ITEMS)
  long = { path: scratch.file('long.vmcore', remake.bytes()), node: node.address }
})

/** With the smallest cache every item of the long list is a page to unpack. */
const slow = ['--memory', '1M', '--no-progress']

/** Runs and sends a signal so many milliseconds after the program has opened the dump. */
function interrupted(args: readonly string[], delay: number, signals: NodeJS.Signals[] = ['SIGINT']): Promise<CliRun> {
  return cli(args, {
    started: async (child) => {
      await atWorkOn(child, args.find((arg) => arg.endsWith('.vmcore'))!)
      await sleep(delay)
      for (const signal of signals) child.kill(signal)
    },
  })
}

/** As `interrupted`, sooner and sooner until the machine is not faster than the finger. */
async function caught(args: readonly string[]): Promise<CliRun> {
  for (const delay of [400, 100, 0]) {
    const run = await interrupted(args, delay)
    if (run.code !== 0) return run
  }
  throw new Error('it was always done before the signal came')
}

function partial(run: CliRun): void {
  expect([run.code, run.signal]).toEqual([130, null])
  expect(complaints(run)).toEqual([])
  expect(run.stderr).toMatch(/^ksm-dump: PARTIAL: interrupted/)
}

test('the whole list, when nobody interrupts', async () => {
  const run = await cli(['walk', long.path, long.node, '--json'])
  expect(run.code).toBe(0)
  expect(JSON.parse(run.stdout)).toMatchObject({
    length: ITEMS,
    end: 'end',
    node: { length: ITEMS, rmapHlistLen: ITEMS },
  })
})

describe('Ctrl-C', () => {
  test('analyze: text says PARTIAL', async () => {
    const run = await caught(['analyze', long.path, ...slow])
    partial(run)
    expect(run.stdout).toMatch(/PARTIAL/)
    expect(run.stdout).toMatch(/[Ii]nterrupted/)
    expect(run.stdout).not.toMatch(/^OK/)
  })

  test('analyze --json: a valid document with partial true', async () => {
    const run = await caught(['analyze', long.path, '--json', ...slow])
    partial(run)
    const document = JSON.parse(run.stdout) as AnalyzeReport
    expect(DOCUMENTS.analyze.safeParse(document).error).toBeUndefined()
    expect(departures(document, CONTRACT.analyze, true)).toEqual([])
    expect(document.partial).toBe(true)
    expect(document.problems.map((problem) => problem.code)).toContain('interrupted')
  })

  test('nodes and walk', async () => {
    const nodes = await caught(['nodes', long.path, ...slow])
    partial(nodes)
    expect(nodes.stdout).toMatch(/PARTIAL/)
    const walk = await caught(['walk', long.path, long.node, '--json', ...slow])
    partial(walk)
    const { partial: marked, length, end } = JSON.parse(walk.stdout)
    expect([marked, end, length < ITEMS]).toEqual([true, 'limit', true])
  })

  test('walk --addresses: those that were found', async () => {
    const run = await caught(['walk', long.path, long.node, '--addresses', ...slow])
    partial(run)
    expect(run.stdout).toMatch(/^([0-9a-f]{16}\n)*$/)
    const count = run.stdout.length / 17
    expect(count).toBeLessThan(ITEMS)
    const said = /after ([\d,]+) rmap_items/.exec(run.stderr)?.[1]
    if (said !== undefined) expect(count).toBe(Number(said.replaceAll(',', '')))
  })

  test('while addresses are written: the list is cut, and says so', async () => {
    const run = await cli(['walk', long.path, long.node, '--addresses'], {
      started: async (child) => {
        // a reader that takes its time: more is left to write than a pipe and a batch hold
        child.stdout!.pause()
        await atWorkOn(child, long.path)
        await sleep(2000)
        child.kill('SIGINT')
        await sleep(100)
        child.stdout!.resume()
      },
    })
    partial(run)
    expect(run.stdout).toMatch(/^([0-9a-f]{16}\n)+$/)
    expect(run.stdout.length / 17).toBeLessThan(ITEMS)
  })

  test('a second one ends it at once', async () => {
    const run = await interrupted(['analyze', long.path, ...slow], 50, ['SIGINT', 'SIGINT'])
    expect([run.code, run.signal]).toEqual([130, null])
    expect(run.stderr).not.toMatch(/^\s+at /m)
    expect(run.milliseconds).toBeLessThan(15_000)
  })

  test('SIGTERM is taken the same way', async () => {
    const run = await interrupted(['nodes', long.path, '--json', ...slow], 0, ['SIGTERM'])
    partial(run)
    expect(JSON.parse(run.stdout)).toMatchObject({ partial: true })
  })
})

test('Ctrl-C in the work on a big dump of the corpus', async (context) => {
  const path = corpusDump('6.1-headline')
  if (path === null) skipLoudly(context, 'KSM_DUMP_CORPUS is not set: Ctrl-C was tried on a made dump only')
  const run = await caught(['analyze', path, '--json', '--no-progress'])
  partial(run)
  const document = JSON.parse(run.stdout) as AnalyzeReport
  expect(document.partial).toBe(true)
  expect(document.ksm?.totals?.items ?? 0).toBeLessThan(2_306_920)
})
