import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AnalyzeReport, DOCUMENTS } from '../../src/document/schema.ts'
import { atWorkOn, BIN, type CliRun, cli, fixture, program, sleep } from '../support/cli.ts'
import { scratchFolder } from '../support/containers.ts'
import type { Truth } from '../support/corpus.ts'
import { growList, Remake } from '../support/remake.ts'

// --each: a line of JSON for every input, whatever becomes of the others; and what scripts ask: --fail-on, --quiet.

const scratch = scratchFolder()
const folder = mkdtempSync(join(tmpdir(), 'ksm-dump-test-'))
afterAll(() => {
  scratch.remove()
  rmSync(folder, { recursive: true })
})

const small = fixture('6.1-small.vmcore')
const hang = fixture('6.1-hang.vmcore')
const nothing = fixture('README.md')

/** Every line of NDJSON as a valid document. */
function documents(text: string): AnalyzeReport[] {
  expect(text).toMatch(/\n$/)
  return text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const document = JSON.parse(line) as AnalyzeReport
      expect(DOCUMENTS.analyze.safeParse(document).error).toBeUndefined()
      return document
    })
}
const told = (text: string): [string | undefined, string][] =>
  documents(text).map(({ inputs, verdict }) => [inputs[0]?.name, verdict.level])

describe('--each', () => {
  test('a line for each input in their order, also for those that are not there or nothing', async () => {
    const run = await cli(['analyze', '--each', hang, nothing, 'nosuch', small])
    expect(told(run.stdout)).toEqual([
      [hang, 'critical'],
      [nothing, 'unknown'],
      ['nosuch', 'unknown'],
      [small, 'ok'],
    ])
    expect(run.code).toBe(3)
    expect(run.stderr).toContain(nothing)
    expect(run.stderr).toContain('nosuch')
    const codes = documents(run.stdout).map(({ problems }) => problems.map(({ code }) => code))
    expect(codes).toEqual([[], ['not-a-dump'], ['not-found'], []])
  })

  test('a line is the document that --json prints for that input', async () => {
    const lines = documents((await cli(['analyze', '--each', small, hang])).stdout)
    for (const [i, path] of [small, hang].entries())
      expect(lines[i]).toEqual(JSON.parse((await cli(['analyze', path, '--json'])).stdout))
  })

  test('-o FILE, whole; --json says the same; other forms and --from are refused', async () => {
    const path = join(folder, 'fleet.ndjson')
    const run = await cli(['analyze', '--each', '--json', small, small, '-o', path])
    expect([run.code, run.stdout, run.stderr]).toEqual([0, '', ''])
    expect(told(readFileSync(path, 'utf8'))).toEqual([
      [small, 'ok'],
      [small, 'ok'],
    ])
    expect((await cli(['analyze', '--each', small, '-o', path])).code).toBe(2)
    for (const args of [['--text'], ['--from', path], ['-o', 'a', '-o', 'b']])
      expect((await cli(['analyze', '--each', small, ...args])).code).toBe(2)
    expect((await cli(['analyze', '--each'])).code).toBe(2)
  })

  test('names can not end a line', async () => {
    const name = join(folder, 'two\nlines\u2028\u001b[31m')
    writeFileSync(name, 'nothing')
    const run = await cli(['analyze', '--each', name, name])
    expect(told(run.stdout)).toEqual([
      [name, 'unknown'],
      [name, 'unknown'],
    ])
    expect(run.stdout.split('\n').length).toBe(3)
    expect(run.stdout).not.toMatch(/[\u001b\u2028]/)
  })

  test('a line is there as soon as its input is done', async () => {
    let first = ''
    const run = await cli(['analyze', '--each', small, '-'], {
      stdin: 'open',
      started: (child) => {
        child.stdout!.on('data', (piece: Buffer) => {
          first += piece.toString()
          // only now does the second input begin to exist
          if (first.endsWith('\n')) child.stdin!.end('nothing')
        })
      },
    })
    expect(told(run.stdout).map(([, level]) => level)).toEqual(['ok', 'unknown'])
    expect(run.timedOut).toBe(false)
  })

  test('a bug of ours on one input does not take the others away', async () => {
    const broken =
      'const%20fill=Float64Array.prototype.fill;let%20calls=0;Float64Array.prototype.fill=function(...a){if(calls++===0)throw(new(TypeError)(`broken%20on%20purpose`));return(fill.apply(this,a))}'
    const run = await cli(['analyze', '--each', small, small], {
      env: { NODE_OPTIONS: `--import=data:text/javascript,${broken}` },
    })
    expect(run.code).toBe(70)
    const [bad, good] = documents(run.stdout)
    expect(bad?.problems).toMatchObject([{ code: 'internal', input: small }])
    expect(good?.verdict.level).toBe('ok')
  })

  test('memory is given back between inputs', { timeout: 240_000 }, async () => {
    const meter = "process.on('exit',()=>process.stderr.write('RSS%20'+process.resourceUsage().maxRSS+'\\n'))"
    const peak = async (inputs: number): Promise<number> => {
      const run = await cli(['analyze', '--each', ...Array.from({ length: inputs }, () => hang)], {
        env: { NODE_OPTIONS: `--import=data:text/javascript,${meter}` },
        timeout: 120_000,
      })
      return Number(/RSS (\d+)/.exec(run.stderr)?.[1])
    }
    const few = await peak(4)
    expect(few).toBeGreaterThan(0)
    expect(await peak(16)).toBeLessThan(1.5 * few)
  })
})

