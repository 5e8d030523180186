import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { BIN, type CliRun, cli, complaints, fixture, program, ROOT } from '../support/cli.ts'
import { scratchFolder } from '../support/containers.ts'

// Flags and words that can't be, help, version, completion: what people meet before the first answer.

const scratch = scratchFolder()
afterAll(() => scratch.remove())

const dump = fixture('6.1-small.vmcore')
const node = '0xffff8f5401eef940'

/** A usage error: exit 2, nothing on stdout, one message that says what is wrong. */
function misused(run: CliRun, says: RegExp): void {
  expect([run.code, run.stdout]).toEqual([2, ''])
  expect(complaints(run)).toEqual([])
  expect(run.stderr.replaceAll(/\s*\n ›\s+/g, ' ')).toMatch(says)
}

describe('exit 2', () => {
  test.each<[string, string[], RegExp]>([
    ['no dump', ['analyze'], /Name a dump or text to analyze, or a report with --from/],
    ['no dump', ['nodes'], /Missing 1 required arg: dump/],
    ['no address', ['walk', dump], /Missing 1 required arg: address/],
    ['an unknown flag after the address', ['walk', dump, node, '--all'], /Nonexistent flag: --all/],
    ['a flag without its value', ['walk', dump, node, '--limit'], /--limit expects a value/],
    ['a number that is none', ['nodes', dump, '--top', 'many'], /--top Expected an integer but received: many/],
    ['no memory', ['analyze', dump, '--memory', '0'], /--memory Expected a size of 1M or more.*received: 0/],
    ['a size beyond all', ['analyze', dump, '--memory', '99999999T'], /--memory Expected a size/],
    ['a value for a flag without', ['nodes', dump, '--json=1'], /--json takes no value/],
    ['flags that exclude each other', ['walk', dump, node, '--addresses', '--json'], /cannot also be provided/],
    ['an address that is none', ['walk', dump, 'zero'], /zero: not an address\. Write it as 0x/],
    ['a page frame beyond 52 bits', ['walk', dump, 'pfn:0xffffffffffff'], /not an address/],
    ['the address before the dump', ['walk', node, dump], /6\.1-small\.vmcore: not an address.*last argument/],
    ['inputs and a saved report', ['analyze', dump, '--from', dump], /Give either inputs or --from/],
    ['two forms of the report on one output', ['analyze', dump, '--json', '--text'], /need a file each/],
    ['a file too many', ['analyze', dump, '--json', '-o', 'a', '-o', 'b'], /give one -o for each form/],
    ['a threshold of nothing', ['analyze', dump, '--threshold', '1'], /--threshold Expected an integer/],
  ])('%s', async (_, args, says) => misused(await cli(args), says))

  test('an unknown command, or a dump in its place', async () => {
    // on a terminal the nearest command is offered: for the word alone, not for the word and its arguments
    for (const args of [['anlyze', dump], ['x.vmcore'], ['--bogus']]) {
      const run = await cli(args)
      expect([run.code, run.stdout]).toEqual([2, ''])
      expect(run.stderr).toContain(`${args[0]} is not a ksm-dump command.`)
      expect(run.stderr).toMatch(/ksm-dump help/)
      expect(run.stderr).not.toMatch(/^\s+at /m)
    }
  })

  test('did you mean: commands, flags, and a dump without a command', async () => {
    expect((await cli(['anlyze', dump])).stderr).toContain('Did you mean analyze?')
    expect((await cli([dump])).stderr.replaceAll(/\s*\n ›\s+/g, ' ')).toContain(`ksm-dump analyze ${dump}`)
    expect((await cli(['zzzzzz'])).stderr).not.toContain('Did you mean')
    misused(await cli(['nodes', dump, '--min-lenght', '3']), /--min-lenght Did you mean --min-length\?/)
    misused(await cli(['analyze', dump, '--no-progres', '--treshold', '9']), /mean --no-progress, --threshold\?/)
    misused(await cli(['info', dump, '--zzzzzz']), /Nonexistent flag: --zzzzzz/)
    expect((await cli(['info', dump, '--zzzzzz'])).stderr).not.toContain('Did you mean')
  })

  test('a missing argument is not waited for on stdin', async () => {
    const run = await cli(['analyze'], { stdin: 'open', timeout: 20_000 })
    expect(run.timedOut).toBe(false)
    misused(run, /Name a dump or text to analyze/)
    const text = await cli(['analyze'], { stdin: `${dump}\n` })
    misused(text, /Name a dump or text to analyze/)
  })
})

test('flags stand anywhere, -- ends them, huge numbers are numbers', async () => {
  const run = await cli(['nodes', '--top', '99999999999999999999', '--no-progress', dump, '--min-length=30', '--json'])
  expect([run.code, run.stderr]).toEqual([0, ''])
  const after = await cli(['walk', '--limit=999999999999', '--', dump, node])
  expect([after.code, after.stderr]).toEqual([0, ''])
})