describe('--fail-on and --quiet', () => {
  test('1 at that level and above, 0 below; --quiet says nothing', { timeout: 120_000 }, async () => {
    const run = async (...args: string[]): Promise<(number | null | string)[]> => {
      const { code, stdout, stderr } = await cli(['analyze', ...args])
      return [code, stdout, stderr]
    }
    expect(await run(hang, '--quiet', '--fail-on', 'critical')).toEqual([1, '', ''])
    expect(await run(hang, '-q')).toEqual([0, '', ''])
    expect(await run(small, '-q', '--fail-on', 'warning')).toEqual([0, '', ''])
    expect(await run(small, '-q', '--fail-on=warning', '--threshold', '200')).toEqual([1, '', ''])
    expect(await run(small, '-q', '--fail-on=critical', '--threshold', '200')).toEqual([0, '', ''])
  })

  test('--quiet prints what is asked for, and errors', { timeout: 120_000 }, async () => {
    const path = join(folder, 'quiet.txt')
    expect((await cli(['analyze', hang, '-q', '--json'])).stdout).toMatch(/^\{/)
    expect((await cli(['analyze', hang, '-q', '--text'])).stdout).toMatch(/^CRITICAL/)
    expect((await cli(['analyze', hang, '-q', '-o', path])).stdout).toBe('')
    expect(readFileSync(path, 'utf8')).toMatch(/^CRITICAL/)
    expect(told((await cli(['analyze', hang, '-q', '--each'])).stdout)).toEqual([[hang, 'critical']])
    for (const command of ['info', 'nodes', 'tasks', 'log']) {
      const run = await cli([command, small, '--quiet', '--timings'])
      expect([command, run.code, run.stdout, run.stderr]).toEqual([command, 0, '', ''])
    }
    const bad = await cli(['analyze', 'nosuch', '-q', '--fail-on', 'critical'])
    expect([bad.code, bad.stdout]).toEqual([3, ''])
    expect(bad.stderr).toMatch(/^ksm-dump: nosuch/)
  })

  test('a saved report and any of several inputs count as well', async () => {
    const path = join(folder, 'saved.json')
    writeFileSync(path, (await cli(['analyze', hang, '--json'])).stdout)
    expect((await cli(['analyze', '--from', path, '-q', '--fail-on', 'critical'])).code).toBe(1)
    expect((await cli(['analyze', '--each', hang, small, '--fail-on', 'warning'])).code).toBe(1)
    expect((await cli(['analyze', '--each', small, small, '--fail-on', 'warning'])).code).toBe(0)
  })

  test('a critical verdict of a dump that is cut leaves with 4: no success, and no whole answer', async () => {
    const path = join(folder, 'cut.vmcore')
    const bytes = readFileSync(hang)
    writeFileSync(path, bytes.subarray(0, Math.floor(bytes.length * 0.99)))
    const run = await cli(['analyze', path, '--json', '--threshold', '10', '--fail-on', 'critical'])
    const { verdict, partial } = JSON.parse(run.stdout) as AnalyzeReport
    expect([run.code, verdict.level, partial]).toEqual([4, 'critical', true])
  })

  test('a level that is none', async () => {
    const run = await cli(['analyze', hang, '--fail-on', 'ok'])
    expect(run.code).toBe(2)
    expect(run.stderr).toMatch(/--fail-on=ok to be one of: warning, critical/)
  })
})

describe('Ctrl-C', () => {
  let long: string
  beforeAll(async () => {
    const truth = JSON.parse(readFileSync(fixture('6.1-small.truth.json'), 'utf8')) as Truth
    const node = truth.nodes.find((each) => each.kind === 'node')!
    const remake = await Remake.of(small)
    growList(remake, BigInt(node.address), BigInt(node.owners![0]!.mm), 400_000)
    long = scratch.file('long.vmcore', remake.bytes())
  })
  const slow = ['--memory', '1M', '--no-progress']

  /** Sends signals when the long dump is at work. */
  const interrupted = (args: string[], signals: NodeJS.Signals[]): Promise<CliRun> =>
    cli(['analyze', ...args, ...slow], {
      started: async (child) => {
        await atWorkOn(child, long)
        await sleep(50)
        for (const signal of signals) child.kill(signal)
      },
    })

  test('--each: the lines of what was done, and of what it met, are whole', async () => {
    const run = await interrupted(['--each', small, long, hang], ['SIGINT'])
    expect(run.code).toBe(130)
    expect(documents(run.stdout).map(({ inputs, partial }) => [inputs[0]?.name, partial])).toEqual([
      [small, false],
      [long, true],
    ])
    expect(run.stderr).toContain('interrupted after 2 of 3 inputs')
  })

  test('--each -o: the file has these lines', async () => {
    const path = join(folder, 'stopped.ndjson')
    const run = await interrupted(['--each', small, long, hang, '-o', path], ['SIGINT'])
    expect([run.code, run.stdout]).toEqual([130, ''])
    expect(documents(readFileSync(path, 'utf8')).map(({ partial }) => partial)).toEqual([false, true])
  })

  test('-o: the file is a whole document that says it is partial', async () => {
    const path = join(folder, 'stopped.json')
    const run = await interrupted([long, '--json', '-o', path], ['SIGINT'])
    expect(run.code).toBe(130)
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ partial: true })
  })

  test('twice: no file, and nothing beside it', async () => {
    const before = readdirSync(folder)
    for (const args of [
      ['--each', small, long, '-o', join(folder, 'none.ndjson')],
      [long, '--json', '-o', join(folder, 'none.json')],
    ])
      expect((await interrupted(args, ['SIGINT', 'SIGTERM'])).code).toBe(130)
    expect(readdirSync(folder)).toEqual(before)
  })

  test('the reader goes away: quietly', async () => {
    const run = await program(
      'bash',
      ['-c', `set -o pipefail; "$NODE" "$BIN" analyze --each "$D" "$D" "$D" | head -c 10`],
      {
        env: { NODE: process.execPath, BIN, D: small },
      },
    )
    expect([run.code, run.stderr]).toEqual([0, ''])
  })
})