describe('help', () => {
  const commands = readdirSync(join(ROOT, 'src/commands')).filter((name) => !name.startsWith('_'))

  test('of the program: all commands, in 80 columns', async () => {
    const run = await cli([])
    expect([run.code, run.stderr]).toEqual([0, ''])
    for (const file of commands) expect(run.stdout).toContain(`  ${file.replace('.ts', '')} `)
    for (const line of run.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    for (const args of [['--help'], ['-h'], ['help']]) expect((await cli(args)).stdout).toBe(run.stdout)
  })

  test.each(commands.map((file) => file.replace('.ts', '')))('of %s: examples that begin with it', async (command) => {
    const run = await cli([command, '--help'])
    expect([run.code, run.stderr]).toEqual([0, ''])
    const examples = /\nEXAMPLES\n(.*)/s.exec(run.stdout)?.[1] ?? ''
    expect(examples).toContain(`ksm-dump ${command} `)
    // examples come first
    expect(run.stdout.indexOf('\nEXAMPLES\n')).toBeLessThan(run.stdout.indexOf('\nUSAGE\n'))
    const readsNoDump: Record<string, string[]> = { completion: [], explain: ['--json'] }
    for (const flag of readsNoDump[command] ?? ['--json', '--memory', '--debug', '--timings'])
      expect(run.stdout).toContain(flag)
    for (const line of run.stdout.split('\n')) expect([line, line.length <= 80]).toEqual([line, true])
  })

  test('help for a command, -h among arguments, help for nothing', async () => {
    const run = await cli(['help', 'walk'])
    expect(run.stdout).toContain('EXAMPLES')
    expect((await cli(['walk', dump, '-h'])).stdout).toBe(run.stdout)
    const none = await cli(['help', 'bogus'])
    expect([none.code, none.stdout]).toEqual([2, ''])
    expect(none.stderr).toMatch(/bogus not found/)
  })
})

describe('version', () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }

  test('--version, -v and version say the same', async () => {
    for (const args of [['--version'], ['-v'], ['version']]) {
      const run = await cli(args)
      expect([run.code, run.stderr]).toEqual([0, ''])
      expect(run.stdout).toBe(`ksm-dump/${version} ${process.platform}-${process.arch} node-${process.version}\n`)
    }
  })

  test('--version needs no package and none of our modules', async () => {
    mkdirSync(join(scratch.path, 'bare/bin'), { recursive: true })
    copyFileSync(BIN, join(scratch.path, 'bare/bin/run.js'))
    copyFileSync(join(ROOT, 'package.json'), join(scratch.path, 'bare/package.json'))
    const run = await program(process.execPath, [join(scratch.path, 'bare/bin/run.js'), '--version'])
    expect([run.code, run.stderr]).toEqual([0, ''])
    expect(run.stdout).toMatch(/^ksm-dump\/\d+\.\d+\.\d+/)
  })
})

test('a run loads neither zod nor ora, and only what its command needs', async () => {
  const folder = join(scratch.path, 'coverage')
  const run = await cli(['info', dump], { env: { NODE_V8_COVERAGE: folder, NODE_ENV: 'development' } })
  expect(run.code).toBe(0)
  const urls = readdirSync(folder).flatMap((file) =>
    (JSON.parse(readFileSync(join(folder, file), 'utf8')) as { result: { url: string }[] }).result.map(
      ({ url }) => url,
    ),
  )
  const modules = new Set(urls.map((url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]).filter(Boolean))
  expect(modules).toContain('@oclif/core')
  for (const heavy of ['zod', 'ora', 'fast-check', 'typescript']) expect(modules).not.toContain(heavy)
  expect(urls.filter((url) => /\/dist\/commands\/[^_]/.test(url)).length).toBe(1)
})

describe('a bug of ours', () => {
  // a machine on which something breaks that nobody thought of
  const broken = 'Float64Array.prototype.fill=()=>{throw(new(TypeError)(`broken%20on%20purpose`))}'
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${broken}` }

  test('exit 70, a message, and how to get more', async () => {
    for (const more of [[], ['--json']]) {
      const run = await cli(['analyze', dump, ...more], { env })
      expect([run.code, run.stdout]).toEqual([70, ''])
      expect(run.stderr).toMatch(/^ksm-dump: internal error: broken on purpose\n.*--debug.*\n$/)
    }
  })

  test('--debug shows the stack trace', async () => {
    const run = await cli(['analyze', dump, '--debug'], { env })
    expect(run.code).toBe(70)
    expect(run.stderr).toMatch(/^ksm-dump: internal error: broken on purpose\nTypeError: broken on purpose\n {4}at /)
  })
})

test('a home that can not be read is no matter', async () => {
  const run = await cli(['info', dump], { env: { HOME: '/dev/null', XDG_DATA_HOME: undefined } })
  expect([run.code, run.stderr]).toEqual([0, ''])
})
